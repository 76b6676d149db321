"""People, organisations and the record of what was done to them, for the three administrators and the auditor.

The three of GB/T 22239-2019 level 3 are kept apart: the system administrator makes accounts and cannot touch their own
role, the security administrator frees locked sign-ins and changes no account, the auditor reads and changes nothing.
"""

from axes.models import AccessAttempt, AccessLog
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm

from accounts.access import EVERYTHING, sees
from accounts.admin_forms import NewPerson, Person, Place
from accounts.admin_scope import ScopedAdmin
from accounts.models import Organisation, User
from accounts.roles import Do, Role
from accounts.templatetags.doorstep import shanghai

admin.site.unregister(Group)  # rights come from roles, never from Django's groups


@sees(LogEntry, Role.AUDITOR)
@sees(AccessAttempt, Role.SECURITY_ADMIN, Role.AUDITOR)
@sees(AccessLog, Role.SECURITY_ADMIN, Role.AUDITOR)
def every_entry(user: User) -> Q:
    return EVERYTHING


@admin.register(User)
class PersonAdmin(ScopedAdmin, DjangoUserAdmin):
    """Nobody is deleted: what they did keeps their name. An account that is no longer used is switched off."""

    may_view = (Do.MANAGE_PEOPLE, Do.MANAGE_SECURITY, Do.READ_AUDIT, Role.BANK_COORDINATOR)
    may_add = may_change = Do.MANAGE_PEOPLE
    form, add_form, change_password_form = Person, NewPerson, AdminPasswordChangeForm
    list_display = ("username", "name", "role", "organisation", "is_active", "last_seen")
    list_filter = ("role", "is_active", "organisation__kind")
    list_select_related = ("organisation",)
    search_fields = ("username", "name", "staff_number", "organisation__name")
    search_help_text = _("用户名、姓名、工号、机构")
    ordering = ("username",)
    filter_horizontal = ()
    autocomplete_fields = ("organisation", "substitute")
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("人员"), {"fields": ("name", "staff_number", "email", "phone")}),
        (_("岗位"), {"fields": ("role", "organisation", "is_active")}),
        (_("提醒邮件"), {"fields": ("letters_language", "away_from", "away_until", "substitute")}),
        (_("登录"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "name", "staff_number", "email", "phone")}),
        (_("岗位"), {"fields": ("role", "organisation")}),
        (_("初始密码"), {"fields": ("password1", "password2")}),
    )
    actions = ("switch_off", "switch_on")
    exports = (
        ("username", _("用户名")), ("name", _("姓名")), ("staff_number", _("工号")), ("role", _("岗位")),
        ("organisation.name", _("机构")), ("is_active", _("启用")), ("last_login", _("最近登录")),
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """One's own role and account are for another administrator to change."""
        own = ("role", "organisation", "is_active", "username") if obj == request.user else ()
        return (*super().get_readonly_fields(request, obj), *own)

    def get_actions(self, request: HttpRequest) -> dict:
        return super().get_actions(request) if self.has_change_permission(request) else {}

    @display(description=_("最近登录"), ordering="last_login")
    def last_seen(self, person: User) -> str:
        return shanghai(person.last_login, "full")

    @admin.action(description=_("停用所选账号"))
    def switch_off(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._switch(request, queryset, is_active=False)

    @admin.action(description=_("启用所选账号"))
    def switch_on(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._switch(request, queryset, is_active=True)

    def _switch(self, request: HttpRequest, queryset: QuerySet, *, is_active: bool) -> None:
        people = [person for person in queryset.exclude(pk=request.user.pk) if person.is_active != is_active]
        for person in people:
            person.is_active = is_active
            person.save(update_fields=["is_active"])
            self.log_change(
                request, person, [{"changed": {"fields": [str(_("启用") if is_active else _("停用"))]}}]
            )
        said = _("已启用 %(done)d 个账号。") if is_active else _("已停用 %(done)d 个账号。")
        self.message_user(request, said % {"done": len(people)}, messages.SUCCESS)


@admin.register(Organisation)
class OrganisationAdmin(ScopedAdmin):
    may_view = (Do.MANAGE_PEOPLE, Do.READ_AUDIT, Role.CITY)
    may_add = may_change = Do.MANAGE_PEOPLE
    list_display = ("code", "name", "kind", "parent", "district", "is_active")
    list_filter = ("kind", "is_active", "district")
    list_select_related = ("parent", "district")
    search_fields = ("code", "name", "aliases")
    search_help_text = _("代码、名称、别名")
    ordering = ("code",)
    autocomplete_fields = ("parent", "district")
    form = Place
    fieldsets = (
        (None, {"fields": ("code", "name", "kind", "parent", "district", "aliases", "email", "phone", "is_active")}),
        (_("提醒邮件"), {
            "fields": ("letters_from_hour", "letters_until_hour", "is_written_to_on_rest_days"),
            "description": _("提醒在这些钟点之内发出;两项都空着,按全站的钟点。到期前的提醒不会因此拖到到期以后。"),
        }),
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Organisation | None = None) -> tuple[str, ...]:
        """Files and codes already carry the code and the kind."""
        return ("code", "kind") if obj else ()


@admin.register(LogEntry)
class LogEntryAdmin(ScopedAdmin):
    """What was changed and taken out through this admin."""

    may_view = Do.READ_AUDIT
    list_display = ("at", "user", "content_type", "object_repr", "action_flag", "message")
    list_filter = ("action_flag",)
    list_select_related = ("user", "content_type")
    search_fields = ("user__username", "user__name", "object_repr")
    search_help_text = _("操作人、对象")
    ordering = ("-action_time",)
    exports = (
        ("action_time", _("时间")), ("user.username", _("账号")), ("user.name", _("姓名")), ("content_type", _("栏目")),
        ("object_repr", _("对象")), ("message", _("内容")),
    )  # fmt: skip

    @display(description=_("时间"), ordering="action_time")
    def at(self, entry: LogEntry) -> str:
        return shanghai(entry.action_time, "full")

    @display(description=_("内容"))
    def message(self, entry: LogEntry) -> str:
        return entry.get_change_message()


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ScopedAdmin):
    """Failed sign-ins; deleting the rows of a person and an address frees them before the lock runs out."""

    may_view = (Do.MANAGE_SECURITY, Do.READ_AUDIT)
    list_display = ("at", "username", "ip_address", "failures_since_start", "path_info")
    search_fields = ("username", "ip_address")
    search_help_text = _("用户名、地址")
    ordering = ("-attempt_time",)
    fields = readonly_fields = (
        "username", "ip_address", "attempt_time", "failures_since_start", "path_info", "user_agent",
    )  # fmt: skip
    actions = ("free",)

    def get_actions(self, request: HttpRequest) -> dict:
        """Reading is for the auditor too, freeing is not."""
        return super().get_actions(request) if request.user.role == Role.SECURITY_ADMIN else {}

    @admin.action(description=_("解除锁定"))
    def free(self, request: HttpRequest, queryset: QuerySet) -> None:
        freed = list(queryset)
        for attempt in freed:
            self.log_deletions(request, [attempt])
            attempt.delete()
        self.message_user(request, _("已解除 %(done)d 条锁定。") % {"done": len(freed)}, messages.SUCCESS)

    @display(description=_("时间"), ordering="attempt_time")
    def at(self, attempt: AccessAttempt) -> str:
        return shanghai(attempt.attempt_time, "full")


@admin.register(AccessLog)
class AccessLogAdmin(ScopedAdmin):
    """Successful sign-ins and sign-outs."""

    may_view = (Do.MANAGE_SECURITY, Do.READ_AUDIT)
    list_display = ("at", "username", "ip_address", "left_at")
    search_fields = ("username", "ip_address")
    search_help_text = _("用户名、地址")
    ordering = ("-attempt_time",)
    fields = readonly_fields = ("username", "ip_address", "attempt_time", "logout_time", "user_agent")
    exports = (
        ("attempt_time", _("登录")),
        ("username", _("用户名")),
        ("ip_address", _("地址")),
        ("logout_time", _("退出")),
    )

    @display(description=_("登录"), ordering="attempt_time")
    def at(self, entry: AccessLog) -> str:
        return shanghai(entry.attempt_time, "full")

    @display(description=_("退出"), ordering="logout_time")
    def left_at(self, entry: AccessLog) -> str:
        return shanghai(entry.logout_time, "full")
