"""The eight lists as a 2023 Shanghai programme named them (domain.md 1, S10); names and number are data."""

from visits.register.models import BusinessList

LISTS = (
    ("innovative_sme", "创新型中小企业"),
    ("cluster_sme", "特色产业集群中小企业"),
    ("key_chain_sme", "重点产业链上下游中小企业"),
    ("foreign_trade_sme", "中小微外贸企业"),
    ("good_taxpayer", "纳税评级较好企业"),
    ("quality_private", "优质民营企业"),
    ("patent_pilot", "专利工作试点示范企业"),
    ("sole_trader", "个体工商户"),
)


def load() -> None:
    for position, (code, name) in enumerate(LISTS, start=1):
        BusinessList.objects.get_or_create(code=code, defaults={"name": name, "position": position})
