"""The site under /admin/: the product's own sign-in, and no way round it."""

from functools import update_wrapper

from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from accounts.admin_scope import refuse_nul
from accounts.errors import NotAllowed, NotFound

GUARDS = ("axes", "admin")
ORDER = {"lending": 1, "visits": 2, "accounts": 3}


class DoorstepSite(UnfoldAdminSite):
    """People who do not work here are turned away; nobody meets a second sign-in form."""

    index_title = _("工作台")

    def admin_view(self, view, cacheable: bool = False):
        guarded = super().admin_view(view, cacheable)

        def gate(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
            if not self.has_permission(request):
                return self.turn_away(request, request.get_full_path())
            return guarded(request, *args, **kwargs)

        return update_wrapper(gate, guarded)

    def turn_away(self, request: HttpRequest, where: str) -> HttpResponseBase:
        """Nobody signs in first; somebody whose work is elsewhere is refused."""
        if request.user.is_authenticated:
            raise NotAllowed()
        return redirect_to_login(where)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict]:
        """Work first, then people, then what guards them: the framework's own lists stand under one heading."""
        apps = super().get_app_list(request, app_label)
        guards = [app for app in apps if app["app_label"] in GUARDS]
        ours = sorted(
            (app for app in apps if app not in guards), key=lambda app: ORDER.get(app["app_label"], 0)
        )
        if len(guards) < 2 and app_label:
            return apps
        if guards:
            models = [model for app in guards for model in app["models"]]
            ours.append({**guards[0], "name": str(_("安全与审计")), "models": models})
        return ours

    def get_urls(self) -> list:
        """Without the short cut from any row of any table to its public page: our rows have none."""
        return [one for one in super().get_urls() if getattr(one, "name", None) != "view_on_site"]

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        refuse_nul(request)
        return super().autocomplete_view(request)

    def search(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponseBase:
        """The theme reads the page number unchecked; its answer has one page."""
        if request.GET.get("page", "1") != "1":
            raise NotFound()
        return super().search(request, extra_context)

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponseBase:
        if self.has_permission(request):
            return redirect("admin:index")
        return self.turn_away(request, request.GET.get(REDIRECT_FIELD_NAME) or "/admin/")

    def logout(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponseBase:
        if request.method != "POST":  # a picture in a mail must not sign anybody out
            return redirect("admin:index")
        logout(request)
        return redirect("sign-in")
