"""The visit as a plain form on the phone; works without JavaScript, which only hides what an outcome does not need."""

import base64
import binascii
import uuid
from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from visits.consent.models import ConsentNotice, Scope
from visits.consent.rules import signature_problem
from visits.field import rules
from visits.field.details import MAX_NOTE, DetailsForm
from visits.field.models import FinancingNeed, Visit
from visits.protection.models import VisitPolicy
from visits.protection.rules import Policy

YUAN_PER_WAN = 10_000
NOBODY = uuid.UUID(int=0)  # on the page that phones keep: a visit recorded under it would be everybody's
TERMS = (3, 6, 12, 18, 24, 36, 60, 120)  # months, what banks sell
BLANK = [("", _("未说明"))]
# the contact stands in neither list: it is filled in beforehand, and a visit without need forgets it
NEED_FIELDS = ("amount_wan", "purpose", "purpose_text", "term_months", "bank_1", "bank_2", "bank_3")
CONSENT_FIELDS = ("scopes", "recipients", "signed_name", "signature_png")
# where a refusal of the service, in the API's names, stands on this form
ON_FORM = {
    "need.amount_yuan": "amount_wan", "need.preferred_banks": "bank_1", "consent.recipients": "recipients",
    "consent.notice_version": "notice_version", "consent.scope": "scopes", "location": "note",
}  # fmt: skip


REQUIRED, OFF = VisitPolicy.Evidence.REQUIRED, VisitPolicy.Evidence.OFF


