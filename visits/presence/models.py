"""What was seen at the door."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from visits.field.models import Visit


class VisitPhoto(models.Model):
    """A photo of a visit: made small and stripped of EXIF on the phone, and again here. The phone makes the id.

    In the database and not on a disk: it comes and goes with its visit, in one transaction and one backup, whichever
    web process took it.
    """

    id = models.UUIDField(primary_key=True)
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="photos")
    jpeg = models.BinaryField(
        null=True
    )  # null: its time is over (`VisitPolicy.photo_kept_days`); the hashes stay
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    sha256 = models.CharField(
        max_length=64, db_index=True
    )  # of what the phone sent: a repeat is recognised by it
    dhash = models.BigIntegerField()  # 64-bit difference hash of the picture: survives another encoding
    # what `rules.parts_of` says of it: two pictures nearly alike share at least one, so an index finds them
    dhash_parts = ArrayField(models.IntegerField(), default=list)
    received_at = models.DateTimeField(_("收到时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("走访照片")
        ordering = ("received_at", "pk")
        indexes = [GinIndex(fields=["dhash_parts"], name="visit_photo_alike")]
        constraints = [
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0), name="photo_has_a_size"),
        ]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.width}×{self.height}"
