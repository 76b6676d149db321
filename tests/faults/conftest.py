"""`FAULTS=full` (make faults) breaks things at full size; otherwise they break small, within `make test`."""

import os
from pathlib import Path
from typing import NamedTuple

import pytest

from config import embedded
from tests.faults.site import Site


class Size(NamedTuple):
    banks: int  # each a reviewer and a coordinator, so twice as many mails
    cases_each: int
    pause: float  # seconds that a mail takes
    kills: int
    crashes: int

    @property
    def letters(self) -> int:
        return self.banks * self.cases_each * 2


SMALL, FULL = Size(20, 3, 0.05, 3, 2), Size(500, 10, 0.02, 1000, 9)


@pytest.fixture(scope="session")
def size() -> Size:
    return FULL if os.environ.get("FAULTS") == "full" else SMALL


@pytest.fixture(scope="session")
def site():
    """Up until the end of the session; worker and beat as a test asks for them."""
    var = Path(embedded.prepare_var()) / "faults"
    site = Site(var)
    try:
        site.start()
        yield site
    finally:
        site.stop()
