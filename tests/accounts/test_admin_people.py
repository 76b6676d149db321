"""Accounts are made and switched off by the system administrator, freed by the security administrator, read by the auditor."""

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry

from accounts.models import Organisation, User
from accounts.roles import Role

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/accounts/user/"
SECRET = "Wu-tong-Lu-2026"


def new(**changes) -> dict:
    facts = {
        "username": "xin",
        "name": "新人",
        "role": "panel",
        "password1": SECRET,
        "password2": SECRET,
        "usable_password": "true",
    }
    return facts | changes


def page_of(person: User) -> str:
    return f"{PEOPLE}{person.pk}/change/"


def said(person: User, **changes) -> dict:
    facts = {"username": person.username, "name": person.name, "email": person.email, "role": person.role,
             "organisation": person.organisation_id, "is_active": "on"}  # fmt: skip
    return {name: value for name, value in (facts | changes).items() if value is not None}


def test_a_new_account_has_a_role_and_a_place_and_is_logged(cast, web):
    web(cast.sysadmin).post(f"{PEOPLE}add/", new(organisation=cast.xuhui.pk))
    made = User.objects.get(username="xin")
    assert (made.role, made.organisation, made.is_staff, made.check_password(SECRET)) == (
        "panel",
        cast.xuhui,
        False,
        True,
    )
    assert LogEntry.objects.get(object_id=str(made.pk)).user == cast.sysadmin


@pytest.mark.parametrize(
    ("role", "place", "errors"),
    [
        ("panel", "branch", ["organisation"]), ("panel", None, ["organisation"]), ("bank_reviewer", "xuhui", ["organisation"]),
        ("bank_coordinator", "branch", ["organisation"]), ("city", "xuhui", ["organisation"]), ("", "xuhui", ["role"]),
        ("field_officer", "branch", None), ("bank_reviewer", "branch", None), ("auditor", None, None),
    ],
)  # fmt: skip
def test_a_role_belongs_to_its_kind_of_organisation(cast, web, role, place, errors):
    where = getattr(cast, place).pk if place else ""
    answer = web(cast.sysadmin).post(f"{PEOPLE}add/", new(role=role, organisation=where))
    found = list(answer.context["adminform"].form.errors) if answer.status_code == 200 else None
    assert (found, User.objects.filter(username="xin").count()) == (errors, 0 if errors else 1)


@pytest.mark.parametrize("secret", ["short", "1234567890123", "password12"])
def test_a_weak_password_is_refused(cast, web, secret):
    web(cast.sysadmin).post(
        f"{PEOPLE}add/", new(organisation=cast.xuhui.pk, password1=secret, password2=secret)
    )
    assert User.objects.filter(username="xin").count() == 0


def test_a_change_of_role_is_logged_by_name(cast, web):
    web(cast.sysadmin).post(page_of(cast.bank2), said(cast.bank2, role="bank_coordinator"))
    cast.bank2.refresh_from_db()
    assert cast.bank2.role == "bank_coordinator"
    assert "岗位" in LogEntry.objects.get(object_id=str(cast.bank2.pk)).get_change_message()


def test_nobody_changes_their_own_role(cast, web):
    web(cast.sysadmin).post(page_of(cast.sysadmin), said(cast.sysadmin, role="city", name="系统改"))
    cast.sysadmin.refresh_from_db()
    assert (cast.sysadmin.role, cast.sysadmin.name) == (Role.SYSTEM_ADMIN, "系统改")


def test_rights_of_djangos_own_cannot_be_granted(cast, web):
    web(cast.sysadmin).post(page_of(cast.bank), said(cast.bank, is_superuser="on", is_staff="on"))
    cast.bank.refresh_from_db()
    assert cast.bank.is_superuser is False


