"""Where pages find what npm brought (.ci/vendor.py)."""

from django import template
from django.conf import settings
from django.templatetags.static import static

register = template.Library()


@register.simple_tag
def vendor(path: str) -> str:
    """The address of a file in static/vendor; empty where the npm packages were not installed, which a page must bear."""
    if not (settings.BASE_DIR / "static" / "vendor" / path).is_file():
        return ""
    try:
        return static(f"vendor/{path}")
    except ValueError:  # installed after the static files were collected
        return ""
