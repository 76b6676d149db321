"""Nothing owed is ever lost, whatever breaks: real servers, workers, beat and mail server, broken in the middle."""

import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

import pytest

from tests.faults.reckoning import settle
from tests.faults.site import SWEEP, Site, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1200)]


def now() -> datetime:
    return datetime.now(UTC)


def begin(site: Site, size, *, pause: float | None = None, mode: str = "accept", due_at=None) -> None:
    """Clocks that have just run out, before anybody looked."""
    site.forget()
    site.mail.behave(mode, size.pause if pause is None else pause)
    site.clocks(banks=size.banks, cases_each=size.cases_each, due_at=due_at or now())


def all_are_sent(site: Site, size) -> bool:
    return (site.ledger(), site.pending()) == (size.letters, 0)


def wait_for_all(site: Site, size, *, passes_time: bool = False) -> None:
    """`passes_time`: letters that the server refused need not wait for minutes."""
    until = time.monotonic() + 120 + size.letters / 20
    while not all_are_sent(site, size):
        assert time.monotonic() < until, site.says()
        if site.is_at_work:  # kombu's worker ends itself where Redis goes away while it holds a task
            site.work()
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
    site.work()
    begin(site, size)
    (worker,), kills, senders = site.named("worker"), 0, 0
    wait_until(lambda: site.ledger() > 0)
    while kills < size.kills and not all_are_sent(site, size):
        time.sleep(1)
        kills += 1
        if kills % 10 == 3:  # the whole worker, which make run starts again
            site.kill(worker)
            worker, senders = site.worker(), senders + 2
        elif children := children_of(worker.pid):  # one of the two that do the work, in turn
            site.kill_pid(min(children))
            senders += 1
    wait_for_all(site, size)
    settle(f"{kills} kills of workers, a second apart", site, doubled_at_most=senders)


@pytest.mark.soak
def test_redis_stopped_and_restarted_empty(site, size):
    began = now()
    site.work()
    wait_until(lambda: site.one("SELECT count(*) FROM lending_sweep WHERE at > %s", began) > 0)
    with site.without_redis():
        begin(site, size)
        time.sleep(2 * SWEEP)
        assert site.ledger() == 0  # nobody to tell the workers
    wait_for_all(site, size)
    settle("Redis stopped and restarted empty", site, doubled_at_most=0)


@pytest.mark.soak
def test_redis_emptied_and_hanging_in_the_middle(site, size):
    site.work()
    begin(site, size)
    mails_are_on_the_way(site)
    site.redis().flushall()
    site.signal_server("redis", signal.SIGSTOP)
    time.sleep(2 * SWEEP)
    site.signal_server("redis", signal.SIGCONT)
    wait_for_all(site, size)
    settle("Redis emptied and hanging", site, doubled_at_most=0)


@pytest.mark.soak
def test_a_mail_server_that_refuses_hangs_or_is_away(site, size):
    site.work()
    begin(site, size, pause=0, mode="451 not now")
    tried = "SELECT count(*) FROM lending_alert WHERE attempts > %s AND claimed_until IS NULL"
    wait_until(lambda: site.one(tried, 0) == size.letters, 120, "for the first refusals")
    site.mail.behave("550 no")
    site.time_passes()
    wait_until(lambda: site.one(tried, 1) == size.letters, 120, "for the second refusals")
    site.mail.behave("hang")
    site.time_passes()
    wait_until(lambda: site.one(tried.partition(" AND")[0], 2) > 0, 60, "for the hanging server to be tried")
    time.sleep(SWEEP)
    site.mail.stop()
    time.sleep(SWEEP)
    assert site.mail.accepted() == []
    site.mail.behave()
    site.mail.start()
    wait_for_all(site, size, passes_time=True)
    settle("mail server refusing, hanging, away", site, doubled_at_most=0)


def test_a_mail_server_that_accepts_and_hangs_up(site, size):
    site.work()
    begin(site, size, pause=0, mode="drop/5")
    wait_for_all(site, size, passes_time=True)
    drops = sum(mail["dropped"] for mail in site.mail.accepted())
    settle(f"{drops} mails accepted and the line cut", site, doubled_at_most=drops)


BACKEND = """
SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1
"""
CRASHES = (  # a process of one connection killed; all killed; shut down without waiting for anybody
    ("backend", signal.SIGKILL),
    ("postgres", signal.SIGKILL),
    ("postgres", signal.SIGQUIT),
)


def test_postgresql_crashes_in_the_middle(site, size):
    site.work()
    begin(site, size, pause=max(size.pause, 0.1))
    for who, how in islice(cycle(CRASHES), size.crashes):
        seen = len(site.mail.accepted())
        wait_until(lambda seen=seen: len(site.mail.accepted()) > seen + 3, 60, "for mails after a crash")
        if who == "backend":
            site.kill_pid(site.one(BACKEND))
        else:
            old = site.server(who)
            site.signal_server(who, how)
            site.wait_for_new(who, old)
    wait_for_all(site, size)
    settle(f"{size.crashes} crashes of PostgreSQL", site, doubled_at_most=2 * size.crashes)


@pytest.mark.soak
def test_two_beats_by_mistake(site, size):
    site.work()
    second = site.beat(2)
    begin(site, size)
    wait_for_all(site, size)
    site.kill(second)
    settle("two beats", site, doubled_at_most=0)


@pytest.mark.soak
def test_two_sweepers_and_four_senders_at_once(site, size):
    site.rest()
    begin(site, size)
    with site.held("lending_deadline", 6):
        for send in ([], [], ["--send"], ["--send"], ["--send"], ["--send"]):
            site.spawn("sweep", [sys.executable, "manage.py", "sweep_deadlines", *send])
    sweepers = site.named("sweep")
    wait_until(lambda: all(process.poll() is not None for process in sweepers), 300)
    while site.pending():  # a run with so short a lease ends after some seconds
        site.run("manage.py", "sweep_deadlines", "--send")
    assert [process.returncode for process in sweepers] == [0] * 6
    settle("two sweepers and four senders at once", site, doubled_at_most=0)


STEPS_OF_A_MONTH = "overdue escalated_bank escalated_district escalated_city nag"
ORDER = """
SELECT DISTINCT string_agg(step, ' ' ORDER BY first) FROM (
    SELECT deadline_id, step, min(id) AS first FROM lending_alert GROUP BY deadline_id, step
) AS steps GROUP BY deadline_id
"""


@pytest.mark.soak
def test_a_clock_a_month_ahead_and_back_again(site, size):
    site.rest()
    due_at, ahead = now() + timedelta(days=10), now() + timedelta(days=31)
    begin(site, size, pause=0, due_at=due_at)
    owed = site.sweep(ahead)["queued"]
    assert (site.sql(ORDER), site.ledger()) == ([(STEPS_OF_A_MONTH,)], owed)
    site.sweep(now())
    assert (site.ledger(), site.breached()) == (0, 0)  # nothing had left: it never was
    assert (site.sweep(ahead, "--send")["queued"], site.breached()) == (owed, size.letters // 2)
    while site.pending():
        site.sweep(ahead, "--send")
    mails, seen = len(site.mail.accepted()), []
    for at in (now(), due_at):
        site.sweep(at, "--send")
        seen.append((site.breached(), len(site.mail.accepted())))
    assert seen == [(0, mails), (size.letters // 2, mails)]  # told once per due date
    settle("a clock a month ahead and back", site, doubled_at_most=0)
