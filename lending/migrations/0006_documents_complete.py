"""Recommendations alone: the constraint reads every one of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lending", "0005_ledger"),
    ]

    operations = [
        migrations.AddField(
            model_name="recommendation",
            name="documents_complete_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="材料齐全时间"),
        ),
        migrations.AddConstraint(
            model_name="recommendation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("documents_complete_at__isnull", True),
                    ("documents_complete_at__gte", models.F("pushed_at")),
                    _connector="OR",
                ),
                name="recommendation_documents_after_push",
            ),
        ),
    ]
