"""One shape for every refusal of the API: `{"code", "detail", "fields"}`."""

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.errors import Refusal

# what DRF raises → our stable code and sentence
KNOWN = (
    (exceptions.NotAuthenticated, 401, "not_signed_in", _("请先登录。")),
    (exceptions.AuthenticationFailed, 401, "not_signed_in", _("登录已失效,请重新登录。")),
    (exceptions.PermissionDenied, 403, "not_allowed", _("您的岗位没有此项权限。")),
    (PermissionDenied, 403, "not_allowed", _("您的岗位没有此项权限。")),
    (exceptions.NotFound, 404, "not_found", _("没有找到,或您无权查看。")),
    (Http404, 404, "not_found", _("没有找到,或您无权查看。")),
    (exceptions.MethodNotAllowed, 405, "method_not_allowed", _("此地址不支持这种请求方式。")),
    (exceptions.NotAcceptable, 406, "not_acceptable", _("只提供 JSON。")),
    (exceptions.UnsupportedMediaType, 415, "unsupported_media_type", _("请以 JSON 提交。")),
    (exceptions.Throttled, 429, "too_many_requests", _("操作过于频繁,请稍后再试。")),
    (exceptions.ParseError, 400, "malformed_json", _("提交的内容不是有效的 JSON。")),
    (RequestDataTooBig, 413, "too_large", _("提交的内容过大。")),
    (SuspiciousOperation, 400, "invalid", _("提交的内容有误。")),
    (DataError, 400, "invalid", _("提交的内容超出可保存的范围。")),
)
# DRF tells a missing token from a missing right by its English sentence alone
CSRF_SENTENCE = _("页面已过期，请返回刷新后重试。")


def shape(code: str, detail: str, fields: dict | None = None) -> dict:
    return {"code": code, "detail": str(detail), "fields": fields or {}}


def flatten(errors: object, path: str = "") -> dict[str, str]:
    """DRF's nested errors as one level of dotted names, each with its first sentence."""
    if isinstance(errors, dict):
        found = {}
        for name, inner in errors.items():
            found |= flatten(inner, f"{path}.{name}" if path else str(name))
        return found
    if isinstance(errors, list):
        if any(isinstance(inner, dict) for inner in errors):
            found = {}
            for position, inner in enumerate(errors):
                found |= flatten(inner, f"{path}.{position}") if inner else {}
            return found
        if errors and getattr(errors[0], "code", "") == "null" and path.endswith("non_field_errors"):
            return {
                path: str(_("没有提交内容。"))
            }  # a body of `null`: the one sentence that DRF does not translate
        return {path: str(errors[0])} if errors else {}
    return {path: str(errors)}


def handle(error: Exception, context: dict) -> Response | None:
    """DRF's exception handler. What is not listed is a fault: None lets it be logged and answered 500."""
    if isinstance(error, Refusal):
        set_rollback()
        fields = {name: str(sentence) for name, sentence in error.fields.items()}
        response = Response(shape(error.code, error.sentence, fields), status=error.status)
        response.is_retryable = error.is_retryable
        return response
    if isinstance(error, exceptions.ValidationError):
        set_rollback()
        return Response(
            shape("invalid", _("提交的内容有误,请按提示修改。"), flatten(error.detail)), status=400
        )
    if isinstance(error, exceptions.PermissionDenied) and str(error.detail).startswith("CSRF Failed"):
        set_rollback()
        return Response(shape("csrf_failed", CSRF_SENTENCE), status=403)
    for kind, status, code, sentence in KNOWN:
        if isinstance(error, kind):
            set_rollback()
            headers = {"WWW-Authenticate": "Session"} if status == 401 else {}
            if getattr(error, "wait", None):
                headers["Retry-After"] = str(int(error.wait))
            return Response(shape(code, sentence), status=status, headers=headers)
    return None
