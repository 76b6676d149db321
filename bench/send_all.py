"""python -m bench.send_all: what a worker does, tick after tick, until no letter is left."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.utils import timezone  # noqa: E402  settings first

from lending.sla.sending import send_pending  # noqa: E402

while (sent := send_pending(now=timezone.now())).sent:
    print(f"# {sent}", flush=True)
