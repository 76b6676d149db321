"""Policies in force and the calendar of rest days."""

from datetime import date

from lending.sla.models import DeadlineKind, DeadlinePolicy

FROM = date(2024, 10, 15)
POLICIES = (
    # (kind, length, working days, source)
    (DeadlineKind.BANK_DECISION, 15, False, "上海银提〔2025〕44号:银行15天内作出是否授信决定"),
    (DeadlineKind.PANEL_REVIEW, 3, True, "专班内部时限(可调)"),
    (DeadlineKind.SUPPLEMENT, 10, True, "补正时限(可调)"),
)


def load() -> None:
    for kind, length, is_working, source in POLICIES:
        facts = {"length": length, "is_working_days": is_working, "source": source}
        DeadlinePolicy.objects.get_or_create(
            kind=kind, district=None, programme="", effective_from=FROM, defaults=facts
        )
