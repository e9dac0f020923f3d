"""A plan that names its outcomes, on screen: their levels in the main cells, and what is compared, outcome by outcome.

Both tables are made to fit beside the answer on one screen: with one dyad, what a sample of assumptions says of a
difference stands beside it; with more, below it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from typing import Final

import pandas as pd

from experiments.design.outcomes import OUTCOMES, Outcome, told_of, words_of
from experiments.design.plan import ARM
from experiments.display.grids import Grid
from experiments.display.words import interval, signed
from experiments.findings import headline, sides
from experiments.findings.asked import part_of, sign_in_percent, sure_in_words
from experiments.findings.sentences import ALPHA
from experiments.findings.tables import OVER_ASSUMPTIONS, Findings
from experiments.report.crossed_tables import interactions_named
from experiments.statistics.summarise import RATES

# Columns of the heads of the table of levels: of one, at least, and of all together.
NARROW: Final = 12
TOGETHER: Final = 54
# Differences of an outcome that a screen has room for.
MOST_ROWS: Final = 6
#: What is said of the signs of a difference over a sample of assumptions, where there is no room for columns.
SIGNS: Final = "same sign %, sure, zero"
Cell = Callable[[pd.Series, Outcome], str]


def levels_table(findings: Findings) -> Grid:
    """Cells down, in groups by dyad where there are several; the outcomes across, with half of their intervals."""
    plan = findings.plan
    shown = headline.shown_cells(plan, findings.arms)
    base = headline.base_label(shown)
    title = f"{base[0].upper()}{base[1:]}: {headline.base_in_words(plan)}" if base else ""
    told = list(headline.cells_of(findings, shown))
    only = told[0][0] if len(told) == 1 else ""
    width = max(NARROW, TOGETHER // len(told_of(plan)))
    heads = ["\n".join([*textwrap.wrap(words_of(name, only), width), OUTCOMES[name].unit]) for name in told_of(plan)]
    table = Grid(title, (only,), heads, title_style="italic", is_tight=True)
    for dyad, cells in told:
        if not only:
            table.row(dyad, *[""] * len(heads), style="bold")
        for own, cell in cells:
            table.row(f" {own.label}", *(_level(cell, name) for name in told_of(plan)))
    return table


def _level(cell: pd.Series, name: str) -> str:
    own, column = OUTCOMES[name], RATES.get(name, name)
    value, low, high = (float(cell[key]) for key in (column, f"{column}_low", f"{column}_high"))
    fewer = 1 if own.digits > 2 else 0
    if own.is_yes_no:  # Wilson's interval is not around the share
        return f"{own.times * value:.0f} {interval(own.times * low, own.times * high, 0)}"
    if value != value:
        return own.shown(value)
    half = own.times * (high - value)
    around = f" ±{half:.{max(own.digits - fewer, 0)}f}" if half < float("inf") else ""
    return f"{own.shown(value, fewer)}{around}"


def changes_table(findings: Findings) -> Grid | None:
    """Every outcome with what is compared below it, interactions last; nothing where nothing is compared."""
    rows = _rows(findings)
    if rows.empty:
        return None
    dyads = list(dict.fromkeys(rows["dyad"].astype(str)))
    is_sampled = set(OVER_ASSUMPTIONS) <= set(rows) and rows["median"].notna().any()
    columns: list[tuple[str, Cell]] = [("", _difference)]
    lines: list[tuple[str, list[tuple[str, Cell]]]] = []
    heads = dyads
    if is_sampled and len(dyads) == 1:
        heads = [dyads[0], "over assumptions\nmedian [5, 95 %]", "same sign\n%", "sure;\nzero"]
        lines = [("", [*columns, ("", _over), ("", _same), ("", _sure)])]
    elif is_sampled:
        over = ", over assumptions: "
        lines = [("", columns), (f"{over}median [5, 95 %]", [("", _over)]), (f"{over}{SIGNS}", [("", _signs)])]
    else:
        lines = [("", columns)]
    against = "\nagainst first levels" if len(findings.effects) else ""
    table = Grid("", (f"What makes the difference{against}",), heads, is_tight=True)
    for outcome in told_of(findings.plan):
        own, of_outcome = OUTCOMES[outcome], rows[rows["outcome"] == outcome]
        only = dyads[0] if len(dyads) == 1 else ""
        for more, cells in lines:
            table.row(
                f"{', '.join(filter(None, [words_of(outcome, only), own.unit]))}{more}",
                *[""] * len(heads),
                style="bold",
            )
            for what in list(dict.fromkeys(of_outcome["what"]))[:MOST_ROWS]:
                by_dyad = {str(row["dyad"]): row for _, row in of_outcome[of_outcome["what"] == what].iterrows()}
                table.row(f" {what}", *(
                    make(by_dyad[dyad], own) if dyad in by_dyad else "" for dyad in dyads for _, make in cells
                ))  # fmt: skip
    return table


def apart_in_words(findings: Findings) -> str:
    """Where one side gains and the other loses by what that table compares; empty where nowhere."""
    return sides.line(_rows(findings), "what")


def _rows(findings: Findings) -> pd.DataFrame:
    """Everything that is compared in the first block, and the interactions, by a column ``what``."""
    return pd.concat([pd.DataFrame(), *_parts(findings)], ignore_index=True)


def _parts(findings: Findings) -> Iterator[pd.DataFrame]:
    plan = findings.plan
    block = plan.blocks[0].name
    factors = {factor.name: factor for factor in plan.factors}
    if len(findings.effects):
        own = findings.effects[findings.effects["block"] == block]
        pairs = zip(own["factor"], own["level"], strict=True)
        yield own.assign(what=[headline.level_in_words(plan, factors[name], level) for name, level in pairs])
    if len(findings.arms):
        own = findings.arms[findings.arms["block"] == block]
        is_one = len(plan.references) == 1
        yield own.assign(what=own[ARM] if is_one else own[ARM] + " against " + own["reference"])
    if len(findings.contrasts):
        yield findings.contrasts.assign(what=findings.contrasts["contrast"])
    if len(findings.block_effects):
        own = findings.block_effects
        yield own.assign(what=own["level"].astype(str) + " against " + own["baseline"].astype(str))
    if len(findings.interactions):
        yield findings.interactions.assign(what=interactions_named(plan, findings.interactions))


def _difference(row: pd.Series, own: Outcome) -> str:
    star = "*" if row.get("p_holm", 1.0) < ALPHA else ""
    half = own.times * (row["high"] - row["mean"])
    around = f"±{half:.{own.digits}f}" if half < float("inf") else "[?]"
    return f"{signed(own.times * row['mean'], own.digits)}{star} {around}"


def _over(row: pd.Series, own: Outcome) -> str:
    if row["median"] != row["median"]:
        return ""
    digits = max(own.digits - 1, 0)
    ends = (signed(own.times * row[name], digits).removeprefix("+") for name in ("q05", "q95"))
    mark = "!" if row.get("outside", False) is True else ""
    return f"{signed(own.times * row['median'], digits)} [{','.join(ends)}]{mark}"


def _same(row: pd.Series, own: Outcome) -> str:  # noqa: ARG001
    return "" if row["median"] != row["median"] else sign_in_percent(row)


def _sure(row: pd.Series, own: Outcome) -> str:  # noqa: ARG001
    """In how many rows of the sample the sign is sure, and after a semicolon in how many the difference is zero."""
    zero = part_of(row, row["zero"]).partition(" of")[0] if row.get("zero", 0.0) > 0.0 else ""
    return "; ".join(filter(None, [sure_in_words(row), zero])) if row["median"] == row["median"] else ""


def _signs(row: pd.Series, own: Outcome) -> str:
    return f"{_same(row, own)} {_sure(row, own)}".strip()
