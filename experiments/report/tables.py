"""The tables of a report: numbers as a reader wants them, from the data frames of findings and of runs.

Every function gives a data frame of texts, a column each, empty where there is nothing to tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from experiments.design.outcomes import OUTCOMES, lead_of, told_of, words_of
from experiments.design.plan import ARM, Plan
from experiments.display.words import interval, signed
from experiments.findings import sides
from experiments.findings.asked import level_in_words, part_of, sign_in_words, sure_in_words
from experiments.findings.comparisons import BLOC_OUTCOMES
from experiments.findings.sentences import ALPHA, security_in_words
from experiments.findings.tables import OVER_ASSUMPTIONS, Findings
from experiments.statistics.estimates import LEVEL, Estimate, Rate, mean_interval, shared_rate

# Digits of an effect: enough that an interval that leaves zero out is seen to do so, also where effects are small.
DIGITS: Final = {"joint_gain": 3, "gain": 3, "ev_share": 4, "final_ev_share": 4, "co2_saved": 2}
# What an outcome is called in a table.
WORDS: Final = {
    "time_cooperating": "time cooperating", "gain_share": "gain share", "joint_gain": "joint gain, bn$/yr",
    "emerged": "P(emerged)", "kept": "P(kept)", "durable": "P(durable)", "mean_depth": "mean depth",
    "gain": "gain, bn$/yr", "ev_share": "EV share, mean", "final_ev_share": "EV share, last quarter",
    "price": "EV price, k$", "co2_saved": "CO2 saved, Mt/yr",
}  # fmt: skip
# The four parts of depth, in plain words.
PARTS: Final = {
    "depth_inherited": "inherited treaty", "depth_joint": "supply, charging, technology", "depth_duties": "duties",
    "depth_recognition": "recognition",
}  # fmt: skip
USUAL_DIGITS: Final = 3
# Games told for each dyad.
MOST_GAMES: Final = 4


def cells(findings: Findings) -> pd.DataFrame:
    """The headline in every cell: how often cooperation emerges or is kept, for how long, and what comes with it.

    Of a plan that names outcomes, those.
    """
    if findings.plan.outcomes:
        return _asked(findings)
    rows = []
    for cell in _by_dyad(findings):
        row: dict[str, str] = {}
        for name, words in (("emergence_rate", "emerges"), ("kept_share", "kept")):
            is_asked = (cell["inherited_share"] > 0.0) if words == "kept" else (cell["inherited_share"] < 1.0)
            row[words] = _share(cell, name) if is_asked else "inherited" if words == "emerges" else "not inherited"
        is_there = cell["inherited_share"] > 0.0
        row["lost, regained"] = f"{cell['lost_share']:.2f}, {cell['regained_share']:.2f}" if is_there else ""
        row["durable"] = _share(cell, "durable_share")
        row["time cooperating"] = _share(cell, "time_cooperating")
        row["gain share"] = (
            _share(cell, "gain_share") if cell["gain_share"] == cell["gain_share"] else "nothing to gain"
        )
        low, high = cell["joint_gain_low"], cell["joint_gain_high"]
        row["joint gain, bn$/yr"] = f"{signed(cell['joint_gain'])} {interval(low, high, with_sign=True)}"
        row["duties"] = _two(cell, "duty")
        row["EV trade, 1000/yr"] = f"{cell['ev_trade']:.0f}"
        row["EV share, last quarter"] = _two(cell, "final_ev_share")
        row["EV price, k$"] = _two(cell, "price", 1.0, "")
        row["CO2 saved, Mt/yr"] = _two(cell, "co2_saved", 1.0, "")
        rows.append(_beside(findings.plan, cell, row))
    return pd.DataFrame(rows)


def _asked(findings: Findings) -> pd.DataFrame:
    rows = []
    for cell in _by_dyad(findings):
        told = {name: level_in_words(pd.DataFrame([cell]), name, with_unit=False) for name in told_of(findings.plan)}
        own = {with_unit(name): value for name, value in told.items()}
        rows.append(_beside(findings.plan, cell, own))
    return pd.DataFrame(rows)


def _beside(plan: Plan, cell: pd.Series, told: dict[str, str], of: str = "dyad") -> dict[str, str]:
    """A row: which cell, and what is told of it; a factor that is called as something that is told is marked."""
    where = {of: str(cell[of]), **({"block": str(cell["block"])} if len(plan.blocks) > 1 else {})}
    taken = {*where, *told}
    levels = {factor.label: factor.label_of(cell[factor.name]) for factor in plan.shown}
    return {**where, **{f"{name} (set)" if name in taken else name: value for name, value in levels.items()}, **told}


def with_unit(outcome: str) -> str:
    """What an outcome is called where it is shown in its unit."""
    return ", ".join(filter(None, [words_of(outcome), OUTCOMES[outcome].unit]))


def _head_of(outcome: str) -> str:
    return WORDS.get(outcome) or with_unit(outcome)


def _scale_of(outcome: str) -> tuple[float, int]:
    """By what a number is multiplied under the head of its outcome, and its digits."""
    if outcome in WORDS:
        return 1.0, DIGITS.get(outcome, USUAL_DIGITS)
    return OUTCOMES[outcome].times, OUTCOMES[outcome].digits


def depth(findings: Findings) -> pd.DataFrame:
    """Mean depth in every cell, of the most that is possible there, and its four parts."""
    rows = []
    for cell in _by_dyad(findings):
        low, high = cell["mean_depth_low"], cell["mean_depth_high"]
        told = {"mean depth": f"{cell['mean_depth']:.2f} {interval(low, high)} of {cell['depth_ceiling']:.2f}"}
        parts = {words: f"{cell[name]:.2f}" for name, words in PARTS.items()}
        rows.append(_beside(findings.plan, cell, {**told, **parts}))
    return pd.DataFrame(rows)


def _by_dyad(findings: Findings) -> Iterator[pd.Series]:
    order = {dyad: k for k, dyad in enumerate(dict.fromkeys(findings.cells["dyad"]))}
    by_dyad = findings.cells.sort_values("dyad", key=lambda column: column.map(order), kind="stable")
    for _, cell in by_dyad.iterrows():
        yield cell


def _share(cell: pd.Series, name: str) -> str:
    return f"{cell[name]:.2f} {interval(cell[f'{name}_low'], cell[f'{name}_high'])}"


def _two(cell: pd.Series, name: str, times: float = 100.0, unit: str = " %") -> str:
    """Numbers of both sides, each with its bloc; rates in percent unless said otherwise."""
    blocs = str(cell["dyad"]).split("-")
    sides = zip(blocs, ("first", "second"), strict=True)
    return ", ".join(f"{bloc} {times * cell[f'{name}_{side}']:.0f}{unit}" for bloc, side in sides)


def effects(plan: Plan, table: pd.DataFrame, of: str = "dyad") -> pd.DataFrame:
    """Paired differences, a row for each comparison and an outcome in each column; of dyads or of blocs."""
    rows = []
    groups = table.groupby(["block", of, "factor", "level"], sort=False, observed=True) if len(table) else ()
    for _, own in groups:
        first = own.iloc[0]
        row = {of: first[of]}
        if len(plan.blocks) > 1:
            row["block"] = first["block"]
        row["compared"] = compared(plan, first["factor"], first["level"], first["baseline"])
        for _, effect in own.iterrows():
            row[_head_of(effect["outcome"])] = _effect(effect)
            if apart := sides.in_words(effect):
                row[f"{_head_of(effect['outcome'])}: one side gains, the other loses"] = apart
            if set(OVER_ASSUMPTIONS) <= set(effect.index) and effect["median"] == effect["median"]:
                row |= _over_assumptions(effect)
        rows.append(row)
    return pd.DataFrame(rows).fillna("")


def _over_assumptions(effect: pd.Series) -> dict[str, str]:
    """The effect over a sample of assumptions: its median with what holds nine in ten, and how many have its sign."""
    words, (times, n) = _head_of(effect["outcome"]), _scale_of(effect["outcome"])
    around = interval(times * effect["q05"], times * effect["q95"], n, with_sign=True)
    return {
        f"{words}: over assumptions": f"{signed(times * effect['median'], n)} {around}",
        f"{words}: same sign": sign_in_words(effect),
        **({f"{words}: sure": sure_in_words(effect)} if effect.get("n_rows", 0) > 0 else {}),
        **({f"{words}: zero": part_of(effect, effect["zero"])} if effect.get("zero", 0.0) > 0.0 else {}),
        **({f"{words}: default outside": "yes"} if effect.get("outside", False) is True else {}),
    }


def compared(plan: Plan, factor: object, level: object, baseline: object) -> str:
    """What a comparison compares, in words."""
    own = next((one for one in plan.factors if one.name == factor), None)
    if own is None:
        return f"{level} against {baseline}" if factor == ARM else f"{factor}"
    return f"{own.label}: {own.label_of(level)} against {own.label_of(baseline)}"


def arms(plan: Plan, table: pd.DataFrame) -> pd.DataFrame:
    """Every arm against each arm of reference, in the order of the effect on joint gain over all dyads."""
    if table.empty:
        return table
    ranked = table[table["outcome"] == lead_of(plan)].groupby(["reference", "arm"], sort=False)["mean"].sum()
    own = table.assign(
        factor=ARM, level=table["arm"], baseline=table["reference"],
        rank=[-abs(ranked.get((r, a), 0.0)) for r, a in zip(table["reference"], table["arm"], strict=True)],
    )  # fmt: skip
    shown = [effects(plan, rows.sort_values("rank", kind="stable")) for _, rows in own.groupby("reference", sort=False)]
    return pd.concat(shown, ignore_index=True)


def associations(plan: Plan, table: pd.DataFrame, most: int = 5) -> pd.DataFrame:
    """The strongest rank correlations of each dyad and outcome."""
    top = table.groupby(["block", "dyad", "outcome"], sort=False).head(most)
    shown = [
        f"{signed(row['correlation'])} {interval(row['low'], row['high'], 2, with_sign=True)}"
        for _, row in top.iterrows()
    ]
    told = top.assign(**{"rank correlation": shown}, outcome=top["outcome"].str.replace("_", " "))
    labels = {factor.name: factor.label for factor in plan.factors}
    told = told.assign(factor=[labels.get(name, name) for name in told["factor"]], **{"design points": told["n"]})
    where = ["block"] if len(plan.blocks) > 1 else []
    return told[[*where, "dyad", "outcome", "factor", "rank correlation", "design points"]]


def blocs(findings: Findings) -> pd.DataFrame:
    """Gain, EV shares and emissions saved of each bloc, in every cell; over all points of a sampled design."""
    rows: list[dict[str, str]] = []
    table, plan = findings.blocs, findings.plan
    if table.empty:
        return table
    by = ["block", "bloc"] if not plan.shown else ["design_point", "bloc"]
    for _, own in table.groupby(by, sort=False, observed=True):
        first = own.iloc[0]
        told: dict[str, str] = {}
        for outcome in BLOC_OUTCOMES:
            values = own[own["outcome"] == outcome]
            if len(values) == 1:
                told[WORDS[outcome]] = _mean(values.iloc[0])
            elif len(values):
                told[WORDS[outcome]] = _mean(pd.Series({"outcome": outcome, **mean_interval(values["mean"])._asdict()}))
        rows.append(_beside(plan, first, told, of="bloc"))
    frame = pd.DataFrame(rows)
    order = {str(bloc): k for k, bloc in enumerate(dict.fromkeys(table["bloc"]))}
    return frame.iloc[frame["bloc"].map(order).argsort(kind="stable")]


def tests(findings: Findings) -> pd.DataFrame:
    """McNemar and log-rank, a row for each comparison: corrected p-values, or how many pairs are told apart."""
    table, plan = findings.tests, findings.plan
    rows = []
    keys = ["dyad", "kind", "block", "factor", "baseline", "level"]
    for _, own in table.groupby(keys, sort=False, observed=True) if len(table) else ():
        first = own.iloc[0]
        row = {"dyad": first["dyad"]}
        if len(plan.blocks) > 1:
            row["block"] = first["block"]
        row["compared"] = compared(plan, first["factor"], first["level"], first["baseline"])
        for (test, outcome), part in own.groupby(["test", "outcome"], sort=False):
            row[f"{str(outcome).replace('_', ' ')}: {test}"] = _verdict(part, with_sign=test == "McNemar")
        rows.append(row)
    return pd.DataFrame(rows).fillna("")


def _verdict(tests: pd.DataFrame, with_sign: bool) -> str:
    if len(tests) > 1:
        return f"{int((tests['p_holm'] < ALPHA).sum())} of {len(tests)} pairs"
    only = tests.iloc[0]
    p = "p < 0.001" if only["p_holm"] < 0.001 else f"p = {only['p_holm']:.3f}"
    return f"{p} ({only['only_level']:.0f} : {only['only_baseline']:.0f})" if with_sign else p


def games(runs: pd.DataFrame) -> pd.DataFrame:
    """Which games a dyad's runs play in the first quarter, mostly, and in the last; shares of runs that add to one."""
    columns = {"game_at_start": "first quarter", "game": "mostly", "game_at_end": "last quarter"}
    shares = game_shares(runs)
    known = [str(name) for name in shares]
    top = shares.loc[shares.max(axis=1).sort_values(ascending=False, kind="stable").index[:MOST_GAMES]]
    n_others = len(shares) - len(top)
    rest = ["another game" if n_others == 1 else f"{n_others} other games"] if n_others else []
    table = pd.DataFrame({"game": [*top.index, *rest]})
    for name in known:
        left = [1.0 - top[name].sum()] if rest else []
        table[columns[name]] = [f"{max(share, 0.0):.2f}" for share in [*top[name], *left]]
    return table


