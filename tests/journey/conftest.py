"""One running product and one story for the six tests, which are told in order."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.journey.stack import Person, Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory) -> Stack:
    var = Path(tmp_path_factory.mktemp("journey")) / "var"
    product = Stack(var)
    product.start()
    yield product
    product.stop()
    shutil.rmtree(var, ignore_errors=True)


@pytest.fixture(scope="session")
def people(stack: Stack):
    """`people("panel")` is that person, signed in once; `people()` is the owner, who has no account."""
    known: dict[str | None, Person] = {}

    def person(username: str | None = None) -> Person:
        if username not in known:
            known[username] = Person(stack, username)
        return known[username]

    return person


@pytest.fixture(scope="session")
def story() -> SimpleNamespace:
    """What the earlier chapters left behind: numbers, tokens, ids."""
    return SimpleNamespace()
