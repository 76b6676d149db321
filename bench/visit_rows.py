"""Businesses and visits in any number, made by the database out of one row each; nothing in them is real."""

from datetime import UTC, datetime

from django.db import connection
from django.db.models import Model

DISTRICTS = 16
BANK = "BENCH-BANK"
# Business number n stands in district n % 16 and is that district's officer's to visit.
DISTRICT_OF_NUMBER = """generate_series({first}, {last}) AS n
JOIN (SELECT id, code, name, row_number() OVER (ORDER BY code) - 1 AS place FROM accounts_organisation
      WHERE kind = 'district') AS d ON d.place = n % 16"""
BUSINESS = {
    "credit_code": "'91' || d.code || 'B' || lpad(n::text, 9, '0')",
    "name": "'测试' || n || '号供应链管理有限公司'",
    "name_search": "'测试' || n || '号供应链管理有限公司'",
    "search_grams": "ARRAY[n, n + 1, n + 2, n + 3]",
    "address": "'上海市' || d.name || '测试路' || n || '号'",
    "district_id": "d.id",
}
# Visits are long past, so that none of them protects its business from another one.
LONG_AGO = "now() - interval '400 days' + (b.id * 7919 % 300) * interval '1 day'"
VISIT = {
    "id": "gen_random_uuid()",
    "business_id": "b.id",
    "officer_id": "o.id",
    "organisation_id": "o.organisation_id",
    "district_id": "b.district_id",
    "started_at": LONG_AGO,
    "ended_at": f"{LONG_AGO} + interval '9 minutes'",
    "recorded_at": f"{LONG_AGO} + interval '1 hour'",
}


def grow(until: int) -> None:
    """As many businesses, and as many visits, as `until`; what is there already stays."""
    from visits.models import Business

    there = Business.objects.count()
    numbers = DISTRICT_OF_NUMBER.format(first=there + 1, last=until)
    last = Business.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    of_officers = "visits_business b JOIN accounts_user o ON o.organisation_id = b.district_id"
    with connection.cursor() as cursor:
        cursor.execute(
            "SET session_replication_role = replica"
        )  # the rows are right: no million look-ups of keys
        _copies(cursor, _business(), BUSINESS, numbers)
        _copies(cursor, _visit(), VISIT, f"{of_officers} WHERE b.id > {last} AND o.username LIKE 'bench-%'")
        cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM ANALYZE")


def _copies(cursor, pattern: Model, own: dict[str, str], rows: str) -> None:
    """`pattern` once per row, with what is `own` to each; the pattern itself is never kept."""
    fields = [f for f in pattern._meta.concrete_fields if f.column in own or not f.primary_key]
    columns, values, parameters = [], [], []
    for field in fields:
        columns.append(f'"{field.column}"')
        values.append(own.get(field.column, "%s"))
        if field.column not in own:
            values[-1] += f"::{field.db_type(connection)}"
            parameters.append(field.get_db_prep_save(field.pre_save(pattern, True), connection))
    told = [value.replace("%", "%%") if value in own.values() else value for value in values]
    table = pattern._meta.db_table
    selected = f"SELECT {', '.join(told)} FROM {rows.replace('%', '%%')}"  # noqa: S608  our own text
    cursor.execute(f"INSERT INTO {table} ({', '.join(columns)}) {selected}", parameters)


def _business() -> Model:
    from visits.models import Business

    return Business(
        kind="company", status="active", registered_type="有限责任公司(自然人投资或控股)", representative="N/A",
        capital_text="100(万元人民币)", capital_amount=100, capital_currency="CNY", province_text="上海",
        scope_text="货物进出口；技术进出口；机械设备销售；" * 6, district_source="column",
    )  # fmt: skip


def _visit() -> Model:
    from visits.models import Visit

    moment = datetime.now(UTC)
    return Visit(
        mode="on_site", outcome="no_need", started_at=moment, recorded_at=moment, channel="api", lat=31, lon=121,
        accuracy_m=15, content_digest="0" * 64,
    )  # fmt: skip


def officers() -> list:
    """One officer per district, who works at the district's own office; and a bank to choose."""
    from accounts.models import Organisation, User
    from accounts.roles import Role

    Organisation.objects.create(code=BANK, name="测试银行", kind=Organisation.Kind.BANK)
    return [
        User.objects.create(
            username=f"bench-{place}", role=Role.FIELD_OFFICER, organisation=district, name=f"测试{place}",
            email="", password="!",
        )
        for place, district in enumerate(_districts())
    ]  # fmt: skip


def credit_codes(numbers: list[int]) -> list[tuple[int, str]]:
    """(which officer may visit it, credit code) of each business number."""
    codes = [district.code for district in _districts()]
    return [(n % DISTRICTS, f"91{codes[n % DISTRICTS]}B{n:09d}") for n in numbers]


def _districts() -> list:
    from accounts.models import Organisation

    return list(Organisation.objects.filter(kind=Organisation.Kind.DISTRICT).order_by("code")[:DISTRICTS])
