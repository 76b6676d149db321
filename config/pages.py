"""What everyone sees when something goes wrong: a page for people, the API's error shape under /api/."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils.translation import gettext as _


def wants_json(request: HttpRequest) -> bool:
    return request.path_info.startswith(("/api/", "/oauth/"))


def refusal_json(code: str, sentence: str, status: int) -> JsonResponse:
    return JsonResponse({"code": code, "detail": sentence, "fields": {}}, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 400, "bad_request", _("请求无法识别。"))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403, "permission_denied", _("您没有权限进行此操作。"))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404, "not_found", _("页面不存在，或您无权查看。"))


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500, "server_error", _("系统出错，请稍后再试。"))


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(request, 403, "csrf_failed", _("页面已过期，请返回刷新后重试。"))


def too_many_sign_ins(
    request: HttpRequest, original_response=None, credentials: dict | None = None
) -> HttpResponse:
    """Called by django-axes after five failures."""
    return _answer(request, 429, "too_many_sign_ins", _("登录失败次数过多，请 15 分钟后再试。"))


def _answer(request: HttpRequest, status: int, code: str, sentence: str) -> HttpResponse:
    if wants_json(request):
        return refusal_json(code, sentence, status)
    try:
        # Without the request: a context processor that asks the database would fail a second time on a 500.
        return HttpResponse(
            render_to_string(f"{status}.html", {"sentence": sentence, "status": status}), status=status
        )
    except TemplateDoesNotExist:
        return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
