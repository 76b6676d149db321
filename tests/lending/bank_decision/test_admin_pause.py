"""补件暂停 as a reviewer meets it on the page of a recommendation."""

from datetime import timedelta

import pytest
from django.utils import timezone

from lending.models import Recommendation, Suspension
from lending.sla import suspending
from tests.lending.bank_decision import stage

pytestmark = pytest.mark.django_db
SAID = {"pause-papers": "近六个月流水", "pause-reason": "缺两个月", "pause-days": "3"}
WHAT = {"papers": "近六个月流水", "reason": "缺两个月", "days": 3}


@pytest.fixture
def pushed(cast) -> Recommendation:
    return stage.push(cast, at=timezone.now() - timedelta(hours=1))


def url(row: Recommendation, page: str = "change") -> str:
    return f"/admin/lending/recommendation/{row.pk}/{page}/"


def asked(row: Recommendation, cast) -> Suspension:
    return suspending.ask(deadline=row.deadline, by=cast.bank, now=timezone.now(), **WHAT)


def granted(row: Recommendation, cast) -> Suspension:
    return suspending.answer(suspension=asked(row, cast), is_granted=True, by=cast.panel, now=timezone.now())


def state(one: Suspension) -> str:
    one.refresh_from_db()
    return one.state


def test_a_reviewer_reads_on_the_case_why_it_is_due_when_it_is(cast, web, pushed):
    client = web(cast.bank)
    page = client.get(url(pushed)).content.decode()
    why = f"/deadlines/{pushed.deadline_id}/"
    assert (pushed.deadline.receipt["words"] in page, f'href="{why}"' in page) == (True, True)
    assert client.get(why).status_code == 200


def test_a_request_made_on_the_page_waits_for_the_team(cast, web, pushed):
    answer = web(cast.bank).post(url(pushed, "suspend"), SAID)
    one = Suspension.objects.get(deadline=pushed.deadline)
    assert (answer.status_code, answer["Location"]) == (302, url(pushed) + "#pause")
    assert (one.papers, one.asked_days, one.state, one.asked_by) == ("近六个月流水", 3, "asked", cast.bank)
    assert "等区级工作专班答复,目前照常计时" in web(cast.bank2).get(url(pushed)).content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"pause-days": "11"}, "最多还可暂停 10 天。"), ({"pause-papers": " "}, ""), ({"pause-days": "0"}, "")],
)
def test_what_is_refused_comes_back_as_it_was_typed(cast, web, pushed, changes, said):
    answer = web(cast.bank).post(url(pushed, "suspend"), SAID | changes)
    page = answer.content.decode()
    assert (answer.status_code, "缺两个月" in page, said in page) == (400, True, True)
    assert Suspension.objects.count() == 0


def test_where_the_policy_allows_none_nothing_is_offered(cast, web, pushed):
    type(pushed.deadline.policy).objects.update(max_suspension_days=0)
    assert "申请补件暂停" not in web(cast.bank).get(url(pushed)).content.decode()


def test_a_request_is_taken_back_by_the_one_that_was_shown(cast, web, pushed):
    one = asked(pushed, cast)
    other = asked(stage.push(cast, at=timezone.now() - timedelta(hours=1)), cast)
    client = web(cast.bank)
    client.post(url(pushed, "take_back"), {"suspension": other.pk})
    assert (state(one), state(other)) == ("asked", "asked")
    client.post(url(pushed, "take_back"), {"suspension": one.pk})
    assert (state(one), state(other)) == ("cancelled", "asked")


def test_a_running_one_is_shown_and_ended_with_a_reason(cast, web, pushed):
    one = granted(pushed, cast)
    client = web(cast.bank)
    assert "之后自动恢复计时" in client.get(url(pushed)).content.decode()
    assert client.post(url(pushed, "resume"), {"suspension": one.pk, "resume-why": ""}).status_code == 400
    assert state(one) == "granted"
    client.post(url(pushed, "resume"), {"suspension": one.pk, "resume-why": "企业不再补"})
    assert (state(one), one.ended_why) == ("ended", "企业不再补")


