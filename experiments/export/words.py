"""What every column of an exported table is: its unit, and its meaning in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from experiments.design.outcomes import OUTCOMES, words_of
from experiments.design.plan import ARM, ID, SAMPLE, SCENARIO, Plan
from experiments.findings.comparisons import BLOC_OUTCOMES
from experiments.statistics.definitions import meanings
from experiments.statistics.summarise import RATES
from experiments.store.columns import COLUMNS, RECORDED
from model import PARAMETERS, dictionary


class Column(NamedTuple):
    """``unit`` as in "bn$/yr"; of a switch 0/1, of a text "name" or "words"."""

    unit: str
    meaning: str


OWN: Final = "as in the column unit"
INTERVAL: Final = "95 % interval over replicates; missing where a single replicate says nothing about it"
# What a column means in every table that has it, unless its table says otherwise.
EVERYWHERE: Final[Mapping[str, Column]] = {
    **{
        name: Column("name" if name in ("block", ARM, ID, "dyad", "status", "stage", "digest", "treaty_end") else
                     "words" if name == "message" else "index" if name in ("design_point", SAMPLE, "replicate") else
                     "quarter" if name.startswith("treaty_") else "share" if name.startswith("agreed_") else
                     "0/1" if name.startswith("recognises") else "bn$/yr", meaning)
        for name, meaning in COLUMNS.items()
    },
    SCENARIO: Column("name", "scenario that the row is about"),
    "outcome": Column("name", "what the numbers of the row are about; its meaning is in the dictionary under outcomes"),
    "unit": Column("name", "unit of the numbers of the row"),
    "mean": Column(OWN, "mean over replicates; where two things are compared, the mean paired difference"),
    "low": Column(OWN, f"lower end of the {INTERVAL}"),
    "high": Column(OWN, f"upper end of the {INTERVAL}"),
    "se": Column(OWN, "standard error of the mean"),
    "n": Column("count", "replicates that the row rests on"),
    "n_cells": Column("count", "pairs of cells that are averaged in each replicate"),
    "n_runs": Column("count", "runs that succeeded"),
    "kind": Column("name", "what is compared: levels of a factor, arms, or the two sides of a contrast"),
    "factor": Column("name", "the factor that is compared"),
    "baseline": Column("name", "the level that it is compared with"),
    "level": Column("name", "the level that is compared"),
    "contrast": Column("name", "the contrast of the plan"),
    "reference": Column("name", "the arm that is compared with"),
    "bloc": Column("name", "the code of a government, such as CN"),
    "p_value": Column("probability", "p-value of the single test, two-sided"),
    "p_holm": Column("probability", "the p-value after Holm's correction over all of its kind in the plan"),
    "correlation": Column("-1 to 1", "Spearman's rank correlation"),
    "median": Column(OWN, "median over the sample of assumptions, or over the points of a sampled design"),
    "q05": Column(OWN, "5 % quantile of the same"),
    "q95": Column(OWN, "95 % quantile of the same"),
    "same_sign": Column("share", "share of the sample of assumptions in which the effect has the sign of the mean"),
    "same_low": Column("share", "lower end of Wilson's 95 % interval of that share, rows counted by Kish's number"),
    "same_high": Column("share", "upper end of the same"),
    "n_above": Column("count", "rows of the sample whose own paired 95 % interval lies above zero"),
    "n_below": Column("count", "rows of the sample whose own paired 95 % interval lies below zero"),
    **{
        f"{side}_{name}": Column("bn$/yr", f"of a joint gain, the {side} bloc's own part of the difference: {words}")
        for side in ("first", "second")
        for name, words in (("mean", "mean"), ("low", f"lower end of the {INTERVAL}"), ("high", "upper end of it"))
    },
    "zero": Column("share", "share of the sample of assumptions in which the effect is zero, and has no sign"),
    "is_weighted": Column("0/1", "rows of the sample do not count alike"),
    "is_reversed": Column("0/1", "at another level the effect has another sign, and differs by more than its interval"),
    "outside": Column("0/1", "the scenario's own value lies outside the middle 80 % of the sample"),
    "noise": Column(OWN, "what the replicates of a row of the sample leave open: root mean square standard error"),
    "n_rows": Column("count", "rows of the sample of assumptions"),
    "assumption": Column("name", "the assumed parameter that goes with the effect"),
    "interaction": Column("name", "the interaction of the plan"),
    "effect": Column("name", "the factor whose effect is compared at two places"),
    "where": Column("name", "the factor, or block, over whose levels the effect is compared"),
    "place": Column("name", "the level at which the effect is compared"),
    "other_place": Column("name", "the level that it is compared with"),
    "threshold": Column("share", "share of the attainable gain that counts as cooperation"),
    "window": Column("quarters", "window over which it must be realised"),
    "runs": Column("name", "the runs that the row is about: a level of the first factor, or all"),
    "quarter": Column("index", "quarter, 0 the first of the scenario"),
    "label": Column("quarter", "its label, as in 2026Q4"),
    "depth_ceiling": Column("share", "largest depth that the issues on the table allow"),
}  # fmt: skip
_CORRELATION: Final = {
    "low": Column("-1 to 1", "lower end of its 95 % interval over points or rows, one factor at a time"),
    "high": Column("-1 to 1", "upper end of the same"),
}
# What a column means in one table.
OF_TABLES: Final[Mapping[str, Mapping[str, Column]]] = {
    "associations": {**_CORRELATION, "n": Column("count", "design points")},
    "movers": {**_CORRELATION, "n": Column("count", "rows that the weights of the sample are worth (Kish)")},
    "precision": {"reached": Column("0/1", "the interval is as narrow as the plan asks for")},
    "tests": {
        "point": Column("index", "design point that is compared"),
        "baseline_point": Column("index", "design point that it is compared with"),
        "test": Column("name", "McNemar's exact test of rates, or the log-rank test of times"),
        "only_level": Column("count", "McNemar: replicates in which it happened under the level alone"),
        "only_baseline": Column("count", "McNemar: replicates in which it happened under the baseline alone"),
        "difference": Column(
            "share of runs", "difference of rates; of log-rank, events seen less events expected without an effect"
        ),
        "statistic": Column("chi-squared", "statistic of the log-rank test"),
    },
    "blocs_over_points": {
        "mean": Column(OWN, "mean over the points of the design"),
        "low": Column(OWN, "lower end of its 95 % interval over points"),
        "high": Column(OWN, "upper end of the same"),
        "n": Column("count", "points of the design"),
    },
    "definitions": {"n": Column("count", "runs")},
    "differences": {
        "n_points": Column("count", "points of the design"),
        "raised": Column("share", "share of the points at which the difference is above zero"),
        "lowered": Column("share", "share of the points at which it is below zero"),
    },
    "calibration": {
        "importer": Column("name", "bloc that imports"),
        "exporter": Column("name", "bloc that it imports from"),
        "good": Column("name", "ev (a car) or battery"),
        "security_cost": Column("k$ a car", "security cost that makes today's duty optimal, 0 if not identified"),
        "low": Column("k$ a car", "least security cost at which no step of the duty pays; no interval over replicates"),
        "high": Column("k$ a car", "largest security cost at which no step of the duty pays"),
        "identified": Column("0/1", "observed trade policy tells the security cost"),
        "opening_cost": Column("bn$/yr", "political cost of opening that keeps the first quarter quiet"),
        "supply_stake": Column("bn$/yr", "worth of the exporter's assured supply to the importer"),
        "availability": Column("share", "share of the exporter's brands that are on sale in the importer"),
    },
    "waiting": {
        "emerged": Column("share of runs", "cooperation emerged"),
        "durable": Column("share of runs", "some spell of cooperation lasted 12 quarters or more"),
        "wait": Column("quarters", "restricted mean wait; runs that never get there count up to the horizon"),
    },
    "waiting_curve": {
        "share": Column("share of runs", "cooperation has not emerged after the quarter (Kaplan-Meier)"),
        "low": Column("share of runs", f"lower end of the {INTERVAL}"),
        "high": Column("share of runs", f"upper end of the {INTERVAL}"),
    },
    "treaty_ends": {
        "cause": Column("name", "how first treaties ended before the horizon, or that they are still in force"),
        "incidence": Column("share of first treaties", "cumulative incidence (Aalen-Johansen)"),
        "low": Column("share of first treaties", "lower end of its 95 % interval, by a jackknife over replicates"),
        "high": Column("share of first treaties", "upper end of the same"),
        "n": Column("count", "first treaties"),
    },
    "games": {
        "game": Column("name", "game of the package in force or on the table"),
        "first_quarter": Column("share of runs", "runs with this game in the first quarter"),
        "mostly": Column("share of runs", "runs with this game in most quarters"),
        "last_quarter": Column("share of runs", "runs with this game in the last quarter"),
    },
    "changed_games": {"changed": Column("share of runs", "runs that end in another game than they began in")},
    "boxes": {
        "input": Column("name", "the assumption that a limit of the box is about"),
        "limit": Column("words", "the limit in words"),
        "low": Column("of the input", "lower limit; missing where the input is no number"),
        "high": Column("of the input", "upper limit"),
        "quasi_p_low": Column("probability", "quasi-p of the lower limit"),
        "quasi_p_high": Column("probability", "quasi-p of the upper limit"),
        "reproduced": Column("share", "resamples in which the input is limited too"),
        "share_of_all": Column("share", "share of the case among all runs"),
    },
}  # fmt: skip
_OF_BOXES: Final = {
    "case": Column("name", "what the box looks for"),
    "box": Column("index", "number of the box, from 1"),
    "coverage": Column("share", "share of all such runs that lie in the box"),
    "density": Column("share", "share of such runs among those in the box"),
    "mass": Column("share", "share of all runs that lie in the box"),
    "n": Column("count", "runs in the box"),
    "k": Column("count", "runs of the case in the box"),
    "step": Column("index", "step of the peeling trajectory, from 0"),
    "restricted": Column("words", "inputs that are limited at the step"),
}


def columns_of(table: str, names: Iterable[str], plan: Plan) -> dict[str, Column]:
    """Unit and meaning of columns of a table, in their order; without both where nothing is known of one."""
    words = dictionary()
    source = table.removeprefix("series_") if table.startswith("series_") else "summary"
    own = words[words["table"] == source]
    recorded = {str(row.column): Column(_unit(str(row.unit)), str(row.meaning)) for row in own.itertuples()}
    recorded |= {name: _of_definition(name, meaning) for name, meaning in meanings().items()}
    recorded |= {f"{name}{RECORDED}": column for name, column in recorded.items()}
    known = {
        **EVERYWHERE, **recorded, **{name: _of_factor(plan, name) for name in (f.name for f in plan.factors)},
        **({name: EVERYWHERE[name] for name in ("design_point", "replicate", "dyad", "treaty_from")}),
        **(_OF_BOXES if table in ("boxes", "trajectories") else {}), **OF_TABLES.get(table, {}),
    }  # fmt: skip
    told = {name: _found(name, known, table) for name in names}
    if table.startswith(("runs", "series")):
        return told
    return {name: column._replace(unit="share of runs") if column.unit == "0/1" and name in recorded else column
            for name, column in told.items()}  # fmt: skip


def _found(name: str, known: Mapping[str, Column], table: str) -> Column:
    if name in known:
        return known[name]
    for ending, words in (("_low", "lower"), ("_high", "upper")):
        if name.endswith(ending) and (whole := _found(name.removesuffix(ending), known, table)).meaning:
            return Column(whole.unit, f"{name.removesuffix(ending)}: {words} end of the {INTERVAL}")
    event = next((event for event, rate in RATES.items() if rate == name), "")
    if event and event in known:
        return Column("share of runs", known[event].meaning)
    return Column("", "")


def _unit(unit: str) -> str:
    return "0/1" if unit == "true/false" else unit


def _of_definition(name: str, meaning: str) -> Column:
    return Column("quarter" if name.startswith("onset") else "0/1", meaning)


def _of_factor(plan: Plan, name: str) -> Column:
    factor = next(one for one in plan.factors if one.name == name)
    if name == SCENARIO:
        return Column("name", "the scenario that the run starts from")
    if factor.bundles:
        return Column("name", f"named settings: {factor.label}")
    spec = PARAMETERS[name]
    return Column(_unit("true/false" if spec.unit == "switch" else spec.unit), f"level of the factor: {spec.meaning}")


def unit_of(outcome: str) -> str:
    """The unit of an outcome's numbers as they are stored: shares are fractions."""
    outcome = next((event for event, rate in RATES.items() if rate == outcome), outcome)
    if outcome in BLOC_OUTCOMES:
        return BLOC_OUTCOMES[outcome][0]
    if outcome == "first_emergence":
        return "quarters"
    if outcome in OUTCOMES and OUTCOMES[outcome].is_yes_no:
        return "share of runs"
    words = dictionary()
    own = words[(words["table"] == "summary") & (words["column"] == outcome)]["unit"]
    return str(own.iloc[0]) if len(own) else EVERYWHERE.get(outcome, Column("", "")).unit


def meaning_of(outcome: str) -> str:
    """What an outcome is."""
    outcome = next((event for event, rate in RATES.items() if rate == outcome), outcome)
    if outcome in BLOC_OUTCOMES:
        return BLOC_OUTCOMES[outcome][1]
    words = dictionary()
    own = words[(words["table"] == "summary") & (words["column"] == outcome)]["meaning"]
    return str(own.iloc[0]) if len(own) else words_of(outcome) if outcome in OUTCOMES else ""
