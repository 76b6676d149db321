"""Statements written once: what Django spends on a query of the hot path is mostly composing its SQL, not asking it.

`Question` keeps a queryset's SQL with holes where the values go, so the rules it is made of stay where they are said.
`insert_together` writes rows of several models in one statement. Both bind on the server, where PostgreSQL keeps the
plan as long as `prepare_threshold` in the settings allows it.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models import Model, QuerySet
from psycopg.types.numeric import Int8


class _Cursor(psycopg.Cursor):
    def execute(self, query, params=None):
        return super().execute(query, params, prepare=True)


def _run(sql: str, values: Sequence[object]) -> list[tuple]:
    """Errors become Django's. Whoever counts statements gets Django's own wrapper; without it, and with one cursor per
    connection, a statement costs half."""
    # without one width, every size of a number would be a statement of its own to PostgreSQL
    bound = [Int8(value) if type(value) is int else value for value in values]
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    raw = database.connection
    if database.queries_logged or database.execute_wrappers:
        with database._prepare_cursor(_Cursor(raw)) as cursor:
            cursor.execute(sql, bound)
            return cursor.fetchall()
    database.validate_no_broken_transaction()
    cursor = vars(raw).get("prepared_cursor")
    if cursor is None:
        cursor = raw.prepared_cursor = _Cursor(raw)
    with database.wrap_database_errors:
        try:
            return cursor.execute(sql, bound).fetchall()
        except psycopg.errors.FeatureNotSupported:
            # a migration changed a table under a kept plan; within a transaction its rollback forgets the plans
            if raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                raise
            raw.execute("DEALLOCATE ALL")
            return cursor.execute(sql, bound).fetchall()


_HOLES: dict[type, Callable[[int], object]] = {
    int: lambda n: 7_310_000_000_000_000_000 + n,
    str: lambda n: f"\u2063hole {n}",
    UUID: lambda n: UUID(int=0x7310 << 96 | n),
    list: lambda n: [f"\u2063hole {n}"],
    datetime: lambda n: datetime.fromtimestamp(-3_000_000_000 + 86_400 * n, UTC),
}


class Question:
    """A `.values()` queryset asked again and again with other values.

    `ask` gets one value per hole, by name and of the type given, and is called when the first answer is wanted.
    `derived` names what it computes out of a hole, `{"day": ("at", day_of)}`, where the statement needs that too.
    A value that changes with a hole and is neither is found out at once: RuntimeError, never a wrong answer.
    """

    def __init__(
        self,
        ask: Callable[..., QuerySet],
        *,
        derived: dict[str, tuple[str, Callable]] | None = None,
        **holes: type,
    ) -> None:
        self.ask, self.holes, self.derived = ask, holes, derived or {}
        self._written: tuple | None = None

    def first(self, **values: object) -> dict[str, Any] | None:
        """The first row as a dict; the queryset should say LIMIT 1 itself."""
        return next(iter(self.rows(**values)), None)

    def rows(self, **values: object) -> list[dict[str, Any]]:
        sql, places, names, converters = self._written or self._write()
        values = self._with_derived(values)
        rows = _run(sql, [values[place] if isinstance(place, _Hole) else place for place in places])
        if converters:
            rows = [self._converted(list(row), converters) for row in rows]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _with_derived(self, values: dict[str, object]) -> dict[str, object]:
        return values | {name: make(values[of]) for name, (of, make) in self.derived.items()}

    @staticmethod
    def _converted(row: list, converters: dict) -> list:
        for place, (convert, expression) in converters.items():
            for one in convert:
                row[place] = one(row[place], expression, connection)
        return row

    def _write(self) -> tuple:
        """Compose it twice with different marks: where the two differ is a hole, and each must be known."""
        marks = [
            self._with_derived({n: _HOLES[t](i * 2 + r) for i, (n, t) in enumerate(self.holes.items(), 1)})
            for r in (0, 1)
        ]
        (sql, first, query, compiler), (again, second, *_rest) = (self._compose(mark) for mark in marks)
        if sql != again:
            raise RuntimeError("the statement itself depends on a value")
        places: list[object] = []
        for one, other in zip(first, second, strict=True):
            if type(one) is type(other) and one == other:
                places.append(one)
                continue
            hole = next(
                (name for name in marks[0] if marks[0][name] == one and marks[1][name] == other), None
            )
            if hole is None:
                raise RuntimeError(f"{one!r} comes from a hole and is not declared as derived")
            places.append(_Hole(hole))
        names = list(query.selected or [*query.values_select, *query.annotation_select])
        converters = compiler.get_converters([column[0] for column in compiler.select])
        self._written = sql, places, names, converters
        return self._written

    def _compose(self, marks: dict[str, object]) -> tuple:
        query = self.ask(**marks).query
        compiler = query.get_compiler(connection.alias)
        sql, parameters = compiler.as_sql()
        return sql, parameters, query, compiler


class _Hole(str):
    """The name of the value that goes here."""


# fields whose value the driver takes as the model holds it; the others are asked to prepare it
AS_IT_IS = {
    models.CharField, models.TextField, models.BooleanField, models.DecimalField, models.UUIDField, models.ForeignKey,
    models.OneToOneField, models.IntegerField, models.PositiveIntegerField, models.PositiveSmallIntegerField,
    models.BigAutoField,
}  # fmt: skip


def insert_together(*rows: Model | Sequence[Model], locking: Model | None = None) -> None:
    """Insert rows of several models in one statement, and give each its key. No signals, no `save`.

    A row may point at another unsaved one of the same call. `locking` takes the row lock (FOR NO KEY UPDATE) of one
    row that is there already. Works because foreign keys are checked at the end of the transaction.
    """
    groups = [[one] if isinstance(one, Model) else list(one) for one in rows if one]
    place = {id(group[0]): number for number, group in enumerate(groups) if len(group) == 1}
    shape = tuple((type(group[0]), len(group), *_kind_of(group[0], place)) for group in groups)
    values = [locking.pk] if locking is not None else []
    for group, (model, _count, has_key, pointing) in zip(groups, shape, strict=True):
        columns = [told for told in _columns(model, has_key, pointing) if told[1] is None]
        for row in group:
            values += [
                vars(row)[field.attname]
                if is_plain
                else field.get_db_prep_save(field.pre_save(row, True), connection)
                for field, _to, is_plain in columns
            ]
    (found,) = _run(_insert_sql(shape, locking and type(locking)), values)
    for group, keys in zip(groups, found, strict=False):
        for row, key in zip(group, keys, strict=True):
            row.pk, row._state.adding, row._state.db = key, False, DEFAULT_DB_ALIAS
    for group, (_model, _count, _has_key, pointing) in zip(groups, shape, strict=True):
        for row in group:
            for attname, to in pointing:
                setattr(row, attname, groups[to][0].pk)


def _kind_of(row: Model, place: dict[int, int]) -> tuple[bool, tuple[tuple[str, int], ...]]:
    """Whether it has its key, and which of its columns point at which unsaved row of the call."""
    pointing = []
    for field in _relations(type(row)):
        if vars(row)[field.attname] is None and (unsaved := field.get_cached_value(row, None)) is not None:
            pointing.append((field.attname, place[id(unsaved)]))
    return row.pk is not None, tuple(pointing)


@cache
def _relations(model: type[Model]) -> list[models.ForeignKey]:
    return [field for field in model._meta.concrete_fields if field.is_relation]


@cache
def _columns(model: type[Model], has_key: bool, pointing: tuple[tuple[str, int], ...]) -> list[tuple]:
    """(field, number of the row it points at or None, whether its value goes as it is)."""
    fields = [field for field in model._meta.concrete_fields if has_key or not field.primary_key]
    return [(field, dict(pointing).get(field.attname), type(field) in AS_IT_IS) for field in fields]


KEY_OF = "SELECT key FROM w%d"


@cache
def _insert_sql(shape: tuple[tuple, ...], locking: type[Model] | None) -> str:
    """Names come out of the models; every value is bound."""
    parts, told = [], []
    if locking is not None:
        table, key = _quoted(locking._meta.db_table), _quoted(locking._meta.pk.column)
        parts.append(f"locked AS (SELECT {key} FROM {table} WHERE {key} = %s FOR NO KEY UPDATE)")  # noqa: S608
        told.append("(SELECT count(*) FROM locked)")
    for number, (model, count, has_key, pointing) in enumerate(shape):
        table, key, columns = (
            _quoted(model._meta.db_table),
            _quoted(model._meta.pk.column),
            _columns(model, has_key, pointing),
        )
        names = ", ".join(_quoted(field.column) for field, _to, _is_plain in columns)
        row = ", ".join("%s" if to is None else f"({KEY_OF % to})" for _field, to, _is_plain in columns)
        values = ", ".join([f"({row})"] * count)
        parts.append(f"w{number} AS (INSERT INTO {table} ({names}) VALUES {values} RETURNING {key} AS key)")  # noqa: S608
        told.insert(number, f"(SELECT array_agg(key) FROM w{number})")  # noqa: S608
    return f"WITH {', '.join(parts)} SELECT {', '.join(told)}"


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
