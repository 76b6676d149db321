"""Loading the signed-in person, once per request."""

from django.contrib.auth.backends import ModelBackend
from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet

from accounts.models import Organisation, User
from accounts.prepared import Question

PERSON = [field.attname for field in User._meta.concrete_fields]
PLACE = [field.attname for field in Organisation._meta.concrete_fields]
PLACES = ("organisation", "organisation__parent", "organisation__district")


def _asked(pk: int) -> QuerySet:
    """With the organisation, its parent and its district: nearly every gate asks for them (`user.bank`, `.district`)."""
    return User.objects.filter(pk=pk).values(
        *PERSON, *(f"{place}__{name}" for place in PLACES for name in PLACE)
    )


_PERSON = Question(_asked, pk=int)


class PersonBackend(ModelBackend):
    def get_user(self, user_id: int) -> User | None:
        found = _PERSON.first(pk=user_id)
        if found is None:
            return None
        user = User.from_db(DEFAULT_DB_ALIAS, PERSON, [found[name] for name in PERSON])
        user.organisation = _place(found, "organisation")
        if user.organisation is not None:
            user.organisation.parent = _place(found, "organisation__parent")
            user.organisation.district = _place(found, "organisation__district")
        return user if self.user_can_authenticate(user) else None


def _place(found: dict, path: str) -> Organisation | None:
    values = [found[f"{path}__{name}"] for name in PLACE]
    return None if values[0] is None else Organisation.from_db(DEFAULT_DB_ALIAS, PLACE, values)