def game_shares(runs: pd.DataFrame) -> pd.DataFrame:
    """The share of a dyad's runs that play each game (rows): in the first quarter, mostly, in the last, as kept."""
    known = [name for name in ("game_at_start", "game", "game_at_end") if name in runs]
    return pd.DataFrame({name: runs[name].astype(str).value_counts(normalize=True) for name in known}).fillna(0.0)


def changed_games(runs: pd.DataFrame) -> float:
    """Share of a dyad's runs whose game in the last quarter is another one than in the first."""
    return float((runs["game_at_start"].astype(str) != runs["game_at_end"].astype(str)).mean())


def waiting(runs: pd.DataFrame, n_quarters: int) -> dict[str, str]:
    """How many emerged and were durable, and the mean wait, with intervals over replicates, which cells share."""
    told, found = waited(runs, n_quarters)
    return {
        **{name: f"{rate.share:.2f} {interval(rate.low, rate.high)}" for name, rate in told.items()},
        "mean wait, quarters": f"{found.mean:.1f} {_within(found, float(n_quarters), 1)}",
    }


def waited(runs: pd.DataFrame, n_quarters: int) -> tuple[dict[str, Rate], Estimate]:
    """The shares of runs that emerged and were durable, and the mean wait in quarters.

    Every run is observed to the horizon, so the restricted mean of Kaplan and Meier is the mean of what was seen.
    """
    has_emerged = runs["first_emergence"].between(0, n_quarters - 1)
    wait = runs["first_emergence"].where(has_emerged, n_quarters).astype(float)
    rates = {"emerged": has_emerged, "durable": runs["durable"].astype(bool)}
    told = {name: shared_rate(values, runs["replicate"]) for name, values in rates.items()}
    return told, mean_interval(wait.groupby(runs["replicate"]).mean())


