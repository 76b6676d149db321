"""Filters of the admin compare a relation by its key alone: nobody asks about people through a list of cases."""

import pytest
from django.contrib import admin

from accounts.admin_scope import ScopedAdmin, field_at

pytestmark = pytest.mark.django_db

BEYOND = (
    "people__password__startswith",
    "name__startswith",
    "pk__gt",
    "parent__people__email__contains",
    "password",
)


def relational_filters() -> list[tuple[str, str]]:
    found = []
    for model, screen in admin.site._registry.items():
        if isinstance(screen, ScopedAdmin):
            for item in screen.list_filter:
                name = item[0] if isinstance(item, (tuple, list)) else item
                if isinstance(name, str) and field_at(model, name).is_relation:
                    found.append((model._meta.label, name))
    return found


def screen_of(label: str) -> ScopedAdmin:
    return next(screen for model, screen in admin.site._registry.items() if model._meta.label == label)


@pytest.mark.parametrize(("label", "name"), relational_filters())
@pytest.mark.parametrize("beyond", BEYOND)
def test_no_filter_leads_on_through_a_relation(cast, rf, label, name, beyond):
    request = rf.get("/")
    request.user = cast.city
    assert screen_of(label).lookup_allowed(f"{name}__{beyond}", "x", request) is False


@pytest.mark.parametrize(("label", "name"), relational_filters())
def test_a_relation_is_still_compared_by_its_key(cast, rf, label, name):
    request = rf.get("/")
    request.user = cast.city
    assert screen_of(label).lookup_allowed(f"{name}__id__exact", "1", request) is True


def test_a_bank_cannot_read_a_password_letter_by_letter(cast, web):
    path = "/admin/lending/recommendation/?case__district__people__password__startswith=md5"
    assert web(cast.bank).get(path).status_code == 400
