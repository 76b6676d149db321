"""The admin is a door, not a back door: one base class from which every admin of the product takes its scope.

* Rows: lists, searches, filters, dropdowns, autocomplete, pop-ups, history and export all read `visible_to`, because
  all of them go through `get_queryset` or `get_field_queryset` here. A row that may not be known is 404.
* Deeds: `may_view`, `may_add`, `may_change`, `may_delete` name who may, as `Do`s and `Role`s. Django's permission
  tables are never asked. What is not named is refused; nothing is deleted unless an admin says who may.
* A person without an organisation sees nothing, save the three administrators, who belong to the whole site.
"""

from collections.abc import Iterable
from copy import copy

from django.contrib.admin.filters import SimpleListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import get_model_from_relation
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import DataError
from django.db.models import Exists, Field, Model, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import path
from django.utils.html import escape
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from accounts.access import may, visible_to
from accounts.admin_export import stream_csv
from accounts.admin_paging import BoundedPaginator
from accounts.errors import Invalid, NotFound
from accounts.models import User
from accounts.roles import Do, Role

Allowed = Do | Role | Iterable[Do | Role]
WITHOUT_ORGANISATION = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)
MAX_CHOICES = 500  # of a filter; beyond that a list to pick from helps nobody


def is_allowed(user: User, allowed: Allowed) -> bool:
    """Whether `user` is active and holds one of the named roles or deeds."""
    if not (user.is_authenticated and user.is_active):
        return False
    named = (allowed,) if isinstance(allowed, (Do, Role)) else tuple(allowed)
    return any(may(user, one) if isinstance(one, Do) else user.role == one for one in named)


def scope(user: User, rows: type[Model] | QuerySet) -> QuerySet:
    """`visible_to`, and nothing for a person who belongs nowhere."""
    queryset = visible_to(user, rows)
    if user.is_authenticated and user.organisation_id is None and user.role not in WITHOUT_ORGANISATION:
        return queryset.none()
    return queryset


class ScopedRelatedFilter(RelatedDropdownFilter):
    """Offers only what occurs in the rows this person sees."""

    def field_choices(self, field: Field, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple]:
        rows = scope(request.user, get_model_from_relation(field))
        used = model_admin.get_queryset(request).order_by().filter(**{self.field_path: OuterRef("pk")})
        return [(row.pk, str(row)) for row in rows.filter(Exists(used))[:MAX_CHOICES]]


class Scoped:
    """What admins and inlines share."""

    may_view: Allowed = ()
    may_add: Allowed = ()
    may_change: Allowed = ()
    may_delete: Allowed = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return scope(request.user, super().get_queryset(request))

    def get_field_queryset(self, db: str | None, db_field: Field, request: HttpRequest) -> QuerySet:
        rows = super().get_field_queryset(db, db_field, request)
        return scope(request.user, db_field.remote_field.model if rows is None else rows)

    def formfield_for_foreignkey(self, db_field: Field, request: HttpRequest, **kwargs):
        if "queryset" in kwargs:  # a narrower choice made by a subclass is narrowed once more
            kwargs["queryset"] = scope(request.user, kwargs["queryset"])
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Field, request: HttpRequest, **kwargs):
        if "queryset" in kwargs:
            kwargs["queryset"] = scope(request.user, kwargs["queryset"])
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_allowed(request.user, self.may_view) or self.has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_allowed(request.user, self.may_add)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_allowed(request.user, self.may_change)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_allowed(request.user, self.may_delete)


PLAIN_LOOKUPS = ("exact", "in", "isnull", "gt", "gte", "lt", "lte", "year", "month", "day")


class ScopedTabularInline(Scoped, TabularInline):
    extra = 0


class ScopedStackedInline(Scoped, StackedInline):
    extra = 0


