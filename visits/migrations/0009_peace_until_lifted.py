"""`visits_protection`: a wish for peace stands until it runs out or is lifted, and for nothing else.

It used to end with a need declared at the door code, which anybody who stands there can declare. Otherwise the function
of 0006, whose text says what it is.
"""

from importlib import import_module

from django.db import migrations

FORWARDS = """
CREATE OR REPLACE FUNCTION visits_protection(
    a_business bigint, a_grid bigint, a_district bigint, a_house bigint, a_moment timestamptz
) RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    today date := (a_moment AT TIME ZONE 'Asia/Shanghai')::date;
    rules visits_visitpolicy;
    is_ruled boolean;
    until_on date;
    visited jsonb;
    leads jsonb;
BEGIN
    SELECT p.* INTO rules FROM visits_visitpolicy p
    WHERE (p.district_id = a_district OR p.district_id IS NULL) AND p.effective_from <= today
    ORDER BY p.district_id IS NOT NULL DESC, p.effective_from DESC LIMIT 1;
    is_ruled := FOUND;

    SELECT max(d.until_on) INTO until_on FROM visits_donotdisturb d
    WHERE d.business_id = a_business AND d.starts_at <= a_moment AND d.until_on >= today
      AND (d.lifted_at IS NULL OR d.lifted_at > a_moment);

    -- a visit that met nobody (unreachable, wrong_address) disturbed nobody; a month back is told even where no rule asks
    SELECT jsonb_build_object('at', v.started_at, 'name', h.name) INTO visited
    FROM visits_visit v
    JOIN accounts_organisation o ON o.id = v.organisation_id
    JOIN accounts_organisation h ON h.id = CASE o.kind WHEN 'branch' THEN o.parent_id ELSE o.id END
    WHERE v.business_id = a_business AND v.annulled_at IS NULL AND v.outcome NOT IN ('unreachable', 'wrong_address')
      AND h.id IS DISTINCT FROM a_house AND v.started_at <= a_moment
      AND v.started_at >= (today - greatest(rules.cooling_off_days, 30))::timestamp AT TIME ZONE 'Asia/Shanghai'
    ORDER BY v.started_at DESC LIMIT 1;

    SELECT jsonb_build_object('id', h.id, 'name', h.name, 'is_assigned', true, 'at', NULL) INTO leads
    FROM visits_listmembership m
    JOIN visits_businesslist l ON l.id = m.list_id
    JOIN visits_assignment a ON a.list_id = m.list_id AND a.grid_id = a_grid
    JOIN accounts_organisation h ON h.id = a.bank_id
    WHERE m.business_id = a_business AND a.starts_on <= today AND (a.ends_on IS NULL OR a.ends_on >= today)
    ORDER BY l.position, l.code, a.id DESC LIMIT 1;

    IF leads IS NULL AND rules.lead_window_days > 0 THEN
        SELECT jsonb_build_object('id', h.id, 'name', h.name, 'is_assigned', false, 'at', v.started_at) INTO leads
        FROM visits_visit v
        JOIN accounts_organisation o ON o.id = v.organisation_id
        JOIN accounts_organisation h ON h.id = CASE o.kind WHEN 'branch' THEN o.parent_id ELSE o.id END AND h.kind = 'bank'
        WHERE v.business_id = a_business AND v.annulled_at IS NULL AND v.outcome NOT IN ('unreachable', 'wrong_address')
          AND v.started_at <= a_moment
          AND v.started_at >= (today - rules.lead_window_days)::timestamp AT TIME ZONE 'Asia/Shanghai'
        ORDER BY v.started_at LIMIT 1;
    END IF;

    RETURN jsonb_build_object(
        'policy', CASE WHEN is_ruled THEN to_jsonb(rules) END, 'until', until_on, 'last', visited, 'lead', leads);
END $$
"""


BEFORE = import_module("visits.migrations.0006_protection_function").FORWARDS


class Migration(migrations.Migration):
    dependencies = [("visits", "0008_tried_in_vain")]
    operations = [
        migrations.RunSQL(FORWARDS, BEFORE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
    ]
