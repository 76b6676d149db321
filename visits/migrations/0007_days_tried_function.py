"""`visits_days_tried`: on how many different days of Shanghai a firm was tried in vain since somebody last met it."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION visits_days_tried(a_business bigint, a_moment timestamptz)
RETURNS integer LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    met_at timestamptz;
BEGIN
    SELECT v.started_at INTO met_at FROM visits_visit v
    WHERE v.business_id = a_business AND v.annulled_at IS NULL AND v.outcome <> 'unreachable' AND v.started_at <= a_moment
    ORDER BY v.started_at DESC LIMIT 1;
    RETURN (
        SELECT count(DISTINCT (v.started_at AT TIME ZONE 'Asia/Shanghai')::date) FROM visits_visit v
        WHERE v.business_id = a_business AND v.annulled_at IS NULL AND v.outcome = 'unreachable'
          AND v.started_at <= a_moment AND (met_at IS NULL OR v.started_at > met_at));
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("visits", "0006_protection_function")]
    operations = [migrations.RunSQL(FORWARDS, "DROP FUNCTION visits_days_tried")]
