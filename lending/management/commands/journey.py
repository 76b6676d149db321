import uuid
from datetime import datetime, timedelta
from decimal import Decimal

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from accounts.models import Organisation, User
from accounts.roles import Role
from lending.bank_decision import services as bank
from lending.bank_decision.rules import Answer
from lending.credit_lookup import services as credit_lookup
from lending.demo.story import EVIDENCE
from lending.district_review import services as district_review
from lending.models import Alert, CreditItem, FinancingCase, Recommendation
from lending.recommendation_list import services as recommendation_list
from lending.sla.sweep import sweep
from visits.codes import services as codes
from visits.codes.rules import token_for, url_for
from visits.field import services as field
from visits.field.rules import ConsentSaid, NeedSaid, VisitSaid
from visits.models import Business

AMOUNT = Decimal("500000.00")
CODE = "91310104MD9999999"  # the check character is added; an invented firm


class Command(BaseCommand):
    help = "Walk one invented case through the whole loop and print its timeline; nothing of it stays in the database."

    def handle(self, **options) -> None:
        with transaction.atomic():
            call_command("load_reference", verbosity=0)
            self.walk(timezone.now() - timedelta(days=20))
            transaction.set_rollback(True)

    def say(self, now: datetime, text: str) -> None:
        self.stdout.write(f"{timezone.localtime(now):%m-%d %H:%M}  {text}")

    def walk(self, now: datetime) -> None:
        cast, firm = make_cast(), make_firm()
        code = codes.issue_code(subject=firm, by=cast["panel"], now=now)
        self.say(now, f"1 二维码已制发 {url_for(code.secret)}")
        case = self.visit(cast, firm, code, now)
        self.to_the_bank(cast, case, now)
        item = Recommendation.objects.select_related("deadline", "bank").get(case=case)
        self.take_up(cast, item)
        self.let_it_lapse(item)
        self.decide(cast, item)
        self.timeline(case)

    def visit(self, cast: dict, firm: Business, code, now: datetime) -> FinancingCase:
        at = now + timedelta(hours=1)
        said = VisitSaid(
            id=uuid.uuid4(), mode="on_site", outcome="need", started_at=at - timedelta(minutes=9), ended_at=at,
            code=token_for(code.secret),
            need=NeedSaid(amount_yuan=AMOUNT, purpose="purchase", term_months=12, preferred_banks=(cast["a_bank"].code,)),
            consent=ConsentSaid("2026-01", ("credit_lookup", "share_need"), (cast["a_bank"].code,), "示范业主"),
        )  # fmt: skip
        visit = field.record_visit(said=said, by=cast["officer"], now=at).visit
        self.say(at, f"1 走访已登记,需求 50 万元,立件 {visit.case_number}")
        return FinancingCase.objects.select_related("district", "business", "need").get(
            number=visit.case_number
        )

    def to_the_bank(self, cast: dict, case: FinancingCase, now: datetime) -> None:
        at = now + timedelta(hours=3)
        for receipt in credit_lookup.look_up(case=case, by=cast["panel"], now=at):
            self.say(
                at,
                f"2 信用查询 {receipt.source}:{receipt.get_answer_display()},回执 {receipt.response_sha256[:12]}",
            )
        at += timedelta(hours=1)
        criteria = {one: {"met": True, "evidence": text} for one, text in EVIDENCE.items()}
        district_review.review(case=case, by=cast["second"], now=at, outcome="recommend", criteria=criteria,
                               banks=[cast["a_bank"]])  # fmt: skip
        self.say(at, "3 区级审核:五项标准均符合,推荐")
        at += timedelta(hours=1)
        made = recommendation_list.issue_list(
            district=case.district, items=[(case, cast["a_bank"])], by=cast["panel"], now=at
        )
        self.say(at, f"4 推荐清单 {made.number} 已发布并推送 {cast['a_bank'].name}")

    def take_up(self, cast: dict, item: Recommendation) -> None:
        at = item.pushed_at + timedelta(hours=2)
        bank.receive(recommendation=item, by=cast["bank"], now=at)
        self.say(at, "5 银行已接收")
        at += timedelta(hours=1)
        bank.record_contact(
            recommendation=item, at=at, mode="phone", is_reached=True, by=cast["bank"], now=at
        )
        self.say(at, "5 银行已与企业对接")

    def let_it_lapse(self, item: Recommendation) -> None:
        """The bank lets its fifteen days pass; the sweep sees it the second they are over."""
        due = item.deadline.due_at
        for moment, what in ((due - timedelta(seconds=1), "最后一秒"), (due, "到期")):
            tally = sweep(now=moment)
            self.say(moment, f"6 巡检({what}):超期 {tally.breached},提醒 {tally.queued} 封")
        for alert in Alert.objects.filter(deadline=item.deadline).order_by("pk"):
            self.stdout.write(f"             {alert.get_step_display()} → {alert.recipient}")

    def decide(self, cast: dict, item: Recommendation) -> None:
        at = item.deadline.due_at + timedelta(hours=10)
        said = Answer(outcome="partly_approved", decided_on=timezone.localdate(at), credit_line_yuan=Decimal("300000.00"),
                      annual_rate_pct=Decimal("3.85"), term_months=12, guarantee="credit")  # fmt: skip
        bank.decide(recommendation=item, answer=said, by=cast["bank"], now=at)
        self.say(at, "5 银行决定:部分授信 30 万元(超期办结)")
        at += timedelta(hours=2)
        bank.disburse(recommendation=item, amount_yuan=Decimal("300000.00"), annual_rate_pct=Decimal("3.85"),
                      disbursed_on=timezone.localdate(at), loan_last4="0001", by=cast["bank"], now=at)  # fmt: skip
        self.say(at, "5 放款 30 万元")

    def timeline(self, case: FinancingCase) -> None:
        self.stdout.write("\n办件时间线")
        for event in case.events.select_related("by", "organisation").order_by("seq"):
            who = f"{event.organisation} {event.by}" if event.by else "系统"
            self.stdout.write(
                f"{timezone.localtime(event.at):%m-%d %H:%M}  {event.kind:<18} {event.get_to_stage_display()}  {who}"
            )