class VisitForm(DetailsForm):
    """`policy` says whether position and photos are asked for; whether in vain is then told in the note."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    started_at = forms.DateTimeField(widget=forms.HiddenInput, input_formats=["%Y-%m-%dT%H:%M:%S%z"])
    lat = forms.DecimalField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)
    lon = forms.DecimalField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)
    accuracy_m = forms.DecimalField(
        required=False, min_value=0, max_value=1_000_000, widget=forms.HiddenInput
    )
    outcome = forms.ChoiceField(label=_("走访结果"), choices=Visit.Outcome.choices, widget=forms.RadioSelect)
    mode = forms.ChoiceField(label=_("走访方式"), choices=Visit.Mode.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("备注"), required=False, max_length=MAX_NOTE, widget=forms.Textarea(attrs={"rows": 2})
    )
    protection_reason = forms.CharField(label=_("仍要走访的理由"), required=False, max_length=200)

    amount_wan = forms.DecimalField(
        label=_("需求金额"), required=False, max_digits=9, decimal_places=4, min_value=Decimal("0.0001"),
        max_value=rules.MAX_AMOUNT_YUAN / YUAN_PER_WAN, widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={"min_value": _("请填写大于0的金额,单位是万元,例如30。")},
    )  # fmt: skip
    purpose = forms.ChoiceField(
        label=_("用途"), required=False, choices=BLANK + FinancingNeed.Purpose.choices
    )
    purpose_text = forms.CharField(label=_("用途说明"), required=False, max_length=300)
    term_months = forms.TypedChoiceField(
        label=_("期限"), required=False, coerce=int, empty_value=None,
        choices=lambda: BLANK + [(months, _("%(n)s 个月") % {"n": months}) for months in TERMS],
    )  # fmt: skip
    guarantee = forms.ChoiceField(
        label=_("担保方式"), choices=FinancingNeed.Guarantee.choices, required=False
    )
    urgency = forms.ChoiceField(label=_("急迫程度"), choices=FinancingNeed.Urgency.choices, required=False)
    bank_1 = forms.ChoiceField(label=_("第一意向银行"), required=False)
    bank_2 = forms.ChoiceField(label=_("第二意向银行"), required=False)
    bank_3 = forms.ChoiceField(label=_("第三意向银行"), required=False)

    contact_name = forms.CharField(label=_("联系人"), required=False, max_length=60)
    contact_phone = forms.CharField(
        label=_("联系电话"), required=False, max_length=rules.MAX_PHONE,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"}),
    )  # fmt: skip

    notice_version = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    scopes = forms.MultipleChoiceField(
        label=_("同意事项"), required=False, choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    recipients = forms.MultipleChoiceField(
        label=_("同意提供给这些银行"), required=False, widget=forms.CheckboxSelectMultiple
    )
    signed_name = forms.CharField(label=_("签署人姓名"), required=False, max_length=60)
    signature_png = forms.CharField(required=False, max_length=300_000, widget=forms.HiddenInput)

    def __init__(
        self,
        *args,
        banks: list[tuple[str, str]],
        notice: ConsentNotice | None,
        policy: Policy | None = None,
        **kwargs,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.notice, self.policy = notice, policy or Policy()
        for name in ("bank_1", "bank_2", "bank_3"):
            self.fields[name].choices = [("", _("不指定")), *banks]
        self.fields["served_by"].choices = [("", _("不清楚")), *banks]
        self.fields["recipients"].choices = banks

    def clean_contact_phone(self) -> str:
        text = self.cleaned_data["contact_phone"]
        if text and rules.phone_of(text) is None:
            raise forms.ValidationError(rules.PHONE_SENTENCE)
        return rules.phone_of(text) or ""

    def clean_signature_png(self) -> bytes | None:
        text = self.cleaned_data["signature_png"].removeprefix("data:image/png;base64,")
        try:
            image = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise forms.ValidationError(_("签名没有传完整,请重签。")) from None
        if image and (problem := signature_problem(image)):
            raise forms.ValidationError(problem)
        return image or None

    def clean(self) -> dict:
        data = super().clean()
        if data.get("id") == NOBODY:
            self.add_error(None, _("页面没有准备好,请重新打开这份表单。"))
        if "outcome" in self.errors:
            return data
        if data["outcome"] != rules.NEED:
            if any(data.get(name) for name in NEED_FIELDS + CONSENT_FIELDS):
                self.add_error("outcome", _("您填写了融资需求或授权,请选“有融资需求”,或清空下面的内容。"))
        elif any(data.get(name) for name in CONSENT_FIELDS):
            if not data.get("scopes"):
                self.add_error("scopes", _("请逐项勾选同意的事项;都不同意就把授权部分留空。"))
            if not data.get("signed_name"):
                self.add_error("signed_name", _("请填写签署人姓名。"))
        self._check_evidence(data)
        if "note" not in self.errors and len(self.note_with_details()) > MAX_NOTE:
            self.add_error("note", _("备注太长了,请精简到%(n)s字以内。") % {"n": MAX_NOTE})
        return data

    def _check_evidence(self, data: dict) -> None:
        """What the district asks for at the door; where a phone finds no position, a word why is enough."""
        if data.get("mode") != Visit.Mode.ON_SITE or data.get("note") or self.errors:
            return
        if self.policy.location == REQUIRED and data.get("lat") is None:
            self.add_error("note", _("本区要求记录位置;取不到时请在备注写明原因。"))
        if self.policy.photo == REQUIRED and not self.files.getlist("photos"):
            self.add_error("note", _("本区要求拍照;拍不了时请在备注写明原因。"))

    def said(self, *, code: str, credit_code: str, is_code_typed: bool = False) -> rules.VisitSaid:
        data, need = self.cleaned_data, self.cleaned_data["outcome"] == rules.NEED
        whole = data["lat"] is not None and data["lon"] is not None and self.policy.location != OFF
        accuracy = data["accuracy_m"] if whole else None
        return rules.VisitSaid(
            id=data["id"], mode=data["mode"], outcome=data["outcome"], started_at=data["started_at"],
            code=code, credit_code=credit_code, note=self.note_with_details(),
            protection_reason=data["protection_reason"], is_code_typed=is_code_typed,
            lat=data["lat"] if whole else None, lon=data["lon"] if whole else None,
            accuracy_m=None if accuracy is None else round(accuracy),
            need=self._need() if need else None, consent=self._consent() if need else None,
        )  # fmt: skip

    def _need(self) -> rules.NeedSaid:
        data = self.cleaned_data
        amount = data["amount_wan"]
        wished = [data[name] for name in ("bank_1", "bank_2", "bank_3") if data[name]]
        return rules.NeedSaid(
            amount_yuan=None if amount is None else amount * YUAN_PER_WAN, purpose=data["purpose"],
            purpose_text=data["purpose_text"], term_months=data["term_months"],
            guarantee=data["guarantee"] or FinancingNeed.Guarantee.UNDECIDED,
            urgency=data["urgency"] or FinancingNeed.Urgency.MONTH, preferred_banks=tuple(dict.fromkeys(wished)),
            contact_name=data["contact_name"], contact_phone=data["contact_phone"],
        )  # fmt: skip

    def _consent(self) -> rules.ConsentSaid | None:
        data = self.cleaned_data
        if not any(data[name] for name in CONSENT_FIELDS):
            return None
        return rules.ConsentSaid(
            notice_version=data["notice_version"], scopes=tuple(sorted(data["scopes"])),
            recipients=tuple(data["recipients"]), signed_name=data["signed_name"], signature_png=data["signature_png"],
        )  # fmt: skip

    def take_problems(self, problems: dict[str, str]) -> None:
        """Show what the service refused where the person can mend it."""
        for name, sentence in problems.items():
            field = ON_FORM.get(name, name)
            self.add_error(
                field if field in self.fields and not self.fields[field].widget.is_hidden else None, sentence
            )
