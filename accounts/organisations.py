"""Bring in organisations from a CSV; another city brings its own file."""

import csv
from collections.abc import Iterable
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext

from accounts.errors import Invalid
from accounts.models import Organisation
from accounts.punctuation import listed

SHANGHAI = Path(__file__).parent / "data" / "organisations-shanghai.csv"
COLUMNS = {"code", "name", "kind", "parent", "district", "aliases"}


@transaction.atomic
def import_organisations(lines: Iterable[str]) -> int:
    """Create or update by `code`; parents stand above their children. Columns: code,name,kind,parent,district,aliases
    (aliases separated by |). Returns how many rows were read; refuses the whole file on the first bad row."""
    reader = csv.DictReader(lines)
    if not set(reader.fieldnames or ()) >= COLUMNS:
        raise Invalid(gettext("机构文件须有这些列:%(needed)s") % {"needed": listed(sorted(COLUMNS))})
    known = {o.code: o for o in Organisation.objects.all()}
    read = 0
    for line, row in enumerate(reader, start=2):
        if row["kind"] not in Organisation.Kind.values:
            said = gettext("第%(line)d行:类别“%(kind)s”不认识,可用:%(known)s")
            raise Invalid(
                said % {"line": line, "kind": row["kind"], "known": listed(Organisation.Kind.values)}
            )
        for column in ("parent", "district"):
            if row[column] and row[column] not in known:
                said = gettext("第%(line)d行:%(column)s“%(code)s”不在本文件上文,也不在已有机构中")
                raise Invalid(said % {"line": line, "column": column, "code": row[column]})
        facts = {
            "name": row["name"].strip(), "kind": row["kind"], "parent": known.get(row["parent"]),
            "district": known.get(row["district"]), "aliases": [a for a in (row["aliases"] or "").split("|") if a],
        }  # fmt: skip
        known[row["code"]], _ = Organisation.objects.update_or_create(
            code=row["code"].strip(), defaults=facts
        )
        read += 1
    return read
