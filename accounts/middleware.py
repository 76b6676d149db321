"""Refusals raised in page views become a page (or JSON under /api/)."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from accounts.api_errors import shape
from accounts.errors import Refusal

OWNERS = ("/track/", "/q/")  # behind these stand people without an account


class RefusalPages:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Refusal):
            return None
        if request.path.startswith("/api/"):
            response = JsonResponse(shape(error.code, error.sentence, error.fields), status=error.status)
            response.is_retryable = error.is_retryable
            return response
        context = {"code": error.code, "sentence": error.sentence, "fields": error.fields}
        context["is_owner"] = request.path.startswith(OWNERS) and not request.user.is_authenticated
        return render(request, "refused.html", context, status=error.status)