class ScopedAdmin(Scoped, ModelAdmin):
    """Declare `may_view` and its like, `list_display` and so on; `exports` = ((attribute, heading), …) adds a CSV."""

    exports: tuple[tuple[str, str], ...] = ()
    list_per_page = 50
    list_fullwidth = True
    view_on_site = False
    list_filter_submit = True
    show_full_result_count = False  # one more count(*) over the whole table
    paginator = BoundedPaginator
    list_before_template = "admin/list_before.html"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) or self.has_add_permission(request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model:
        """The row, or 404: Django would send people to the index with a sentence that the row does not exist."""
        try:
            found = super().get_object(request, object_id, from_field)
        except DataError:  # a NUL in a text key
            found = None
        if found is None:
            raise NotFound()
        return found

    def get_list_filter(self, request: HttpRequest) -> list:
        return [self._scoped_filter(item) for item in super().get_list_filter(request)]

    def _scoped_filter(self, item):
        if not isinstance(item, str):
            return item
        field = field_at(self.model, item)
        if field.is_relation:
            return item, ScopedRelatedFilter
        return (item, ChoicesDropdownFilter) if field.choices else item

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the filters and the primary key ask. A lookup that walks on through a relation could ask about
        hidden rows (…__people__password__startswith), so a relation is compared by its key alone."""
        names = {self.opts.pk.name, self.date_hierarchy or self.opts.pk.name}
        for item in self.get_list_filter(request):
            if isinstance(item, (tuple, list)):
                names.add(item[0])
            elif isinstance(item, type) and issubclass(item, SimpleListFilter):
                if lookup == item.parameter_name:
                    return True
            elif isinstance(item, str):
                names.add(item)
        return any(lookup == name or lookup in self._comparisons(name) for name in names)

    def _comparisons(self, name: str) -> set[str]:
        field = field_at(self.model, name)
        if not field.is_relation:
            return {f"{name}__{ending}" for ending in PLAIN_LOOKUPS}
        key = field.target_field.name
        return {f"{name}__{ending}" for ending in ("exact", "in", "isnull", f"{key}__exact", f"{key}__in")}

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponseBase:
        refuse_nul(request)
        self._refuse_unreadable(request)
        query = request.GET.urlencode()
        link = f"export/?{query}" if query else "export/"
        extra = {"export_link": link if self.exports else None} | (extra_context or {})
        return super().changelist_view(request, extra)

    def changeform_view(self, request: HttpRequest, object_id=None, form_url="", extra_context=None):
        """Dropdowns that ask the server look their value up before the form has checked it."""
        for name in self.get_autocomplete_fields(request):
            target = self.opts.get_field(name).target_field
            if not all(reads_as(target, value) for value in request.POST.getlist(name) if value):
                raise Invalid()
        return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict, *args, obj: Model | None = None, **kwargs
    ):
        """A read-only relation leads on only to a row that this person may open: the theme links them all."""
        if obj is not None:
            shown = copy(self)
            shown.readonly_preprocess_fields = self._plain_relations(request, obj)
            context["adminform"].model_admin = shown
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def _plain_relations(self, request: HttpRequest, obj: Model) -> dict:
        """Field → what replaces the link, for every relation whose target is not theirs to open."""
        plain = dict(getattr(self, "readonly_preprocess_fields", {}))
        for field in self.opts.fields:
            if field.many_to_one or field.one_to_one:
                key, its = getattr(obj, field.attname), self.admin_site._registry.get(field.related_model)
                if key is not None and not (its and opens(its, request, key)):
                    words = escape(getattr(obj, field.name))
                    plain[field.name] = lambda _link, words=words: words
        return plain

    def get_changeform_initial_data(self, request: HttpRequest) -> dict:
        """What an address prefills, without what cannot be a choice."""
        given = super().get_changeform_initial_data(request)
        fields = {
            field.name: field for field in self.opts.get_fields() if field.concrete and field.is_relation
        }
        return {
            name: value
            for name, value in given.items()
            if name not in fields or isinstance(value, list) or reads_as(fields[name].target_field, value)
        }

    def _refuse_unreadable(self, request: HttpRequest) -> None:
        """Ticked rows and the parts of a date that Django would take to the database unread."""
        ticked = request.POST.getlist(ACTION_CHECKBOX_NAME)
        dates = [
            value
            for part in ("year", "month", "day")
            for value in request.GET.getlist(f"{self.date_hierarchy}__{part}")
        ]
        if not all(reads_as(self.opts.pk, value) for value in ticked) or not all(map(is_small_number, dates)):
            raise Invalid()

    def get_urls(self) -> list:
        if not self.exports:
            return super().get_urls()
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/", self.admin_site.admin_view(self.export_view), name=name), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The rows of the list as it is filtered, every page of them; who took them out is logged."""
        refuse_nul(request)
        if not self.has_view_permission(request):
            raise NotFound()
        rows = self.get_changelist_instance(request).get_queryset(request)
        return stream_csv(self, request, rows)


def opens(its: ModelAdmin, request: HttpRequest, key: object) -> bool:
    """Whether this person may open that row of another admin."""
    return its.has_view_permission(request) and its.get_queryset(request).filter(pk=key).exists()


def field_at(model: type[Model], lookup: str) -> Field:
    """The field that a filter such as `case__district` ends at."""
    field = None
    for part in lookup.split("__"):
        field = model._meta.get_field(part)
        model = field.related_model or model
    if field is None:
        raise FieldDoesNotExist(lookup)
    return field


def refuse_nul(request: HttpRequest) -> None:
    """PostgreSQL has no NUL in text: a filter with one would be a fault instead of a refusal."""
    if any("\x00" in value for values in request.GET.lists() for value in (values[0], *values[1])):
        raise Invalid()


def reads_as(field: Field, value: str) -> bool:
    """Whether the text could be a value of that field."""
    try:
        field.to_python(value)
    except (ValidationError, ValueError, OverflowError):
        return False
    return "\x00" not in str(value)


def is_small_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text[:5]) <= 9999
