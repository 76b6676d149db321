"""Every address, app by app. Each app says its own; this file says only where they hang."""

from django.contrib import admin
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from config import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("api/v1/", include("accounts.api_urls")),
    path("api/v1/", include("visits.api_urls")),
    path("api/v1/", include("lending.api_urls")),
    path("admin/", admin.site.urls),
    # Exempt: a page kept for offline use has a stale token, and a language chosen for somebody harms nobody.
    path("language/", csrf_exempt(set_language), name="set_language"),
    path("", include("accounts.urls")),
    path("", include("visits.urls")),
    path("", include("lending.urls")),
]

handler400 = "config.pages.bad_request"
handler403 = "config.pages.forbidden"
handler404 = "config.pages.not_found"
handler500 = "config.pages.server_error"
