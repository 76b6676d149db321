"""The staging table of a data set, and the one statement that carries it over. Inside the caller's transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

LOCK = 0x6372_6564  # "cred": one import at a time
KEY = "credit_code, category, item, as_of"
COLUMNS = "line, credit_code, category, item, value, department, as_of, is_adverse, digest"
CREATE = """
CREATE TEMP TABLE credit_stage (
    line integer, credit_code text, category text, item text, value text, department text, as_of date,
    is_adverse boolean, digest bytea
) ON COMMIT DROP
"""
# The first row of a key stands; a later one that says the same is unchanged, one that differs is rejected.
REPEATS = f"""
DELETE FROM credit_stage s USING (
    SELECT line, first_value(line) OVER w AS first_line, first_value(digest) OVER w AS first_digest
    FROM credit_stage WINDOW w AS (PARTITION BY {KEY} ORDER BY line)
) r WHERE r.line = s.line AND r.first_line <> r.line
RETURNING s.line, r.first_line, s.digest = r.first_digest, s.credit_code
"""  # noqa: S608  names of our own columns only
# Rows that say what is there already are joined away before the insert: they cost no write and no lock.
MERGE = """
WITH written AS (
    INSERT INTO lending_credititem AS t
        (source, credit_code, category, item, value, department, as_of, is_adverse, digest)
    SELECT %(source)s, s.credit_code, s.category, s.item, s.value, s.department, s.as_of, s.is_adverse, s.digest
    FROM credit_stage s
    LEFT JOIN lending_credititem c ON c.source = %(source)s AND c.credit_code = s.credit_code
        AND c.category = s.category AND c.item = s.item AND c.as_of = s.as_of
    WHERE c.id IS NULL OR c.digest <> s.digest
    ON CONFLICT (source, credit_code, category, item, as_of) DO UPDATE SET
        value = EXCLUDED.value, department = EXCLUDED.department, is_adverse = EXCLUDED.is_adverse,
        digest = EXCLUDED.digest
    RETURNING (xmax = 0) AS is_new
)
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written
"""


def prepare() -> None:
    """Wait for another import to end, then make an empty staging table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute("SET LOCAL work_mem = '96MB'")
        cursor.execute("DROP TABLE IF EXISTS credit_stage")
        cursor.execute(CREATE)


@contextmanager
def loading() -> Iterator:
    with connection.cursor() as cursor, cursor.copy(f"COPY credit_stage ({COLUMNS}) FROM STDIN") as copy:
        yield copy


def take_repeats() -> list[tuple[int, int, bool, str]]:
    """Later rows of a key that came before: (line, first line, says the same, code). They leave the stage."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE credit_stage")
        cursor.execute(REPEATS)
        return sorted(cursor.fetchall())


def merge(source: str) -> tuple[int, int, int]:
    """(created, updated, unchanged)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM credit_stage")
        staged = cursor.fetchone()[0]
        cursor.execute(MERGE, {"source": source})
        created, updated = cursor.fetchone()
    return created, updated, staged - created - updated
