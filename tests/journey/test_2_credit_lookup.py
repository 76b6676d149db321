"""Chapter 2: credit data is looked up with the owner's consent, and the receipt is kept."""

import csv

from tests.journey.test_1_visit_scan import FIRM

ITEMS = (
    ("credit_code", "category", "item", "value", "department", "as_of", "is_adverse"),
    (FIRM.credit_code, "登记注册", "登记状态", "存续", "市场监管局", "2026-11-01", "0"),
    (FIRM.credit_code, "纳税", "纳税信用等级", "A", "税务局", "2026-04-30", "0"),
)


def test_1_a_data_set_is_imported(stack, tmp_path):
    path = tmp_path / "items.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(ITEMS)
    done = stack.run("manage.py", "import_credit_data", str(path), "--source", "city-platform")
    assert '"created": 2' in done.splitlines()[-1]


def test_2_only_the_district_looks_up(people, story):
    for other in ("officer",):
        assert (
            people(other).call(f"cases/{story.number}/credit-lookup/", {}, status=403)["code"]
            == "not_allowed"
        )
    for stranger in ("panel-other", "bank"):
        assert (
            people(stranger).call(f"cases/{story.number}/credit-lookup/", {}, status=404)["code"]
            == "not_found"
        )


def test_3_the_lookup_brings_the_items_and_moves_the_case_to_review(people, story):
    answer = people("panel").call(f"cases/{story.number}/credit-lookup/", {}, status=201)
    receipt = answer["lookups"][0]
    assert (receipt["source"], receipt["answer"], len(receipt["items"])) == ("city-platform", "found", 2)
    assert len(receipt["response_sha256"]) == 64
    assert people("panel").read(f"cases/{story.number}/")["stage"] == "under_review"
