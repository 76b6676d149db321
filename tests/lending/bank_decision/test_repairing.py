"""After a refusal: mended and recommended again, given up, or closed with a word why."""

from datetime import date, timedelta

import pytest

from accounts.errors import Invalid, NotAllowed, NotFound
from lending.bank_decision.repairing import close_unfunded, finish_repair, open_repair
from lending.bank_decision.rules import Answer
from lending.bank_decision.services import decide
from lending.errors import ReasonMissing, WrongStage
from lending.models import Repair
from tests.factories import NOW
from tests.lending import story

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=3)


@pytest.fixture
def declined(cast):
    item = story.pushed(cast)
    answer = Answer(outcome="declined", decided_on=date(2026, 11, 20), reason_code="R03")
    decide(recommendation=item, answer=answer, by=cast.bank, now=NOW)
    return story.fresh(item.case)


def begin(cast, case, **said):
    return open_repair(
        case=case, **({"plan": "补缴税款", "department": "税务局", "by": cast.panel, "now": NOW} | said)
    )


def end(cast, case, **said):
    said = {"is_mended": True, "result": "已补缴", "by": cast.panel2, "now": LATER} | said
    return finish_repair(case=case, **said)


def test_a_repair_holds_the_refusal_it_answers(cast, declined):
    repair = begin(cast, declined)
    assert (repair.decision.reason.code, repair.opened_by, repair.opened_at) == ("R03", cast.panel, NOW)
    assert (story.fresh(declined).stage, declined.events.last().kind) == ("in_repair", "repair_opened")


@pytest.mark.parametrize(("is_mended", "stage"), [(True, "recommended"), (False, "closed_unfunded")])
def test_it_ends_in_another_push_or_in_a_close(cast, declined, is_mended, stage):
    begin(cast, declined)
    repair = end(cast, story.fresh(declined), is_mended=is_mended)
    assert (repair.finished_by, repair.finished_at, repair.result) == (cast.panel2, LATER, "已补缴")
    assert story.fresh(declined).stage == stage
    assert (story.fresh(declined).closed_at is None) is is_mended


def test_a_mended_case_goes_to_the_same_bank_again(cast, declined):
    begin(cast, declined)
    end(cast, story.fresh(declined))
    made = story.issued_list(cast, [(story.fresh(declined), cast.first_bank)], now=LATER)
    assert (made.items.get().state, story.fresh(declined).recommendations.count()) == ("pushed", 2)


def test_there_may_be_nothing_more_to_try(cast, declined):
    close_unfunded(case=declined, reason="企业不再需要", by=cast.panel, now=NOW)
    assert (story.fresh(declined).stage, story.fresh(declined).closed_at) == ("closed_unfunded", NOW)


@pytest.mark.parametrize(
    ("said", "error", "field"),
    [
        ({"plan": " "}, ReasonMissing, "plan"), ({"plan": "\0"}, ReasonMissing, "plan"),
        ({"plan": "长" * 501}, Invalid, "plan"), ({"department": "长" * 81}, Invalid, "department"),
    ],
)  # fmt: skip
def test_a_repair_says_what_is_to_be_done(cast, declined, said, error, field):
    with pytest.raises(error) as refusal:
        begin(cast, declined, **said)
    assert (list(refusal.value.fields), Repair.objects.count()) == ([field], 0)


def test_an_end_says_how_it_went(cast, declined):
    begin(cast, declined)
    for result in ("", "长" * 301):
        with pytest.raises((ReasonMissing, Invalid)):
            end(cast, story.fresh(declined), result=result)
    assert Repair.objects.get().finished_at is None
    with pytest.raises(ReasonMissing):
        close_unfunded(case=declined, reason="", by=cast.panel, now=NOW)


def test_each_step_has_its_stage(cast, declined):
    with pytest.raises(WrongStage):
        end(cast, declined)
    begin(cast, declined)
    for late in (
        lambda: begin(cast, declined),
        lambda: close_unfunded(case=declined, reason="x", by=cast.panel, now=NOW),
    ):
        with pytest.raises(WrongStage):
            late()
    assert Repair.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "error"),
    [("officer", NotAllowed), ("bank", NotAllowed), ("city", NotAllowed), ("panel_other", NotFound)],
)
def test_only_the_team_of_the_district(cast, declined, who, error):
    by = getattr(cast, who)
    for deed in (
        lambda: begin(cast, declined, by=by),
        lambda: close_unfunded(case=declined, reason="x", by=by, now=NOW),
    ):
        with pytest.raises(error):
            deed()


def test_from_the_page(cast, web, declined, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: LATER)
    panel, url = web(cast.panel), f"/district/cases/{declined.number}/"
    html = panel.get(url).content.decode()
    assert ("补缴并更新纳税信用" in html, 'value="税务局"' in html) == (True, True)
    assert "请写明原因" in panel.post(f"{url}repair/", {"plan": ""}, follow=True).content.decode()
    assert "补缴税款" in panel.post(f"{url}repair/", {"plan": "补缴税款"}, follow=True).content.decode()
    assert (
        "进入待推送"
        in panel.post(f"{url}repair/", {"mended": "yes", "result": "已补缴"}, follow=True).content.decode()
    )
    assert story.fresh(declined).stage == "recommended"
    assert web(cast.city).post(f"{url}repair/", {"plan": "x"}).status_code == 403
    assert web(cast.city).post(f"{url}close/", {"reason": "x"}).status_code == 403
