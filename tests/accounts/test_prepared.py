"""Statements written once answer as the queryset would, and say so where they cannot."""

from datetime import date, datetime

import pytest
from django.db import NotSupportedError, connection, transaction

from accounts.backends import PersonBackend
from accounts.clock import day_of
from accounts.models import Organisation, User
from accounts.prepared import Question, _run, insert_together
from tests import factories as make
from visits.models import Business, DoNotDisturb, Grid

pytestmark = pytest.mark.django_db


def test_a_question_asked_again_has_other_values_in_its_holes(cast):
    named = Question(
        lambda code, kind: Organisation.objects.filter(code=code, kind=kind).values("id", "name"),
        code=str,
        kind=str,
    )
    answers = [named.first(code=code, kind="bank") for code in ("DEMO-B1", "DEMO-B2", "310104")]
    assert answers == [
        {"id": cast.first_bank.pk, "name": "沪江示范银行"}, {"id": cast.other_bank.pk, "name": "申浦示范银行"}, None,
    ]  # fmt: skip


def test_a_value_computed_out_of_a_hole_is_found_out():
    wrong = Question(
        lambda at: DoNotDisturb.objects.filter(until_on__gte=day_of(at)).values("id"), at=datetime
    )
    with pytest.raises(RuntimeError, match="not declared as derived"):
        wrong.rows(at=make.NOW)


def test_what_is_derived_is_computed_for_every_answer(cast):
    shop = make.business()
    DoNotDisturb.objects.create(business=shop, starts_at=make.NOW, until_on=date(2026, 11, 20))
    asked = Question(
        lambda at, day: DoNotDisturb.objects.filter(until_on__gte=day).values("business_id"),
        at=datetime, derived={"day": ("at", day_of)},
    )  # fmt: skip
    assert asked.rows(at=make.NOW) == [{"business_id": shop.pk}]
    assert asked.rows(at=make.NOW.replace(day=21)) == []


def test_a_statement_that_changes_with_a_value_is_refused():
    shaky = Question(
        lambda pk: User.objects.filter(pk=pk).order_by("pk" if pk % 2 else "name").values("id"), pk=int
    )
    with pytest.raises(RuntimeError):
        shaky.rows(pk=1)


def test_the_person_comes_as_the_queryset_would_bring_them(cast, django_assert_num_queries):
    for who in (cast.officer, cast.panel, cast.bank, cast.city):
        with django_assert_num_queries(1):
            person = PersonBackend().get_user(who.pk)
            told = (person.bank, person.district, person.organisation and person.organisation.parent)
        fresh = User.objects.get(pk=who.pk)
        assert told == (fresh.bank, fresh.district, fresh.organisation.parent)
        assert {f.attname: getattr(person, f.attname) for f in User._meta.concrete_fields} == {
            f.attname: getattr(fresh, f.attname) for f in User._meta.concrete_fields
        }
    assert PersonBackend().get_user(10**9) is None


def test_rows_written_together_are_the_rows_that_save_would_write(cast, django_assert_num_queries):
    grid = Grid(code="G-7", name="七号网格", district=cast.xuhui)
    shops = [
        Business(name=f"测试{n}", credit_code=make.credit_code(), kind="company", grid=grid, district=cast.xuhui,
                 district_source="address", name_search=f"测试{n}")
        for n in range(3)
    ]  # fmt: skip
    with django_assert_num_queries(1):
        insert_together(grid, shops)
    kept = list(Business.objects.order_by("pk"))
    assert [(row.pk, row.name, row.grid_id, row.created_at is not None) for row in kept] == [
        (shop.pk, shop.name, grid.pk, True) for shop in shops
    ]
    assert (shops[0].grid_id, shops[0]._state.adding) == (Grid.objects.get().pk, False)


def test_a_key_that_is_there_already_writes_nothing_at_all(cast):
    from django.db import IntegrityError

    Grid.objects.create(code="G-8", name="八", district=cast.xuhui)
    shop = make.business()
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_together(
            Grid(code="G-9", name="九", district=cast.xuhui),
            [Grid(code="G-8", name="又八", district=cast.xuhui)],
        )
    assert (list(Grid.objects.values_list("code", flat=True)), shop.pk > 0) == (["G-8"], True)


@pytest.mark.django_db(transaction=True)
def test_the_lock_asked_for_is_taken(cast):
    shop = make.business()
    with transaction.atomic():
        insert_together(Grid(code="G-5", name="五", district=cast.xuhui), locking=shop)
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute(
                    "SELECT id FROM visits_business WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED", [shop.pk]
                )
                assert cursor.fetchall() == []
        finally:
            other.close()


@pytest.fixture
def probe():
    """A table that a migration alters by a connection of its own, while ours keeps its plans as the web's does."""
    other = connection.copy()
    with other.cursor() as migration:
        migration.execute("CREATE TABLE prepared_probe AS SELECT 1::integer AS told")
        connection.ensure_connection()
        usual, connection.connection.prepare_threshold = connection.connection.prepare_threshold, 5
        try:
            yield lambda kind: migration.execute(f"ALTER TABLE prepared_probe ALTER told TYPE {kind}")
        finally:
            connection.connection.prepare_threshold = usual
            migration.execute("DROP TABLE prepared_probe")
    other.close()


@pytest.mark.django_db(transaction=True)
def test_a_table_altered_under_a_kept_plan_is_asked_anew(probe):
    asked = "SELECT told FROM prepared_probe"
    assert _run(asked, []) == [(1,)]
    probe("text")
    assert [_run(asked, []) for _ in range(2)] == [[("1",)]] * 2


@pytest.mark.django_db(transaction=True)
def test_within_a_transaction_it_is_refused_once_and_not_for_good(probe):
    asked = "SELECT told FROM prepared_probe"
    assert _run(asked, []) == [(1,)]
    probe("text")
    with pytest.raises(NotSupportedError), transaction.atomic():
        _run(asked, [])
    with transaction.atomic():
        assert _run(asked, []) == [("1",)]
