"""Nothing owed is ever lost, whatever breaks: real servers, workers, beat and mail server, broken in the middle."""

import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults.reckoning import settle
from tests.faults.site import SWEEP, Site, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1200)]


def now() -> datetime:
    return datetime.now(UTC)


def begin(site: Site, size, *, pause: float | None = None, mode: str = "accept") -> None:
    """Clocks that have just run out, before anybody looked."""
    site.clocks(banks=size.banks, cases_each=size.cases_each, due_at=now())
    site.mail.behave(mode, size.pause if pause is None else pause)


def all_are_sent(site: Site, size) -> bool:
    return (site.ledger(), site.pending()) == (size.letters, 0)


def wait_for_all(site: Site, size, *, passes_time: bool = False) -> None:
    """`passes_time`: letters that the server refused need not wait for minutes."""
    until = time.monotonic() + 120 + size.letters / 20
    while not all_are_sent(site, size):
        assert time.monotonic() < until, site.says()
        if passes_time:
            site.time_passes()
        time.sleep(0.2)


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
    wait_for_all(site, size)
    settle(f"{kills} kills of workers", site, doubled_at_most=kills * 2)


def test_redis_stopped_and_restarted_empty(site, size):
    began = now()
    site.worker()
    site.beat()
    wait_until(lambda: site.one("SELECT count(*) FROM lending_sweep WHERE at > %s", began) > 0)
    with site.without_redis():
        begin(site, size)
        time.sleep(2 * SWEEP)
        assert site.ledger() == 0  # nobody to tell the workers
    wait_for_all(site, size)
    settle("Redis stopped and restarted empty", site, doubled_at_most=0)


def test_redis_emptied_and_hanging_in_the_middle(site, size):
    begin(site, size)
    site.worker()
    site.beat()
    mails_are_on_the_way(site)
    site.redis().flushall()
    site.signal_server("redis", signal.SIGSTOP)
    time.sleep(2 * SWEEP)
    site.signal_server("redis", signal.SIGCONT)
    wait_for_all(site, size)
    settle("Redis emptied and hanging", site, doubled_at_most=0)


def test_a_mail_server_that_refuses_hangs_or_is_away(site, size):
    begin(site, size, pause=0, mode="451 not now")
    site.worker()
    site.beat()
    tried = "SELECT count(*) FROM lending_alert WHERE attempts > %s"
    wait_until(lambda: site.one(tried, 0) == size.letters, 120, "for the first refusals")
    site.mail.behave("550 no")
    site.time_passes()
    wait_until(lambda: site.one(tried, 1) == size.letters, 120, "for the second refusals")
    site.mail.behave("hang")
    site.time_passes()
    wait_until(lambda: site.one(tried, 2) > 0, 60, "for the hanging server to be tried")
    time.sleep(SWEEP)
    site.mail.stop()
    time.sleep(SWEEP)
    assert site.mail.accepted() == []
    site.mail.behave()
    site.mail.start()
    wait_for_all(site, size, passes_time=True)
    settle("mail server refusing, hanging, away", site, doubled_at_most=0)


def test_a_mail_server_that_accepts_and_hangs_up(site, size):
    begin(site, size, pause=0, mode="drop/3")
    site.worker()
    site.beat()
    wait_for_all(site, size, passes_time=True)
    drops = sum(mail["dropped"] for mail in site.mail.accepted())
    settle(f"{drops} mails accepted and the line cut", site, doubled_at_most=drops)


CRASHES = {  # whom to kill, and how
    "a connection of PostgreSQL killed": ("backend", signal.SIGKILL),
    "PostgreSQL shut down at once": ("postgres", signal.SIGQUIT),
    "the whole PostgreSQL killed": ("postgres", signal.SIGKILL),
}


def test_postgresql_crashes_in_the_middle(site, size):
    begin(site, size, pause=0.1)
    site.worker()
    site.beat()
    for who, how in CRASHES.values():
        seen = len(site.mail.accepted())
        wait_until(lambda seen=seen: len(site.mail.accepted()) > seen + 3, 60, "for mails after a crash")
        if who == "backend":
            site.kill_pid(site.one("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1"))  # fmt: skip
        else:
            old = site.server(who)
            site.signal_server(who, how)
            site.wait_for_new(who, old)
    wait_for_all(site, size)
    settle(f"{len(CRASHES)} crashes of PostgreSQL", site, doubled_at_most=2 * len(CRASHES))


def test_two_beats_by_mistake(site, size):
    begin(site, size)
    site.worker()
    site.beat(1)
    site.beat(2)
    wait_for_all(site, size)
    settle("two beats", site, doubled_at_most=0)


def test_two_sweepers_and_four_senders_at_once(site, size):
    begin(site, size)
    with site.held("lending_deadline", 6):
        for send in ([], [], ["--send"], ["--send"], ["--send"], ["--send"]):
            site.spawn("sweep", [sys.executable, "manage.py", "sweep_deadlines", *send])
    wait_until(lambda: all(process.poll() is not None for process in site.running), 300)
    while site.pending():  # a run with so short a lease ends after some seconds
        site.run("manage.py", "sweep_deadlines", "--send")
    assert [process.returncode for process in site.running] == [0] * 6
    settle("two sweepers and four senders at once", site, doubled_at_most=0)