def still_waiting(runs: pd.DataFrame, n_quarters: int, level: float = LEVEL) -> pd.DataFrame:
    """Share of runs in which cooperation has not emerged, by quarter, with its interval over replicates.

    Every run is observed to the horizon, so the share is Kaplan and Meier's estimate. Cells share the luck of a
    replicate. Columns: quarter, share, low, high; a point until the first run gets there.
    """
    replicate = runs["replicate"].to_numpy()
    onset = np.where(runs["first_emergence"].between(0, n_quarters - 1), runs["first_emergence"], n_quarters)
    rows = []
    for quarter in range(n_quarters):
        share, low, high, _ = shared_rate(onset > quarter, replicate, level)
        rows.append((quarter, share, low, high) if share < 1.0 else (quarter, 1.0, 1.0, 1.0))
    return pd.DataFrame(rows, columns=["quarter", "share", "low", "high"])


def _within(found: Estimate, most: float, digits: int) -> str:
    """An interval of what cannot be below 0 or above ``most``; one replicate still says nothing."""
    if not found.n > 1:
        return interval(found.low, found.high)
    return interval(max(found.low, 0.0), min(found.high, most), digits)


def definitions(table: pd.DataFrame) -> pd.DataFrame:
    """Shares of runs under every definition: thresholds down, windows across, emerging and kept apart."""
    rows = []
    for (dyad, threshold), own in table.groupby(["dyad", "threshold"], sort=False, observed=True):
        row = {"dyad": str(dyad), "share of the gain": f"{threshold:g}"}
        for _, found in own.iterrows():
            told = []
            if found["inherited_share"] < 1.0:
                told.append(f"emerges {_share(found, 'emergence_rate')}")
            if found["inherited_share"] > 0.0:
                told.append(f"kept {_share(found, 'kept_share')}")
            row[f"{found['window']} quarters"] = f"{', '.join(told)}; durable {found['durable_share']:.2f}"
        rows.append(row)
    return pd.DataFrame(rows)


