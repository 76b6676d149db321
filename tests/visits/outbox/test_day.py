"""What a phone is given for the day, and the door through which nobody's visit is booked on somebody else."""

import hashlib
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories as make
from visits.codes.rules import token_for
from visits.codes.services import issue_code
from visits.models import Assignment, BusinessList, ListMembership, Visit
from visits.outbox import ticket

pytestmark = pytest.mark.django_db


def assign(officer, shops) -> None:
    place, kind = make.grid(officer.district), BusinessList.objects.first()
    for shop in shops:
        shop.grid = place
        shop.save()
        ListMembership.objects.create(list=kind, business=shop)
    facts = {"starts_on": "2026-01-01", "bank": officer.bank}
    Assignment.objects.get_or_create(officer=officer, list=kind, grid=place, defaults=facts)


def test_the_day_carries_whom_to_visit_and_a_ticket_that_says_whose_it_is(cast, web):
    shops = [make.business(f"测试{n}号店", at=cast.xuhui) for n in range(3)]
    assign(cast.officer, shops)
    said = web(cast.officer).get("/m/day.json").json()
    assert sorted(one["name"] for one in said["businesses"]) == ["测试0号店", "测试1号店", "测试2号店"]
    assert said["officer"] == {"id": str(cast.officer.pk), "username": "officer", "name": "周访"}
    assert ticket.read(said["ticket"], timezone.now()).officer_id == cast.officer.pk
    assert said["seal_key"] == ticket.seal_key(said["ticket"])
    assert {"version", "form", "banks", "notice", "as_of"} <= said.keys()


def test_a_list_the_phone_has_is_not_sent_again_but_the_ticket_is(cast, web):
    assign(cast.officer, [make.business(at=cast.xuhui)])
    first = web(cast.officer).get("/m/day.json").json()
    again = web(cast.officer).get("/m/day.json", {"have": first["version"]}).json()
    assert ("businesses" in again, again["version"], "ticket" in again) == (False, first["version"], True)


def test_the_code_on_the_door_is_recognised_by_its_hash_and_is_not_told(cast, web):
    shop = make.business(at=cast.xuhui)
    assign(cast.officer, [shop])
    token = token_for(issue_code(subject=shop, by=cast.panel, now=timezone.now()).secret)
    said = web(cast.officer).get("/m/day.json")
    assert said.json()["businesses"][0]["code"] == hashlib.sha256(token.encode()).hexdigest()
    assert token not in said.content.decode()


def test_a_longer_list_costs_no_more_statements(cast, web):
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            web(cast.officer).get("/m/day.json")
        return len(seen)

    assign(cast.officer, [make.business(at=cast.xuhui)])
    one = statements()
    assign(cast.officer, [make.business(at=cast.xuhui) for _ in range(2)])
    assert statements() == one


def test_a_module_without_a_session_gets_401_and_no_page(client, db):
    answer = client.get("/m/day.json")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_a_visit_of_one_officer_is_not_booked_on_another_who_signed_in_since(cast, api):
    body = make.visit_body(make.business(at=cast.xuhui))
    answer = api(cast.officer2).post("/api/v1/visits/", body, headers={"X-Officer": str(cast.officer.pk)})
    assert (answer.status_code, answer.json()["code"], Visit.objects.count()) == (409, "other_officer", 0)


def test_the_right_officer_goes_through(cast, api):
    body = make.visit_body(make.business(at=cast.xuhui))
    answer = api(cast.officer).post("/api/v1/visits/", body, headers={"X-Officer": str(cast.officer.pk)})
    assert answer.status_code == 201


def test_the_worker_names_its_version_and_the_frames_and_is_never_kept(client, db):
    answer = client.get("/sw.js")
    text = answer.content.decode()
    assert answer["Content-Type"] == "text/javascript"
    assert "no-store" in answer["Cache-Control"]
    site = json.loads(json.loads('"' + text.split('JSON.parse("')[1].split('")')[0] + '"'))
    assert set(site["shells"].values()) == {"/m/offline/", "/m/visit/offline/", "/m/outbox/", "/m/scan/"}


def test_the_manifest_makes_the_site_installable(client, db):
    said = client.get("/manifest.webmanifest").json()
    assert (said["start_url"], said["display"]) == ("/m/", "standalone")
    assert {(icon["sizes"], icon["purpose"]) for icon in said["icons"]} == {
        ("192x192", "any"), ("512x512", "any"), ("192x192", "maskable"), ("512x512", "maskable"),
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/track/0000000000000000/", "/q/0000000000000000/", "/sign-in/"])
def test_pages_of_owners_carry_nothing_of_the_outbox(client, db, path):
    text = client.get(path).content.decode()
    assert [word for word in ("outbox/", "manifest.webmanifest", "sw.js") if word in text] == []
