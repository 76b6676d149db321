"""What everyone sees when something goes wrong: a page for people, the API's error shape under /api/."""

import logging
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)
SIGN_IN = "/sign-in/"


def is_owner(request: HttpRequest) -> bool:
    """Behind a door code or a tracking link stand people with no work page and no administrator to ask."""
    return request.path_info.startswith(("/track/", "/q/"))


def wants_json(request: HttpRequest) -> bool:
    return request.path_info.startswith(("/api/", "/oauth/"))


def refusal_json(code: str, sentence: str, status: int) -> JsonResponse:
    body = {"code": code, "detail": sentence, "fields": {}}
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 400, "bad_request", _("请求无法识别。"))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403, "permission_denied", _("您没有权限进行此操作。"))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404, "not_found", _("页面不存在，或您无权查看。"))


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500, "server_error", _("系统出错，请稍后再试。"))


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    if (
        request.path_info == SIGN_IN
    ):  # left open while another tab or the phone's worker was given another token
        messages.warning(request, _("页面已过期，请再登录一次。"))
        target = request.POST.get("next", "")
        return redirect(f"{SIGN_IN}?{urlencode({'next': target})}" if target else SIGN_IN)
    return _answer(request, 403, "csrf_failed", _("页面已过期，请返回刷新后重试。"))


def too_many_sign_ins(
    request: HttpRequest, original_response: HttpResponse | None = None, credentials: dict | None = None
) -> HttpResponse:
    """429 after five failed sign-ins; called by django-axes."""
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    sentence = _("登录失败次数过多，请 %(minutes)s 分钟后再试。") % {"minutes": minutes}
    return _answer(request, 429, "too_many_sign_ins", sentence, template="lockout.html", minutes=minutes)


def _answer(
    request: HttpRequest, status: int, code: str, sentence: str, template: str = "", minutes: int = 0
) -> HttpResponse:
    if wants_json(request):
        return refusal_json(code, sentence, status)
    context = {"sentence": sentence, "code": code, "minutes": minutes, "is_owner": is_owner(request)}
    try:
        # Without the request: a context processor that asks the database would fail a second time on a 500.
        page = render_to_string(template or f"{status}.html", context)
    except Exception:
        logger.exception("the page for status %s could not be made", status)
        return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
    return HttpResponse(page, status=status)
