"""Cases in every stage, walked there by the product's own services with a clock that runs up to now.

Nothing here writes a stage, a clock or an event by itself: what the demo shows is what the services did.
"""

import uuid
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import Organisation, User
from accounts.roles import Role
from lending.bank_decision import services as bank
from lending.bank_decision.rules import Answer
from lending.credit_lookup import services as credit_lookup
from lending.demo.fates import EVERY_FATE, MAIN_ROUNDS, Fate, elsewhere
from lending.demo.people import MAIN_DISTRICT
from lending.district_review import services as district_review
from lending.district_review.models import Criterion
from lending.models import FinancingCase
from lending.recommendation_list import services as recommendation_list
from lending.sla.models import Alert
from visits.field import services as field
from visits.field.rules import ConsentSaid, NeedSaid, VisitSaid
from visits.models import Business

EVIDENCE = {
    Criterion.COMPLIANT_OPERATION: "登记状态存续,近三月正常申报纳税;走访时正常营业。",
    Criterion.FIXED_PREMISES: "租赁合同在有效期内,走访地点与经营地址一致。",
    Criterion.GENUINE_NEED: "出示采购合同,金额与近一年销售相称,业主本人确认。",
    Criterion.GOOD_CREDIT_STANDING: "未见失信、欠税和重大行政处罚。",
    Criterion.LAWFUL_PURPOSE: "用于采购原材料,承诺不流入限制领域。",
}
AMOUNTS = ("300000", "500000", "800000", "1200000", "2000000", "3000000", "150000")
PURPOSES = ("working_capital", "purchase", "equipment", "orders", "renovation")
HOURS = timedelta(hours=1)


class Town:
    """One district's cast and firms, and the walk of its cases."""

    def __init__(self, district: Organisation, banks: list[Organisation], now: datetime) -> None:
        self.district, self.banks, self.now = district, banks, now
        self.officers = list(
            User.objects.filter(role=Role.FIELD_OFFICER, organisation__district=district).select_related("organisation__parent").order_by("pk")
        )  # fmt: skip
        self.panel = list(User.objects.filter(role=Role.PANEL, organisation=district).order_by("pk"))
        self.reviewers = {
            user.bank.pk: user
            for user in User.objects.filter(role=Role.BANK_REVIEWER)
            .select_related("organisation")
            .order_by("-pk")
        }
        self.to_push: dict[int, list[tuple[FinancingCase, Organisation, Fate]]] = defaultdict(list)

    def moment(self, days: int, hour: int = 0) -> datetime:
        """So many days ago, a little later for each step of the same day, and never after now."""
        return min(self.now - timedelta(days=days) + hour * HOURS / 4, self.now)

    def live(self, fates: list[Fate], firms: list[Business]) -> None:
        for number, (fate, firm) in enumerate(zip(fates, firms, strict=False)):
            self._to_the_panel(fate, firm, number)
        for days in sorted(self.to_push, reverse=True):
            self._push(days)

    def _to_the_panel(self, fate: Fate, firm: Business, number: int) -> None:
        # in the demo's own district every other case is the first bank's, so its inbox has something in it
        first = 0 if self.district.code == MAIN_DISTRICT and number % 2 else number % len(self.banks)
        chosen = [self.banks[first], self.banks[(first + 1) % len(self.banks)]]
        officer = self.officers[number % len(self.officers)] if number % 3 else self.officers[0]
        said = visit_said(fate, firm, number, chosen, self.moment(fate.visited))
        visit = field.record_visit(said=said, by=officer, now=self.moment(fate.visited, 1)).visit
        if fate.looked_up is None:
            return
        case = FinancingCase.objects.select_related("district", "business", "need").get(
            number=visit.case_number
        )
        panel, second = self.panel[0], self.panel[-1]
        credit_lookup.look_up(case=case, by=panel, now=self.moment(fate.looked_up, 1))
        if fate.reviewed is None:
            return
        met = {Criterion.COMPLIANT_OPERATION: fate.verdict != "not_recommended"}
        criteria = {one: {"met": met.get(one, True), "evidence": EVIDENCE[one]} for one in Criterion}
        district_review.review(
            case=case, by=second, now=self.moment(fate.reviewed, 2), outcome=fate.verdict, criteria=criteria,
            reason=fate.reason, banks=chosen[:1] if fate.verdict == "recommend" else [],
        )  # fmt: skip
        if fate.pushed is not None:
            self.to_push[fate.pushed].append((case, chosen[0], fate))

    def _push(self, days: int) -> None:
        """One list per day, then what each bank did with its item."""
        items = [(case, chosen) for case, chosen, _fate in self.to_push[days]]
        made = recommendation_list.issue_list(
            district=self.district, items=items, by=self.panel[0], now=self.moment(days, 3)
        )
        pushed = {item.case_id: item for item in made.items.select_related("bank", "case")}
        for case, _chosen, fate in self.to_push[days]:
            self._answer(pushed[case.pk], fate)

    def _answer(self, item, fate: Fate) -> None:
        reviewer = self.reviewers[item.bank_id]
        if fate.received is not None:
            bank.receive(recommendation=item, by=reviewer, now=self.moment(fate.received, 4))
        if fate.contacted is not None:
            at = self.moment(fate.contacted, 5)
            bank.record_contact(recommendation=item, at=at, mode="phone", is_reached=True, note="已约定上门",
                                by=reviewer, now=at)  # fmt: skip
        if fate.decided is None:
            return
        bank.decide(
            recommendation=item,
            answer=answer(item, fate, self),
            by=reviewer,
            now=self.moment(fate.decided, 6),
        )
        if fate.paid is not None:
            line = _line(item.case.amount_yuan, fate)
            bank.disburse(
                recommendation=item, amount_yuan=line * Decimal("0.8"), annual_rate_pct=fate.rate, loan_last4="0001",
                disbursed_on=self.moment(fate.paid, 7).date(), by=reviewer, now=self.moment(fate.paid, 7),
            )  # fmt: skip


