"""An officer's own visits: what became of each, at a glance."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lending.bank_decision import services as bank_stage
from lending.bank_decision.rules import Answer
from lending.district_review.services import review
from lending.progress.own_visits import FATES
from lending.progress.withdrawing import withdraw_case
from tests import factories as make
from tests.factories import NOW
from tests.lending import story
from visits.field.rules import VisitSaid
from visits.field.services import annul_visit, record_visit
from visits.models import Visit

pytestmark = pytest.mark.django_db
PAGE = "/m/visits/"
LATER = NOW + timedelta(days=2)


def unneeded(cast, name: str, by=None) -> Visit:
    import uuid

    said = VisitSaid(
        id=uuid.uuid4(),
        credit_code=make.business(name).credit_code,
        mode="on_site",
        outcome="no_need",
        started_at=NOW,
    )
    return record_visit(said=said, by=by or cast.officer, now=NOW).visit


def returned(cast, **changes):
    case = story.looked_up(cast, **changes)
    review(case=case, by=cast.panel, now=NOW, outcome="return", criteria={}, reason="租赁合同缺页")
    return case


def answer(outcome: str) -> Answer:
    if outcome == "declined":
        return Answer(outcome=outcome, decided_on=LATER.date(), reason_code="R08")
    return Answer(
        outcome=outcome, decided_on=LATER.date(), credit_line_yuan=Decimal("500000.00"), annual_rate_pct=Decimal("3.8500"),
        term_months=12, guarantee="credit", is_first_loan=True,
    )  # fmt: skip


def decided(cast, outcome: str, bank, reviewer) -> None:
    item = story.pushed(cast, banks=(bank,), of=make.business(f"{outcome}的店"))
    bank_stage.decide(recommendation=item, answer=answer(outcome), by=reviewer, now=LATER)


def shown(client, query="") -> dict[str, str]:
    rows = client.get(PAGE + query).context["rows"]
    return {row["visit"].business.name: row["fate"].now if row["fate"] else "" for row in rows}


@pytest.fixture
def told(cast):
    """One visit of each fate."""
    story.visited(cast, of=make.business("差授权的店"), consent=False)
    returned(cast, of=make.business("退回的店"))
    story.looked_up(cast, of=make.business("审核的店"))
    story.recommended(cast, of=make.business("推荐的店"))
    story.pushed(cast, of=make.business("银行手里的店"))
    decided(cast, "approved", cast.first_bank, cast.bank)
    decided(cast, "declined", cast.other_bank, cast.bank_other)
    withdraw_case(case=story.visited(cast, of=make.business("撤回的店")), by=None, now=NOW, reason="不贷了")
    unneeded(cast, "没有需求的店")
    wrong = unneeded(cast, "登错的店")
    annul_visit(visit_id=wrong.pk, by=cast.officer, now=NOW, reason="登记错了")


def test_every_visit_says_what_became_of_it(cast, web, told):
    assert shown(web(cast.officer)) == {
        "差授权的店": "还差需求或授权", "退回的店": "已退回,等您补正", "审核的店": "专班审核中", "推荐的店": "已推荐,等推送银行",
        "银行手里的店": "银行办理中", "approved的店": "银行已授信,等放款", "declined的店": "银行未授信", "撤回的店": "企业已撤回",
        "没有需求的店": "", "登错的店": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("show", "names"),
    [
        ("mine", {"差授权的店", "退回的店"}), ("review", {"审核的店"}), ("recommended", {"推荐的店", "银行手里的店"}),
        ("granted", {"approved的店"}), ("refused", {"declined的店"}), ("withdrawn", {"撤回的店"}),
        ("none", {"没有需求的店"}), ("annulled", {"登错的店"}),
    ],
)  # fmt: skip
def test_a_chip_shows_the_visits_of_one_fate(cast, web, told, show, names):
    assert set(shown(web(cast.officer), f"?show={show}")) == names


def test_every_chip_counts_what_it_shows_and_together_they_miss_no_visit(cast, web, told):
    client = web(cast.officer)
    chips = client.get(PAGE).context["chips"]
    for chip in chips:
        assert chip["count"] == len(shown(client, "" if chip["url"] == PAGE else chip["url"])), chip["label"]
    assert sum(chip["count"] for chip in chips[2:]) == chips[0]["count"]  # all but 全部 and 有需求 are apart
    assert len(chips) == len(FATES) + 1


def test_one_of_two_banks_granting_is_granted(cast, web):
    both = (cast.first_bank, cast.other_bank)
    item = story.pushed(cast, banks=both, of=make.business("两家的店"))
    bank_stage.decide(recommendation=item, answer=answer("approved"), by=cast.bank, now=LATER)
    assert shown(web(cast.officer), "?show=granted") == {"两家的店": "银行已授信,等放款"}


def test_no_figure_of_a_bank_is_on_the_page(cast, web):
    decided(cast, "approved", cast.other_bank, cast.bank_other)
    text = web(cast.officer).get(PAGE).content.decode()
    told = [word in text for word in ("银行已授信", "3.85", "50万", "申浦示范银行")]
    assert told == [True, False, False, False]


def test_what_to_do_is_said_where_the_officer_has_to_do_it(cast, web):
    returned(cast)
    assert "再登记一次走访" in web(cast.officer).get(PAGE).content.decode()


def test_somebody_elses_visits_are_not_there(cast, web, told):
    assert shown(web(cast.officer2)) == {}


@pytest.mark.parametrize("query", ["?show=x", "?page=x", "?page=99", "?show=%00", "?show=granted&page=-1"])
def test_an_address_that_makes_no_sense_shows_a_page(cast, web, query):
    unneeded(cast, "测试店")
    assert web(cast.officer).get(PAGE + query).status_code == 200


def test_one_and_three_visits_cost_the_same_number_of_statements(cast, web):
    client, counts = web(cast.officer), []
    for more in (1, 2):
        for _ in range(more):
            returned(cast)
            unneeded(cast, f"店{more}{_}")
        with CaptureQueriesContext(connection) as asked:
            client.get(PAGE)
        counts.append(len(asked))
    assert counts[0] == counts[1]
