"""The review form of the case page: five verdicts, their evidence, a reason and banks to propose."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from lending.district_review import rules
from lending.district_review.models import Criterion, DistrictReview

VERDICTS = (("yes", _("符合")), ("no", _("不符合")))


class ReviewForm(forms.Form):
    """What must be said is the service's to judge; the form only reads it. Field names: `<criterion>_met`, `_note`."""

    outcome = forms.ChoiceField(choices=DistrictReview.Outcome.choices)
    seen = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("原因或补充说明"), required=False, max_length=rules.MAX_TEXT, strip=True,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    banks = forms.MultipleChoiceField(
        label=_("建议银行"), required=False, widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("只能选择企业授权的在用银行。")},
    )  # fmt: skip

    def __init__(self, *args, banks: Sequence[Organisation] = (), **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {bank.code: bank for bank in banks}
        self.fields["banks"].choices = [(bank.code, bank.name) for bank in banks]
        for name in rules.CRITERIA:
            self.fields[f"{name}_met"] = forms.ChoiceField(
                choices=VERDICTS, required=False, label=Criterion(name).label
            )
            self.fields[f"{name}_note"] = forms.CharField(
                required=False, max_length=rules.MAX_TEXT, label=_("依据")
            )

    def criteria(self) -> dict[str, dict]:
        """Verdicts as the service takes them; a criterion without a verdict is left out."""
        said = self.cleaned_data
        return {
            name: {"met": said[f"{name}_met"] == "yes", "evidence": said[f"{name}_note"]}
            for name in rules.CRITERIA
            if said.get(f"{name}_met")
        }

    def proposed(self) -> list[Organisation]:
        return [self.offered[code] for code in self.cleaned_data["banks"]]
