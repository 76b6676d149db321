"""The staging table and the statements that carry it over into the register. All of it inside the caller's transaction.

Only rows that are new or differ are touched: a row that says what the register says costs a join and no write.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection
from psycopg import sql

from visits.register.columns import FIELDS
from visits.register.rows import STAGED

TABLE = "visits_business"
GRAM_INDEX = "business_search_grams"
LOCK = 0x7265_6769  # "regi": one import at a time
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
CREATE = """
CREATE TEMP TABLE register_stage (
    line integer, source_digest bigint, credit_code text COLLATE "C", is_legacy_code boolean, name text, name_search text,
    search_grams integer[], kind text, status text, registered_type text, registered_on date, representative text,
    capital_text text, capital_amount numeric(20, 2), capital_currency text, scope_text text, province_text text,
    district_text text, address text, district_id bigint, district_source text, district_conflict text
)
"""
REPEATS = """
CREATE TEMP TABLE register_repeat AS
SELECT credit_code, min(line) AS first_line FROM register_stage GROUP BY credit_code HAVING count(*) > 1
"""
REPEATED = """
SELECT s.line, s.credit_code, r.first_line, s.name, ({same}) AS is_same
FROM register_repeat r JOIN register_stage f ON f.line = r.first_line AND f.credit_code = r.credit_code
JOIN register_stage s ON s.credit_code = r.credit_code AND s.line <> r.first_line ORDER BY s.line
"""
FORGET_REPEATS = """
DELETE FROM register_stage s USING register_repeat r WHERE s.credit_code = r.credit_code AND s.line <> r.first_line
"""
PLAIN_INDEXES = """
SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %s::regclass AND NOT i.indisunique ORDER BY 1
"""
KEYS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s::regclass AND contype IN ('u', 'f') ORDER BY 1
"""
STANDING = """
SELECT s.line, s.credit_code, b.source_digest, s.name FROM register_stage s JOIN visits_business b USING (credit_code)
WHERE b.source_digest IS NOT NULL ORDER BY s.line
"""


def lock() -> None:
    """Wait until no other import runs. Held to the end of the transaction, so a dead process gives it back."""
    run("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def prepare() -> None:
    """An empty staging table, and memory for sorting and for the index; all of it for this transaction."""
    for setting in (
        "work_mem = '96MB'",
        "maintenance_work_mem = '256MB'",
        "gin_pending_list_limit = '256MB'",
    ):
        run(f"SET LOCAL {setting}")
    clear()
    run(CREATE)


def clear() -> None:
    run("DROP TABLE IF EXISTS register_stage, register_repeat, register_listed")


@contextmanager
def loading() -> Iterator:
    """A psycopg Copy into the staging table."""
    columns = sql.SQL(", ").join(map(sql.Identifier, STAGED))
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY register_stage ({}) FROM STDIN").format(columns)) as copy,
    ):
        yield copy


def take_repeats() -> Iterator[tuple[int, str, int, str, bool]]:
    """Later rows of a code that came before: (line, code, first line, name, says the same). They leave the stage."""
    run("ANALYZE register_stage (line, credit_code)")  # nobody else does it for a temporary table
    if run(REPEATS):
        columns = [name for name in STAGED if name not in ("line", "source_digest")]
        yield from streamed(REPEATED.format(same=same("s", "f", columns)))
        run(FORGET_REPEATS)


def standing() -> Iterator[tuple[int, str, int, str]]:
    """Staged rows of businesses the register holds: (line, code, digest of what it holds, name)."""
    yield from streamed(STANDING)


def streamed(statement: str) -> Iterator[tuple]:
    """Through a cursor on the server: there may be as many rows as in the file."""
    with connection.connection.cursor("register_rows") as cursor:
        cursor.itersize = 5000
        yield from cursor.execute(statement)


def drop_lines(lines: list[int]) -> None:
    if lines:
        run("DELETE FROM register_stage WHERE line = ANY(%s)", [lines])


def merge(present: tuple[str, ...], *, run_id: int | None, now: datetime) -> tuple[int, int]:
    """Write what is new or changed: (created, updated)."""
    values = {"run": run_id, "now": now}
    if not rows(f"SELECT 1 FROM {TABLE} LIMIT 1"):  # noqa: S608  our own table name
        with bulk_load():
            return run(insert(), values), 0
    run("SET CONSTRAINTS ALL IMMEDIATE")
    created, updated = rows(upsert(present), values)[0]
    # What waits in the index's pending list would slow every search until the next vacuum.
    run("SELECT gin_clean_pending_list(%s::regclass)", [GRAM_INDEX])
    if set(FIELDS) - {"status"} <= set(present):
        # Same facts, other digest (rules or districts changed since): remember it, so the next import can skip the row.
        run(
            f"UPDATE {TABLE} b SET source_digest = s.source_digest FROM register_stage s "  # noqa: S608
            "WHERE b.credit_code = s.credit_code AND b.source_digest IS DISTINCT FROM s.source_digest"
        )
    return created, updated


