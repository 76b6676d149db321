"""What is stored about a visit that speaks for or against somebody having been there. Never writes.

The score is made when it is read, out of what is stored by then: the record path pays nothing for it, and a picture
that turns up again later speaks against the later visit.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import (
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
)
from django.db.models.functions import Coalesce, TruncDate
from django.db.models.lookups import LessThanOrEqual

from accounts.clock import SHANGHAI, day_of
from accounts.templatetags.doorstep import shanghai
from visits.field.models import Visit
from visits.presence import rules
from visits.presence.models import VisitPhoto
from visits.protection.models import VisitPolicy
from visits.protection.queries import policy_in_force


class DifferingBits(Func):
    """How many of 64 bits differ, of two numbers combined by exclusive or."""

    template = "bit_count((%(expressions)s)::bit(64))"
    output_field = IntegerField()


def with_presence(visits: Iterable[Visit]) -> list[Visit]:
    """The same visits, each with `presence` (rules.Presence) and `photos_taken` (without their bytes, oldest first).

    Four queries at most, for one visit or for a hundred."""
    visits = list(visits)
    if not visits:
        return []
    told = _told(visits)
    photos = _photos(visits)
    repeats = _repeats([photo for taken in photos.values() for photo in taken])
    around = _neighbours(told.values())
    for visit in visits:
        visit.photos_taken = photos[visit.pk]
        visit.presence = rules.presence(_facts(told[visit.pk], photos[visit.pk], repeats, around))
    return visits


def photos_of(visit: Visit) -> list[VisitPhoto]:
    return _photos([visit])[visit.pk]


def may_add(visit: Visit, now: datetime) -> bool:
    """Whether its officer may still add a photo; `visit` has `photos_taken`. The service asks again under lock."""
    if visit.annulled_at is not None or now - visit.recorded_at > rules.TAKEN_FOR:
        return False
    policy = policy_in_force(visit.district_id, day_of(visit.started_at))
    is_off = policy is not None and policy.photo == VisitPolicy.Evidence.OFF
    return len(visit.photos_taken) < rules.MOST_PHOTOS and not is_off


def photos_to_let_go(now: datetime, *, most: int) -> list[UUID]:
    """Photos that still have their bytes and are older than the policy of their visit's day and district keeps them;
    at most `most`. Where no policy was in force nothing is known, and they stay as long as the model says by default."""
    policy = VisitPolicy.objects.filter(
        Q(district=None) | Q(district=OuterRef("visit__district")), effective_from__lte=OuterRef("visited_on")
    ).order_by(F("district").asc(nulls_last=True), "-effective_from")
    default = VisitPolicy._meta.get_field("photo_kept_days").default
    kept_days = Coalesce(Subquery(policy.values("photo_kept_days")[:1]), default)
    due = VisitPhoto.objects.filter(jpeg__isnull=False).annotate(
        visited_on=TruncDate("visit__started_at", tzinfo=SHANGHAI),
        kept_for=ExpressionWrapper(kept_days * timedelta(days=1), output_field=DurationField()),
    )
    return list(
        due.filter(received_at__lte=now - F("kept_for")).order_by("pk").values_list("pk", flat=True)[:most]
    )


def _told(visits: Sequence[Visit]) -> dict[UUID, Visit]:
    """Anew with code and business, whom the officer visited before and after with a position, and how many around."""
    standing = Visit.objects.filter(officer=OuterRef("officer"), annulled_at__isnull=True).exclude(
        pk=OuterRef("pk")
    )
    placed = standing.filter(lat__isnull=False)
    near = standing.filter(
        mode=Visit.Mode.ON_SITE,
        started_at__gte=OuterRef("started_at") - rules.BURST_WITHIN,
        started_at__lte=OuterRef("started_at") + rules.BURST_WITHIN,
    )
    rows = Visit.objects.filter(pk__in=[visit.pk for visit in visits]).select_related("business", "code")
    told = rows.annotate(
        before=Subquery(
            placed.filter(started_at__lte=OuterRef("started_at")).order_by("-started_at").values("pk")[:1]
        ),
        after=Subquery(
            placed.filter(started_at__gt=OuterRef("started_at")).order_by("started_at").values("pk")[:1]
        ),
        around=Subquery(near.order_by().values("officer").annotate(n=Count("pk")).values("n")),
        has_need=Q(need__isnull=False),
    )
    return {visit.pk: visit for visit in told}


def _neighbours(told: Iterable[Visit]) -> dict[UUID, rules.Fix]:
    pks = {pk for visit in told for pk in (visit.before, visit.after) if pk}
    rows = Visit.objects.filter(pk__in=pks).only("lat", "lon", "accuracy_m", "started_at")
    return {visit.pk: _fix(visit) for visit in rows}


def _photos(visits: Sequence[Visit]) -> dict[UUID, list[VisitPhoto]]:
    found: dict[UUID, list[VisitPhoto]] = {visit.pk: [] for visit in visits}
    rows = VisitPhoto.objects.filter(visit__in=found).annotate(is_gone=Q(jpeg__isnull=True)).defer("jpeg")
    for photo in rows.order_by("received_at", "pk"):
        found[photo.visit_id].append(photo)
    return found


def _repeats(photos: Sequence[VisitPhoto]) -> dict[UUID, list[datetime]]:
    """{photo: when the same picture, or one nearly alike, had come before with another visit}."""
    if not photos:
        return {}
    alike = Q()
    for photo in photos:
        bits = LessThanOrEqual(DifferingBits(F("dhash").bitxor(photo.dhash)), rules.ALIKE_BITS)
        alike |= Q(sha256=photo.sha256) | Q(Q(dhash_parts__overlap=photo.dhash_parts), bits)
    found = defaultdict(list)
    earlier = VisitPhoto.objects.filter(alike).values_list(
        "visit_id", "sha256", "dhash", "received_at", "visit__started_at"
    )
    for visit_id, sha256, dhash, received_at, visited_at in earlier.order_by("received_at"):
        for photo in photos:
            same = sha256 == photo.sha256 or rules.is_alike(dhash, photo.dhash)
            if same and visit_id != photo.visit_id and received_at < photo.received_at:
                found[photo.pk].append(visited_at)
    return found


def _facts(
    visit: Visit, photos: Sequence[VisitPhoto], repeats: dict, around: dict[UUID, rules.Fix]
) -> rules.Facts:
    place = (visit.business.lat, visit.business.lon)
    ended_at = visit.ended_at or (visit.recorded_at if visit.channel == Visit.Channel.FORM else None)
    days = dict.fromkeys(shanghai(at, "date") for photo in photos for at in repeats.get(photo.pk, ())[:1])
    return rules.Facts(
        mode=visit.mode, has_need=visit.has_need, code=_code(visit), code_version=visit.code.version if visit.code else None,
        fix=_fix(visit) if visit.lat is not None else None, place=None if None in place else place,
        lasted=ended_at - visit.started_at if ended_at else None, photos=len(photos), photo_repeats=list(days),
        clock_skew_s=visit.clock_skew_s, others=[around[pk] for pk in (visit.before, visit.after) if pk in around],
        visits_around=1 + (visit.around or 0), waited=visit.recorded_at - (visit.ended_at or visit.started_at),
    )  # fmt: skip


def _code(visit: Visit) -> str:
    """A code that had ended by the time the visit arrived: it may have been copied from the old sheet."""
    if visit.code is None:
        return ""
    if visit.is_code_typed:
        return "typed"
    ended = [at for at in (visit.code.revoked_at, visit.code.expires_at) if at]
    return "superseded" if any(at <= visit.recorded_at for at in ended) else "current"


def _fix(visit: Visit) -> rules.Fix:
    return rules.Fix(visit.lat, visit.lon, visit.accuracy_m, visit.started_at)