def ends(table: pd.DataFrame) -> pd.DataFrame:
    """What share of first treaties ends by each cause, as ``survival.ended_by_cause`` tells it; and what is left."""
    rows = []
    for dyad, own in table.groupby("dyad", sort=False):
        for _, row in own.iterrows():
            share = f"{row['incidence']:.2f} {interval(row['low'], row['high'])}"
            rows.append({"dyad": dyad, "end": row["cause"], "share": share, "first treaties": str(row["n"])})
        left = max(1.0 - float(own["incidence"].sum()), 0.0)
        rows.append({"dyad": dyad, "end": "still in force", "share": f"{left:.2f}", "first treaties": ""})
    return pd.DataFrame(rows)


def basis(calibration: pd.DataFrame) -> pd.DataFrame:
    """What the results on each direction rest on: security costs, opening costs, supply stakes, brands on sale."""
    rows = []
    by = ["scenario"] if "scenario" in calibration else []
    for (*where, importer, exporter), own in calibration.groupby([*by, "importer", "exporter"], sort=False):
        goods = {str(row["good"]): security_in_words(row) for _, row in own.iterrows()}
        first = own.iloc[0]
        rows.append(
            {
                **dict(zip(by, where, strict=True)),
                "importer < exporter": f"{importer} < {exporter}",
                "security cost of a car, k$": goods.get("ev", ""),
                "of a battery, k$ a car": goods.get("battery", ""),
                "opening cost, bn$/yr": f"{own['opening_cost'].max():.2f}",
                "supply stake, bn$/yr": f"{first['supply_stake']:.2f}",
                "brands of exporter on sale": f"{first['availability']:.2f}",
            }
        )
    return pd.DataFrame(rows)


