"""What an owner fills in: three steps to a need, and a few lines about a visitor or a case. All work without JavaScript."""

from calendar import monthrange
from datetime import date
from decimal import Decimal
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from visits.consent.forms import SignatureField
from visits.consent.models import ConsentNotice, Scope
from visits.field.models import FinancingNeed
from visits.field.rules import MAX_AMOUNT_YUAN, MAX_PHONE, PHONE_SENTENCE, ConsentSaid, NeedSaid, phone_of
from visits.intake import rules, rules_amount

YUAN_PER_WAN = 10_000
TERMS = (3, 6, 12, 18, 24, 36, 60, 120)  # months, what banks sell
CHOOSE = [("", _("请选择"))]
ANY, OWN = "any", "own"
# where a refusal of the service, in the API's names, stands on these forms
ON_FORM = {
    "need.amount_yuan": "amount_wan", "need.purpose": "purpose", "need.contact_phone": "contact_phone",
    "need.preferred_banks": "bank_1", "consent.scope": "scopes", "consent.recipients": "recipients",
    "consent.signed_name": "signed_name",
}  # fmt: skip


class OwnersForm(forms.Form):
    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            is_choice = isinstance(field, forms.ChoiceField)
            field.error_messages["required"] = _("请选择。") if is_choice else _("请填写。")

    def problems(self) -> list[tuple[str, str, str]]:
        """What is wrong, for the summary above the form: (anchor, label, sentence)."""
        told = [("", "", sentence) for sentence in self.non_field_errors()]
        for field in self:
            anchor, label = ("", "") if field.is_hidden else (field.auto_id, field.label)
            told += [(anchor, label, sentence) for sentence in field.errors]
        return told

    def take_problems(self, problems: dict[str, str]) -> None:
        """Show what the service refused where the person can mend it."""
        for name, sentence in problems.items():
            field = ON_FORM.get(name, name)
            self.add_error(field if field in self.fields else None, sentence)


class WanField(forms.DecimalField):
    """万元 as people type them: 50万, ５０, 1,000; whatever is wrong with it, one sentence says what is right."""

    def clean(self, value: str | None) -> Decimal:
        try:
            return super().clean(value)
        except forms.ValidationError:
            raise forms.ValidationError(
                _("请填万元数,如30(大于0,最多10000,小数最多四位)。"), code="amount"
            ) from None

    def to_python(self, value: str | None) -> Decimal | None:
        return super().to_python(rules_amount.plain_wan(str(value or "")))


class NeedForm(OwnersForm):
    amount_wan = WanField(
        label=_("需要多少钱"), max_digits=9, decimal_places=4, min_value=Decimal("0.0001"),
        max_value=MAX_AMOUNT_YUAN / YUAN_PER_WAN, widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    purpose = forms.ChoiceField(label=_("用来做什么"), choices=CHOOSE + FinancingNeed.Purpose.choices)
    purpose_text = forms.CharField(label=_("具体说说"), required=False, max_length=300)
    term_months = forms.TypedChoiceField(
        label=_("用多久"), required=False, coerce=int, empty_value=None,
        choices=lambda: [("", _("没想好")), *((months, _("%(n)s 个月") % {"n": months}) for months in TERMS)],
    )  # fmt: skip
    urgency = forms.ChoiceField(label=_("什么时候要"), choices=FinancingNeed.Urgency.choices, initial="month")
    guarantee = forms.ChoiceField(
        label=_("能提供的担保"), choices=FinancingNeed.Guarantee.choices, initial="undecided"
    )
    contact_name = forms.CharField(label=_("联系人"), max_length=60)
    contact_phone = forms.CharField(
        label=_("联系电话"), max_length=MAX_PHONE,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
    )  # fmt: skip

    def clean_contact_phone(self) -> str:
        plain = phone_of(self.cleaned_data["contact_phone"])
        if plain is None:
            raise forms.ValidationError(PHONE_SENTENCE)
        return plain

    def said(self, banks: tuple[str, ...] = ()) -> NeedSaid:
        data = self.cleaned_data
        return NeedSaid(
            amount_yuan=data["amount_wan"] * YUAN_PER_WAN, purpose=data["purpose"], purpose_text=data["purpose_text"],
            term_months=data["term_months"], guarantee=data["guarantee"], urgency=data["urgency"],
            preferred_banks=banks, contact_name=data["contact_name"], contact_phone=data["contact_phone"],
        )  # fmt: skip


class MendForm(NeedForm):
    """The need again, filled in from what was said before; the contact is not shown, and stays unless written anew."""

    id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, need: FinancingNeed, **kwargs) -> None:
        amount = None if need.amount_yuan is None else f"{(need.amount_yuan / YUAN_PER_WAN).normalize():f}"
        names = ("purpose", "purpose_text", "term_months", "guarantee", "urgency")
        initial = {"id": uuid4(), "amount_wan": amount} | {name: getattr(need, name) for name in names}
        super().__init__(*args, initial=initial, **kwargs)
        self.need = need
        self.fields["contact_name"].required = not need.contact_name
        self.fields["contact_phone"].required = not need.contact_phone

    def clean_contact_phone(self) -> str:
        typed = self.cleaned_data["contact_phone"]
        return super().clean_contact_phone() if typed else self.need.contact_phone

    def clean_contact_name(self) -> str:
        return self.cleaned_data["contact_name"] or self.need.contact_name


