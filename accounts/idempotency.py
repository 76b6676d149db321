"""`X-Idempotency-Key`: the same POST twice is done once and answered twice.

The first request inserts the key under a unique constraint and so owns it; a second one finds the answer, or 409 with
Retry-After while the first still runs. An answer that may be another next time though the content is the same is not
kept: what depends on the caller's sign-in or on the moment (`NOT_KEPT`, 5xx, refusals with `is_retryable`). The key is
released when the view fails, and a key whose owner died is free again after `ABANDONED`.
"""

import hashlib
from datetime import timedelta

from django.core.exceptions import RequestDataTooBig
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.api_errors import shape
from accounts.idempotency_record import IdempotencyRecord

KEPT_FOR = timedelta(days=7)
ABANDONED = timedelta(minutes=2)
NOT_KEPT = {401, 403, 408, 409, 413, 429}
MAX_KEY = 128


class IdempotencyMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.headers.get("X-Idempotency-Key")
        if key is None or request.method != "POST" or not request.path.startswith("/api/"):
            return self.get_response(request)
        if not key.isprintable() or not 0 < len(key) <= MAX_KEY:
            return _refuse(400, "idempotency_key_invalid", _("X-Idempotency-Key 须为 1 至 128 个可见字符。"))
        if not request.user.is_authenticated:
            return self.get_response(request)
        try:
            body = request.body
        except RequestDataTooBig:
            return _refuse(413, "too_large", _("提交的内容过大。"))
        except UnreadablePostError:
            return _refuse(400, "body_unreadable", _("提交的内容没有传完整,请重试。"))
        return self._once(request, key, body)

    def _once(self, request: HttpRequest, key: str, body: bytes) -> HttpResponse:
        now = timezone.now()
        caller = f"user:{request.user.pk}"
        content = f"{request.method} {request.get_full_path()}\n".encode() + body
        digest = hashlib.sha256(content).hexdigest()
        mine = IdempotencyRecord(
            caller=caller, key=key, body_digest=digest, created_at=now, expires_at=now + KEPT_FOR
        )
        same = IdempotencyRecord.objects.filter(caller=caller, key=key)
        same.filter(expires_at__lte=now).delete()
        same.filter(status__isnull=True, created_at__lt=now - ABANDONED).delete()
        try:
            with transaction.atomic():
                mine.save(force_insert=True)
        except IntegrityError:
            return _repeat(same.first(), digest)
        return self._run(request, mine)

    def _run(self, request: HttpRequest, mine: IdempotencyRecord) -> HttpResponse:
        try:
            response = self.get_response(request)
        except BaseException:
            mine.delete()
            raise
        if _is_final(response):
            mine.status, mine.body = response.status_code, response.content
            mine.content_type = response.get("Content-Type", "")
            mine.save(update_fields=["status", "body", "content_type"])
        else:
            mine.delete()
        return response


def _is_final(response: HttpResponse) -> bool:
    """Whether the same content would be answered the same way whoever asks again and whenever."""
    if response.status_code >= 500 or response.status_code in NOT_KEPT or response.streaming:
        return False
    return not getattr(response, "is_retryable", False)


def _repeat(first: IdempotencyRecord | None, digest: str) -> HttpResponse:
    if first is None or (first.status is None and first.body_digest == digest):
        response = _refuse(409, "idempotency_in_flight", _("同一请求正在处理,请稍后再试。"))
        response["Retry-After"] = "5"
        return response
    if first.body_digest != digest:
        return _refuse(422, "idempotency_key_reused", _("同一 X-Idempotency-Key 已用于不同的内容。"))
    response = HttpResponse(bytes(first.body), status=first.status, content_type=first.content_type)
    response["Idempotency-Replayed"] = "true"
    return response


def _refuse(status: int, code: str, sentence: str) -> JsonResponse:
    return JsonResponse(shape(code, sentence), status=status)
