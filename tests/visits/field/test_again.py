"""The browser's back button: the form comes back with a new id, and is asked about instead of kept twice."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import factories as make
from visits.models import Visit

pytestmark = pytest.mark.django_db


def form_of(client, business, **changes) -> dict:
    page = client.get(f"/m/visit/{business.credit_code}/")
    initial = page.context["form"].initial
    return {"id": str(initial["id"]), "started_at": initial["started_at"], "mode": "on_site", "outcome": "no_need",
            "notice_version": initial["notice_version"], "guarantee": "undecided", "urgency": "month"} | changes  # fmt: skip


def test_the_back_button_and_send_again_is_asked_about_and_not_kept(cast, web):
    client, firm = web(cast.officer), make.business(at=cast.xuhui)
    path = f"/m/visit/{firm.credit_code}/"
    assert client.post(path, form_of(client, firm)).status_code == 302
    again = client.post(path, form_of(client, firm))
    assert (again.status_code, Visit.objects.count()) == (409, 1)
    assert "刚登记过这一家" in again.content.decode()


def test_whoever_says_that_it_was_another_visit_is_believed(cast, web):
    client, firm = web(cast.officer), make.business(at=cast.xuhui)
    path = f"/m/visit/{firm.credit_code}/"
    client.post(path, form_of(client, firm))
    assert client.post(path, form_of(client, firm, again="1")).status_code == 302
    assert Visit.objects.count() == 2


def test_the_same_form_twice_is_still_the_first_answer(cast, web):
    client, firm = web(cast.officer), make.business(at=cast.xuhui)
    path, form = f"/m/visit/{firm.credit_code}/", form_of(client, firm)
    first, second = client.post(path, form), client.post(path, form)
    assert (first.url, Visit.objects.count()) == (second.url, 1)


@pytest.mark.parametrize(("minutes", "status"), [(9, 409), (10, 302)])
def test_after_ten_minutes_nobody_is_asked(cast, web, minutes, status):
    client, firm = web(cast.officer), make.business(at=cast.xuhui)
    path = f"/m/visit/{firm.credit_code}/"
    client.post(path, form_of(client, firm))
    Visit.objects.update(recorded_at=timezone.now() - timedelta(minutes=minutes))
    assert client.post(path, form_of(client, firm)).status_code == status


def test_what_was_said_before_is_filled_in_at_the_next_visit(cast, api, web):
    firm = make.business(at=cast.xuhui)
    api(cast.officer).post("/api/v1/visits/", make.visit_body(firm, banks=(cast.first_bank,)))
    page = web(cast.officer).get(f"/m/visit/{firm.credit_code}/")
    initial = page.context["form"].initial
    assert (initial["amount_wan"], initial["purpose"], initial["bank_1"]) == (
        "50",
        "working_capital",
        "DEMO-B1",
    )


def test_what_was_said_at_a_visit_since_annulled_is_not_filled_in(cast, api, web):
    """It may have been another firm's: the officer had opened the wrong one."""
    firm = make.business(at=cast.xuhui, phone="13900000001")
    api(cast.officer).post("/api/v1/visits/", make.visit_body(firm, banks=(cast.first_bank,)))
    Visit.objects.update(annulled_at=timezone.now(), annulled_by=cast.officer, annulled_reason="点错了")
    initial = web(cast.officer).get(f"/m/visit/{firm.credit_code}/").context["form"].initial
    assert ("amount_wan" in initial, initial["contact_name"], initial["contact_phone"]) == (
        False,
        "",
        "13900000001",
    )


def test_a_colleague_s_figures_are_not_filled_in(cast, api, web):
    firm = make.business(at=cast.xuhui)
    api(cast.officer).post("/api/v1/visits/", make.visit_body(firm, banks=(cast.first_bank,)))
    page = web(cast.officer2).get(f"/m/visit/{firm.credit_code}/")
    assert "amount_wan" not in page.context["form"].initial
