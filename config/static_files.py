"""Static files under names that carry a hash of their content, also where one module imports another."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Our own modules by how their names begin. Bundles of others import what is not there and would stop collectstatic.
OURS = ("outbox/*.js", "scan*.js", "visit-*.js", "credit-code.js")
IMPORTS = HashedFilesMixin._js_module_import_aggregation_patterns[1]


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Without this a page would take a module from today and what it imports from a cache of last month."""

    patterns = (*HashedFilesMixin.patterns, *((name, IMPORTS) for name in OURS))
