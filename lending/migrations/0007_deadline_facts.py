"""The branch of running clocks, and how long a bank's clock may be suspended by the rules that are already there."""

from django.db import migrations

BRANCH = """
UPDATE lending_deadline AS clock SET branch_id = pushed.branch_id FROM lending_recommendation AS pushed
WHERE pushed.deadline_id = clock.id AND pushed.branch_id IS NOT NULL
"""
# clocks at the top of the ladder as it was go on to the weekly letter; letters that were written are not written twice
LOOK_AGAIN = (
    "UPDATE lending_deadline SET next_look_at = now() WHERE stopped_at IS NULL AND next_look_at IS NULL"
)
SUSPENSION = "UPDATE lending_deadlinepolicy SET max_suspension_days = 10 WHERE kind = 'bank_decision'"


class Migration(migrations.Migration):
    dependencies = [("lending", "0006_documents_complete")]
    operations = [
        migrations.RunSQL(BRANCH, migrations.RunSQL.noop),
        migrations.RunSQL(LOOK_AGAIN, migrations.RunSQL.noop),
        migrations.RunSQL(SUSPENSION, migrations.RunSQL.noop),
    ]
