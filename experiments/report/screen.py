"""The findings of a plan on one screen of 80 columns: the answer, the table behind it, what makes the difference.

First a sentence a dyad; then how often cooperation emerges or is kept, and what comes with it, in the cells that a
screen has room for; then paired differences. All else is in the files and in the report, and the last line says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd
from rich.console import Console

from experiments.design.plan import ARM, FACTORIAL, SAMPLED
from experiments.display.console import head, prose
from experiments.display.grids import Grid
from experiments.display.words import interval, signed
from experiments.findings import asked, headline, sides
from experiments.findings.asked import sign_in_percent, sure_in_words
from experiments.findings.differences import of_difference
from experiments.findings.sentences import (
    ALPHA,
    OF_CALIBRATION,
    by_chance,
    movers_in_words,
    replicates_in_words,
    sample_in_words,
    security_in_words,
)
from experiments.findings.tables import OVER_ASSUMPTIONS, Findings
from experiments.report.asked_screen import apart_in_words, changes_table, levels_table
from experiments.report.crossed_tables import show_crossed
from experiments.statistics.stopping import reached_in_words

# Differences that a screen has room for; the largest effects on joint gain.
MOST_EFFECTS: Final = 6
#: The outcomes whose differences are told on screen, their heads, and by what numbers are multiplied, with digits.
EFFECTS: Final = {
    "time_cooperating": ("time cooperating, % of quarters", 100.0, 1),
    "joint_gain": ("joint gain, bn$ a year", 1.0, 3),
}
#: The heads of differences with both kinds of uncertainty; the last two are about points of the sample.
OF_BOTH: Final = ("gain, bn$/yr", "over assumptions", "same sign %", "sure")
#: A title that shares its line with them.
SHORTER: Final = ("What makes the difference", "Difference made by")
#: What the last of them counts.
SURE: Final = "Sure: beyond their luck."
#: The heads of the headline table; its rows are dyads with their cells.
HEADS: Final = (
    "of 100 runs", "% of\ngain", "gain\nbn$/yr", "duties\n%", "trade\n1000s", "EVs, %\n{}", "EV\nk$", "CO2\nMt",
)  # fmt: skip


#: Those that are there where they fit.
IF_ROOM: Final = HEADS[-2:]
WITHOUT: Final = " and ".join(" ".join(head.split()) for head in IF_ROOM)


def show_findings(console: Console, findings: Findings, horizon: str) -> None:
    """Print the answer and what is behind it; ``horizon`` names the last quarter, as in 2035Q4."""
    plan = findings.plan
    head(console, plan.title, is_first=True)
    for sentence in _answers(findings):
        prose(console, sentence)
    failed = f", {findings.n_failed} failed runs left out" if findings.n_failed else ""
    played = (
        f"{headline.scenarios_in_words(plan)}, {replicates_in_words(findings)}{failed}; brackets, ±: 95 % intervals"
        f"{of_effects_in_words(findings) if plan.outcomes else ''}."
    )
    told = [] if plan.outcomes and not plan.difference else [headline.about(plan)]  # else it is in the answers
    others = headline.at_other_shares(findings.definitions)
    told = [*told, played, sample_in_words(findings), *([SURE] if plan.assumed else [])]
    prose(console, " ".join(filter(None, [*told, *([] if plan.outcomes else [others])])))
    for line in filter(None, [movers_in_words(findings), others] if plan.outcomes else []):
        prose(console, line)
    if plan.design in SAMPLED:
        if len(findings.associations):
            _associations_table(findings.associations).show(console)
            prose(console, by_chance(len(findings.associations)), "dim italic")
    else:
        table = levels_table(findings) if plan.outcomes else _headline_table(findings, horizon, console.width)
        table.show(console)
        if not plan.outcomes and table.n_values < len(HEADS):
            prose(console, f"{WITHOUT} stand in the report, or on a wider screen.", "dim italic")
    if plan.outcomes:
        if (changes := changes_table(findings)) is not None:
            changes.show(console)
            if apart := apart_in_words(findings):
                prose(console, apart)
    else:
        for title, rows in _compared(findings):
            _effects_table(title, rows).show(console)
            if apart := sides.line(rows, "short"):
                prose(console, apart)
        show_crossed(console, findings)
    if len(findings.arms):
        what = "differences (of time, gains, depth and the shares of runs)"
        prose(console, by_chance(len(findings.arms), what), "dim italic")
    if plan.precision is not None and len(findings.precision):
        prose(console, reached_in_words(findings.precision, plan.precision))
    prose(console, _rest(findings))


def of_effects_in_words(findings: Findings) -> str:
    """How the effects of a plan that names its outcomes are to be read: what they average, and what a star says."""
    averages = len(findings.effects) and findings.plan.design == FACTORIAL and len(findings.plan.factors) > 1
    stars = len(findings.interactions) and (findings.interactions["p_holm"] < ALPHA).any()
    said = ["effects average over the other factors"] if averages else []
    return "".join(f"; {one}" for one in [*said, *(["*: beyond luck after Holm's correction"] if stars else [])])


def _answers(findings: Findings) -> list[str]:
    """The sentences that stand first."""
    plan = findings.plan
    if plan.difference:
        return of_difference(plan, findings.differences)
    if plan.outcomes:
        return asked.answers(findings, with_levels=False)
    return headline.answers(plan, findings.cells, findings.assumed_levels)


def _rest(findings: Findings) -> str:
    """What is not on the screen, and where it is."""
    plan = findings.plan
    names = set(findings.contrasts["contrast"]) if len(findings.contrasts) and not _has_room(findings) else ()
    there = [f"all {len(plan.cells)} cells"] if len(plan.cells) > headline.MOST_CELLS else []
    there += [f"{len(names)} contrast{'s' * (len(names) > 1)}"] if names else []
    there += ["depth by part"] if plan.asks_any("mean_depth") else []
    return f"In the report: {', '.join(there)}. A model, no forecast." if there else "A model, no forecast."


def _has_room(findings: Findings) -> bool:
    """Whether contrasts are told on screen: where nothing else is compared."""
    return findings.effects.empty and findings.arms.empty


def _headline_table(findings: Findings, horizon: str, room: int, n_heads: int = len(HEADS)) -> Grid:
    """Cells down in groups, one a dyad, whose first row names what is counted and whose numbers come first.

    Where labels are long, prices and CO2 are left to the report: a table must not be folded for them.
    """
    plan = findings.plan
    shown = headline.shown_cells(plan, findings.arms)
    base = headline.base_label(shown)
    # A cell with nothing of what is varied says so by its name.
    title = f"{base[0].upper()}{base[1:]}: {headline.base_in_words(plan)}" if base in headline.BASES[1:] else ""
    table = Grid(title, ("",), [name.format(horizon) for name in HEADS[:n_heads]], title_style="italic", is_tight=True)
    for dyad, cells in headline.cells_of(findings, shown):
        first, second = dyad.split("-")
        inherited = [float(cell["inherited_share"]) for _, cell in cells]
        counted = "kept" if min(inherited) == 1.0 else "emerges" if max(inherited) == 0.0 else ""
        sides = f"{first},{second}"
        table.row(dyad, *(counted, "", "", sides, "", sides, sides, "both")[:n_heads], style="bold")
        for own, cell in cells:
            values = (
                held(cell, counted), percent(cell["gain_share"]), signed(cell["joint_gain"]),
                f"{percent(cell['duty_first'])},{percent(cell['duty_second'])}", f"{cell['ev_trade']:.0f}",
                f"{percent(cell['final_ev_share_first'])},{percent(cell['final_ev_share_second'])}",
                f"{cell['price_first']:.0f},{cell['price_second']:.0f}",
                f"{cell['co2_saved_first'] + cell['co2_saved_second']:.0f}",
            )  # fmt: skip
            table.row(f" {own.label}", *values[:n_heads])
    if n_heads == len(HEADS) and not table.fits(room):
        return _headline_table(findings, horizon, room, n_heads - len(IF_ROOM))
    return table


def held(cell: pd.Series, counted: str = "") -> str:
    """How many of 100 runs emerge or are kept, with Wilson's interval; ``counted`` says which where all agree."""
    told = []
    for name, word in (("emergence_rate", "emerges"), ("kept_share", "kept")):
        is_meant = counted == word or (not counted and (cell["inherited_share"] > 0.0) == (word == "kept"))
        if is_meant:
            low, high = 100 * cell[f"{name}_low"], 100 * cell[f"{name}_high"]
            around = interval(low, high, 0).replace(", ", ",")
            told.append(f"{'' if counted else f'{word} '}{100 * cell[name]:.0f} {around}")
    return ", ".join(told)


