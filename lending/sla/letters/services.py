"""What a person says about their own letters."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from accounts import absence
from accounts.clock import day_of
from accounts.errors import Invalid
from accounts.models import User
from lending.sla.kinds import Step
from lending.sla.recipients import MUTABLE


@transaction.atomic
def set_letters(
    *,
    by: User,
    language: str,
    away_from: date | None,
    away_until: date | None,
    substitute: User | None,
    muted: Collection[Step],
    now: datetime,
) -> User:
    """In which language, who reads them meanwhile, which of `MUTABLE` are not wanted. Letters that are owed already
    stay with whom they are addressed to."""
    person = User.objects.select_for_update(no_key=True).get(pk=by.pk)
    facts = {"away_from": away_from, "away_until": away_until, "substitute": substitute}
    if wrong := absence.wrong(person, **facts, today=day_of(now)):
        raise Invalid(fields=wrong)
    kept = {"letters_language": language, "muted_steps": [str(one) for one in MUTABLE if one in muted]}
    is_absence_new = any(getattr(person, name) != value for name, value in facts.items())
    for name, value in (facts | kept).items():
        setattr(person, name, value)
    person.save(update_fields=[*facts, *kept])
    if is_absence_new:
        absence.record(person, by=by)
    return person


@transaction.atomic
def unsubscribe(*, user: int, steps: Collection[Step]) -> User | None:
    """These letters are not wanted any more; what may not be refused is passed over. None: nobody of that id."""
    person = User.objects.select_for_update(no_key=True).filter(pk=user).first()
    if person is None:
        return None
    person.muted_steps = [str(one) for one in MUTABLE if one in steps or one in person.muted_steps]
    person.save(update_fields=["muted_steps"])
    return person
