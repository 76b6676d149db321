"""The site under /admin/: the product's own sign-in, and no way round it."""

from functools import update_wrapper

from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from unfold.sites import UnfoldAdminSite

from accounts.errors import NotAllowed


class DoorstepSite(UnfoldAdminSite):
    """People who do not work here are turned away; nobody meets a second sign-in form."""

    enable_nav_sidebar = False

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

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponseBase:
        if self.has_permission(request):
            return redirect("admin:index")
        return self.turn_away(request, request.GET.get(REDIRECT_FIELD_NAME) or "/admin/")

    def logout(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponseBase:
        if request.method != "POST":  # a picture in a mail must not sign anybody out
            return redirect("admin:index")
        logout(request)
        return redirect("sign-in")
