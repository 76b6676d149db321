"""What an officer reads after a code that led nowhere: their own page, what was typed, and a way on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.access import visible_to
from visits.codes.rules import read_token, short_code
from visits.errors import CodeRefused
from visits.field import rules_typed
from visits.register.models import Business


def refused_to_officer(
    request: HttpRequest, refusal: CodeRefused, *, text: str, is_typed: bool = False
) -> HttpResponse:
    """The page that scans, with the text kept. A code that was right once offers the visit by credit code, where this
    officer may see the firm. What was typed wrong is a slip; what was scanned and is not ours is a warning."""
    token = read_token(text)
    context = {
        "tab": "scan", "text": short_code(token) if token else text, "problem": _sentence(refusal, text, is_typed),
        "firm": _firm(request, refusal),
    }  # fmt: skip
    return render(request, "visits/field/scan.html", context, status=refusal.status)


def _sentence(refusal: CodeRefused, text: str, is_typed: bool) -> str:
    if is_typed and refusal.reason in ("malformed", "forged"):
        return rules_typed.problem(text) or str(refusal.sentence)
    if refusal.reason == "unknown":
        return _("没有查到这个码。请照门牌核对,或改输18位信用代码。")
    return str(refusal.sentence)


def _firm(request: HttpRequest, refusal: CodeRefused) -> Business | None:
    if refusal.found is None or refusal.found.business_id is None:
        return None
    return visible_to(request.user, Business).filter(pk=refusal.found.business_id).first()
