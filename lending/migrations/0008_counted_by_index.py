"""Built beside the running work. One that breaks off leaves an index marked INVALID: drop it, then migrate again."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("lending", "0007_deadline_facts")]

    operations = [
        AddIndexConcurrently(
            model_name="deadline",
            index=models.Index(
                condition=models.Q(("kind", "bank_decision")),
                fields=["id"],
                include=("due_at", "stopped_at", "state", "is_provisional", "suspended_until"),
                name="deadline_counted",
            ),
        ),
        AddIndexConcurrently(
            model_name="recommendation",
            index=models.Index(
                fields=["pushed_at"],
                include=("id", "case", "deadline", "list", "bank", "state"),
                name="recommendation_counted",
            ),
        ),
    ]
