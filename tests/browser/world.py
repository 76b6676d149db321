"""What the screens show: an officer's day and owners' cases, with names and addresses as long as they come."""

import uuid
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

from django.utils import timezone

from lending.bank_decision.deciding import decide
from lending.district_review.services import review
from lending.sla import suspending
from tests import factories as make
from tests.lending import story
from tests.lending.bank_decision import stage
from tests.visits.intake import telling
from visits.codes.rules import token_for
from visits.codes.services import issue_code, reissue
from visits.field.rules import VisitSaid
from visits.field.services import record_visit
from visits.models import Assignment, BusinessList, Code, ListMembership, Visit

LONG = "上海徐汇漕河泾新兴技术开发区示范精密仪器与智能装备制造科技发展有限公司"
ADDRESS = (
    "上海市徐汇区漕河泾新兴技术开发区宜山路一千零九十九弄中辰科技园第十六号楼东侧裙房二层二零八室至二一二室"
)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def of(cast) -> SimpleNamespace:
    """One of each: firms with marks, visits old and new, cases in every stage an owner sees, codes live and dead."""
    now = timezone.now()
    firms = [_firm(cast, f"{LONG}第{number}分公司") for number in "一二三四五六七"]
    _assign(cast, firms)
    cases = _cases(cast, firms, now)
    visit = Visit.objects.get(case_number=cases["with the bank"].number)
    vain = _in_vain(cast, firms[6], now)
    old = issue_code(subject=firms[1], by=cast.panel, now=now - DAY)
    reissue(code=old, by=cast.panel, now=now - HOUR, reason="旧码损坏")
    closed = _firm(cast, f"{LONG}已歇业分店", status="closed")
    return SimpleNamespace(
        firm=firms[5], visit=visit, vain=vain, pushed=cases["with the bank"], returned=cases["returned"], cases=cases,
        door=_token(issue_code(subject=firms[5], by=cast.panel, now=now - DAY)), revoked=_token(old),
        badge=_token(issue_code(subject=cast.officer, by=cast.panel, now=now - DAY)),
        grid=_token(issue_code(subject=make.grid(cast.xuhui), by=cast.panel, now=now - DAY)),
        closed_door=_token(issue_code(subject=closed, by=cast.panel, now=now - DAY)),
    )  # fmt: skip


def _firm(cast, name: str, **facts):
    return make.business(name, at=cast.xuhui, address=ADDRESS, grid=make.grid(cast.xuhui), **facts)


def _assign(cast, firms) -> None:
    row = BusinessList.objects.get(code="sole_trader")
    ListMembership.objects.bulk_create(ListMembership(business=firm, list=row) for firm in firms)
    Assignment.objects.create(
        list=row,
        grid=make.grid(cast.xuhui),
        bank=cast.first_bank,
        officer=cast.officer,
        starts_on="2026-01-01",
    )


def _cases(cast, firms, now) -> dict:
    banks = (cast.first_bank, cast.other_bank)
    returned = story.looked_up(cast, of=firms[1], now=now - 4 * HOUR)
    review(case=returned, by=cast.panel, now=now - 3 * HOUR, outcome="return", criteria={},
           reason="租赁合同缺页,请补拍完整;流水只到六月,请补到上个月。")  # fmt: skip
    declined = story.pushed(cast, of=firms[2], now=now - 4 * HOUR)
    _answer(cast, declined, stage.declined(), now - HOUR)
    granted = story.pushed(cast, of=firms[3], now=now - 4 * HOUR)
    _answer(cast, granted, stage.granted(), now - HOUR)
    declared = telling.declared(cast, firms[4], cast.first_bank, now=now - HOUR)
    return {
        "with the bank": story.pushed(cast, of=firms[0], banks=banks, now=now - 5 * HOUR).case,
        "returned": story.fresh(returned),
        "declined": story.fresh(declined.case),
        "granted": story.fresh(granted.case),
        "declared": type(returned).objects.get(business=declared.need.business),
        "waiting for papers": _waiting(cast, now),
        "just visited": story.visited(cast, now=now - HOUR),
    }


def _waiting(cast, now):
    """Two requests for papers, of which the team granted one."""
    asked = []
    for number in "八九":
        pushed = story.pushed(cast, of=_firm(cast, f"{LONG}第{number}分公司"), now=now - 4 * HOUR)
        papers = "近三个月增值税纳税申报表、与物业公司续签的租赁合同、上下游前五大客户的购销合同"
        reason = "现有申报表只到六月,无法核实三季度销售收入;租赁合同下月到期,经营场所是否稳定影响授信期限。"
        asked.append(
            suspending.ask(
                deadline=pushed.deadline,
                papers=papers,
                reason=reason,
                days=6,
                by=cast.bank,
                now=now - 2 * HOUR,
            )
        )
    suspending.answer(
        suspension=asked[0], is_granted=True, days=4, note="先给四天", by=cast.panel, now=now - HOUR
    )
    return story.fresh(asked[0].deadline.case)


def _answer(cast, pushed, answer, now) -> None:
    """The bank's answer on the day itself: the made-up ones are dated for stories of another day."""
    answer = replace(answer, decided_on=timezone.localdate(now))
    decide(recommendation=pushed, answer=answer, by=cast.bank, now=now)


def _in_vain(cast, firm, now) -> Visit:
    said = VisitSaid(
        id=uuid.uuid4(), credit_code=firm.credit_code, mode="on_site", outcome="unreachable", note="敲门没有人应,邻居说下午在。",
        started_at=now - 2 * HOUR, ended_at=now - 2 * HOUR + timedelta(minutes=3),
    )  # fmt: skip
    return record_visit(said=said, by=cast.officer, now=now - HOUR).visit


def _token(code: Code) -> str:
    return token_for(code.secret)
