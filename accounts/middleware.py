"""Refusals raised in page views become a page (or JSON under /api/); pages whose address is a key are kept by nobody."""

import math

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from accounts.api_errors import shape
from accounts.errors import Refusal, TooMany

OWNERS = ("/track/", "/q/")  # behind these stand people without an account


class RefusalPages:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(OWNERS):
            response.headers["Cache-Control"] = "no-store"
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Refusal):
            return None
        if request.path.startswith("/api/"):
            response = JsonResponse(shape(error.code, error.sentence, error.fields), status=error.status)
            response.is_retryable = error.is_retryable
            return response
        context = {"code": error.code, "sentence": error.sentence, "fields": error.fields}
        context["is_owner"] = request.path.startswith(OWNERS) and not request.user.is_authenticated
        if isinstance(error, TooMany):
            context["minutes"] = math.ceil(error.retry_after / 60)
            page = render(request, "too_many.html", context, status=error.status)
            page.headers["Retry-After"] = str(error.retry_after)
            return page
        return render(request, "refused.html", context, status=error.status)
