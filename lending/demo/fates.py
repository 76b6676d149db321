"""What becomes of the demo's firms: days before today on which each step happened. None: it has not happened.

Read with the fifteen days in mind: pushed 2 days ago is fresh, 12 to 15 is due soon, 16 and more is overdue.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Fate:
    visited: int
    is_consented: bool = True
    is_complete: bool = True  # amount and purpose said
    looked_up: int | None = None
    reviewed: int | None = None
    verdict: str = "recommend"
    reason: str = ""
    pushed: int | None = None
    received: int | None = None
    contacted: int | None = None
    decided: int | None = None
    outcome: str = ""
    reason_code: str = ""
    share: Decimal = Decimal(1)  # of what was asked for
    rate: Decimal = Decimal("3.85")
    paid: int | None = None


WAITING = (
    Fate(visited=1, is_consented=False),
    Fate(visited=2, is_complete=False),
    Fate(visited=1),
    Fate(visited=3, looked_up=2),
    Fate(visited=6, looked_up=5),  # the panel's own three working days are over
    Fate(visited=5, looked_up=4, reviewed=3, verdict="return", reason="租赁合同缺页,请补拍完整。"),
    Fate(visited=9, looked_up=8, reviewed=7, verdict="not_recommended", reason="实地走访时已停业,暂不符合持续经营标准。"),
    Fate(visited=4, looked_up=3, reviewed=1),
)  # fmt: skip
WITH_BANK = (
    Fate(visited=5, looked_up=4, reviewed=3, pushed=2),
    Fate(visited=9, looked_up=8, reviewed=7, pushed=6, received=5),
    Fate(visited=14, looked_up=13, reviewed=13, pushed=12, received=11, contacted=10),
    Fate(visited=16, looked_up=15, reviewed=14, pushed=14, received=13, contacted=12),
    Fate(visited=18, looked_up=17, reviewed=16, pushed=15, received=14),
    Fate(visited=21, looked_up=20, reviewed=19, pushed=17, received=16, contacted=14),
    Fate(visited=26, looked_up=25, reviewed=24, pushed=22),
)
ANSWERED = (
    Fate(visited=24, looked_up=23, reviewed=22, pushed=21, received=20, contacted=19, decided=12, outcome="approved",
         paid=8),
    Fate(visited=30, looked_up=29, reviewed=28, pushed=27, received=26, contacted=25, decided=17,
         outcome="partly_approved", share=Decimal("0.6"), rate=Decimal("4.20"), paid=13),
    Fate(visited=15, looked_up=14, reviewed=13, pushed=12, received=11, contacted=10, decided=4, outcome="approved",
         rate=Decimal("3.45")),
    Fate(visited=29, looked_up=28, reviewed=27, pushed=26, received=25, contacted=24, decided=6, outcome="declined",
         reason_code="R03"),
    Fate(visited=20, looked_up=19, reviewed=18, pushed=17, received=16, contacted=15, decided=7, outcome="declined",
         reason_code="R07"),
    Fate(visited=19, looked_up=18, reviewed=17, pushed=16, received=15, contacted=14, decided=5, outcome="no_need"),
)  # fmt: skip
EVERY_FATE = WAITING + WITH_BANK + ANSWERED

MAIN_ROUNDS = 2  # so often does each fate come in the demo's own district


def elsewhere(place: int) -> list[Fate]:
    """A mix of its own for each other district, seven to twelve cases; in two of three no bank is late."""
    known = [fate for fate in EVERY_FATE if place % 3 == 0 or not is_late(fate)]
    return [known[(7 * place + 4 * step) % len(known)] for step in range(7 + place % 6)]


def is_late(fate: Fate) -> bool:
    """More than fifteen days with the bank: still undecided, or decided after them."""
    return fate.pushed is not None and fate.pushed - (fate.decided or 0) > 15