def test_complete_papers_end_what_runs_and_are_said_on_the_page(cast, web, pushed):
    one = granted(pushed, cast)
    client = web(cast.bank)
    client.post(url(pushed, "complete"))
    pushed.refresh_from_db()
    assert (state(one), pushed.documents_complete_at is not None) == ("ended", True)
    page = client.get(url(pushed)).content.decode()
    assert ("材料齐全 " in page, url(pushed, "complete") in page) == (True, False)


@pytest.mark.parametrize("deed", ["suspend", "take_back", "resume", "complete"])
def test_another_bank_finds_nothing(cast, web, pushed, deed):
    assert web(cast.bank_other).post(url(pushed, deed), SAID).status_code in (302, 404)
    assert (Suspension.objects.count(), Recommendation.objects.get(pk=pushed.pk).documents_complete_at) == (
        0,
        None,
    )


def test_while_the_team_confirms_an_answer_neither_door_files_a_request(cast, web, api, pushed):
    Recommendation.objects.filter(pk=pushed.pk).update(state="confirming")
    page = web(cast.bank).post(url(pushed, "suspend"), SAID)
    answer = api(cast.bank).post(f"/api/v1/recommendations/{pushed.pk}/suspension/", WHAT)
    assert (page.status_code, answer.status_code, answer.json()["code"], Suspension.objects.count()) == (
        400, 409, "wrong_stage", 0,
    )  # fmt: skip


def test_once_the_papers_are_complete_no_door_asks_for_more(cast, web, api, pushed):
    client = web(cast.bank)
    assert url(pushed, "suspend") in client.get(url(pushed)).content.decode()
    client.post(url(pushed, "complete"))
    assert url(pushed, "suspend") not in client.get(url(pushed)).content.decode()
    page = client.post(url(pushed, "suspend"), SAID)
    answer = api(cast.bank).post(f"/api/v1/recommendations/{pushed.pk}/suspension/", WHAT)
    assert (page.status_code, answer.status_code, answer.json()["code"], Suspension.objects.count()) == (
        400, 409, "wrong_stage", 0,
    )  # fmt: skip


# ---- The same by the API ----
def test_asking_answering_and_ending_by_the_api(cast, api, pushed):
    bank, panel = api(cast.bank), api(cast.panel)
    item = f"/api/v1/recommendations/{pushed.pk}"
    made = bank.post(f"{item}/suspension/", WHAT)
    one = f"/api/v1/suspensions/{made.json()['id']}"
    assert (made.status_code, made.json()["state"], made.json()["asked_by"]) == (201, "asked", "钱贷")
    assert bank.post(f"{item}/suspension/", WHAT).json()["code"] == "suspension_open"
    assert bank.get(f"{item}/").json()["suspensions"] == [made.json()]
    assert panel.post(f"{one}/answer/", {"is_granted": False}).json()["code"] == "reason_missing"
    granted_ = panel.post(f"{one}/answer/", {"is_granted": True, "days": 2, "note": "先给两天"})
    assert (granted_.status_code, granted_.json()["state"], granted_.json()["decided_by"]) == (
        201,
        "granted",
        "陈审",
    )
    told = bank.get(f"/api/v1/deadlines/{pushed.deadline_id}/").json()
    assert [day["what"] for day in told["days"]].count("suspended") == 2
    assert [row["state"] for row in told["suspensions"]] == ["granted"]
    assert bank.post(f"{one}/end/", {"why": "企业不再补"}).json()["state"] == "ended"
    assert bank.post(f"{one}/end/", {"why": "企业不再补"}).json()["code"] == "suspension_not_running"


def test_complete_papers_by_the_api_and_a_request_taken_back(cast, api, pushed):
    bank = api(cast.bank)
    made = bank.post(f"/api/v1/recommendations/{pushed.pk}/suspension/", WHAT).json()
    assert bank.post(f"/api/v1/suspensions/{made['id']}/take-back/").json()["state"] == "cancelled"
    done = bank.post(f"/api/v1/recommendations/{pushed.pk}/documents-complete/")
    pushed.refresh_from_db()
    assert (done.status_code, pushed.documents_complete_at is not None) == (200, True)
