"""The one row gate: `visible_to(user, Model)` is what that person may know exists.

Pages, API and admin all read through it. A gate is registered per model *and role*; a pair without a gate sees
nothing, so forgetting one hides rows and never shows them. Apps further up may add gates for models further down
(a bank sees a business because lending pushed it there), which keeps the imports pointing down.
"""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import Model, Q, QuerySet

from accounts.errors import NotAllowed, NotFound
from accounts.models import Organisation, User
from accounts.roles import MAY, Do, Role

Gate = Callable[[User], Q]
EVERYTHING = Q()
_GATES: dict[tuple[type[Model], Role], Gate] = {}


def sees(model: type[Model], *roles: Role) -> Callable[[Gate], Gate]:
    """Register a gate: the decorated function gives the Q of the rows of `model` that a user of `roles` sees."""

    def register(gate: Gate) -> Gate:
        for role in roles:
            if (model, role) in _GATES:
                raise RuntimeError(f"{model.__name__} already has a gate for {role}")
            _GATES[model, role] = gate
        return gate

    return register


def visible_to(user: User, rows: type[Model] | QuerySet) -> QuerySet:
    """Narrow a model or queryset to what `user` may know exists; nobody and nothing unregistered see no row."""
    queryset = rows if isinstance(rows, QuerySet) else rows._default_manager.all()
    if not user.is_authenticated or not user.is_active:
        return queryset.none()
    gate = _GATES.get((queryset.model, user.role))
    return queryset.filter(gate(user)) if gate else queryset.none()


def get_visible(user: User, rows: type[Model] | QuerySet, **lookup: object) -> Model:
    """The one visible row, or `NotFound`: what may not be known is not there."""
    model = rows if isinstance(rows, type) else rows.model
    try:
        return visible_to(user, rows).get(**lookup)
    except (
        model.DoesNotExist,
        ValueError,
        ValidationError,
        DataError,
    ):  # a key that cannot be one is not there either
        raise NotFound() from None


def may(user: User, thing: Do) -> bool:
    return user.is_authenticated and user.is_active and thing in MAY.get(user.role, ())


def require(user: User, thing: Do) -> None:
    """Refuse unless the role of `user` holds `thing`."""
    if not may(user, thing):
        raise NotAllowed()


@sees(Organisation, *Role)
def every_organisation(user: User) -> Q:
    """Names and codes of organisations are public: everybody chooses from them."""
    return EVERYTHING


@sees(User, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)
def every_person(user: User) -> Q:
    return EVERYTHING


@sees(User, Role.FIELD_OFFICER, Role.PANEL, Role.CITY, Role.BANK_REVIEWER)
def only_oneself(user: User) -> Q:
    return Q(pk=user.pk)


@sees(User, Role.BANK_COORDINATOR)
def people_of_the_bank(user: User) -> Q:
    return Q(organisation=user.bank) | Q(organisation__parent=user.bank) if user.bank else Q(pk=user.pk)
