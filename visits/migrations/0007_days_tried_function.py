"""`visits_days_tried`: on how many different days of Shanghai a firm was tried in vain since somebody last met it.

One row of one column and in SQL, so that PostgreSQL writes it into the statement that asks, for thousands of firms at
once; used in FROM.
"""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION visits_days_tried(a_business bigint, a_moment timestamptz)
RETURNS TABLE (days integer) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT count(DISTINCT (v.started_at AT TIME ZONE 'Asia/Shanghai')::date)::integer FROM visits_visit v
    WHERE v.business_id = a_business AND v.annulled_at IS NULL AND v.outcome = 'unreachable' AND v.started_at <= a_moment
      AND NOT EXISTS (
        SELECT FROM visits_visit m
        WHERE m.business_id = a_business AND m.annulled_at IS NULL AND m.outcome <> 'unreachable'
          AND m.started_at >= v.started_at AND m.started_at <= a_moment)
$$
"""


class Migration(migrations.Migration):
    dependencies = [("visits", "0006_protection_function")]
    operations = [migrations.RunSQL(FORWARDS, "DROP FUNCTION visits_days_tried")]
