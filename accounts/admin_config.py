"""Named in INSTALLED_APPS instead of django.contrib.admin, so that every `admin.site` is ours."""

from django.contrib.admin.apps import AdminConfig


class DoorstepAdminConfig(AdminConfig):
    default_site = "accounts.admin_site.DoorstepSite"
