"""Bring in a data set of credit items: all of it or nothing, and only what changed is written."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.errors import Invalid
from accounts.punctuation import listed
from lending.credit_lookup.dataset import rules, staging
from lending.credit_lookup.dataset.rejected import Rejected
from lending.credit_lookup.dataset.source import Source, open_data_set
from visits.register.scan import EXCERPT, Fault


@dataclass
class Counts:
    """read = created + updated + unchanged + rejected + headers."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    headers: int = 1


@transaction.atomic
def import_data_set(
    *, path: Path, source: str, errors: Path | None = None, is_dry_run: bool = False
) -> Counts:
    """Rows with the same key (code, category, item, date) are updated; what a file no longer holds stays.

    Refuses `Invalid` (no such source) and `UnusableFile`; a row that cannot be read costs that row alone.
    """
    _check_source(source)
    data = open_data_set(path)
    counts = Counts(read=1)
    with Rejected(errors) as rejected:
        staging.prepare()
        _stage(data, counts, rejected)
        _settle_repeats(counts, rejected)
        counts.created, counts.updated, unchanged = staging.merge(source)
    counts.unchanged += unchanged
    counts.rejected = rejected.count
    if is_dry_run:
        transaction.set_rollback(True)
    return counts


def _check_source(source: str) -> None:
    known = [s["code"] for s in settings.CREDIT_SOURCES if s["adapter"] == "dataset"]
    if source not in known:
        names = listed(known) or _("(没有)")
        raise Invalid(
            _("CREDIT_SOURCES 中没有用 dataset 读取的来源 %(code)s;已有:%(known)s。")
            % {"code": source[:40], "known": names}
        )


def _stage(data: Source, counts: Counts, rejected: Rejected) -> None:
    with staging.loading() as copy:
        for batch in data.batches:
            counts.read += len(batch.rows) + len(batch.faults)
            rejected.extend(batch.faults)
            for line, cells in batch.rows:
                found = rules.read(cells, data.columns)
                if isinstance(found, rules.Item):
                    copy.write_row((line, *found, found.digest))
                elif rules.is_header(cells):
                    counts.headers += 1
                else:
                    rejected.add(Fault(line, *found, excerpt=",".join(cells)[:EXCERPT]))


def _settle_repeats(counts: Counts, rejected: Rejected) -> None:
    for line, first, is_same, code in staging.take_repeats():
        if is_same:
            counts.unchanged += 1
        else:
            words = _("与第 %(first)s 行是同一代码、类别、事项和日期,内容不同;以先出现的为准。") % {
                "first": first
            }
            rejected.add(Fault(line, "item", "duplicate", words, code))
