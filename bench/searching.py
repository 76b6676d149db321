"""Searching the imported register: a fixed mix of questions, common and rare, hits and none, by name and by code."""

import random
import time
from pathlib import Path

from django.db.models import QuerySet

from bench.figures import Report, percentile

COMMON = "有限 上海 公司 有限公司 科技有限公司 管理 贸易有限公司 经营部 （集团）有限公司 合伙企业(有限合伙) 分公司 物流".split()
ONE = "限 公 曜 技 鑫 龘 路 集".split()
NO_HIT = "没有这样的名字 限有 甲乙丙丁 上海有限技 QQQQ 99999 ZZTOP 公有".split()
TIMES = 3


def questions(businesses: QuerySet) -> dict[str, list[str]]:
    rng = random.Random(20250430)
    last = businesses.order_by("-pk").values_list("pk", flat=True).first()
    picked = [businesses.filter(pk__gte=rng.randrange(1, last)).order_by("pk").first() for _ in range(12)]
    names, codes = [one.name for one in picked], [one.credit_code for one in picked]
    return {
        "common": COMMON,
        "one_character": ONE,
        "whole_name": names,
        "part_of_name": [name[2:6] for name in names],
        "two_characters": [name[3:5] for name in names],
        "whole_code": codes[:6],
        "part_of_code": [c[:10] for c in codes[:4]]
        + [c[-6:] for c in codes[4:8]]
        + [c[5:12] for c in codes[8:]],
        "no_hit": NO_HIT,
    }


def run(report: Report, plans: Path) -> None:
    from accounts.models import Organisation
    from visits.register.models import Business

    everything = Business.objects.all()
    mix = questions(everything)
    report.note(
        f"search: {sum(map(len, mix.values()))} questions, {TIMES} times each, first page of 20 fetched, one client"
    )
    for name, businesses in (
        ("city", everything),
        ("district", everything.filter(district=Organisation.objects.get(code="310104"))),
    ):
        taken = {
            kind: [ask(businesses, text) for _ in range(TIMES) for text in texts]
            for kind, texts in mix.items()
        }
        for kind, times in taken.items():
            report.add(f"search_{name}_{kind}_p95", percentile(times, 0.95), "ms")
        together = [one for times in taken.values() for one in times]
        report.add(f"search_{name}_p50", percentile(together, 0.5), "ms")
        report.add(f"search_{name}_p95", percentile(together, 0.95), "ms", at_most=50)
    plans.write_text(
        "\n\n".join(f"== {kind}: {texts[0]}\n{plan(everything, texts[0])}" for kind, texts in mix.items())
    )
    report.note(f"plans: {plans}")


def ask(businesses: QuerySet, text: str) -> float:
    from visits.register.queries import search_businesses

    began = time.perf_counter()
    list(search_businesses(businesses, text)[:20])
    return (time.perf_counter() - began) * 1000


def plan(businesses: QuerySet, text: str) -> str:
    """EXPLAIN ANALYZE of the name's index step, which the window of newest rows spares the common ones."""
    from visits.register import queries, rules_name

    condition = queries._name_condition(rules_name.search_form(text))
    return businesses.filter(condition).order_by()[:100].explain(analyze=True, buffers=True)
