"""Notices and consents in the admin: for looking only. A new notice is a new version, an old one is never edited."""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin_scope import ScopedAdmin
from accounts.punctuation import listed
from accounts.roles import Role
from visits.consent.models import Consent, ConsentNotice, Scope


def scope_words(scopes: list[str]) -> str:
    return listed(str(Scope(scope).label) for scope in scopes)


@admin.register(ConsentNotice)
class ConsentNoticeAdmin(ScopedAdmin):
    may_view = (Role.CITY, Role.AUDITOR)
    list_display = ("version", "title", "effective_from", "valid_days", "covers")
    fields = readonly_fields = ("version", "title", "effective_from", "valid_days", "covers", "text")

    @display(description=_("授权事项"))
    def covers(self, notice: ConsentNotice) -> str:
        return scope_words(notice.scopes)


@admin.register(Consent)
class ConsentAdmin(ScopedAdmin):
    may_view = (Role.CITY,)
    list_display = ("firm", "recipient", "covers", "state", "given_at", "expires_at", "withdrawn_at")
    list_filter = ("recipient", ("given_at", admin.DateFieldListFilter))
    list_select_related = ("business", "recipient")
    search_fields = ("business__name", "business__credit_code__startswith")
    search_help_text = _("经营主体名称或信用代码")
    fields = readonly_fields = (
        "firm", "recipient", "covers", "notice", "witness", "given_at", "expires_at", "withdrawn_at",
        "withdrawn_reason",
    )  # fmt: skip

    @display(description=_("经营主体"), ordering="business__name")
    def firm(self, consent: Consent) -> str:
        return str(consent.business)

    @display(description=_("授权事项"))
    def covers(self, consent: Consent) -> str:
        return scope_words(consent.scopes)

    @display(description=_("状态"), label={"live": "success", "expired": "warning", "withdrawn": "danger"})
    def state(self, consent: Consent) -> tuple[str, str]:
        if consent.withdrawn_at:
            return "withdrawn", _("已撤回")
        return ("expired", _("已到期")) if consent.expires_at <= timezone.now() else ("live", _("有效"))

    @display(description=_("告知书"))
    def notice(self, consent: Consent) -> str:
        return str(consent.signing.notice)

    @display(description=_("见证人"))
    def witness(self, consent: Consent) -> str:
        return str(consent.signing.witnessed_by or "—")
