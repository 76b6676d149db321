"""What a bank may know of the others: medians without names, and nothing at all where few stand behind them. No ORM."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

FEWEST = 5  # with fewer peers behind it a median gives one of them away


@dataclass(frozen=True)
class Peers:
    """`banks` and the medians are None where fewer than five other banks stand behind them."""

    banks: int | None
    on_time_pct: float | None
    median_days: float | None


def peers(on_time: Iterable[float | None], days: Iterable[float | None]) -> Peers:
    """Medians over the *other* banks; a bank without a figure (None) is no peer for that figure."""
    rates, waits = list(on_time), list(days)
    return Peers(len(rates) if len(rates) >= FEWEST else None, _median(rates), _median(waits))


def _median(figures: list[float | None]) -> float | None:
    known = [figure for figure in figures if figure is not None]
    return round(median(known), 1) if len(known) >= FEWEST else None
