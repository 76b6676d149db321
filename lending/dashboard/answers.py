"""What the API answers; the shapes of `dashboard/…` in the OpenAPI description. Figures are those of the pages."""

from rest_framework import serializers

from lending.dashboard.clocks import Clocks
from lending.dashboard.facts import BANKS_CHANGE_AT, STEPS
from lending.dashboard.funnel import Steps
from lending.dashboard.peers import Peers
from lending.dashboard.queries import Row
from lending.dashboard.scope import Scope


class Money(serializers.DecimalField):
    def __init__(self, **options) -> None:
        super().__init__(max_digits=18, decimal_places=2, **options)


class ScopeShape(serializers.Serializer):
    """The filters that were on, as codes; null where not narrowed. Days are Shanghai days, both included."""

    as_of = serializers.DateTimeField()
    district = serializers.CharField(allow_null=True)
    bank = serializers.CharField(allow_null=True)
    list = serializers.CharField(allow_null=True)
    period_from = serializers.DateField(allow_null=True)
    period_to = serializers.DateField(allow_null=True)

    def get_fields(self) -> dict:
        fields = super().get_fields()  # "from" is no name for a Python attribute
        for name in ("from", "to"):
            fields[name] = fields.pop(f"period_{name}")
        return fields


class StepShape(serializers.Serializer):
    step = serializers.ChoiceField(choices=[(step.code, step.code) for step in STEPS])
    label = serializers.CharField()
    firms = serializers.IntegerField(help_text="Distinct credit codes (户).")
    times = serializers.IntegerField(help_text="Facts (户次).")
    amount_yuan = Money(allow_null=True)
    conversion_pct = serializers.FloatField(
        allow_null=True, help_text="Of the step before; null where it has no sense."
    )


class FunnelAnswer(ScopeShape):
    steps = StepShape(many=True)


class ClocksShape(serializers.Serializer):
    open = serializers.IntegerField()
    due_soon = serializers.IntegerField(help_text="Due within three days, today included.")
    overdue = serializers.IntegerField()
    due = serializers.IntegerField(help_text="Due in the period and decided, or undecided and late.")
    on_time = serializers.IntegerField()
    on_time_pct = serializers.FloatField(allow_null=True)
    late = serializers.IntegerField(help_text="Of `due`: decided late, or undecided and late.")
    last_day = serializers.IntegerField(help_text="Of `on_time`: decided on the last day.")
    paused = serializers.IntegerField(help_text="Open and suspended now, with the consent of the district.")
    provisional = serializers.IntegerField(help_text="Open, due by a calendar that is not complete yet.")
    median_days = serializers.FloatField(allow_null=True, help_text="The same as `gross_p50_days`.")
    gross_p50_days = serializers.IntegerField(
        allow_null=True, help_text="From push to answer, calendar days, of what was answered in the period."
    )
    gross_p90_days = serializers.IntegerField(allow_null=True)
    net_p50_days = serializers.IntegerField(allow_null=True, help_text="Suspended days left out.")
    net_p90_days = serializers.IntegerField(allow_null=True)


class PlaceClocksShape(ClocksShape):
    code = serializers.CharField()
    name = serializers.CharField()


class DueShape(serializers.Serializer):
    day = serializers.DateField()
    count = serializers.IntegerField()


class SlaAnswer(ScopeShape):
    total = ClocksShape()
    banks = PlaceClocksShape(many=True)
    districts = PlaceClocksShape(many=True, help_text="Empty where the scope is one district.")
    due_by_day = DueShape(
        many=True, help_text="The next fifteen days, today first; what is overdue is not in it."
    )


class BankShape(PlaceClocksShape):
    recommended = serializers.IntegerField()
    granted = serializers.IntegerField()
    granted_yuan = Money()
    disbursed = serializers.IntegerField()
    disbursed_yuan = Money()
    decided = serializers.IntegerField()
    granted_pct = serializers.FloatField(allow_null=True)
    first_loans = serializers.IntegerField()
    unsecured_pct = serializers.FloatField(allow_null=True)
    weighted_rate_pct = serializers.FloatField(allow_null=True)


class PeersShape(serializers.Serializer):
    """Null where fewer than five other banks stand behind a figure."""

    banks = serializers.IntegerField(allow_null=True)
    on_time_pct = serializers.FloatField(allow_null=True)
    median_days = serializers.FloatField(allow_null=True)


class BanksAnswer(ScopeShape):
    banks = BankShape(
        many=True, help_text="All banks for the district and the city; for a bank its own row alone."
    )
    peers = PeersShape(allow_null=True, help_text="Medians of the other banks, for a bank only.")


def of_scope(scope: Scope, as_of) -> dict:
    said = {
        name: chosen.code if (chosen := getattr(scope, name)) else None
        for name in ("district", "bank", "list")
    }
    return said | {"as_of": as_of, "from": scope.period.first, "to": scope.period.last}


def of_steps(steps: Steps, scope: Scope) -> list[dict]:
    rows, before = [], None
    for step in STEPS:
        tally = steps[step.code]
        is_seam = scope.bank is not None and step.code == BANKS_CHANGE_AT
        has_sense = before and not is_seam and tally.firms <= before
        rows.append({
            "step": step.code, "label": step.label, "firms": tally.firms, "times": tally.times,
            "amount_yuan": tally.amount_yuan if step.has_amount else None,
            "conversion_pct": round(100 * tally.firms / before, 1) if has_sense else None,
        })  # fmt: skip
        before = tally.firms
    return rows


def of_clocks(clocks: Clocks) -> dict:
    return {name: getattr(clocks, name) for name in ClocksShape().fields}


def of_place(row: Row) -> dict:
    return {"code": row.place.code, "name": row.place.name} | of_clocks(row.clocks)


def of_bank(row: Row) -> dict:
    granted, disbursed = row.steps["granted"], row.steps["disbursed"]
    terms = ("decided", "granted_pct", "first_loans", "unsecured_pct", "weighted_rate_pct")
    return of_place(row) | {name: getattr(row.terms, name) for name in terms} | {
        "recommended": row.steps["recommended"].firms,
        "granted": granted.firms, "granted_yuan": granted.amount_yuan,
        "disbursed": disbursed.firms, "disbursed_yuan": disbursed.amount_yuan,
    }  # fmt: skip


def of_peers(found: Peers) -> dict:
    return {"banks": found.banks, "on_time_pct": found.on_time_pct, "median_days": found.median_days}
