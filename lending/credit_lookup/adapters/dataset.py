"""Reads what `import_credit_data` loaded under the code of the source."""

from lending.credit_lookup.adapters.reply import MAX_ITEMS, Question, Reply, digest_of, not_fetched
from lending.models import CreditItem


def ask(source: dict, question: Question) -> Reply:
    """A business without a row has no record; a source without any row was never loaded, and that is not an answer."""
    ours = CreditItem.objects.filter(source=source["code"])
    rows = ours.filter(credit_code=question.credit_code).order_by("category", "item", "-as_of")[:MAX_ITEMS]
    items = [
        {
            "category": row.category, "item": row.item, "value": row.value, "department": row.department,
            "as_of": row.as_of.isoformat(), "is_adverse": row.is_adverse,
        }
        for row in rows
    ]  # fmt: skip
    if not items and not ours.exists():
        return not_fetched("该来源还没有导入数据")
    return Reply("found" if items else "no_record", items=items, sha256=digest_of(items))
