from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VisitsConfig(AppConfig):
    name = "visits"
    verbose_name = _("走访")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from visits import access  # noqa: F401  registers who sees which businesses, codes and visits
