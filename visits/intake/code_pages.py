"""What a scanned code opens (`/q/<token>/`), for everybody, and the page that takes a code typed by hand."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import client_address
from accounts.errors import NotAllowed
from accounts.owner_pages import for_owners
from accounts.roles import HOME, Role
from visits.codes import queries, rules, services
from visits.codes.models import Code
from visits.errors import CodeForged, CodeMalformed, CodeRefused
from visits.field.scan_answers import refused_to_officer
from visits.protection.queries import do_not_disturb_until

for_doors = for_owners(one_spelling=rules.one_spelling)
GONE = 410  # a page may say more plainly than the API that the code was right once


@require_GET
@for_doors
def open_code(request: HttpRequest, token: str) -> HttpResponse:
    """Anyone's phone opens this. An officer at a door goes on to the visit; everybody else is told what it is."""
    user, now = request.user, timezone.now()
    try:
        code = services.scan(text=token, by=user, now=now, address=client_address.of(request))
    except CodeRefused as refusal:
        if user.is_authenticated and user.role == Role.FIELD_OFFICER:
            return refused_to_officer(request, refusal, text=token)
        return refused(request, refusal)
    if code.business and user.is_authenticated and user.role == Role.FIELD_OFFICER:
        typed = "?typed=1" if "typed" in request.GET else ""
        return redirect(reverse("visit-by-code", args=[rules.token_for(code.secret)]) + typed)
    return render(request, f"visits/codes/{code.kind}.html", _about(code, user, now))


@require_http_methods(["GET", "POST"])
@for_doors
def find_code(request: HttpRequest) -> HttpResponse:
    """Type what is printed under a code: on a door, or on the card of somebody who stands before it."""
    problem = ""
    if request.method == "POST":
        token = rules.read_token(request.POST.get("code", ""))
        if token and rules.secret_of(token):
            return redirect("open-code", token=token)
        problem = CodeForged.sentence if token else _("请填写码下面的16位字符,例如 ABCD-EFGH-JKMN-PQRS。")
    status = CodeMalformed.status if problem else 200
    return render(request, "visits/intake/find.html", {"problem": problem}, status=status)


def refused(request: HttpRequest, refusal: CodeRefused) -> HttpResponse:
    """Red for what was never ours or is revoked, amber for what has only run out; never whose it was."""
    status = GONE if refusal.status == 422 else refusal.status
    return render(request, "visits/codes/refused.html", {"refusal": refusal}, status=status)


def with_code(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For the owner's pages behind a code: counted, the code checked, `code` and the plain `token` handed on.

    Whoever is signed in works here; declaring for an owner from a colleague's phone would be a signature nobody gave.
    """

    @for_doors
    @wraps(view)
    def page(request: HttpRequest, token: str, **kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            raise NotAllowed(_("这一页是给企业主的,请企业主用自己的手机打开。您登录着工作账号。"))
        try:
            code = services.scan(text=token, by=None, now=timezone.now(), address=client_address.of(request))
        except CodeRefused as refusal:
            return refused(request, refusal)
        return view(request, code=code, token=rules.token_for(code.secret), **kwargs)

    return page


def _about(code: Code, user, now) -> dict:
    """What this person may read of the code. A stranger learns of a business what stands on the door: its name."""
    is_insider = user.is_authenticated and queries.is_seen_by(code, user)
    token = rules.token_for(code.secret)
    if user.is_authenticated and not is_insider:
        services.note_refused(text=token, reason="not_yours", code=code, by=user, now=now)
    return {
        "code": code, "token": token, "is_insider": is_insider, "is_refused": user.is_authenticated and not is_insider,
        "short": rules.short_code(token), "today": timezone.localtime(now), "report_to": queries.report_to(code),
        "home": HOME[user.role] if user.is_authenticated else "",
        "quiet_until": do_not_disturb_until(code.business, now) if code.business else None,
    }  # fmt: skip
