"""Reads about people and organisations. Never writes."""

from accounts.models import Organisation, User

DEMO_PASSWORD = "visit-to-credit-demo"  # noqa: S105  published in the README; exists only where the demo is loaded
DEMO_SIGN_INS = (
    "officer", "panel", "panel2", "panel-other", "bank", "bankhead", "bank-other", "city",
    "sysadmin", "secadmin", "auditor",
)  # fmt: skip


def is_demo_loaded() -> bool:
    """The demo marks itself by its first sign-in, which nothing else creates."""
    return User.objects.filter(username="officer", email="officer@demo.invalid").exists()


def districts_by_key() -> dict[str, Organisation]:
    """Every spelling that stands for a district: code, name, name without 区 or 新区, aliases and old codes."""
    found: dict[str, Organisation] = {}
    for district in Organisation.objects.filter(kind=Organisation.Kind.DISTRICT):
        short = district.name.removesuffix("新区").removesuffix("区")
        for key in (district.code, district.name, short, *district.aliases):
            found.setdefault(key, district)
    return found
