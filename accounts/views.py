"""Signing in, and the way from "/" to where one works."""

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.queries import is_demo_loaded
from accounts.roles import HOME


class SignInForm(AuthenticationForm):
    def clean_username(self) -> str:
        """Django sets the field's `max_length` too late for its validator; the log of attempts cannot hold more."""
        username = self.cleaned_data["username"]
        if len(username) > self.fields["username"].max_length:
            raise self.get_invalid_login_error()
        return username


class SignIn(LoginView):
    authentication_form = SignInForm
    template_name = "sign_in.html"
    redirect_authenticated_user = False

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(demo=is_demo_loaded(), **kwargs)


class SignOut(LogoutView):
    next_page = "/sign-in/"


def home(request: HttpRequest) -> HttpResponse:
    """Everyone to where they work."""
    if not request.user.is_authenticated:
        return redirect(settings.LOGIN_URL)
    return redirect(HOME[request.user.role])
