"""Whatever is sent: a stable code and a sentence, never a fault, and nothing written."""

import base64
import struct
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from tests import factories as make
from visits.models import ConsentNotice, FinancingNeed, Visit

pytestmark = pytest.mark.django_db
URL = "/api/v1/visits/"
NOW = timezone.now


def png(*, width=100, height=50, size=200):
    head = (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + b"IHDR"
        + struct.pack(">II", width, height)
        + b"\x08\x06\0\0\0"
    )
    tail = b"\0\0\0\0IEND\xaeB`\x82"
    return head + b"\0" * (size - len(head) - len(tail)) + tail


def b64(image: bytes) -> str:
    return base64.b64encode(image).decode()


# dotted name, value, the field named in the answer (None: the same name)
FORM = [
    ("id", None, None), ("id", "not-a-uuid", None), ("id", 10**40, None), ("id", {}, None),
    ("mode", "by_pigeon", None), ("mode", None, None), ("mode", ["on_site"], None), ("mode", {"a": 1}, None),
    ("outcome", "maybe", None), ("outcome", 1e400, None), ("outcome", True, None),
    ("started_at", "yesterday", None), ("started_at", 1e300, None), ("started_at", "9999-12-31T23:59:59-14:00", None),
    ("started_at", "0001-01-01T00:00:00+14:00", None), ("started_at", [], None), ("started_at", "2026-13-45T99:99:99Z", None),
    ("ended_at", "x", None), ("ended_at", {"at": 1}, None),
    ("note", "a\x00b", None), ("note", "x" * 501, None), ("note", {"a": "b"}, None), ("note", True, None),
    ("credit_code", "\x00", None), ("credit_code", "9" * 41, None), ("credit_code", [], None),
    ("code", "\x00", None), ("code", "A" * 501, None), ("code", {}, None),
    ("location", "here", "location.non_field_errors"), ("location", [], "location.non_field_errors"), ("location", {"lat": 31.2}, "location.lon"),
    ("location.lat", 91, None), ("location.lat", "north", None), ("location.lat", 1e400, None), ("location.lat", 10**4000, None),
    ("location.lon", -180.5, None), ("location.lon", None, None), ("location.accuracy_m", -1, None),
    ("location.accuracy_m", 1e300, None), ("location.accuracy_m", 10**4000, None),
    ("need", "much", "need.non_field_errors"), ("need", 5, "need.non_field_errors"), ("need", [[]], "need.non_field_errors"),
    ("need.amount_yuan", 0, None), ("need.amount_yuan", -1, None), ("need.amount_yuan", "0.001", None),
    ("need.amount_yuan", "100000000.01", None), ("need.amount_yuan", 1e400, None), ("need.amount_yuan", "1E+999999999", None),
    ("need.amount_yuan", "NaN", None), ("need.amount_yuan", 10**4000, None), ("need.amount_yuan", "一百万", None), ("need.amount_yuan", [1], None),
    ("need.purpose", "gambling", None), ("need.purpose_text", "x" * 301, None), ("need.purpose_text", "\x00", None),
    ("need.term_months", 0, None), ("need.term_months", 361, None), ("need.term_months", "a year", None), ("need.term_months", 10**4000, None),
    ("need.guarantee", "my word", None), ("need.urgency", "now!", None),
    ("need.preferred_banks", ["DEMO-B1", "DEMO-B2", "a", "b"], None), ("need.preferred_banks", ["NO-SUCH-BANK"], None),
    ("need.preferred_banks", ["310104"], None), ("need.preferred_banks", "DEMO-B1", None),
    ("need.preferred_banks", [{"code": "x"}], "need.preferred_banks.0"), ("need.preferred_banks", ["\x00"], "need.preferred_banks.0"),
    ("consent", "yes", "consent.non_field_errors"), ("consent", [], "consent.non_field_errors"),
    ("consent.notice_version", "1999-01", None), ("consent.notice_version", None, None), ("consent.notice_version", "\x00", None),
    ("consent.scope", [], None), ("consent.scope", "everything", "consent.scope.0"), ("consent.scope", None, None), ("consent.scope", {"a": 1}, None),
    ("consent.scope", [["credit_lookup"]], "consent.scope.0"),
    ("consent.recipients", ["NO-SUCH-BANK"], None), ("consent.recipients", ["310104001"], None), ("consent.recipients", ["x"] * 61, None),
    ("consent.recipients", [f"b{n}" for n in range(61)], None), ("consent.recipients", "DEMO-B1", None),
    ("consent.signed_name", "", None), ("consent.signed_name", None, None), ("consent.signed_name", "x" * 61, None),
    ("consent.signature_png", "not base64!", None), ("consent.signature_png", b64(b"GIF89a" + b"\0" * 100), None),
    ("consent.signature_png", b64(png(size=200 * 1024 + 1)), None), ("consent.signature_png", b64(png(width=90_000)), None),
    ("consent.signature_png", b64(png()[:60]), None), ("consent.signature_png", "A" * 400_000, None), ("consent.signature_png", 5, None),
]  # fmt: skip


