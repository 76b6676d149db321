"""The web door: `granian --interface wsgi config.wsgi:application` or `gunicorn config.wsgi`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["DOORSTEP_WEB"] = "1"  # settings give web processes a connection pool

from config import embedded

embedded.use_if_needed()

from django.core.wsgi import get_wsgi_application  # noqa: E402  settings are read here

application = get_wsgi_application()

from config import watchdog  # noqa: E402

watchdog.start()
