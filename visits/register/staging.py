"""The staging table: filled by COPY, freed of repeats, read by `merging`. All of it inside the caller's transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from psycopg import sql

from visits.register.rows import STAGED

LOCK = 0x7265_6769  # "regi": one import at a time
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


def same(one: str, other: str, columns: list[str]) -> str:
    left, right = (", ".join(f"{side}.{column}" for column in columns) for side in (one, other))
    return (
        f"({left}) IS NOT DISTINCT FROM ({right})"
        if len(columns) == 1
        else f"ROW({left}) IS NOT DISTINCT FROM ROW({right})"
    )


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
