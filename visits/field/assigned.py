"""Whom an officer is to visit: the whole assignment in one statement, thousands of rows light. Never writes."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from accounts.clock import day_of
from accounts.models import User
from visits.field.queries import with_what_a_row_shows
from visits.field.rules_today import Assigned, state_of
from visits.register.models import Business

# From the officer's grids down: the planner, asked for list × grid at once, reads every membership of the city instead.
# Oldest first; what nobody has visited by its address, so that neighbours stand together. Asked by place, what has no
# position comes by its address alone.
ASSIGNED = """
WITH places AS (
  SELECT a.grid_id, array_agg(a.list_id) AS lists, (
      SELECT p.unreachable_days FROM visits_visitpolicy p
      WHERE (p.district_id = g.district_id OR p.district_id IS NULL) AND p.effective_from <= %(today)s
      ORDER BY p.district_id IS NOT NULL DESC, p.effective_from DESC LIMIT 1) AS needed
  FROM visits_assignment a JOIN visits_grid g ON g.id = a.grid_id
  WHERE a.officer_id = %(officer)s AND a.starts_on <= %(today)s AND (a.ends_on IS NULL OR a.ends_on >= %(today)s)
  GROUP BY a.grid_id, g.district_id)
SELECT b.id, b.grid_id, m.lists, b.status = 'closed', coalesce(p.needed, 1), v.outcome, v.day = %(today)s, t.days, d.until_on,
  CASE WHEN %(by_place)s THEN b.lat::float8 END, CASE WHEN %(by_place)s THEN b.lon::float8 END
FROM places p
JOIN visits_business b ON b.grid_id = p.grid_id
CROSS JOIN LATERAL (
  SELECT string_agg(x.list_id::text, ' ') AS lists FROM visits_listmembership x
  WHERE x.business_id = b.id AND x.list_id = ANY (p.lists)) m
LEFT JOIN LATERAL (
  SELECT w.outcome, w.started_at, (w.started_at AT TIME ZONE 'Asia/Shanghai')::date AS day FROM visits_visit w
  WHERE w.business_id = b.id AND w.annulled_at IS NULL ORDER BY w.started_at DESC LIMIT 1) v ON true
-- asked of nobody where the last visit met somebody
CROSS JOIN LATERAL visits_days_tried(CASE WHEN v.outcome = 'unreachable' THEN b.id END, %(now)s) AS t (days)
LEFT JOIN visits_donotdisturb d ON d.business_id = b.id AND d.lifted_at IS NULL
  AND d.starts_at <= %(now)s AND d.until_on >= %(today)s
WHERE m.lists IS NOT NULL
ORDER BY CASE WHEN NOT %(by_place)s THEN v.started_at END NULLS FIRST, b.address COLLATE "C", b.id
"""


def assigned_to(officer: User, now: datetime, *, by_place: bool = False) -> list[Assigned]:
    """Every business on the officer's lists × grids, oldest first; with positions only where asked `by_place`."""
    asked = {"officer": officer.pk, "now": now, "today": day_of(now), "by_place": by_place}
    with connection.cursor() as cursor:
        cursor.execute(ASSIGNED, asked)
        told = cursor.fetchall()
    lists = {
        text: tuple(map(int, text.split())) for text in {row[2] for row in told}
    }  # a few, told thousands of times
    return [
        Assigned(
            pk, grid, lists[listed],
            state_of(is_closed=is_closed, outcome=outcome, tried=tried, needed=needed, is_today=is_today),
            tried, needed, until, lat, lon,
        )
        for pk, grid, listed, is_closed, needed, outcome, is_today, tried, until, lat, lon in told
    ]  # fmt: skip


def businesses(picked: Sequence[Assigned], officer: User, now: datetime) -> list[Business]:
    """The businesses themselves, in the same order, with all that a row shows; one statement."""
    rows = with_what_a_row_shows(Business.objects.filter(pk__in=[one.pk for one in picked]), officer, now)
    by_pk = {row.pk: row for row in rows}
    return [by_pk[one.pk] for one in picked if one.pk in by_pk]
