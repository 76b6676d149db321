"""Nonsense at every list and form of the admin: refused, never a fault."""

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from accounts.roles import WORKS_IN_ADMIN
from tests.lending.bank_decision import stage

pytestmark = pytest.mark.django_db
JUNK = ["x", "\x00", "9" * 60, "2026-13-45"]
PEOPLE = ["bank", "bankhead", "city", "sysadmin", "secadmin", "auditor"]


@pytest.fixture
def clients(cast, web) -> dict:
    stage.push(cast)
    assert {getattr(cast, name).role for name in PEOPLE} == set(WORKS_IN_ADMIN)
    return {name: web(getattr(cast, name)) for name in PEOPLE}


def lists() -> list:
    return sorted(admin.site._registry.values(), key=lambda it: it.opts.label)


def place(it, page: str, *args) -> str:
    return reverse(f"admin:{it.opts.app_label}_{it.opts.model_name}_{page}", args=args)


def filters(it) -> list[str]:
    named = [item[0] if isinstance(item, (tuple, list)) else item for item in it.list_filter]
    return [f"{name}__exact" for name in named if isinstance(name, str)] + [
        f"{name}__id__exact" for name in named if isinstance(name, str)
    ]


def faults(client, calls: list[tuple[str, str, dict]]) -> dict:
    client.raise_request_exception = False
    statuses = {
        (verb, path, str(data)[:80]): getattr(client, verb)(path, data).status_code
        for verb, path, data in calls
    }
    return {call: status for call, status in statuses.items() if status >= 500}


def who_opens(clients: dict, path: str):
    """The first who may; the others are refused before anything is read."""
    return next(client for client in clients.values() if client.get(path).status_code == 200)


@pytest.mark.parametrize("it", lists(), ids=lambda it: it.opts.label)
def test_a_list_survives_nonsense(clients, it):
    path = place(it, "changelist")
    asked = [*filters(it), "q", "p", "o", "_to_field", "tab", "id__in", f"{it.date_hierarchy}__year"]
    calls = [("get", path, {name: junk}) for name in asked for junk in JUNK]
    actions = [action for action in it.actions or () if isinstance(action, str)] or ["x"]
    ticked = [{"action": name, "_selected_action": [junk], "index": "0"} for name in actions for junk in JUNK]
    calls += [("post", path, body) for body in ticked]
    if getattr(it, "exports", ()):
        calls += [("get", place(it, "export"), {name: "\x00"}) for name in asked]
    assert faults(who_opens(clients, path), calls) == {}


@pytest.mark.parametrize("it", lists(), ids=lambda it: it.opts.label)
def test_a_form_survives_nonsense(clients, it):
    client = who_opens(clients, place(it, "changelist"))
    names = [field.name for field in it.opts.get_fields() if field.concrete]
    calls = [
        (verb, place(it, page, junk), {})
        for junk in JUNK
        for page in ("change", "history", "delete")
        for verb in ("get", "post")
    ]
    if client.get(place(it, "add")).status_code == 200:
        calls += [("get", place(it, "add"), {name: junk}) for name in names for junk in JUNK]
        calls += [("post", place(it, "add"), dict.fromkeys(names, junk)) for junk in JUNK]
    assert faults(client, calls) == {}


def test_the_theme_and_the_framework_survive_nonsense(clients):
    kinds = ContentType.objects.values_list("pk", flat=True)
    calls = [("get", "/admin/search/", {"s": "人", "page": junk}) for junk in JUNK]
    calls += [("get", "/admin/search/", {"s": junk, "extended": "1"}) for junk in JUNK]
    calls += [("get", f"/admin/r/{kind}/{junk}/", {}) for kind in kinds for junk in ("x", "%00")]
    fine = {"term": "徐", "app_label": "accounts", "model_name": "user", "field_name": "organisation"}
    calls += [
        ("get", "/admin/autocomplete/", fine | {name: junk}) for name in [*fine, "page"] for junk in JUNK
    ]
    words = ("old_password", "new_password1", "new_password2")
    calls += [("post", "/admin/password_change/", dict.fromkeys(words, junk)) for junk in JUNK]
    assert faults(clients["sysadmin"], calls) == {}