def put(body: dict, name: str, value: object) -> dict:
    *above, last = name.split(".")
    at = body
    for part in above:
        at = at[part]
    at[last] = value
    return body


@pytest.mark.parametrize(
    ("name", "value", "field"), FORM, ids=[f"{n}-{i}" for i, (n, _v, _f) in enumerate(FORM)]
)
def test_a_bad_field_is_named(cast, api, name, value, field):
    import json

    body = put(make.visit_body(make.business(), banks=(cast.first_bank,)), name, value)
    sent = json.dumps(body).replace("Infinity", "1e400")
    answer = api(cast.officer).post(URL, sent, content_type="application/json")
    said = answer.json()
    assert (answer.status_code, said["code"], said["status"], said["reason"]) == (
        400,
        "invalid",
        "error",
        "invalid",
    )
    assert (list(said["fields"]), Visit.objects.count()) == ([field or name], 0)


BODIES = [
    (b"", 400), (b"{", 400), (b"null", 400), (b"[]", 400), (b'"visit"', 400), (b"12", 400), (b"\xff\xfe\x00", 400), (b"{'a': 1}", 400),
    (b'{"a": NaN}', 400), (b'{"a": Infinity}', 400), (b'{"a": ' + b"9" * 5000 + b"}", 400),
    (b"[" * 100_000, 400), (b'{"a":' * 100_000, 400), (b'{"need":' + b"[" * 900 + b"]" * 900 + b"}", 400),
    (b'{"id": "\\ud800"}', 400), (b'{"mode": "\\uDFFF"}', 400), (b'{"\\ud83d": 1}', 400), (b'{"note": "' + b"x" * 7_000_000 + b'"}', 413),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), BODIES, ids=range(len(BODIES)))
def test_a_body_that_is_no_visit_is_refused_in_the_one_shape(cast, api, body, status):
    answer = api(cast.officer).post(URL, body, content_type="application/json")
    said = answer.json()
    assert (answer.status_code, said["status"], bool(said["code"]), bool(said["detail"])) == (
        status,
        "error",
        True,
        True,
    )


def test_a_form_is_not_taken_for_json(cast, api):
    answer = api(cast.officer).post(URL, "a=1", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("started", "ended", "field"),
    [
        (timedelta(minutes=11), None, "started_at"),
        (timedelta(days=-30, minutes=-1), None, "started_at"),
        (timedelta(minutes=-5), timedelta(minutes=-6), "ended_at"),
        (timedelta(minutes=-5), timedelta(minutes=11), "ended_at"),
        (timedelta(minutes=9), None, None),
        (timedelta(days=-29), None, None),
    ],
)
def test_the_phones_clock_may_be_a_little_wrong_and_not_more(cast, api, started, ended, field):
    times = {"started_at": (NOW() + started).isoformat(), "ended_at": ended and (NOW() + ended).isoformat()}
    body = make.visit_body(make.business(), outcome="no_need", need=None, consent=None) | times
    answer = api(cast.officer).post(URL, body)
    assert list(answer.json().get("fields", {})) == ([field] if field else [])
    assert answer.status_code == (400 if field else 201)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"need": None, "consent": None}, "need"),
        ({"need": None}, "need"),
        ({"outcome": "no_need", "consent": None}, "need"),
        ({"outcome": "no_need", "need": None}, "consent"),
        ({"credit_code": ""}, "credit_code"),
    ],
)
def test_what_contradicts_itself_is_refused(cast, api, changes, field):
    answer = api(cast.officer).post(URL, make.visit_body(make.business(), **changes))
    assert (answer.status_code, list(answer.json()["fields"]), FinancingNeed.objects.count()) == (
        400,
        [field],
        0,
    )