class BanksForm(OwnersForm):
    """One to three banks by name, or any: then the district's team proposes one and asks for a consent to it."""

    how = forms.ChoiceField(
        label=_("想找哪家银行"), widget=forms.RadioSelect,
        choices=[(ANY, _("都可以,请区级工作专班推荐")), (OWN, _("我自己选,一至三家"))],
    )  # fmt: skip
    bank_1 = forms.ChoiceField(label=_("首选银行"), required=False)
    bank_2 = forms.ChoiceField(label=_("第二选择"), required=False)
    bank_3 = forms.ChoiceField(label=_("第三选择"), required=False)

    def __init__(self, *args, banks: list[tuple[str, str]], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name in ("bank_1", "bank_2", "bank_3"):
            self.fields[name].choices = [("", _("不选")), *banks]

    def clean(self) -> dict:
        data = super().clean()
        if data.get("how") == OWN and not self.chosen():
            self.add_error("bank_1", _("请至少选一家银行,或改选“请区级工作专班推荐”。"))
        return data

    def chosen(self) -> tuple[str, ...]:
        data = self.cleaned_data
        if data.get("how") != OWN:
            return ()
        named = [data.get(name) for name in ("bank_1", "bank_2", "bank_3")]
        return tuple(dict.fromkeys(code for code in named if code))


class ConsentForm(OwnersForm):
    """Nothing is ticked beforehand: each matter and each recipient is agreed to on its own."""

    notice_version = forms.CharField(max_length=20, widget=forms.HiddenInput)
    scopes = forms.MultipleChoiceField(label=_("我同意这些事项"), widget=forms.CheckboxSelectMultiple)
    recipients = forms.MultipleChoiceField(
        label=_("我同意提供给这些银行"), required=False, widget=forms.CheckboxSelectMultiple
    )
    signed_name = forms.CharField(label=_("签署人姓名"), max_length=60)
    signature_png = SignatureField()

    def __init__(
        self, *args, notice: ConsentNotice, team: Organisation, banks: list[tuple[str, str]], **kwargs
    ) -> None:
        super().__init__(*args, **kwargs)
        self.notice, self.team = notice, team
        self.fields["scopes"].choices = [(scope, Scope(scope).label) for scope in notice.scopes]
        self.fields["recipients"].choices = banks

    def clean_recipients(self) -> list[str]:
        named = self.cleaned_data["recipients"]
        if len(named) > rules.MAX_BANKS:
            raise forms.ValidationError(_("一次最多授权三家银行。"))
        return named

    def said(self) -> ConsentSaid:
        data = self.cleaned_data
        return ConsentSaid(
            notice_version=data["notice_version"], scopes=tuple(sorted(data["scopes"])),
            recipients=tuple(data["recipients"]), signed_name=data["signed_name"], signature_png=data["signature_png"],
        )  # fmt: skip


class MoreConsentForm(ConsentForm):
    """For a case that is there already."""

    id = forms.UUIDField(required=False, widget=forms.HiddenInput)


class ReportForm(OwnersForm):
    id = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(max_length=rules.MAX_TEXT, widget=forms.Textarea(attrs={"rows": 5}))
    contact = forms.CharField(label=_("您的联系方式"), required=False, max_length=rules.MAX_CONTACT)

    def __init__(self, *args, asked: str = "", **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = asked or _("发生了什么")

    def said(self) -> rules.ReportSaid:
        data = self.cleaned_data
        return rules.ReportSaid(id=data["id"], text=data["text"], contact=data["contact"])


class QuietForm(OwnersForm):
    months = forms.TypedChoiceField(
        label=_("多久不要打扰"), coerce=int, widget=forms.RadioSelect,
        choices=lambda: [(months, _("%(n)s 个月") % {"n": months}) for months in rules.QUIET_MONTHS],
    )  # fmt: skip

    def __init__(self, *args, max_days: int, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["months"]
        field.choices = [(months, label) for months, label in field.choices if months * 30 <= max_days]

    def until(self, today: date) -> date:
        return months_later(today, self.cleaned_data["months"])


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last day: 31 January and one month is 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