def visit_said(fate: Fate, firm: Business, number: int, banks: list[Organisation], at: datetime) -> VisitSaid:
    need = NeedSaid(
        amount_yuan=Decimal(AMOUNTS[number % len(AMOUNTS)]) if fate.is_complete else None,
        purpose=PURPOSES[number % len(PURPOSES)] if fate.is_complete else "", purpose_text="节前备货,采购原材料",
        term_months=12, guarantee="credit", urgency="month", preferred_banks=tuple(bank.code for bank in banks),
        contact_phone=f"138{number % 10_000:08d}",
    )  # fmt: skip
    consent = ConsentSaid(
        notice_version="2026-01", scopes=("credit_lookup", "share_need"),
        recipients=need.preferred_banks, signed_name=firm.representative or "业主",
    )  # fmt: skip
    return VisitSaid(
        id=uuid.uuid5(uuid.NAMESPACE_URL, f"demo:{firm.credit_code}"), mode="on_site", outcome="need", started_at=at,
        ended_at=at + timedelta(minutes=12), credit_code=firm.credit_code, need=need,
        consent=consent if fate.is_consented else None, protection_reason="企业主主动联系" if number % 3 else "区级工作专班安排",
    )  # fmt: skip


def answer(item, fate: Fate, town: Town) -> Answer:
    on = town.moment(fate.decided, 6).date()
    if fate.outcome not in ("approved", "partly_approved"):
        return Answer(outcome=fate.outcome, decided_on=on, reason_code=fate.reason_code,
                      reason_text="与企业沟通后确认,详见尽职调查记录。")  # fmt: skip
    return Answer(
        outcome=fate.outcome, decided_on=on, credit_line_yuan=_line(item.case.amount_yuan, fate),
        annual_rate_pct=fate.rate, term_months=12, guarantee="credit", is_first_loan=item.case_id % 2 == 0,
    )  # fmt: skip


def _line(amount_yuan: Decimal, fate: Fate) -> Decimal:
    return (amount_yuan * fate.share).quantize(Decimal("0.01"))


def tell(now: datetime) -> None:
    """The stories of all districts; the letters that belonged to the past count as sent then."""
    banks = list(Organisation.objects.filter(kind=Organisation.Kind.BANK).order_by("code"))
    for place, district in enumerate(
        Organisation.objects.filter(kind=Organisation.Kind.DISTRICT).order_by("code")
    ):
        is_main = district.code == MAIN_DISTRICT
        fates = list(EVERY_FATE) * MAIN_ROUNDS if is_main else elsewhere(place)
        turned = banks if is_main else banks[place % len(banks) :] + banks[: place % len(banks)]
        Town(district, turned, now).live(fates, firms_of(district, len(fates)))
    past = Alert.objects.filter(state=Alert.State.PENDING, created_at__lt=now - timedelta(hours=12))
    past.update(state=Alert.State.SENT, sent_at=now)


def firms_of(district: Organisation, count: int) -> list[Business]:
    """Companies and sole traders by turns, so both kinds stand in every queue."""
    rows = Business.objects.filter(district=district, cases__isnull=True)
    companies = list(rows.filter(kind="company").order_by("credit_code")[: count - count // 2])
    traders = list(rows.filter(kind="sole_trader").order_by("credit_code")[: count // 2])
    mixed = [firm for pair in zip(companies, traders, strict=False) for firm in pair]
    return mixed + companies[len(traders) :]
