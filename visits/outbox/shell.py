"""The service worker: its source, and the version by which a deploy replaces what phones keep."""

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.urls import reverse

SHELLS = ("today-offline", "visit-offline", "outbox", "scan")  # pages a phone keeps, by name of their address


def site() -> dict:
    """What `templates/visits/outbox/sw.js` is told about this installation."""
    addresses = {name: reverse(name) for name in SHELLS}
    return {"version": version(), "static": settings.STATIC_URL, "shells": addresses}


@cache
def version() -> str:
    """Changes with any static file or template. Worked out once: a deploy starts new processes."""
    digest = hashlib.sha256(str(getattr(staticfiles_storage, "manifest_hash", "")).encode())
    folders = [
        settings.BASE_DIR / "templates",
        settings.BASE_DIR / "locale",
        *map(Path, settings.STATICFILES_DIRS),
    ]
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(settings.BASE_DIR)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]
