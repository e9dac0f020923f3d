"""The rows of the validation: what each is, how it is computed, and which rule is at fault where it misses.

A row says of which run its published range speaks. It *meets* where the model's figure at the defaults lies in the
range in every such run, else it *misses*. Nothing is fitted to these ranges here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.validation.effects import Figure
from experiments.validation.published import Published

SHORT, LONG = 0, 1
BOTH: Final = (SHORT, LONG)
#: Below it two runs are the same figure.
SAME: Final = 5e-4
#: Of a change that is smaller, three digits are shown.
SMALL: Final = 0.05
#: An interval that is narrower is none.
STILL: Final = 1e-6
RUN_WORDS: Final = ("short run", "long run")


@dataclass(frozen=True)
class Effect:
    """A published effect. runs: of which its range speaks; has_sign: a change, shown with its sign."""

    key: str
    title: str
    runs: tuple[int, ...]
    has_sign: bool
    how: str
    suspect: str


@dataclass(frozen=True)
class Row:
    """An effect with its range and what the model gives, short run and long run; low, high: 90 % over the sample.

    low and high (2,) are those of the short and the long run, nan without a sample.
    """

    effect: Effect
    published: Published
    figure: Figure
    low: tuple[float, float] = (np.nan, np.nan)
    high: tuple[float, float] = (np.nan, np.nan)
    n_rows: int = 0

    @property
    def is_one(self) -> bool:
        """Whether the short run and the long run are the same figure."""
        return bool(np.isclose(*self.figure, rtol=0.0, atol=SAME, equal_nan=True))

    @property
    def meets(self) -> bool:
        """Whether the figure lies in the range in every run of which the range speaks."""
        return not self.missed

    @property
    def missed(self) -> tuple[int, ...]:
        """The runs in which it does not."""
        return tuple(run for run in self.effect.runs if not self.published.holds(self.figure[run]))

    @property
    def verdict(self) -> str:
        """In a word or a few: meets, or in which run it is too large or too small."""
        if self.meets:
            return "meets"
        run = self.missed[-1]
        where = "" if self.is_one or len(self.missed) == len(BOTH) else f" in the {RUN_WORDS[run]}"
        return f"MISSES: {self._how_far(self.figure[run])}{where}"

    def _how_far(self, figure: float) -> str:
        low, high = self.published.low, self.published.high
        if np.isnan(figure):
            return "not known"
        if figure * low < 0.0 and figure * high < 0.0:
            return "of the other sign"
        return "too large" if abs(figure) > max(abs(low), abs(high)) else "too small"


_HELD: Final = (
    "Prices are those of the fixed point. Short run: cars come from the places used before; long run: from the "
    "cheapest mix of the plants that there are."
)
_ALPHA: Final = (
    "the price responses `alpha_*` (`model/rules/demand.py`), set so that own elasticities are 4 to 5 and imports fall "
    "under a duty as published: lower ones meet these studies and miss those on duties and on the credit"
)
_BRAND: Final = (
    "2018: one brand's price rises by a hundredth of a percent and all others stay; mean over sales. The model's "
    "makers have one brand each and the published numbers are of single models: the model's should be the smaller."
)
_AGREED: Final = (
    "2018 to 2025 with the model's own duties, talks and treaties: packages that governments sign and legislatures "
    "pass, renewals of truces and agreements too, a year. In the record, quarters with an agreement or a truce on "
    "trade or EVs."
)
_TALKS: Final = (
    "what a truce is worth (`model/assessment`): of the rises that a standstill stops governments count the next one "
    "alone, and a rise comes only where it pays, so that what a standstill spares one side the other gives up. That an "
    "agreement is talked over as quickly is not it: with nothing else on the table than what a truce may hold, none is "
    "signed with the US. What is signed, technology and charging, is kept for years and not signed again"
)

EFFECTS: Final = (
    Effect(
        "credit", "US ends the 7,500 $ credit: EV sales", (SHORT,), True,
        "2026, US market: a credit of 7.5 k$ on every electric car is given, then taken away. Short run: posted prices "
        "stay; long run: prices answer. The record's fall came after buyers had hurried to be in time.",
        "the price response `alpha_us` (`model/rules/demand.py`)",
    ),
    Effect(
        "imports", "EU countervailing duty: cars from China", BOTH, True,
        f"2026, EU market: the duty on cars from China goes from 10 to 31 %. Cars by where they are built. {_HELD}",
        "the choice of places (`model/rules/plants.py`, `origin_substitution`): makers with plants elsewhere move "
        "production there at no cost and without limit of capacity. Counted by brand, the long run is inside",
    ),
    Effect(
        "EV price", "the same duty: mean price of EVs", (LONG,), True,
        f"As the row before: prices of all electric cars, at the sales before. {_HELD}",
        "the nest of electric cars (`model/rules/demand.py`): fourteen makers of one brand each, so that cars from "
        "China are three tenths of it and not a small part of hundreds of varieties",
    ),
    Effect(
        "import price", "duty in the price of imported cars", (SHORT,), False,
        "2018, US market: the duty on cars from the EU rises by 25 points to 27.5 %; cars go on coming from there. How "
        "much of the duty shows in the price with duty (1: exporters bear none of it). Prices of the fixed point.",
        "the border price (`model/rules/pricing.py`, `border_split`): the markup in money does not rise with the duty "
        "that is charged on it, so exporters bear a part (`pass_through` 0 is the default)",
    ),
    Effect(
        "recognition", "mutual recognition: US-EU trade in EVs", (LONG,), True,
        f"2026: the US and the EU recognise each other's certificates; electric cars traded both ways. {_HELD} "
        "Estimates compare years, so the long run counts. That models arrive sooner is not in it.",
        "what a second certificate costs (`model/rules/standards.py`, `homologation_cost`, `recognition_saving`)",
    ),
    Effect(
        "charging", "one charging standard: US EV sales", (LONG,), True,
        "2026, US market: one interface for all three blocs. Short run: foreign cars need no adapting; long run: five "
        "years of the same budget also buy more charging points. Prices of the fixed point.",
        "the network (`model/rules/standards.py`, `charger_unit_cost`, `network_utility`): a bloc has one network, and "
        "a common interface only makes its points a little cheaper. That a driver may use the other network's points, "
        "which is the published effect, cannot be expressed",
    ),
    Effect("elasticity CN", "own-price elasticity of a brand, China", (LONG,), False, _BRAND, _ALPHA),
    Effect("elasticity US", "own-price elasticity of a brand, US", (LONG,), False, _BRAND, _ALPHA),
    Effect("elasticity EU", "own-price elasticity of a brand, EU", (LONG,), False, _BRAND, _ALPHA),
    Effect(
        "elasticity US, all", "price elasticity of all EVs, US", (LONG,), False,
        "2018: prices of all electric cars rise by a hundredth of a percent. Published for buyers of low and middle "
        "income in California.",
        _ALPHA,
    ),
    Effect(
        "subsidies", "Chinese EV sales due to subsidies", (LONG,), False,
        "2018, China: purchase support (4.5 k$, and 2.0 k$ of purchase tax) is gone. Short run: posted prices stay; "
        "long run: prices answer. One market's start stands for 2015-18; the credit scheme on makers is not in it.",
        "the price response `alpha_cn` (`model/rules/demand.py`)",
    ),
    Effect(
        "threats", "threats of duties that are carried out", (LONG,), False,
        "2018 to 2025 with the model's own duties: duty cases that end in a duty, of all that ended. The record holds "
        "threats of any kind between two blocs on trade or EVs; half carried out counts half.",
        "what settles a case (`model/phases/duties.py`): a treaty that binds the duty, and none of these does. Since "
        "makers of cars learn, technology cooperation is most of what can be had, and is signed without duties: "
        "without that learning .71 are carried out",
    ),
    Effect("agreements CN-US", "agreements a year, China-US", (LONG,), False, _AGREED, _TALKS),
    Effect("agreements CN-EU", "agreements a year, China-EU", (LONG,), False, _AGREED, _TALKS),
    Effect("agreements US-EU", "agreements a year, US-EU", (LONG,), False, _AGREED, _TALKS),
    Effect(
        "truces", "length of a truce, years", (LONG,), False,
        "2018 to 2025, as before: years in which any package is in force, over the number of times that it breaks: as "
        "in the record, when it ends, talks are suspended (the channel shuts), or a duty rises between the two.",
        "what is signed (`model/assessment`) and when it is left (`model/rules/compliance.py`): technology and "
        "charging pay both sides and bind no duty, so that they are kept for years; nothing outside trade ends them "
        "but tension",
    ),
)  # fmt: skip


def assembled(
    published: Mapping[str, Published],
    figures: Mapping[str, Figure],
    spread: Mapping[str, tuple[tuple[float, float], tuple[float, float], int]] | None = None,
) -> list[Row]:
    """Every effect with its range and its figures; spread: low, high and number of rows of the sample by effect."""
    rows = []
    for effect in EFFECTS:
        more = ((np.nan, np.nan), (np.nan, np.nan), 0) if spread is None else spread[effect.key]
        rows.append(Row(effect, published[effect.key], figures[effect.key], *more))
    return rows


# --- in words -------------------------------------------------------------------------------------------------------


def number(value: float, has_sign: bool = False) -> str:
    """A figure as it is printed: two digits, three where it is small, no zero before the point."""
    return _written(value, 3 if 0.0 < abs(value) < SMALL else 2, has_sign)


def _written(value: float, digits: int, has_sign: bool) -> str:
    if not np.isfinite(value):
        return "no end" if value > 0 else "?"
    text = f"{value:+.{digits}f}" if has_sign else f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if abs(value) < 1.0 else text


def between(low: float, high: float, has_sign: bool = False) -> str:
    """A range in words; one number where both ends look alike, nothing where there is none."""
    if np.isnan(low) and np.isnan(high):
        return ""
    digits = 3 if max(abs(low), abs(high)) < 2 * SMALL else 2
    ends = [_written(end, digits, has_sign) for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def runs_of(row: Row) -> tuple[int, ...]:
    """The runs that are shown: one where both give the same."""
    return (LONG,) if row.is_one else (SHORT, LONG)


def cells(row: Row) -> dict[str, str]:
    """A row of the page's table: what does not need the sample first."""
    sign = row.effect.has_sign
    figures = [number(row.figure[run], sign) if run in runs_of(row) else "" for run in (SHORT, LONG)]
    over = [between(row.low[run], row.high[run], sign) for run in runs_of(row)]
    if all(abs(high - low) < STILL for low, high in zip(row.low, row.high, strict=True)):
        over = ["does not vary"]
    return {
        "effect": row.effect.title,
        "published": between(row.published.low, row.published.high, sign),
        "short run": figures[SHORT],
        "long run": figures[LONG],
        "the model": row.verdict,
        "90 % over the assumptions": "; ".join(over) if any(over) else "",
    }
