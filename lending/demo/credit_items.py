"""Invented credit items of the demo's firms, brought in by the same import that real data sets take."""

import csv
from datetime import datetime, timedelta
from pathlib import Path

from visits.models import Business

HEADER = ("credit_code", "category", "item", "value", "department", "as_of", "is_adverse")


def write_file(path: Path, now: datetime) -> None:
    month, spring = (now - timedelta(days=12)).date(), f"{now.year}-04-30"
    with path.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(HEADER)
        found = Business.objects.order_by("credit_code").values_list("credit_code", "kind")
        for number, (code, kind) in enumerate(found.iterator(chunk_size=5000)):
            if number % 9 == 8:
                continue  # some firms stand in no data set: "no record", which is not "not fetched"
            rows.writerow((code, "登记注册", "登记状态", "存续", "市场监管局", month, 0))
            if kind == "company":
                rows.writerow((code, "纳税", "纳税信用等级", "ABM"[number % 3], "税务局", spring, 0))
                rows.writerow((code, "社保", "参保人数", str(3 + number % 40), "人社局", month, 0))
            if number % 23 == 5:
                rows.writerow((code, "行政处罚", "一般行政处罚", "罚款2000元,已履行", "市场监管局", month, 1))
