"""No page in English has a Chinese letter but in its data.

The data of the test is made unmistakable: each of its Chinese letters is moved to a place in Unicode where none of ours
is. Whatever Chinese is left on a page comes from the code.
"""

import html
import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.utils import translation

from tests import factories as make
from tests.accounts.test_language import chose
from tests.lending import story
from tests.test_languages import HAN, english
from tests.test_matrix import ACTORS, places, rows  # noqa: F401  a fixture

OURS = ("accounts", "visits", "lending")


def strange(value: object) -> object:
    """The same text with every Chinese letter moved to where no letter of ours is: what stays Chinese is the code's."""
    if isinstance(value, str):
        return re.sub(HAN, lambda letter: chr(ord(letter[0]) + 0x10000), value)
    if isinstance(value, list):
        return [strange(part) for part in value]
    if isinstance(value, dict):
        return {strange(name): strange(part) for name, part in value.items()}
    return value


TEXT = (models.CharField, models.TextField, models.JSONField, ArrayField)


def estrange_data() -> None:
    """Every text of every row, past all triggers; rolled back with the test."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for model in [model for app in OURS for model in apps.get_app_config(app).get_models()]:
            fields = [field for field in model._meta.local_concrete_fields if isinstance(field, TEXT)]
            for row in model._base_manager.only(
                "pk", *(field.name for field in fields if not field.primary_key)
            ):
                said = {field.name: getattr(row, field.attname) for field in fields if not field.primary_key}
                changed = {name: strange(value) for name, value in said.items() if strange(value) != value}
                if changed:
                    model._base_manager.filter(pk=row.pk).update(**changed)
        cursor.execute("SET LOCAL session_replication_role = origin")


def every_text() -> set[str]:
    def texts(value: object) -> set[str]:
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return ({value} if isinstance(value, str) else set()).union(*map(texts, inside))

    found = set()
    for model in [model for app in OURS for model in apps.get_app_config(app).get_models()]:
        names = [field.attname for field in model._meta.local_concrete_fields if isinstance(field, TEXT)]
        found = found.union(*(texts(list(row)) for row in model._base_manager.values_list(*names) if names))
    return found


def chinese_in(page: bytes) -> set[str]:
    text = html.unescape(page.decode(errors="ignore"))  # a signature is a picture
    text = re.sub(
        r'<button[^>]*lang="zh-hans">中文</button>|“走访通”', "", text
    )  # the switch; the mark on the door
    return set(re.findall(rf"{HAN}[^<>\"\n]*", text))


@pytest.fixture
def foreign(cast, places, web, settings):  # noqa: F811
    """The story of tests/test_matrix.py with data that nobody can mistake for the product's own words."""
    web().get("/sign-in/")  # whatever is made while the addresses are loaded is made in Chinese
    settings.CREDIT_SOURCES = [source | {"name": "City platform"} for source in settings.CREDIT_SOURCES]
    cast.officer2.organisation = make.branch(cast.other_bank, cast.pudong)
    cast.officer2.save()
    estrange_data()
    for person in vars(cast).values():
        person.refresh_from_db()
    return places


def looks() -> list[tuple[str, str]]:
    """(page, actor): each page as it answers each kind of visitor, and always as a stranger sees it."""
    found = []
    for method, path, codes in rows():
        if method == "GET" and not path.startswith(("/api/", "/metrics")):
            actors = {code: actor for code, actor in zip(codes, ACTORS, strict=True) if actor != "nobody"}
            found += [(path, actor) for actor in {*actors.values(), "nobody"}]
    return found


@pytest.mark.django_db
def test_no_page_in_english_has_a_chinese_letter_but_in_its_data(cast, web, foreign):
    left = {}
    for path, actor in looks():
        answer = chose(web(getattr(cast, actor, None)), "en").get(path.format(**vars(foreign)))
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if b"\0" not in body and (found := chinese_in(body)):
            left.setdefault(path, set()).update(found)
    assert left == {}


@pytest.mark.django_db
def test_what_is_stored_is_chinese_whatever_language_the_screens_were_in(cast, web):
    """Others read it later: after a story told on English screens no sentence of the catalogue stands in any row."""
    with translation.override("en"):
        item = story.pushed(cast)
    officer, owner = chose(web(cast.officer), "en"), chose(web(), "en")
    for renew in ("", "1"):
        officer.post("/m/me/code/", {"renew": renew})
    owner.post(f"/track/{item.case.track_token}/withdraw/", {"case": "yes"})
    said = {said for entry in english() for said in [entry.msgstr, *entry.msgstr_plural.values()]}
    sentences = {text for text in said if re.search("[A-Z].*[a-z]", text) and "%" not in text}
    assert item.snapshot["need"]["purpose_name"] == "流动资金周转"
    assert {text for text in every_text() if text in sentences} == set()


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["bank", "bankhead", "city", "sysadmin", "secadmin", "auditor"])
def test_no_list_or_form_of_the_admin_in_english_has_a_chinese_letter_but_in_its_data(
    cast, web, foreign, who
):
    client, left = chose(web(getattr(cast, who)), "en"), {}
    for model in admin.site._registry:
        at = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        row = model._base_manager.order_by("pk").values_list("pk", flat=True).first()
        for path in [at, f"{at}add/", *([f"{at}{row}/change/", f"{at}{row}/history/"] if row else [])]:
            if found := chinese_in(client.get(path).content):
                left[path] = found
    assert left == {}
