"""The digest: one mail about everything one recipient is to know of now. Composes; sends nothing.

No personal data of owners stands in a mail: whoever reads it over a shoulder, or gets it forwarded, learns of firms and
of numbers. A firm whose name is a person's, as a sole trader's often is, goes by the number of its case.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from email.header import Header
from email.message import Message
from itertools import groupby

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from lending.sla import chips, mail_words, queries
from lending.sla.kinds import MAIN, DeadlineKind, Step
from lending.sla.ladder import Ladders
from lending.sla.letters import tokens
from lending.sla.models import Alert
from lending.sla.recipients import MUTABLE
from visits.models import Business

ROWS_SHOWN = 100
LINE = 998  # RFC 5322, 2.1.1
HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
NAMED = (Business.Kind.COMPANY, Business.Kind.COOPERATIVE)  # whose names are not a person's
NEAR = (Step.DUE_SOON, Step.DUE_IN_TWO, Step.LAST_DAY)
STATES = ("late", "slow", "soon", "near", "new", "rest")  # slow: late in a step that makes no case overdue


class Letter(EmailMultiAlternatives):
    """Folds a long Chinese subject by its words, and a long address not at all. Django's fold comes right after the
    colon, and mail programs that take it literally show a blank before the text."""

    def message(self):
        built = super().message()
        del built["Subject"]
        Message.__setitem__(built, "Subject", Header(self.subject, "utf-8", header_name="Subject"))
        if address := self.extra_headers.get("List-Unsubscribe"):
            del built["List-Unsubscribe"]
            Message.__setitem__(built, "List-Unsubscribe", Header(address, maxlinelen=LINE))
        return built


def with_what_is_shown(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    """With what a digest reads, and no more: a clock's receipt and a firm's whole row are many times as long."""
    return alerts.select_related(
        "deadline__case__business", "deadline__case__district", "organisation", "recipient_user", "instead_of"
    ).only(
        "recipient", "message_id", "attempts", "last_error", "created_at", "step", "due_at", "why", "why_code", "organisation__name", "organisation__kind",
        "deadline__kind", "deadline__due_at", "deadline__policy_id", "deadline__case__number",
        "deadline__case__amount_yuan", "deadline__case__business__name", "deadline__case__business__kind",
        "deadline__case__district__name", "recipient_user__role", "recipient_user__letters_language",
        "instead_of__name",
    )  # fmt: skip


def ladders_of(alerts: Iterable[Alert]) -> Ladders:
    """For `digest`: once for any number of mails."""
    return queries.ladders(alert.deadline.policy_id for alert in alerts)


def digest(alerts: list[Alert], now: datetime, ladders: Ladders | None = None) -> Letter:
    """The mail for the letters of one recipient, as things stand at `now`; text and HTML, in the recipient's language."""
    ladders = ladders or ladders_of(alerts)
    with translation.override(_language(alerts)):
        unsubscribe = _unsubscribe(alerts)
        context = _context(alerts, now, ladders) | {"unsubscribe_url": unsubscribe}
        message = Letter(
            subject=context["subject"],
            body=render_to_string("emails/alert_digest.txt", context),
            to=[alerts[0].recipient],
            headers={"Message-ID": alerts[0].message_id, **HEADERS, **_list_headers(unsubscribe)},
        )
        message.attach_alternative(render_to_string("emails/alert_digest.html", context), "text/html")
    return message


def _language(alerts: list[Alert]) -> str:
    people = (alert.recipient_user for alert in alerts if alert.recipient_user)
    return next(
        (person.letters_language for person in people if person.letters_language), settings.LANGUAGE_CODE
    )


def _unsubscribe(alerts: list[Alert]) -> str:
    """Where the reader can say that they do without such letters; "" where one of these is not for them to refuse."""
    readers = {alert.recipient_user_id for alert in alerts}
    steps = {alert.step for alert in alerts}
    if len(readers) > 1 or None in readers or not steps <= set(MUTABLE):
        return ""
    return _address("letters-unsubscribe", tokens.make(readers.pop(), sorted(steps)))


def _list_headers(unsubscribe: str) -> dict[str, str]:
    """RFC 2369, and RFC 8058 for one click, which is for https alone."""
    if not unsubscribe:
        return {}
    one_click = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return {"List-Unsubscribe": f"<{unsubscribe}>"} | (one_click if unsubscribe.startswith("https:") else {})


def _address(name: str, *args: str) -> str:
    return settings.PUBLIC_BASE_URL + reverse(name, args=args)


def _context(alerts: list[Alert], now: datetime, ladders: Ladders) -> dict:
    clocks = _most_urgent_first(alerts, now)
    counts = dict.fromkeys(STATES, 0) | Counter(state for state, _letter in clocks)
    counted = mail_words.counted(counts)
    subject = f"{mail_words.prefix(alerts, counts)}{counted} — {mail_words.place(alerts)}"
    return {
        "subject": " ".join(subject.split()),
        "counted": counted,
        "rows": [_row(letter, state, now) for state, letter in clocks[:ROWS_SHOWN]],
        "more": max(len(clocks) - ROWS_SHOWN, 0),
        "todo": mail_words.todo(alerts, now),
        "whys": mail_words.whys(alerts, translation.get_language(), settings.LANGUAGE_CODE),
        "next": mail_words.coming(alerts, now, ladders),
        "home_url": _address("home"),
        # a mailbox of an organisation is nobody's to set
        "settings_url": _address("letters") if alerts[0].recipient_user_id else "",
    }


def _most_urgent_first(alerts: list[Alert], now: datetime) -> list[tuple[str, Alert]]:
    """Each clock once, with its state."""
    per_clock = groupby(sorted(alerts, key=lambda a: a.deadline_id), key=lambda a: a.deadline_id)
    clocks = [(_state(letters, now), letters[0]) for letters in (list(some) for _pk, some in per_clock)]
    return sorted(clocks, key=lambda one: (STATES.index(one[0]), one[1].deadline.due_at, one[1].deadline_id))


def _state(letters: list[Alert], now: datetime) -> str:
    """How urgent one clock is, one of `STATES`."""
    clock, steps = letters[0].deadline, {letter.step for letter in letters}
    if now >= clock.due_at:
        return "late" if clock.kind in MAIN else "slow"
    if chips.days_left(clock.due_at, now) <= chips.DUE_SOON_DAYS:
        return "soon"
    if steps & set(NEAR):
        return "near"
    return "new" if Step.ASSIGNED in steps else "rest"


def _row(letter: Alert, state: str, now: datetime) -> dict:
    """One line of the table, as `emails/_cases.html` takes it."""
    clock, case, firm = letter.deadline, letter.deadline.case, letter.deadline.case.business
    left = chips.days_left(clock.due_at, now)
    is_named = firm.kind in NAMED
    return {
        "title": firm.name if is_named else case.number,
        "under": case.number if is_named else Business.Kind(firm.kind).label,
        "what": DeadlineKind(clock.kind).label,  # `get_…_display` spells every kind to find one
        "url": _address("go-case", case.number),
        "yuan": case.amount_yuan,
        "due": clock.due_at,
        "days": chips.label(min(left, -1) if now >= clock.due_at else left),
        "state": state,
    }
