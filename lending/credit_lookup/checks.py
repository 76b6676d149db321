"""`manage.py check` and everything that runs it stop on a credit source that could never answer."""

from django.conf import settings
from django.core.checks import Error, register
from django.core.exceptions import ImproperlyConfigured

from lending.credit_lookup.adapters import check_sources


@register()
def credit_sources(app_configs, **options) -> list[Error]:
    try:
        check_sources(settings.CREDIT_SOURCES)
    except ImproperlyConfigured as mistake:
        return [Error(str(mistake), id="lending.E001")]
    return []
