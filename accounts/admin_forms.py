"""Making and changing accounts."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.forms import UserChangeForm, UserCreationForm

from accounts import absence, language
from accounts.clock import day_of
from accounts.models import Organisation, User
from accounts.punctuation import listed
from accounts.roles import Role

Kind = Organisation.Kind
# where people of each role may belong; the three administrators belong to the site and may belong nowhere
BELONGS: dict[Role, tuple[Kind, ...]] = {
    Role.FIELD_OFFICER: (Kind.BANK, Kind.BRANCH, Kind.SUBDISTRICT, Kind.DISTRICT),
    Role.PANEL: (Kind.DISTRICT,),
    Role.BANK_REVIEWER: (Kind.BANK, Kind.BRANCH),
    Role.BANK_COORDINATOR: (Kind.BANK,),
    Role.CITY: (Kind.CITY,),
}
LAST_HOUR = 24


def check_place(form: forms.ModelForm, said: dict) -> None:
    """A panel member without a district would see nothing, and one at a bank would be a bank deciding for the district."""
    kinds, place = BELONGS.get(said.get("role")), said.get("organisation")
    if "role" not in form.fields or "organisation" not in form.fields or kinds is None:
        return
    if place is None or place.kind not in kinds:
        names = listed(str(kind.label) for kind in kinds)
        form.add_error(
            "organisation", ValidationError(_("该岗位须属于:%(kinds)s。"), params={"kinds": names})
        )


class NewPerson(UserCreationForm):
    class Meta:
        model = User
        fields = ("username", "name", "staff_number", "email", "phone", "role", "organisation")

    def __init__(self, *args, **kwargs) -> None:
        """No role is the usual one: choosing it is a decision, not a default to overlook."""
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [("", _("请选择")), *Role.choices]

    def clean(self) -> dict:
        said = super().clean()
        check_place(self, said)
        return said


class Person(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"  # narrowed by the fieldsets of the admin

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if said := self.fields.get("letters_language"):
            said.choices = [("", _("按全站")), *language.CHOICES]

    def clean(self) -> dict:
        said = super().clean()
        check_place(self, said)
        if {"away_from", "away_until", "substitute"} & set(self.changed_data):
            self.check_absence(said)
        return said

    def check_absence(self, said: dict) -> None:
        facts = {name: said.get(name) for name in ("away_from", "away_until", "substitute")}
        for field, sentence in absence.wrong(self.instance, **facts, today=day_of(timezone.now())).items():
            self.add_error(field, sentence)


class Place(forms.ModelForm):
    class Meta:
        model = Organisation
        fields = (
            "code", "name", "kind", "parent", "district", "aliases", "email", "phone", "is_active", "letters_from_hour",
            "letters_until_hour", "is_written_to_on_rest_days",
        )  # fmt: skip

    def clean(self) -> dict:
        said = super().clean()
        first, last = said.get("letters_from_hour"), said.get("letters_until_hour")
        if (first is None) != (last is None):
            self.add_error("letters_until_hour", _("两个钟点请都填写,或都空着。"))
        elif first is not None and not first < last <= LAST_HOUR:
            self.add_error("letters_until_hour", _("最晚须在最早之后,最大24。"))
        return said
