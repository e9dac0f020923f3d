"""What others found: the published range of every effect, read from the evidence with source and confidence.

Where several rows of the evidence speak of an effect, its range holds all of theirs. What is counted in the record
(agreements, threats, truces) is no estimate of others; its range is the interval of the count (``counts.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from model import evidence_table

TABLE: Final = "parameters.csv"
#: From the surest to the least sure.
CONFIDENCE: Final = ("high", "medium", "low")

_ELASTICITY: Final = "own-price elasticity of individual EV models (discrete choice)"
#: The rows of the evidence that speak of an effect: name, and bloc where several have that name.
ROWS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "credit": (("US demand response to loss of 7,500 credit, change in quarterly BEV sales Q4 2025 vs Q4 2024", "US"),),
    "imports": (
        ("change of EU imports of electric cars from China, further duty of 20 points", "EU"),
        ("change of EU imports of cars from China, countervailing duty of 21 points, long run", "EU"),
    ),
    "EV price": (
        ("change of the mean price of electric cars in the EU, countervailing duty of 21 points, long run", "EU"),
    ),
    "import price": (("pass-through of 2018 US tariffs to US import prices", "US"),),
    "recognition": (
        ("trade gain from harmonising US and EU car regulation", "US"),
        ("MRA effect on trade, general", "WORLD"),
        ("MRA effect on trade in covered products (Mexico electronics)", "US"),
    ),
    "charging": (("EV market size gain from a single charging standard", "US"),),
    "elasticity CN": ((_ELASTICITY, "CN"),),
    "elasticity US": ((_ELASTICITY, "US"),),
    "elasticity EU": ((_ELASTICITY, "EU"),),
    "elasticity US, all": (("own-price elasticity of EV demand, low and middle income buyers (California)", "US"),),
    "subsidies": (("share of EV sales explained by subsidies 2015-18", "CN"),),
}


@dataclass(frozen=True)
class Published:
    """A range, low to high, and who says so; confidence is that of the weakest row. value: None for a range alone."""

    low: float
    high: float
    value: float | None
    sources: tuple[str, ...]
    confidence: str

    def holds(self, figure: float) -> bool:
        """Whether a figure lies in the range."""
        return self.low <= figure <= self.high


def published() -> dict[str, Published]:
    """The range of every effect of ``ROWS``.

    Raises:
        KeyError: the evidence has no such row any more.
    """
    known = {(row["name"], row["bloc"]): row for row in evidence_table(TABLE)}
    return {key: _range([known[name] for name in names]) for key, names in ROWS.items()}


def _range(rows: list[dict[str, str]]) -> Published:
    ends = [float(row[end] or row["value"]) for row in rows for end in ("low", "high")]
    return Published(
        low=min(ends),
        high=max(ends),
        value=float(rows[0]["value"]) if len(rows) == 1 else None,
        sources=tuple(row["source"] for row in rows),
        confidence=weakest(rows),
    )


def weakest(rows: Iterable[dict[str, str]]) -> str:
    """The confidence of the least sure row."""
    return max((row["confidence"] for row in rows), key=CONFIDENCE.index)
