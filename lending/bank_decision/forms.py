"""What bank people fill in. Amounts are typed in 万元 and leave here in yuan; the rules are asked by the services."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Organisation
from accounts.templatetags.doorstep import YUAN_PER_WAN
from lending.bank_decision.models import BankDecision, ContactAttempt, DeclineReason
from lending.bank_decision.outcomes import DECISIONS, GRANTED, Outcome
from lending.bank_decision.rules import Answer
from visits.models import FinancingNeed

GUARANTEES = [choice for choice in FinancingNeed.Guarantee.choices if choice[0] != "undecided"]
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
# how the services call a field → how the form calls it
NAMES = {"credit_line_yuan": "credit_line_wan", "amount_yuan": "amount_wan"}


class Answering(forms.Form):
    """A form whose refusals may come from a service."""

    def refuse(self, fields: dict[str, str], sentence: str) -> None:
        """Put each refused field's sentence beside it, and what fits nowhere on top."""
        placed = False
        for name, said in fields.items():
            name = NAMES.get(name, name)
            if name in self.fields:
                self.add_error(name, said)
                placed = True
        if not placed:
            self.add_error(None, sentence)


def wan(label: str, **options) -> forms.DecimalField:
    """Six decimals of 万元 are the two of yuan."""
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.DecimalField(label=label, max_digits=14, decimal_places=6, widget=widget, **options)


def rate(**options) -> forms.DecimalField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.DecimalField(label=_("年利率"), max_digits=7, decimal_places=4, widget=widget, **options)


def in_yuan(amount_wan: Decimal | None) -> Decimal | None:
    return None if amount_wan is None else (amount_wan * YUAN_PER_WAN).quantize(Decimal("0.01"))


def reasons() -> list[tuple]:
    """The active reasons with who can help and how, the repairable ones first."""
    rows = DeclineReason.objects.filter(is_active=True)
    spelled = [(row.is_repairable, row.code, spell(row)) for row in rows]
    groups = [(_("可修复"), True), (_("暂不可修复"), False)]
    found = [
        (label, [(code, text) for can, code, text in spelled if can is wanted]) for label, wanted in groups
    ]
    return [("", _("请选择原因")), *found]


def spell(reason: DeclineReason) -> str:
    help_with = ":".join(part for part in (reason.department, reason.remedy) if part)
    return f"{reason.code} {reason.name}" + (f" → {help_with}" if help_with else "")


class DecisionForm(Answering):
    """One screen; which part counts is decided by the outcome, what stands in the other parts is let go."""

    outcome = forms.ChoiceField(label=_("决定"), choices=Outcome.choices, widget=forms.RadioSelect)
    credit_line_wan = wan(_("授信额度"), required=False)
    annual_rate_pct = rate(required=False)
    term_months = forms.IntegerField(
        label=_("期限"), required=False, min_value=0, max_value=9999,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    guarantee = forms.ChoiceField(
        label=_("担保方式"), choices=[("", _("请选择")), *GUARANTEES], required=False
    )
    product = forms.CharField(label=_("产品"), max_length=80, required=False)
    is_first_loan = forms.BooleanField(
        label=_("首贷户"), required=False, help_text=_("企业在人民银行征信系统从未有过贷款记录。")
    )
    is_no_repay_renewal = forms.BooleanField(
        label=_("无还本续贷"), required=False, help_text=_("原贷款到期日之前签订新合同,未使用过桥资金。")
    )
    reason_code = forms.ChoiceField(label=_("未授信原因"), required=False)
    reason_text = forms.CharField(
        label=_("情况说明"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    decided_on = forms.DateField(label=_("决定日期"), widget=DAY)
    is_unusual_confirmed = forms.BooleanField(label=_("已核对,以上数值无误"), required=False)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason_code"].choices = reasons()

    def answer(self) -> Answer:
        said = self.cleaned_data
        facts = {"outcome": said["outcome"], "decided_on": said["decided_on"]}
        if said["outcome"] in GRANTED:
            facts |= {"credit_line_yuan": in_yuan(said["credit_line_wan"])}
            facts |= {name: said[name] for name in TERMS}
        else:
            facts |= {"reason_text": said["reason_text"]}
        if said["outcome"] == Outcome.DECLINED:
            facts |= {"reason_code": said["reason_code"]}
        return Answer(**facts)


TERMS = ("annual_rate_pct", "term_months", "guarantee", "product", "is_first_loan", "is_no_repay_renewal")


class CorrectionForm(DecisionForm):
    # the decision that stood when the page was opened: whoever was slower is told, with what they typed
    seen = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        label=_("更正为"), choices=[(one.value, one.label) for one in DECISIONS], widget=forms.RadioSelect
    )
    correction_reason = forms.CharField(
        label=_("更正原因"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("原决定保留可查,办理时限仍按首次决定的登记时间计算。"),
    )  # fmt: skip

    @staticmethod
    def initial_of(decision: BankDecision) -> dict:
        copied = (*TERMS, "outcome", "reason_text", "decided_on")
        line = decision.credit_line_yuan
        return {name: getattr(decision, name) for name in copied} | {
            "credit_line_wan": line / YUAN_PER_WAN if line is not None else None,
            "reason_code": decision.reason.code if decision.reason else "",
        }


class ContactForm(Answering):
    mode = forms.ChoiceField(label=_("方式"), choices=ContactAttempt.Mode.choices, widget=forms.RadioSelect)
    is_reached = forms.TypedChoiceField(
        label=_("结果"), choices=[("yes", _("已联系上")), ("no", _("未联系上"))], widget=forms.RadioSelect,
        coerce=lambda said: said == "yes",
    )  # fmt: skip
    at = forms.DateTimeField(
        label=_("时间"), required=False, help_text=_("不填为现在"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    note = forms.CharField(label=_("备注"), max_length=300, required=False)


class DisbursementForm(Answering):
    amount_wan = wan(_("放款金额"))
    annual_rate_pct = rate()
    disbursed_on = forms.DateField(label=_("放款日期"), widget=DAY)
    loan_last4 = forms.RegexField(
        r"^[0-9]{4}$", label=_("借据号后四位"), required=False, error_messages={"invalid": _("填 4 位数字。")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 4, "autocomplete": "off"}),
    )  # fmt: skip
    seen = forms.DecimalField(max_digits=14, decimal_places=2, widget=forms.HiddenInput)


class BranchForm(Answering):
    """`branches` is what the coordinator may choose from."""

    branch = forms.ModelChoiceField(Organisation.objects.none(), label=_("承办网点"), required=False)

    def __init__(self, *args, branches, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = branches
        self.fields["branch"].empty_label = _("总行办理(不分派)")


class SuspensionForm(Answering):
    """`left` are the days that may still be asked for."""

    papers = forms.CharField(
        label=_("要补的材料"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("写清楚是哪几份,企业主会在进度页上看到。"),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("理由"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("为什么没有这些材料就不能作出决定,供工作专班判断。"),
    )  # fmt: skip
    days = forms.IntegerField(label=_("申请暂停"), min_value=1)

    def __init__(self, *args, left: int, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        days = self.fields["days"]
        days.max_value = left
        days.widget.attrs |= {"min": 1, "max": left, "inputmode": "numeric"}
        days.help_text = ngettext(
            "自然日;本笔还可暂停%(days)d天。", "自然日;本笔还可暂停%(days)d天。", left
        ) % {"days": left}


class ResumeForm(Answering):
    why = forms.CharField(label=_("恢复原因"), max_length=60)