def precision(plan: Plan, table: pd.DataFrame) -> pd.DataFrame:
    """What a target of precision reached, a row for each design point and dyad."""
    rows = []
    for _, own in table.iterrows():
        point = plan.points[own["design_point"]]
        where = {f.label: f.label_of(point.levels[f.name]) for f in plan.factors if f.name in point.levels}
        times, n = _scale_of(own["outcome"])
        value = f"{times * own['mean']:.{n}f} {interval(times * own['low'], times * own['high'], n)}"
        found = {_head_of(own["outcome"]): value, "replicates": str(own["n"])}
        where = where or {"design point": str(point.index)}
        rows.append({"dyad": own["dyad"], **where, **found, "reached": "yes" if own["reached"] else "no"})
    return pd.DataFrame(rows).fillna("")


def _effect(row: pd.Series) -> str:
    times, n = _scale_of(row["outcome"])
    return f"{signed(times * row['mean'], n)} {interval(times * row['low'], times * row['high'], n, with_sign=True)}"


def _mean(row: pd.Series) -> str:
    is_gain = row["outcome"] == "gain"
    n = {"gain": 2, "co2_saved": 0}.get(row["outcome"], USUAL_DIGITS)
    mean = signed(row["mean"], n) if is_gain else f"{row['mean']:.{n}f}"
    return f"{mean} {interval(row['low'], row['high'], n, with_sign=is_gain)}"
