"""The ledger alone: its unique key is built anew, and nothing else shall wait for that."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lending", "0004_deadlines"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="alert",
            name="alert_once_per_step_and_due_date",
        ),
        migrations.RemoveConstraint(
            model_name="alert",
            name="alert_sent_has_time",
        ),
        migrations.AddField(
            model_name="alert",
            name="history",
            field=models.JSONField(blank=True, default=list, verbose_name="重发记录"),
        ),
        migrations.AddField(
            model_name="alert",
            name="instead_of",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="代收",
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="report",
            field=models.CharField(blank=True, max_length=300, verbose_name="送达回执"),
        ),
        migrations.AddField(
            model_name="alert",
            name="reported_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="回执时间"),
        ),
        migrations.AddField(
            model_name="alert",
            name="round",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="alert",
            name="why_code",
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AlterField(
            model_name="alert",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "待发"),
                    ("sent", "已发"),
                    ("delivered", "已送达"),
                    ("bounced", "退信"),
                    ("given_up", "放弃"),
                    ("dropped", "无需再发"),
                ],
                default="pending",
                max_length=10,
                verbose_name="状态",
            ),
        ),
        migrations.AlterField(
            model_name="alert",
            name="step",
            field=models.CharField(
                choices=[
                    ("assigned", "新推送"),
                    ("due_soon", "即将到期"),
                    ("due_in_two", "剩2天"),
                    ("last_day", "今天到期"),
                    ("overdue", "已超期"),
                    ("escalated_bank", "超期报银行"),
                    ("escalated_district", "超期报区级专班"),
                    ("escalated_city", "超期报市级"),
                    ("nag", "定期催办"),
                ],
                max_length=20,
                verbose_name="级别",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("message_id", ""), _negated=True),
                fields=["message_id"],
                name="alert_message_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(
                fields=("deadline", "due_at", "step", "recipient", "channel", "round"),
                name="alert_once_per_step_and_due_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sent_at__isnull", False), ("state__in", ("sent", "delivered", "bounced"))),
                    models.Q(("sent_at__isnull", True), ("state__in", ("pending", "given_up", "dropped"))),
                    _connector="OR",
                ),
                name="alert_sent_has_time",
            ),
        ),
    ]
