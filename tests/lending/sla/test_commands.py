"""The commands of contract.md that concern deadlines."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from lending import audit
from lending.models import Alert, Event, Sweep
from lending.sla.kinds import DeadlineKind
from lending.tasks import send_alerts, sweep_deadlines
from tests.factories import NOW
from tests.lending.sla import making
from tests.lending.sla.test_calendar import TABLE

pytestmark = pytest.mark.django_db


def run(*words: str) -> dict:
    out = StringIO()
    call_command(*words, stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def test_a_deadline_by_the_policy_in_force_is_the_contracts_example():
    answer = run("deadline", "--from", "2026-11-20")
    assert {key: answer[key] for key in ("due_on", "due_at", "provisional")} == {
        "due_on": "2026-12-05", "due_at": "2026-12-06T00:00:00+08:00", "provisional": False,
    }  # fmt: skip
    assert answer["receipt"]["words"] == "11月20日推送,次日起算15个自然日,12月5日24时到期"


@pytest.mark.parametrize(("pushed", "plain", "forward", "working"), TABLE)
def test_the_table_of_the_contract_comes_out_of_the_command(pushed, plain, forward, working):
    options = (), ("--days", "15", "--roll"), ("--days", "15", "--working")
    assert [run("deadline", "--from", pushed, *o)["due_on"] for o in options] == [plain, forward, working]


@pytest.mark.parametrize(("words", "due_on", "provisional"), [
    (("--from", "2026-01-31", "--months", "1"), "2026-02-28", False),
    (("--from", "2026-12-25", "--days", "10", "--working"), "2027-01-08", True),
    (("--from", "2026-11-20", "--working"), "2026-12-11", False),
    (("--from", "2026-11-20", "--district", "徐汇"), "2026-12-05", False),
    (("--from", "2026-11-20T23:59:59+08:00"), "2026-12-05", False),
    (("--from", "2026-11-20", "--kind", "panel_review"), "2026-11-25", False),
    (("--from", "2026-11-20", "--suspended", "2026-11-25:3", "--suspended", "2026-12-01:1"), "2026-12-09", False),
])  # fmt: skip
def test_the_options_of_the_command(words, due_on, provisional):
    answer = run("deadline", *words)
    assert (answer["due_on"], answer["provisional"]) == (due_on, provisional)


@pytest.mark.parametrize("words", [
    ("--from", "yesterday"), ("--from", "2026-02-30"), ("--from", "9999-12-31"), ("--from", "2026-11-20", "--days", "0"),
    ("--from", "2026-11-20", "--days", "999999999999"), ("--from", "2026-11-20", "--district", "310999"),
    ("--from", "2026-11-20", "--months", "1", "--working"), ("--from", "2024-01-01"),
    ("--from", "2026-11-20", "--suspended", "2026-11-25"), ("--from", "2026-11-20", "--suspended", "2026-11-25:-3"),
    ("--from", "2026-11-20", "--suspended", "tomorrow:3"),
])  # fmt: skip
def test_what_cannot_be_computed_is_refused_in_a_sentence(words):
    with pytest.raises(CommandError):
        run("deadline", *words)


def test_the_sweep_command_does_what_the_tick_does(cast):
    clock = making.clock(cast, now=NOW.replace(year=2025))
    result = run("sweep_deadlines")
    clock.refresh_from_db()
    assert (result, clock.state, Sweep.objects.count()) == (
        {"warned": 0, "breached": 1, "escalated": 1, "queued": 12, "failed": 0}, "breached", 1,
    )  # fmt: skip


def test_a_dry_run_at_another_time_writes_nothing(cast):
    making.clock(cast)
    result = run("sweep_deadlines", "--at", "2026-12-06T00:00:00+08:00", "--dry-run")
    earlier = run("sweep_deadlines", "--at", "2026-12-05T23:59:59", "--dry-run")
    assert (result["breached"], earlier["breached"], earlier["warned"], Alert.objects.count()) == (1, 0, 1, 0)


def test_a_rehearsal_says_what_would_happen_to_each_kind_of_clock(cast):
    making.clock(cast)
    making.clock(cast, kind=DeadlineKind.PANEL_REVIEW)
    out = StringIO()
    call_command("sweep_deadlines", "--at", "2026-12-06T00:00:00+08:00", "--dry-run", stdout=out)
    first, *kinds, last = out.getvalue().splitlines()
    told = {
        words[0]: dict(zip(words[1::2], map(int, words[2::2]), strict=True))
        for words in map(str.split, kinds)
    }
    assert first == "as if it were 2026-12-06T00:00:00+08:00; nothing is written"
    assert [(kind, row["breached"], row["escalated"]) for kind, row in told.items()] == [
        ("bank_decision", 1, 0), ("panel_review", 1, 1),
    ]  # fmt: skip
    assert {name: sum(row[name] for row in told.values()) for name in json.loads(last)} == json.loads(last)


@pytest.mark.parametrize("words", [
    ("--at", "2026-12-06T00:00:00+08:00"), ("--at", "whenever", "--dry-run"), ("--send", "--dry-run"),
])  # fmt: skip
def test_on_a_real_site_nobody_moves_the_clock(words):
    with pytest.raises(CommandError):
        run("sweep_deadlines", *words)


def test_the_command_may_send_at_once(cast, smtp):
    making.clock(cast, now=NOW.replace(year=2025))
    result = run("sweep_deadlines", "--send")
    assert (result["queued"], result["sent"], result["mails"], len(smtp.letters)) == (12, 12, 6, 6)


def test_the_two_ticks_bring_a_due_clock_to_the_mail(cast, smtp):
    making.clock(cast, now=NOW.replace(year=2025))
    sweep_deadlines.run()
    send_alerts.run()
    assert (sweep_deadlines.name, send_alerts.name, len(smtp.letters)) == (
        "lending.sweep_deadlines", "lending.send_alerts", 6,
    )  # fmt: skip


def test_verify_audit_says_that_the_chain_holds(cast, capsys):
    case = making.case(cast)
    audit.record(case, "opened", by=cast.officer, now=NOW)
    call_command("verify_audit")
    assert capsys.readouterr().out.strip() == "holds: 1 cases, 1 events"


def test_verify_audit_names_the_first_broken_link(cast, transactional_db):
    case = making.case(cast)
    for kind in ("opened", "authorised", "pushed"):
        audit.record(case, kind, by=cast.officer, now=NOW)
    _rewrite_history(case)
    with pytest.raises(
        CommandError, match=f"broken: case {case.number}, event 2: content differs"
    ) as refusal:
        call_command("verify_audit")
    assert refusal.value.returncode == 1


def _rewrite_history(case) -> None:
    """As an owner of the database could, past the trigger."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE lending_event DISABLE TRIGGER append_only")
        Event.objects.filter(case=case, seq=2).update(kind="recommended")
        cursor.execute("ALTER TABLE lending_event ENABLE TRIGGER append_only")
