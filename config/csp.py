"""One strict content security policy, relaxed for two path prefixes that third-party pages need."""

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponseBase

# The admin theme runs Alpine.js, which evaluates attributes, and sets inline styles. Swagger UI sets inline styles
# and its page carries its start-up script inline.
RELAXED = {
    "/admin/": {"script-src": [SELF, UNSAFE_EVAL, UNSAFE_INLINE], "style-src": [SELF, UNSAFE_INLINE]},
    "/api/v1/docs/": {"script-src": [SELF, UNSAFE_INLINE], "style-src": [SELF, UNSAFE_INLINE]},
}


class PolicyByPath(CSPMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        for prefix, directives in RELAXED.items():
            if request.path_info.startswith(prefix):
                response._csp_replace = {**directives, **(getattr(response, "_csp_replace", None) or {})}
        return super().process_response(request, response)
