"""The published register of Shanghai 1989-1996, where it is at hand. It may not be shipped: skipped where it is absent."""

import csv
import json
import os
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from visits.register.models import Business

BESIDE = Path(__file__).resolve().parents[4] / "shared" / "data" / "register-shanghai-1989-1996.csv"
FILE = Path(os.environ.get("REGISTER_SAMPLE", BESIDE))
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not FILE.is_file(), reason="the published register is not on this machine (REGISTER_SAMPLE names it)"
    ),
]


def run(path: Path, *options: str) -> dict:
    out = StringIO()
    call_command("import_register", str(path), *options, stdout=out)
    return {key: value for key, value in json.loads(out.getvalue()).items() if key != "seconds"}


def test_every_line_is_accounted_for_and_a_second_import_changes_nothing(tmp_path):
    first = run(FILE, "--errors", str(tmp_path / "1.csv"))
    assert first == {
        "read": 24_563, "created": 24_553, "updated": 0, "unchanged": 0, "rejected": 2, "headers": 8, "duplicates": 0,
        "conflicts": 8, "listed": 0,
    }  # fmt: skip
    assert run(FILE, "--errors", str(tmp_path / "2.csv")) == first | {"created": 0, "unchanged": 24_553}
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()
    with (tmp_path / "1.csv").open(encoding="utf-8", newline="") as file:
        assert [(row["line"], row["code"]) for row in csv.DictReader(file)] == [
            ("6852", "displaced"),
            ("18038", "displaced"),
        ]
    as_gb18030 = tmp_path / "gb.csv"
    as_gb18030.write_bytes(FILE.read_text(encoding="utf-8").encode("gb18030"))
    assert run(as_gb18030) == first | {"created": 0, "unchanged": 24_553}
    assert Counter(Business.objects.values_list("district_source", flat=True)) == {
        "column": 23_705, "address": 341, "authority": 126, "none": 381,
    }  # fmt: skip
    unread = Business.objects.filter(capital_amount=None).exclude(capital_text="")
    assert list(unread.values_list("capital_text", flat=True)) == ["Louis"]