def upsert(present: tuple[str, ...]) -> str:
    """The one statement from stage to register, for a file with these columns."""
    plain = [column for field in present for column in FACTS.get(field, ())]
    placed = list(DISTRICT) if {"district", "address"} & set(present) else []
    inserted = [name for name in STAGED if name != "line"]
    by_hand = "{t}.district_source = 'hand'"
    differs = [f"NOT ({same('b', 's', plain)})"]
    sets = [f"{column} = EXCLUDED.{column}" for column in (*plain, "source_digest")]
    if placed:  # a transfer by a person outlives every import
        differs.append(f"NOT ({by_hand.format(t='b')}) AND NOT ({same('b', 's', placed)})")
        sets += [f"{c} = CASE WHEN {by_hand.format(t='t')} THEN t.{c} ELSE EXCLUDED.{c} END" for c in placed]
    if "status" in present:
        differs.append("s.status <> 'unknown' AND s.status <> b.status")
        sets.append("status = CASE WHEN EXCLUDED.status = 'unknown' THEN t.status ELSE EXCLUDED.status END")
    sets += ["imported_by_id = EXCLUDED.imported_by_id", "updated_at = EXCLUDED.updated_at"]
    return f"""
    WITH written AS (
        INSERT INTO {TABLE} AS t ({", ".join(inserted)}, phone, imported_by_id, created_at, updated_at)
        SELECT {", ".join(f"s.{name}" for name in inserted)}, '', %(run)s, %(now)s, %(now)s
        FROM register_stage s LEFT JOIN {TABLE} b USING (credit_code)
        WHERE b.id IS NULL OR {" OR ".join(differs)}
        ON CONFLICT (credit_code) DO UPDATE SET {", ".join(sets)}
        RETURNING (xmax = 0) AS is_new
    )
    SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written
    """  # noqa: S608  names of our own columns only


def same(one: str, other: str, columns: list[str]) -> str:
    left, right = (", ".join(f"{side}.{column}" for column in columns) for side in (one, other))
    return (
        f"({left}) IS NOT DISTINCT FROM ({right})"
        if len(columns) == 1
        else f"ROW({left}) IS NOT DISTINCT FROM ROW({right})"
    )


def insert() -> str:
    """All staged rows into an empty register: no code can be there already."""
    names = ", ".join(name for name in STAGED if name != "line")
    return (
        f"INSERT INTO {TABLE} ({names}, phone, imported_by_id, created_at, updated_at) "  # noqa: S608
        f"SELECT {names}, '', %(run)s, %(now)s, %(now)s FROM register_stage"
    )


@contextmanager
def bulk_load() -> Iterator[None]:
    """Into an empty register: make indexes, unique and foreign keys after the rows, at a third of the cost.

    The table is locked meanwhile; nobody misses an empty one.
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


def enlist(list_id: int, as_of, known_ids: list[int]) -> int:
    """Put every business of the file on the list; how many were not on it before. A date never moves back."""
    run(
        "CREATE TEMP TABLE register_listed AS SELECT b.id FROM register_stage s JOIN visits_business b USING (credit_code)"
    )
    with connection.cursor() as cursor, cursor.copy("COPY register_listed FROM STDIN") as copy:
        copy.write("".join(f"{number}\n" for number in known_ids))
    written = rows(
        """
        WITH written AS (
            INSERT INTO visits_listmembership AS m (business_id, list_id, as_of)
            SELECT DISTINCT id, %(list)s::bigint, %(as_of)s::date FROM register_listed
            ON CONFLICT (business_id, list_id) DO UPDATE SET as_of = EXCLUDED.as_of
            WHERE m.as_of IS NULL AND EXCLUDED.as_of IS NOT NULL OR m.as_of < EXCLUDED.as_of
            RETURNING (xmax = 0) AS is_new
        )
        SELECT count(*) FILTER (WHERE is_new) FROM written
        """,
        {"list": list_id, "as_of": as_of},
    )
    return written[0][0]


def run(statement: str, values=None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def rows(statement: str, values=None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
