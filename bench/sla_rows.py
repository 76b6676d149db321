"""Open clocks in any number, made by the database out of one row: each with a bank's branch that has one reviewer."""

import json

from django.db import connection
from django.utils import timezone

from accounts.models import Organisation, User
from accounts.roles import Role
from bench import visit_rows
from lending.sla import queries, receipts
from lending.sla.calendar import add, day_of
from lending.sla.kinds import DeadlineKind, Step

BANKS, BRANCHES = 50, 10  # 500 branches, 500 people who get letters

# Clock number n: one of the cases, bound to one of the banks, at one of its branches. Every `nth` clock has its time up
# since a moment; the others run for months. So what is due lies all over the table.
CLOCKS = """
INSERT INTO lending_deadline (case_id, kind, bound_id, branch_id, policy_id, started_at, due_at, is_provisional, receipt,
    suspended_days, state, next_look_at, steps_done)
SELECT c.id, 'bank_decision', b.id, s.id, {policy}, now() - interval '20 days', now() + o.due, false, '{receipt}'::jsonb,
    0, 'running', now() + o.look, o.steps
FROM generate_series(0, {count} - 1) AS n
CROSS JOIN LATERAL (SELECT
    CASE WHEN n % {nth} = 0 THEN -(n % 50 + 1) * interval '1 second' ELSE (20 + n % 300) * interval '1 day' END AS due,
    CASE WHEN n % {nth} = 0 THEN -(n % 50 + 1) * interval '1 second' ELSE (14 + n % 300) * interval '1 day' END AS look,
    CASE WHEN n % {nth} = 0 THEN {steps} ELSE 1 END AS steps) AS o
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM lending_financingcase) AS c ON c.place = n / {banks}
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM accounts_organisation
      WHERE kind = 'bank' AND code LIKE 'SLA-%') AS b ON b.place = n % {banks}
JOIN (SELECT id, parent_id, row_number() OVER (PARTITION BY parent_id ORDER BY id) - 1 AS place
      FROM accounts_organisation WHERE kind = 'branch' AND code LIKE 'SLA-%') AS s
    ON s.parent_id = b.id AND s.place = (n / {banks}) % {branches}
ORDER BY n
"""


def people() -> None:
    """Fifty banks of ten branches, each branch with one reviewer."""
    for bank in range(BANKS):
        head = Organisation.objects.create(code=f"SLA-{bank}", name=f"测试银行{bank}", kind="bank")
        for place in range(BRANCHES):
            branch = Organisation.objects.create(
                code=f"SLA-{bank}-{place}", name=f"测试银行{bank}第{place}支行", kind="branch", parent=head
            )
            User.objects.create(
                username=f"reviewer-{bank}-{place}", role=Role.BANK_REVIEWER, organisation=branch, password="!",
                name=f"审核人{bank}-{place}", email=f"reviewer-{bank}-{place}@bench.example",
            )  # fmt: skip


def cases(count: int) -> None:
    """At least that many; a tenth of the visits has one."""
    visit_rows.officers()
    visit_rows.grow(count * 10)


def clocks(*, count: int, due: int) -> None:
    """`count` open clocks in place of those that are there, `due` of them with their time just up."""
    ruled = _ruled()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE lending_deadline RESTART IDENTITY CASCADE")
        cursor.execute("SET session_replication_role = replica")  # the rows are right: no look-ups of keys
        cursor.execute(CLOCKS.format(count=count, nth=count // due, banks=BANKS, branches=BRANCHES, **ruled))
        cursor.execute("RESET session_replication_role")
        cursor.execute("SELECT count(*) FROM lending_deadline")
        if cursor.fetchone() != (count,):
            raise RuntimeError(f"there are not cases enough for {count:,} clocks")
        cursor.execute("VACUUM ANALYZE lending_deadline")
        cursor.execute("CHECKPOINT")


def _ruled() -> dict[str, object]:
    """The policy in force, a receipt such as every clock keeps, and where on the ladder the time is up."""
    now = timezone.now()
    policy, days = (
        queries.policy_in_force(DeadlineKind.BANK_DECISION, day_of(now)),
        queries.calendar(day_of(now)),
    )
    rule = queries.rule_of(policy)
    receipt = receipts.receipt(
        now, rule, days, add(now, rule, days), policy={"id": policy.pk, "source": policy.source}
    )
    rungs = queries.ladders([policy.pk]).of(policy.pk, DeadlineKind.BANK_DECISION).rungs
    return {
        "policy": policy.pk, "receipt": json.dumps(receipt).replace("'", "''"),
        "steps": [rung.step for rung in rungs].index(Step.OVERDUE),
    }  # fmt: skip