def test_an_account_switched_off_is_out_at_once_and_stays_in_the_books(cast, web):
    bank, client = web(cast.bank), web(cast.sysadmin)
    body = {"action": "switch_off", "_selected_action": [cast.bank.pk, cast.sysadmin.pk]}
    client.post(PEOPLE, body)
    cast.bank.refresh_from_db()
    cast.sysadmin.refresh_from_db()
    assert (cast.bank.is_active, cast.sysadmin.is_active) == (False, True)
    assert bank.get("/admin/").status_code == 302
    assert client.get(f"{PEOPLE}{cast.bank.pk}/delete/").status_code == 403


def test_a_password_is_reset_by_the_system_administrator_alone(cast, web):
    path, body = f"{PEOPLE}{cast.bank.pk}/password/", {"password1": SECRET, "password2": SECRET}
    for person, status in (
        ("secadmin", 403),
        ("auditor", 403),
        ("bankhead", 403),
        ("bank_other", 404),
        ("sysadmin", 302),
    ):
        assert (person, web(getattr(cast, person)).post(path, body).status_code) == (person, status)
    cast.bank.refresh_from_db()
    assert cast.bank.check_password(SECRET) is True


def test_the_other_two_administrators_read_accounts_and_change_none(cast, web):
    for person in (cast.secadmin, cast.auditor):
        client = web(person)
        assert client.get(page_of(cast.bank)).status_code == 200
        assert client.post(page_of(cast.bank), said(cast.bank, role="city")).status_code == 403
        assert client.get(f"{PEOPLE}add/").status_code == 403
        client.post(PEOPLE, {"action": "switch_off", "_selected_action": cast.bank.pk})
    cast.bank.refresh_from_db()
    assert (cast.bank.role, cast.bank.is_active) == ("bank_reviewer", True)


def test_a_coordinator_reads_the_people_of_the_bank_alone(cast, web):
    client = web(cast.bankhead)
    names = {person.username for person in client.get(PEOPLE).context["cl"].result_list}
    assert names == {"bank", "bank2", "bankhead", "officer", "officer2"}
    assert client.get(page_of(cast.bank_other)).status_code == 404
    assert client.post(page_of(cast.bank), said(cast.bank, name="x")).status_code == 403


def test_a_locked_sign_in_is_freed_by_the_security_administrator_alone(cast, web):
    locked = AccessAttempt.objects.create(
        username="bank", ip_address="10.0.0.1", failures_since_start=5, path_info="/sign-in/"
    )
    path, body = "/admin/axes/accessattempt/", {"action": "free", "_selected_action": locked.pk}
    assert web(cast.sysadmin).post(path, body).status_code == 403
    web(cast.auditor).post(path, body)
    assert AccessAttempt.objects.count() == 1
    web(cast.secadmin).post(path, body)
    assert AccessAttempt.objects.count() == 0
    assert LogEntry.objects.get().user == cast.secadmin


def test_only_the_auditor_reads_the_log_and_nobody_writes_it(cast, web):
    assert web(cast.sysadmin).get("/admin/admin/logentry/").status_code == 403
    client = web(cast.auditor)
    assert client.get("/admin/admin/logentry/").status_code == 200
    assert client.get("/admin/admin/logentry/add/").status_code == 403


def test_an_organisation_keeps_its_code_and_kind(cast, web):
    body = {
        "code": "X",
        "kind": "bank",
        "name": "徐汇区改",
        "parent": cast.xuhui.parent_id,
        "aliases": "",
        "is_active": "on",
    }
    web(cast.sysadmin).post(f"/admin/accounts/organisation/{cast.xuhui.pk}/change/", body)
    kept = Organisation.objects.get(pk=cast.xuhui.pk)
    assert (kept.code, kept.kind, kept.name) == ("310104", "district", "徐汇区改")


@pytest.mark.parametrize("person", ["sysadmin", "secadmin", "auditor", "city", "bankhead", "bank"])
def test_every_list_on_the_first_page_opens(cast, web, person):
    client = web(getattr(cast, person))
    lists = [
        model["admin_url"] for app in client.get("/admin/").context["app_list"] for model in app["models"]
    ]
    assert {path: client.get(path).status_code for path in lists} == dict.fromkeys(lists, 200)
    assert lists != []
