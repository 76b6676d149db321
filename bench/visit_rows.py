"""Businesses and visits in any number, made by the database out of one row each; nothing in them is real."""

from datetime import UTC, datetime, timedelta

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
    """As many businesses, and as many visits, as `until`; a tenth of the visits told a need with a consent and led to a
    case that is closed by now. What is there already stays."""
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
        for pattern, own, rows in _what_became_of_a_tenth():
            _copies(cursor, pattern, own, f"{rows} WHERE v.business_id > {last} AND v.business_id % 10 = 0")
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


def _what_became_of_a_tenth() -> list[tuple[Model, dict[str, str], str]]:
    from lending.models import Event, FinancingCase
    from visits.models import Consent, ConsentNotice, ConsentSigning, FinancingNeed

    moment = datetime.now(UTC)
    notice = ConsentNotice.objects.first()
    of_visit = {"visit_id": "v.id", "business_id": "v.business_id"}
    visits, needs = "visits_visit v", "visits_visit v JOIN visits_financingneed n ON n.visit_id = v.id"
    signings = "visits_visit v JOIN visits_consentsigning s ON s.visit_id = v.id"
    cases = "visits_visit v JOIN lending_financingcase c ON c.origin_visit_id = v.id"
    need = FinancingNeed(amount_yuan=100_000, purpose="orders", declared_at=moment)
    signing = ConsentSigning(notice=notice, signed_name="测试业主", signed_at=moment)
    consent = Consent(
        scopes=["credit_lookup", "share_need"], given_at=moment, expires_at=moment + timedelta(days=1)
    )
    case = FinancingCase(
        amount_yuan=100_000,
        stage="withdrawn",
        stage_since=moment,
        opened_at=moment,
        closed_at=moment,
        events_count=1,
    )
    event = Event(seq=1, at=moment, kind="opened", to_stage="intake", digest="0" * 64)
    return [
        (need, of_visit, visits),
        (signing, of_visit | {"witnessed_by_id": "v.officer_id"}, visits),
        (consent, {"signing_id": "s.id", "business_id": "s.business_id", "recipient_id": "v.organisation_id",
                   "given_at": "v.started_at", "expires_at": "v.started_at + interval '90 days'"}, signings),
        (case, {"number": "'bench-' || n.id", "track_token": "md5(n.id::text)", "business_id": "v.business_id",
                "district_id": "v.district_id", "origin_visit_id": "v.id", "need_id": "n.id"}, needs),
        (event, {"case_id": "c.id", "by_id": "v.officer_id", "organisation_id": "v.organisation_id"}, cases),
    ]  # fmt: skip


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
