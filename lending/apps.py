from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LendingConfig(AppConfig):
    name = "lending"
    verbose_name = _("融资办件")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # row gates; the receiver that opens a case when a visit is recorded; the check of the credit sources
        from lending import access, opening  # noqa: F401
        from lending.credit_lookup import checks  # noqa: F401
