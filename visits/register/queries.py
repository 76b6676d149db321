"""Reading the register. Searching is core PostgreSQL: an index over numbered grams finds, LIKE confirms."""

from django.contrib.postgres.fields import ArrayField
from django.db.models import Func, IntegerField, Max, Q, QuerySet, Value
from django.db.models.functions import Now, TruncDate

from accounts.clock import SHANGHAI
from visits.register import rules_code, rules_name
from visits.register.models import Business

SEARCH_LIMIT = 100  # whoever sees more hits than this types on
LONGEST_QUESTION = 100
# What is common (有限, 上海) is found a hundred times among this many rows in a few milliseconds, while the index would
# collect eight hundred thousand of them first; what is not, the index finds.
WINDOW_ROWS = 10_000
CERTAINLY_CODE = 8  # characters of the code's alphabet; no name is looked for where codes were found


def in_force_today() -> Q:
    """Assignments in force, from their first day through their last, as `field/assigned.py` and `visits_protection` have
    it. Today is asked of the database: a date of ours would be kept in statements written once (accounts/prepared.py)."""
    today = TruncDate(Now(), tzinfo=SHANGHAI)
    return Q(starts_on__lte=today) & (Q(ends_on__isnull=True) | Q(ends_on__gte=today))


def search_businesses(businesses: QuerySet, text: str, *, limit: int = SEARCH_LIMIT) -> QuerySet:
    """Of `businesses` (already narrowed to what the user may see) those matching a part of the name or credit code.

    At most `limit` rows, best first: exact code, code from its start, part of a code, then names that start with the
    text before names that hold it. Any width of brackets, case and spacing. An empty text narrows nothing.
    The result may be filtered, ordered and paged on: it is a question for at most `limit` primary keys.
    """
    text = text.replace("\0", "").strip()[:LONGEST_QUESTION]
    if not text:
        return businesses
    found = _candidates(businesses, text, limit)
    if not found:
        return businesses.none()
    keys = Value(found, output_field=ArrayField(IntegerField()))
    place = Func(
        keys,
        "pk",
        function="array_position",
        template="%(function)s((%(expressions)s)",
        arg_joiner=")::bigint[], ",
    )
    return businesses.filter(pk__in=found).order_by(place)


def _candidates(businesses: QuerySet, text: str, limit: int) -> list[int]:
    """Primary keys, best first. Every step asks only for what is still missing."""
    found: dict[int, None] = {}
    code, form = rules_code.normalise(text), rules_name.search_form(text)
    if code.isascii() and code.isalnum():
        for condition in _code_conditions(code):
            if len(found) < limit:
                keys = businesses.filter(condition).order_by().values_list("pk", flat=True)[:limit]
                found.update(dict.fromkeys(keys))
    is_code = bool(found) and len(code) >= CERTAINLY_CODE
    if form and len(found) < limit and not is_code:
        found.update(dict.fromkeys(_by_name(businesses, form, limit)))
    return list(found)[:limit]


def _by_name(businesses: QuerySet, form: str, limit: int) -> list[int]:
    newest = _newest()
    names = businesses.order_by().values_list("pk", "name_search")
    hits = list(names.filter(pk__gt=newest - WINDOW_ROWS, name_search__contains=form)[:limit])
    if len(hits) < limit and newest > WINDOW_ROWS:
        hits = list(names.filter(_name_condition(form))[:limit])
    hits.sort(key=lambda hit: (not hit[1].startswith(form), len(hit[1]), hit[1]))
    return [pk for pk, _name in hits]


def _newest() -> int:
    return Business.objects.aggregate(newest=Max("pk"))["newest"] or 0


def _code_conditions(code: str) -> list[Q]:
    """Best first. A whole code is one probe; a part is a range of the unique index or cuts in the gram index."""
    if len(code) >= 18:
        return [Q(credit_code=code)]
    inside = _inside(code) if len(code) >= 3 else []
    return [Q(credit_code__startswith=code), *inside]


def _inside(part: str) -> list[Q]:
    """Codes with `part` behind their start, by the cuts it covers wherever it begins.

    Complete from five characters on; of three or four, places where they fill no cut are looked at in the newest rows.
    """
    choices = set()
    for start in range(1, 18 - len(part) + 1):
        cuts = tuple(
            rules_code.piece(cut, part[cut - start : cut - start + 3])
            for cut in rules_code.CUTS
            if cut >= start and cut + 3 <= start + len(part)
        )
        if cuts:
            choices.add(cuts)
    asked = Q()
    for cuts in sorted(choices):
        asked |= Q(search_grams__contains=list(cuts))
    indexed = [asked & Q(credit_code__contains=part)] if choices else []
    recent = [] if len(part) >= 5 else [Q(pk__gt=_newest() - WINDOW_ROWS, credit_code__contains=part)]
    return recent + indexed


def _name_condition(form: str) -> Q:
    asked = rules_name.asked_grams(form)
    holds = Q(name_search__contains=form)
    return Q(search_grams__contains=asked) & holds if asked else holds
