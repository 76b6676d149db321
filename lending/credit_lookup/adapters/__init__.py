"""Ways of asking a source of credit data. Vendors' peculiarities stay in here; the receipt is the same for all."""

from collections.abc import Callable

from django.core.exceptions import ImproperlyConfigured

from lending.credit_lookup.adapters import dataset, http
from lending.credit_lookup.adapters.reply import Question, Reply

# An adapter asks one configured source one question and answers with a Reply; it never raises for what a source does.
Adapter = Callable[[dict, Question], Reply]
ADAPTERS: dict[str, Adapter] = {"dataset": dataset.ask, "http": http.ask}
NEEDS: dict[str, set[str]] = {"dataset": set(), "http": {"url", "secret"}}
MAX_CODE = 40  # characters, as CreditLookup.source holds


def check_sources(sources: list[dict]) -> None:
    """Refuse settings that no adapter could work with, naming what is wrong; secrets are never repeated."""
    seen = set()
    for source in sources:
        code, adapter = source["code"], source["adapter"]
        if not isinstance(code, str) or not 0 < len(code) <= MAX_CODE or code in seen:
            raise ImproperlyConfigured(f"CREDIT_SOURCES: code {code!r} is empty, too long or given twice.")
        seen.add(code)
        if adapter not in ADAPTERS:
            known = ", ".join(sorted(ADAPTERS))
            raise ImproperlyConfigured(
                f"CREDIT_SOURCES: {code} names the adapter {adapter!r}; known: {known}."
            )
        if lacking := sorted(name for name in NEEDS[adapter] if not source.get(name)):
            raise ImproperlyConfigured(f"CREDIT_SOURCES: {code} lacks {', '.join(lacking)}.")


__all__ = ["ADAPTERS", "Question", "Reply", "check_sources"]
