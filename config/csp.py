"""One strict content security policy, relaxed for the few path prefixes that need more."""

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE, WASM_UNSAFE_EVAL
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponseBase

# The admin theme runs Alpine.js, which evaluates attributes, and sets inline styles. Swagger UI sets inline styles
# and its page carries its start-up script inline. The scan page compiles the QR reader from WebAssembly; its camera needs
# no relaxation, since a stream is handed to the video element and has no address.
RELAXED = {
    "/admin/": {"script-src": [SELF, UNSAFE_EVAL, UNSAFE_INLINE], "style-src": [SELF, UNSAFE_INLINE]},
    "/m/scan/": {"script-src": [SELF, WASM_UNSAFE_EVAL]},
    "/api/v1/docs/": {"script-src": [SELF, UNSAFE_INLINE], "style-src": [SELF, UNSAFE_INLINE]},
}


class PolicyByPath(CSPMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        for prefix, directives in RELAXED.items():
            if request.path_info.startswith(prefix):
                response._csp_replace = {**directives, **(getattr(response, "_csp_replace", None) or {})}
        return super().process_response(request, response)
