"""From the staging table to the register, inside the caller's transaction.

Only rows that are new or differ are touched: a row that says what the register says costs a join and no write.
Two ways, one result: an upsert into the standing table, or, where far more rows come than there are, indexes and keys
made anew after the rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from visits.register.columns import FIELDS
from visits.register.rows import STAGED
from visits.register.staging import rows, run, same

TABLE = "visits_business"
GRAM_INDEX = "business_search_grams"
BULK_ROWS, BULK_FACTOR = (
    10_000,
    4,
)  # that many rows, and that many for one the register holds: indexes are made anew
# From which column of a file each column of the register comes; a file without the column leaves it alone.
FACTS = {
    "name": ("name", "name_search", "search_grams"),
    "registered_on": ("registered_on",),
    "registered_type": ("registered_type", "kind"),
    "representative": ("representative",),
    "capital": ("capital_text", "capital_amount", "capital_currency"),
    "scope": ("scope_text",),
    "province": ("province_text",),
    "district": ("district_text",),
    "address": ("address",),
}
DISTRICT = ("district_id", "district_source", "district_conflict")
PLAIN_INDEXES = """
SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %s::regclass AND NOT i.indisunique ORDER BY 1
"""
KEYS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s::regclass AND contype IN ('u', 'f') ORDER BY 1
"""
COLUMNS = ", ".join(name for name in STAGED if name != "line")
BY_HAND = "district_source = 'hand'"  # a transfer by a person outlives every import


def merge(present: tuple[str, ...], staged: int, *, run_id: int | None, now: datetime) -> tuple[int, int]:
    """Write what is new or changed: (created, updated). `present` are the fields the file has, `staged` its rows."""
    values = {"run": run_id, "now": now}
    if staged >= BULK_ROWS and not _holds_more_than(staged // BULK_FACTOR):
        with bulk_load():
            updated = run(update_changed(present), values)
            created = run(insert_new(), values)
    else:
        run("SET CONSTRAINTS ALL IMMEDIATE")
        created, updated = rows(upsert(present), values)[0]
        # What waits in the index's pending list would slow every search until the next vacuum.
        run("SELECT gin_clean_pending_list(%s::regclass)", [GRAM_INDEX])
    if created < staged and set(FIELDS) - {"status"} <= set(present):
        # Same facts, other digest (rules or districts changed since): remember it, so the next import can skip the row.
        run(
            f"UPDATE {TABLE} b SET source_digest = s.source_digest FROM register_stage s "  # noqa: S608
            "WHERE b.credit_code = s.credit_code AND b.source_digest IS DISTINCT FROM s.source_digest"
        )
    return created, updated


def _holds_more_than(count: int) -> bool:
    return bool(rows(f"SELECT 1 FROM {TABLE} OFFSET %s LIMIT 1", [count]))  # noqa: S608


def upsert(present: tuple[str, ...]) -> str:
    """The one statement from stage to register, for a file with these fields."""
    return f"""
    WITH written AS (
        INSERT INTO {TABLE} AS t ({COLUMNS}, phone, imported_by_id, created_at, updated_at)
        SELECT {", ".join(f"s.{name}" for name in COLUMNS.split(", "))}, '', %(run)s, %(now)s, %(now)s
        FROM register_stage s LEFT JOIN {TABLE} t USING (credit_code)
        WHERE t.id IS NULL OR {differs(present)}
        ON CONFLICT (credit_code) DO UPDATE SET {sets(present, "EXCLUDED")}
        RETURNING (xmax = 0) AS is_new
    )
    SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written
    """  # noqa: S608  names of our own columns only


def update_changed(present: tuple[str, ...]) -> str:
    return f"""
    UPDATE {TABLE} t SET {sets(present, "s")} FROM register_stage s
    WHERE t.credit_code = s.credit_code AND ({differs(present)})
    """  # noqa: S608


def insert_new() -> str:
    return f"""
    INSERT INTO {TABLE} ({COLUMNS}, phone, imported_by_id, created_at, updated_at)
    SELECT {COLUMNS}, '', %(run)s, %(now)s, %(now)s FROM register_stage s
    WHERE NOT EXISTS (SELECT 1 FROM {TABLE} t WHERE t.credit_code = s.credit_code)
    """  # noqa: S608


def columns_of(present: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """(columns written as they come, columns of the district decision) for a file with these fields."""
    plain = [column for field in present for column in FACTS.get(field, ())]
    return plain, list(DISTRICT) if {"district", "address"} & set(present) else []


def differs(present: tuple[str, ...]) -> str:
    """Whether the row `t` of the register says something else than the row `s` of the stage."""
    plain, placed = columns_of(present)
    conditions = [f"NOT ({same('t', 's', plain)})"]
    if placed:
        conditions.append(f"NOT (t.{BY_HAND}) AND NOT ({same('t', 's', placed)})")
    if "status" in present:
        conditions.append("s.status <> 'unknown' AND s.status <> t.status")
    return " OR ".join(conditions)


def sets(present: tuple[str, ...], source: str) -> str:
    plain, placed = columns_of(present)
    parts = [f"{column} = {source}.{column}" for column in (*plain, "source_digest")]
    parts += [f"{c} = CASE WHEN t.{BY_HAND} THEN t.{c} ELSE {source}.{c} END" for c in placed]
    if "status" in present:
        parts.append(f"status = CASE WHEN {source}.status = 'unknown' THEN t.status ELSE {source}.status END")
    return ", ".join([*parts, "imported_by_id = %(run)s", "updated_at = %(now)s"])


@contextmanager
def bulk_load() -> Iterator[None]:
    """Make indexes, unique and foreign keys after the rows, at a third of the cost.

    The table is locked until the end of the transaction. That is why only a register that is small beside what comes
    is loaded so: nobody waits for a large one.
    """
    run(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
    run("SET CONSTRAINTS ALL IMMEDIATE")  # an index cannot be made while deferred checks are waiting
    indexes, keys = rows(PLAIN_INDEXES, [TABLE]), rows(KEYS, [TABLE])
    for name, _definition in keys:
        run(f'ALTER TABLE {TABLE} DROP CONSTRAINT "{name}"')
    for name, _definition in indexes:
        run(f'DROP INDEX "{name}"')
    yield
    for name, definition in keys:
        run(f'ALTER TABLE {TABLE} ADD CONSTRAINT "{name}" {definition}')
    for _name, definition in indexes:
        run(definition)


def refresh_statistics() -> None:
    """For the columns that questions narrow by; those of the search index take as long as all others together."""
    run(
        f"ANALYZE {TABLE} (id, credit_code, name_search, kind, status, district_id, grid_id, district_source)"
    )