def test_a_notice_that_is_not_in_force_yet_cannot_be_signed(cast, api):
    facts = {
        "title": "新",
        "text": "新",
        "scopes": ["credit_lookup"],
        "effective_from": timezone.localdate() + timedelta(days=1),
    }
    ConsentNotice.objects.create(version="2099-01", **facts)
    body = put(make.visit_body(make.business()), "consent.notice_version", "2099-01")
    assert list(api(cast.officer).post(URL, body).json()["fields"]) == ["consent.notice_version"]


def test_a_scope_beyond_the_notice_cannot_be_signed(cast, api):
    ConsentNotice.objects.create(
        version="2020-01", title="旧", text="旧", scopes=["share_need"], effective_from="2020-01-01"
    )
    body = put(make.visit_body(make.business()), "consent.notice_version", "2020-01")
    assert list(api(cast.officer).post(URL, body).json()["fields"]) == ["consent.scope"]


def test_a_real_signature_is_kept_with_or_without_its_data_prefix(cast, api):
    for prefix in ("", "data:image/png;base64,"):
        body = put(make.visit_body(make.business()), "consent.signature_png", prefix + b64(png()))
        assert api(cast.officer).post(URL, body).status_code == 201
    signings = {bytes(v.signature_png) for v in make_signings()}
    assert signings == {png()}


def make_signings():
    from visits.models import ConsentSigning

    return ConsentSigning.objects.all()


READS = [
    "businesses/?district=nowhere", "businesses/?district=%00", "businesses/?list=no_such_list", "businesses/?list=%00",
    "businesses/?assigned=you", "businesses/?search=" + "长" * 101, "businesses/?cursor=zzz",
    "businesses/?cursor=cD1hYmM%3D", "businesses/?cursor=cD0lMDA%3D", "visits/?cursor=cD1hYmM%3D",
]  # fmt: skip


@pytest.mark.parametrize("path", READS)
def test_an_unknown_filter_is_refused(cast, api, path):
    answer = api(cast.officer).get(f"/api/v1/{path}")
    assert (answer.status_code in (400, 404), set(answer.json())) == (True, {"code", "detail", "fields"})


NOT_THERE = [
    "businesses/%00/", "businesses/91350100M000100Y43/", f"businesses/{'9' * 3000}/", "businesses/%ED%A0%80/",
    "visits/00000000-0000-0000-0000-000000000000/", "visits/abc/",
    "codes/%00/", "codes/AAAAAAAAAAAAAAAA/", f"codes/{'A' * 5000}/", "codes/%F0%9F%98%80/",
]  # fmt: skip


@pytest.mark.parametrize("path", NOT_THERE)
def test_what_is_not_there_is_404(cast, api, path):
    answer = api(cast.officer).get(f"/api/v1/{path}")
    assert (answer.status_code, set(answer.json())) == (404, {"code", "detail", "fields"})


@override_settings(DEBUG=False)
def test_searching_for_nothing_and_for_signs_is_harmless(cast, api):
    make.business("百分百%_商贸")
    found = [
        [
            row["name"]
            for row in api(cast.officer).get("/api/v1/businesses/", {"search": words}).json()["results"]
        ]
        for words in ("", "%_", "%", "\x00", "'; DROP TABLE", "查无此店", "\\")
    ]
    every = ["百分百%_商贸"]
    assert found == [every, every, every, every, [], [], []]
