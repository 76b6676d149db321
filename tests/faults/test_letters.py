"""Nothing owed is ever lost, whatever breaks: real servers, workers, beat and mail server, broken in the middle."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults.reckoning import settle
from tests.faults.site import Site, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1200)]


def now() -> datetime:
    return datetime.now(UTC)


def begin(site: Site, size, *, pause: float | None = None, mode: str = "accept") -> None:
    """Clocks that have just run out, before anybody looked."""
    site.clocks(banks=size.banks, cases_each=size.cases_each, due_at=now())
    site.mail.behave(mode, size.pause if pause is None else pause)


def all_are_sent(site: Site, size) -> bool:
    return (site.ledger(), site.pending()) == (size.letters, 0)


def children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def mails_are_on_the_way(site: Site) -> None:
    wait_until(lambda: len(site.mail.accepted()) > 5, 60, "for the first mails")


def test_workers_killed_every_second(site, size):
    begin(site, size)
    worker, kills = site.worker(), 0
    site.beat()
    wait_until(lambda: site.ledger() > 0)
    while kills < size.kills and not all_are_sent(site, size):
        time.sleep(1)
        kills += 1
        if (
            kills % 5 == 3
        ):  # the whole worker, as the kernel does when memory is short; make run starts it again
            site.kill(worker)
            worker = site.worker()
            continue
        for child in children_of(worker.pid):
            site.kill_pid(child)
    wait_until(lambda: all_are_sent(site, size), 300)
    settle(f"{kills} kills of workers", site, doubled_at_most=kills * 2)
