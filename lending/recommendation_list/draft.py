"""The draft of a list: recommended cases and, for each, the banks it may go to with the suggested one chosen."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Organisation, User
from lending.models import DistrictReview, FinancingCase, Recommendation
from lending.recommendation_list.queries import (
    consents_to_banks,
    declined_pairs,
    is_live,
    waiting_to_be_pushed,
)

MAX_SHOWN = 200  # as many as one list may hold; the rest comes up once these are pushed


@dataclass(frozen=True)
class Choice:
    bank: Organisation
    is_suggested: bool
    is_preferred: bool
    was_asked: bool  # and has answered: asking again is possible and rarely wise


@dataclass(frozen=True)
class DraftRow:
    case: FinancingCase
    choices: list[Choice]
    review: DistrictReview | None

    @property
    def suggested(self) -> list[str]:
        return [choice.bank.code for choice in self.choices if choice.is_suggested]


def draft(user: User, now: datetime) -> list[DraftRow]:
    """The longest waiting first; a constant number of queries."""
    cases = list(waiting_to_be_pushed(user)[:MAX_SHOWN])
    named: dict[int, dict[int, Organisation]] = {}
    for consent in consents_to_banks({case.business_id for case in cases}):
        if (
            is_live(consent, now)
            and consent.recipient.is_active
            and consent.recipient.kind == Organisation.Kind.BANK
        ):
            named.setdefault(consent.business_id, {})[consent.recipient_id] = consent.recipient
    asked: dict[int, set[int]] = {}
    for case, bank in Recommendation.objects.filter(case__in=cases).values_list("case", "bank"):
        asked.setdefault(case, set()).add(bank)
    declined = declined_pairs({case.pk for case in cases})
    return [
        _row(
            case,
            [bank for bank in named.get(case.business_id, {}).values() if (case.pk, bank.pk) not in declined],
            asked.get(case.pk, set()),
        )
        for case in cases
    ]


def _row(case: FinancingCase, banks: list[Organisation], asked: set[int]) -> DraftRow:
    review = next(iter(case.recommending), None)
    preferred = {code: place for place, code in enumerate(case.need.preferred_banks)}
    proposed = {bank.pk for bank in review.banks.all()} if review else set()
    banks = sorted(
        banks,
        key=lambda bank: (bank.pk in asked, preferred.get(bank.code, 99), bank.pk not in proposed, bank.code),
    )
    suggested = _suggested(banks, preferred, proposed, asked)
    choices = [Choice(bank, bank.pk == suggested, bank.code in preferred, bank.pk in asked) for bank in banks]
    return DraftRow(case, choices, review)


def _suggested(banks, preferred: dict[str, int], proposed: set[int], asked: set[int]) -> int | None:
    """The owner's first choice that the consent names and that has not answered yet; else what the review proposed;
    else the only one there is."""
    left = [bank for bank in banks if bank.pk not in asked]
    for bank in left:
        if bank.code in preferred or bank.pk in proposed:
            return bank.pk
    return left[0].pk if len(left) == 1 else None
