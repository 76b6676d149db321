"""The one piece of news that travels up from visits."""

from dataclasses import dataclass, field

from django.dispatch import Signal

# Sent with `send` (not robust: an error undoes the visit too) inside the transaction that writes the visit.
# Arguments: visit, need (None where nothing is needed), by, now. Need and consents are written by then and the row of
# the business is locked; the visit is written after the answers, which it keeps. Where an owner declared a need alone
# there is neither visit nor by, and no lock. A receiver may answer with a `CaseAnswer`; the visit keeps it, so that a
# repeat of the same visit gets the first answer.
visit_recorded = Signal()


@dataclass(frozen=True)
class CaseAnswer:
    """What became of the need: the case it went to, what is still missing, and a stable reason worth telling."""

    number: str = ""
    missing: list[str] = field(default_factory=list)  # dotted names of the API, e.g. "need.amount_yuan"
    reason: str = ""
    follow_path: str = (
        ""  # where an owner who declared alone follows the case; empty where it joined another one
    )
