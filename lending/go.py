"""`/go/<case number>/`: the one address that mails and notices carry; leads everybody to where they see the case."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse

from accounts.access import get_visible, visible_to
from accounts.errors import NotFound
from accounts.models import User
from accounts.roles import BANK_ROLES, Role
from lending.models import FinancingCase, Recommendation

# the page of a case for each role, by url name; the bank's is found by its recommendation
PAGE = {Role.PANEL: "district-case", Role.CITY: "district-case", Role.FIELD_OFFICER: "officer-case"}


@login_required
def go(request: HttpRequest, number: str) -> HttpResponse:
    """Redirect, or 404 for whoever may not see the case or has no page for it."""
    case = get_visible(request.user, FinancingCase, number=number)
    return HttpResponseRedirect(_address(request.user, case))


def _address(user: User, case: FinancingCase) -> str:
    try:
        if user.role in BANK_ROLES:
            pushed = visible_to(user, Recommendation).filter(case=case).order_by("-pushed_at").first()
            return reverse("admin:lending_recommendation_change", args=[pushed.pk])
        return reverse(PAGE[user.role], args=[case.number])
    except (KeyError, NoReverseMatch):
        raise NotFound() from None
