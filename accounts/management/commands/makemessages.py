"""Django's makemessages with options that make two runs write the same file, wherever and whenever they run."""

import re
from pathlib import Path

from django.core.management.commands import makemessages

STABLE = ["--no-location", "--no-wrap", "--sort-output"]
NOT_OURS = ["node_modules", "var", "tests", "bench", "static", "docs"]
DATE = re.compile(r'^"(POT-Creation|PO-Revision)-Date:.*\\n"\n', flags=re.M)


class Command(makemessages.Command):
    msguniq_options = [*makemessages.Command.msguniq_options, *STABLE]
    # A guess from a similar sentence says something else; an empty entry is seen by the test.
    msgmerge_options = [*makemessages.Command.msgmerge_options, *STABLE, "--no-fuzzy-matching"]
    msgattrib_options = [*makemessages.Command.msgattrib_options, *STABLE]
    xgettext_options = [*makemessages.Command.xgettext_options, *STABLE]

    def handle(self, *args, **options) -> None:
        options["ignore_patterns"] = [*options["ignore_patterns"], *NOT_OURS]
        options["no_obsolete"] = True
        super().handle(*args, **options)

    def write_po_file(self, potfile: str, locale: str) -> None:
        super().write_po_file(potfile, locale)
        po = Path(potfile).parent / locale / "LC_MESSAGES" / f"{self.domain}.po"
        po.write_text(DATE.sub("", po.read_text()))
