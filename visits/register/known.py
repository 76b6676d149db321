"""What the register already holds, small enough to keep in memory: eight bytes a row, searched by bisection.

A row whose digest is here stands in the register exactly as the file gives it and is neither parsed nor staged.
"""

from array import array
from bisect import bisect_left

from django.db import connection
from psycopg import Cursor

DIGESTS = """
    SELECT string_agg(int8send(source_digest), ''::bytea), string_agg(int8send(id), ''::bytea),
           string_agg(CASE WHEN district_conflict = '' THEN '\\x00'::bytea ELSE '\\x01'::bytea END, ''::bytea)
    FROM (SELECT source_digest, id, district_conflict FROM visits_business
          WHERE source_digest IS NOT NULL ORDER BY source_digest) AS sorted
"""


class Known:
    """Digests in ascending order, with the business each belongs to, and which of them this file has shown."""

    def __init__(self) -> None:
        connection.ensure_connection()
        # psycopg's own cursor: Django's speaks text only, in which a bytea travels at twice its length.
        with Cursor(connection.connection) as cursor:
            digests, ids, conflicts = cursor.execute(DIGESTS, binary=True).fetchone()
        self.digests, self.ids, self.conflicts = big_endian(digests), big_endian(ids), bytes(conflicts or b"")
        self.seen = bytearray(len(self.digests))

    def place(self, digest: int) -> int:
        """Where a digest stands, or -1."""
        at = bisect_left(self.digests, digest)
        return at if at < len(self.digests) and self.digests[at] == digest else -1

    def seen_ids(self) -> list[int]:
        return [number for number, is_seen in zip(self.ids, self.seen, strict=True) if is_seen]


def big_endian(packed: bytes | None) -> array:
    numbers = array("q", packed or b"")
    numbers.byteswap()
    return numbers
