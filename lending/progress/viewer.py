"""Whose eyes a case is shown to. The four views differ only in what is left out."""

from dataclasses import dataclass
from enum import StrEnum

from accounts.models import Organisation, User
from accounts.roles import BANK_ROLES, Role


class Eyes(StrEnum):
    PANEL = "panel"  # the district's team, the city, the auditor: everything
    OFFICER = "officer"  # who visited: without what other banks did
    BANK = "bank"  # who was asked for credit: without other banks at all
    OWNER = "owner"  # without the names of officials, with reasons in plain words


@dataclass(frozen=True)
class Viewer:
    eyes: Eyes
    bank: Organisation | None = None

    def is_other_bank(self, bank_id: int | None) -> bool:
        """Whether a deed bound to this bank belongs to a competitor of the viewer."""
        if bank_id is None or self.eyes not in (Eyes.OFFICER, Eyes.BANK):
            return False
        return self.bank is None or self.bank.pk != bank_id


OWNER, PANEL = Viewer(Eyes.OWNER), Viewer(Eyes.PANEL)


def viewer_of(user: User) -> Viewer:
    if user.role in BANK_ROLES:
        return Viewer(Eyes.BANK, user.bank)
    if user.role == Role.FIELD_OFFICER:
        return Viewer(Eyes.OFFICER, user.bank)
    return PANEL
