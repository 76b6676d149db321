"""The form of `/letters/`: its shape. What is wrong with an absence is said by `accounts.absence`."""

from datetime import date

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import absence, language
from accounts.models import User
from lending.sla.kinds import Step
from lending.sla.recipients import MUTABLE

WHAT = {
    Step.ASSIGNED: _("新推送:有新办件推送到本机构时"),
    Step.DUE_SOON: _("即将到期:到期前几天的第一次提醒"),
    Step.NAG: _("每周催办:超期以后每周一次"),
}


class Colleague(forms.ModelChoiceField):
    def label_from_instance(self, person: User) -> str:
        return f"{person.name}({person.username})" if person.name else person.username


class LettersForm(forms.Form):
    language = forms.ChoiceField(label=_("邮件的语言"), choices=language.CHOICES, widget=forms.RadioSelect)
    away_from = forms.DateField(
        label=_("外出自"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    away_until = forms.DateField(
        label=_("外出至(含)"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    substitute = Colleague(
        label=_("代收人"), queryset=User.objects.none(), required=False, empty_label=_("不指定"),
        help_text=_("本机构同岗位的同事。外出期间发给您的提醒改发给他;他也外出时,发给他的代收人。"),
    )  # fmt: skip
    wanted = forms.MultipleChoiceField(
        label=_("要收的提醒"), required=False, widget=forms.CheckboxSelectMultiple, choices=list(WHAT.items()),
        help_text=_("今天到期、已超期和督办的提醒不能退订。"),
    )  # fmt: skip

    def __init__(self, *args, person: User, today: date, **kwargs) -> None:
        super().__init__(*args, initial=_initial(person, today), **kwargs)
        self.fields["substitute"].queryset = absence.colleagues(person)

    def muted(self) -> list[Step]:
        return [step for step in MUTABLE if step not in self.cleaned_data["wanted"]]


def _initial(person: User, today: date) -> dict:
    """As it stands; an absence that is over is not shown, so that it is not in the way of saying something else."""
    is_over = person.away_until is None or person.away_until < today
    return {
        "language": person.letters_language or settings.LANGUAGE_CODE,
        "away_from": None if is_over else person.away_from,
        "away_until": None if is_over else person.away_until,
        "substitute": person.substitute_id,
        "wanted": [step for step in MUTABLE if step not in person.muted_steps],
    }
