"""The city keeps the rules of visiting: a policy in force is read, a changed rule is a newer policy."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.clock import day_of
from tests import factories as make
from visits.models import DoNotDisturb, VisitPolicy
from visits.protection import services

pytestmark = pytest.mark.django_db
LIST = "/admin/visits/visitpolicy/"
DAY = timedelta(days=1)


def today():
    return day_of(timezone.now())


def body(**changes) -> dict:
    return {
        "district": "", "effective_from": today() + DAY, "lead_window_days": 60, "cooling_off_days": 14,
        "unreachable_days": 2, "do_not_disturb_max_days": 180, "answer": "refuse", "photo": "optional",
        "location": "optional", "photo_kept_days": 365, "source": "示范文",
    } | changes  # fmt: skip


def test_a_newer_policy_is_added_by_the_city(cast, web):
    answer = web(cast.city).post(f"{LIST}add/", body(district=cast.xuhui.pk))
    made = VisitPolicy.objects.get(district=cast.xuhui)
    assert (answer.status_code, made.cooling_off_days, made.answer) == (302, 14, "refuse")


@pytest.mark.parametrize(("days", "status"), [(-1, 200), (0, 302), (1, 302)])
def test_a_policy_does_not_rule_days_gone_by(cast, web, days, status):
    answer = web(cast.city).post(f"{LIST}add/", body(effective_from=today() + days * DAY))
    assert answer.status_code == status


@pytest.mark.parametrize(("days", "status"), [(-1, 403), (0, 403), (1, 302)])
def test_a_policy_in_force_is_never_edited_in_place(cast, web, days, status):
    kept = VisitPolicy.objects.create(district=None, effective_from=today() + days * DAY, cooling_off_days=7)
    changed = body(effective_from=today() + 5 * DAY)
    assert web(cast.city).post(f"{LIST}{kept.pk}/change/", changed).status_code == status
    assert web(cast.city).post(f"{LIST}{kept.pk}/delete/", {"post": "yes"}).status_code == status
    assert web(cast.city).get(LIST).status_code == 200


def test_policies_are_not_deleted_in_bulk(cast, web):
    ids = list(VisitPolicy.objects.values_list("pk", flat=True))
    web(cast.city).post(LIST, {"action": "delete_selected", "_selected_action": ids, "post": "yes"})
    assert list(VisitPolicy.objects.values_list("pk", flat=True)) == ids


def test_only_districts_are_offered(cast, web):
    choices = web(cast.city).get(f"{LIST}add/").context["adminform"].form.fields["district"].queryset
    assert {row.kind for row in choices} == {"district"}


@pytest.mark.parametrize(("who", "reads", "adds"), [
    ("city", 200, 200), ("auditor", 200, 403), ("bank", 403, 403), ("sysadmin", 403, 403), ("secadmin", 403, 403),
])  # fmt: skip
def test_who_reads_and_who_adds(cast, web, who, reads, adds):
    client = web(getattr(cast, who))
    assert [client.get(LIST).status_code, client.get(f"{LIST}add/").status_code] == [reads, adds]


def test_the_city_lifts_a_wish_for_an_owner_and_adds_none(cast, web):
    shop, now = make.business("测试米店"), timezone.now()
    wish = services.ask_do_not_disturb(business=shop, until_on=today() + 9 * DAY, now=now)
    client, address = web(cast.city), "/admin/visits/donotdisturb/"
    assert "测试米店" in client.get(address).content.decode()
    assert client.get(f"{address}add/").status_code == 403
    client.post(address, {"action": "lift", "_selected_action": [wish.pk]})
    assert DoNotDisturb.objects.get().lifted_at is not None
