from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("人员与机构")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.apps import apps

        from accounts import access  # noqa: F401  registers who sees which organisations and people

        apps.get_app_config("axes").verbose_name = _("登录安全")  # it names itself by its package
