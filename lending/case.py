"""融资办件: one firm, one open case, from the visit to the money."""

import secrets

from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from lending.stages import CLOSED, Stage
from visits.models import Business, FinancingNeed, Visit

NUMBERS = "lending_case_number"  # a sequence


def new_track_token() -> str:
    """128 random bits: the owner's link is the key, so it cannot be guessed or counted through."""
    return secrets.token_urlsafe(16)


def next_case_number(district_code: str, year: int) -> str:
    """District, year and a sequence of the database: readable on the phone, unique across all web processes."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT nextval('{NUMBERS}')")
        return case_number(district_code, year, cursor.fetchone()[0])


def case_number(district_code: str, year: int, serial: int) -> str:
    return f"{district_code}-{year}-{serial:07d}"


class FinancingCase(models.Model):
    """`stage` is written by `workflow.advance` alone."""

    number = models.CharField(_("办件编号"), max_length=24, unique=True)
    track_token = models.CharField(max_length=32, unique=True, default=new_track_token, editable=False)
    business = models.ForeignKey(Business, models.PROTECT, related_name="cases", verbose_name=_("经营主体"))
    district = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("区"))
    # null: the owner declared the need alone
    origin_visit = models.ForeignKey(
        Visit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("走访")
    )
    need = models.ForeignKey(FinancingNeed, models.PROTECT, related_name="+", verbose_name=_("融资需求"))
    amount_yuan = models.DecimalField(_("需求金额(元)"), max_digits=14, decimal_places=2, null=True)
    stage = models.CharField(_("环节"), max_length=20, choices=Stage, default=Stage.INTAKE)
    stage_since = models.DateTimeField(_("进入环节时间"))
    opened_at = models.DateTimeField(_("立件时间"))
    closed_at = models.DateTimeField(_("办结时间"), null=True, blank=True)
    events_count = models.PositiveIntegerField(default=0)  # what `verify_audit` counts against
    last_digest = models.CharField(
        max_length=64, default="", editable=False
    )  # of the last event, for the next one

    class Meta:
        verbose_name = verbose_name_plural = _("融资办件")
        ordering = ("-opened_at",)
        indexes = [
            models.Index(fields=["district", "stage", "stage_since"]),
            models.Index(fields=["opened_at"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["business"], condition=~Q(stage__in=sorted(CLOSED)), name="case_one_open_per_business"
            ),
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="case_stage_known"),
            models.CheckConstraint(
                condition=Q(stage__in=sorted(CLOSED), closed_at__isnull=False)
                | ~Q(stage__in=sorted(CLOSED)) & Q(closed_at__isnull=True),
                name="case_closed_at_when_closed",
            ),
            models.CheckConstraint(
                condition=Q(stage_since__gte=F("opened_at")), name="case_stage_after_opening"
            ),
        ]

    def __str__(self) -> str:
        return self.number


def lock_case(case: FinancingCase) -> FinancingCase:
    """The case read again under its row lock, with district and business beside it.

    `of=("self",)`: without it the joined district would be locked too, and a verdict would deadlock with a list that
    locks the district first. Locks are taken in the order business → district → case → recommendation → consent.
    """
    locked = FinancingCase.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("district", "business").get(pk=case.pk)