def make_cast() -> dict:
    district = Organisation.objects.filter(kind=Organisation.Kind.DISTRICT).order_by("code")[1]
    a_bank = Organisation.objects.create(code="JOURNEY-B", name="示范旅程银行", kind="bank")
    branch = Organisation.objects.create(
        code="JOURNEY-B1", name="示范旅程银行支行", kind="branch", parent=a_bank, district=district
    )
    people = {
        "officer": (Role.FIELD_OFFICER, branch), "panel": (Role.PANEL, district), "second": (Role.PANEL, district),
        "bank": (Role.BANK_REVIEWER, a_bank), "head": (Role.BANK_COORDINATOR, a_bank),
    }  # fmt: skip
    made = {
        key: User.objects.create(username=f"journey-{key}", name=f"旅程{key}", role=role, organisation=place,
                                 email=f"journey-{key}@demo.invalid")
        for key, (role, place) in people.items()
    }  # fmt: skip
    return made | {"a_bank": a_bank}


def make_firm() -> Business:
    from lending.demo.register import ALPHABET

    total = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(CODE))
    district = Organisation.objects.filter(kind=Organisation.Kind.DISTRICT).order_by("code")[1]
    firm = Business.objects.create(
        credit_code=CODE + ALPHABET[(31 - total % 31) % 31], name="上海旅程示范贸易有限公司", kind="company",
        name_search="上海旅程示范贸易有限公司", district=district, district_source="address",
    )  # fmt: skip
    CreditItem.objects.create(source="city-platform", credit_code=firm.credit_code, category="登记注册", item="登记状态",
                              value="存续", as_of=timezone.localdate(), digest=b"journey")  # fmt: skip
    return firm
