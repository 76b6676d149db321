"""A phone that sends what is waiting says whose it is, so that nobody's visit is booked on whoever signed in since."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.api_errors import shape
from visits.errors import OtherOfficer


class RightOfficer:
    """`X-Officer: <id>` on an API request by somebody else: 409 `other_officer`, and nothing is done."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        said = request.headers.get("X-Officer")
        if said is None or not request.path_info.startswith("/api/") or not request.user.is_authenticated:
            return self.get_response(request)
        if said != str(request.user.pk):
            return JsonResponse(shape(OtherOfficer.code, OtherOfficer.sentence), status=OtherOfficer.status)
        return self.get_response(request)