def percent(share: float) -> str:
    """A share as a rate without its sign; a dash where there is none."""
    return f"{100 * share:.0f}" if share == share else "-"


def _compared(findings: Findings) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tables of differences of the first block: their titles and rows, which columns ``what`` and ``short`` name."""
    plan = findings.plan
    block = plan.blocks[0].name
    factors = {factor.name: factor for factor in plan.factors}
    if len(findings.effects):
        own = findings.effects[findings.effects["block"] == block]
        compared = list(zip(own["factor"], own["level"], own["baseline"], strict=True))
        what = [factors[name].against(level, baseline) for name, level, baseline in compared]
        short = [headline.level_in_words(plan, factors[name], level) for name, level, _ in compared]
        title = "What makes the difference"
        yield title, own.assign(what=what, short=short)
    for reference in plan.references if len(findings.arms) else ():
        own = findings.arms[(findings.arms["block"] == block) & (findings.arms["reference"] == reference)]
        yield f"Against {reference}", own.assign(what=own[ARM], short=own[ARM])
    if len(findings.contrasts) and _has_room(findings):
        yield (
            "Contrasts",
            findings.contrasts.assign(what=findings.contrasts["contrast"], short=findings.contrasts["contrast"]),
        )


def _effects_table(title: str, rows: pd.DataFrame) -> Grid:
    """Differences down, dyads across; outcome after outcome, with what assumptions say of each where that is known."""
    dyads = list(dict.fromkeys(rows["dyad"].astype(str)))
    size = rows[rows["outcome"] == "joint_gain"].groupby("what", sort=False)["mean"].apply(lambda x: x.abs().sum())
    order = list(size.index)
    if len(order) > MOST_EFFECTS:
        strongest = set(size.sort_values(ascending=False, kind="stable").index[:MOST_EFFECTS])
        title = f"{title} (the strongest {MOST_EFFECTS} of {len(order)})"
        order = [what for what in order if what in strongest]
    if set(OVER_ASSUMPTIONS) <= set(rows):
        return _sampled_table(title.replace(*SHORTER), rows[rows["outcome"] == "joint_gain"], order)
    table = Grid("", (title,), dyads, is_tight=True)
    for outcome, (words, times, digits) in EFFECTS.items():
        of_outcome = rows[rows["outcome"] == outcome]
        table.row(words, *[""] * len(dyads), style="bold")
        for what in order:
            own = {str(row["dyad"]): row for _, row in of_outcome[of_outcome["what"] == what].iterrows()}
            cells = [_effect(own[dyad], times, digits) if dyad in own else "" for dyad in dyads]
            table.row(f" {what}", *cells)
    return table


def _sampled_table(title: str, rows: pd.DataFrame, order: list[str]) -> Grid:
    """Differences of the joint gain with both kinds of uncertainty, a line for each dyad; the rest is in the report."""
    _, times, digits = EFFECTS["joint_gain"]
    table = Grid("", (title,), OF_BOTH, is_tight=True, has_rule=False)
    for what in order:
        for _, row in rows[rows["what"] == what].iterrows():
            label = f"{row['short']}, {row['dyad']}"
            table.row(
                label, _effect(row, times, digits), _over(row, times, digits), sign_in_percent(row), sure_in_words(row)
            )
    return table


def _effect(row: pd.Series, times: float, digits: int) -> str:
    """A difference with half of its interval; one replicate says nothing about spread."""
    half = times * (row["high"] - row["mean"])
    return (
        f"{signed(times * row['mean'], digits)} ±{half:.{digits}f}"
        if half < float("inf")
        else (f"{signed(times * row['mean'], digits)} [?]")
    )


def _over(row: pd.Series, times: float, digits: int) -> str:
    """The median over a sample of assumptions, what holds nine in ten of them, and whether the default is far off."""
    if row["median"] != row["median"]:
        return ""
    mark = "!" if row.get("outside", False) is True else ""
    digits = max(digits - 1, 0)
    median, *ends = (signed(times * row[name], digits) for name in ("median", "q05", "q95"))
    return f"{median} [{','.join(end.removeprefix('+') for end in ends)}]{mark}"


def _associations_table(associations: pd.DataFrame, most: int = 5) -> Grid:
    title = "Rank correlations over design points, the strongest of each dyad and outcome"
    table = Grid(title, ("dyad", "outcome", "factor"), ("correlation",))
    for _, rows in associations.groupby(["dyad", "outcome"], sort=False, observed=True):
        for _, row in rows.head(most).iterrows():
            shown = f"{signed(row['correlation'])} {interval(row['low'], row['high'], with_sign=True)}"
            table.row(row["dyad"], str(row["outcome"]).replace("_", " "), row["factor"], shown)
        table.section()
    return table


def show_calibration(console: Console, calibration: pd.DataFrame, scenario: str) -> None:
    """Print what each bloc's present policy implies about security, and what a partner's supply is worth."""
    values = (
        "security cost of\na car, k$ (kS1)",
        "of a battery,\nk$ a car (kS1)",
        "opening cost\nbn$/yr",
        "supply stake\nbn$/yr",
        "brands of exporter\non sale (share)",
    )
    table = Grid(f"What the results on each direction rest on (scenario {scenario})", ("importer < exporter",), values)
    for (importer, exporter), rows in calibration.groupby(["importer", "exporter"], sort=False):
        by_good = {str(row["good"]): row for _, row in rows.iterrows()}
        first = rows.iloc[0]
        table.row(
            f"{importer} < {exporter}",
            *(security_in_words(by_good[good]) if good in by_good else "" for good in ("ev", "battery")),
            f"{rows['opening_cost'].max():.2f}",
            f"{first['supply_stake']:.2f}",
            f"{first['availability']:.2f}",
        )
    table.show(console)
    prose(console, f"{OF_CALIBRATION} kS1 is the cost at the first unit of imports.", "dim italic")


def show_growth(console: Console, growth: pd.DataFrame) -> None:
    """Print what the growth of EV shares to their targets is made of, bloc by bloc."""
    parts = {"price": "prices", "variety": "variety", "network": "network", "announced": "path", "trend": "trend"}
    table = Grid("What EV shares grow by, in log odds", ("",), ("share, %", *parts.values()))
    for _, row in growth.iterrows():
        shares = f"{percent(row['start'])} to {percent(row['target'])}"
        table.row(row["bloc"], shares, *(signed(row[name], 2) for name in parts))
    table.show(console)
    about = "Each on top of those before it. Path: standing announcements that still work up. Trend: what is left."
    prose(console, about, "dim italic")
