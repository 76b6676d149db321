"""What the database itself promises: case numbers from a sequence, and tables that cannot be rewritten."""

from django.db import migrations

# What was said, decided and paid. A correction is a row of its own. No trigger on TRUNCATE: tests empty their tables.
FROZEN = (
    "lending_event", "lending_creditlookup", "lending_districtreview", "lending_finding", "lending_recommendationlist",
    "lending_contactattempt", "lending_bankdecision", "lending_outcomeconfirmation", "lending_disbursement",
)  # fmt: skip

REFUSE = """
CREATE FUNCTION lending_refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""


def trigger(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION lending_refuse_rewrite()",
        f"DROP TRIGGER append_only ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("lending", "0001_initial")]
    operations = [
        migrations.RunSQL("CREATE SEQUENCE lending_case_number", "DROP SEQUENCE lending_case_number"),
        migrations.RunSQL(REFUSE, "DROP FUNCTION lending_refuse_rewrite()"),
        *map(trigger, FROZEN),
    ]
