"""Results in sentences, made from the numbers, so that they hold whatever the numbers are.

A difference is only claimed where its 95 % interval leaves zero out.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from experiments.design.outcomes import main_of
from experiments.design.plan import ARM, SAMPLED, Plan
from experiments.display.words import interval, listed, signed, sized
from experiments.findings import sides
from experiments.findings.assumed import CLEAR, defaults_outside, rows_needed
from experiments.findings.comparisons import CONTRAST, FACTOR
from experiments.findings.headline import about, answers
from experiments.findings.tables import Findings
from model import known_scenario

FEWEST_RANKED: Final = 4  # points of which rank correlations have an interval
# Assumptions that are named in a sentence.
MOST_NAMED: Final = 3
# Two arms are told apart where chance alone would do so less often than this.
ALPHA: Final = 0.05
#: What the columns of a report on a sample of assumptions say.
SIGN_AND_SURE: Final = (
    "Same sign: the share of points that give an effect the sign it has in the scenario, with Wilson's 95 % interval, "
    "in percent, for as many points as their weights are worth (Kish). Sure: how many points put the effect above (+) "
    "and below (-) zero beyond their own luck, by the paired 95 % interval of their replicates; where there is no "
    "effect, luck alone puts one in forty on either side."
)
#: What the brackets of the calibration mean; all other brackets are intervals over replicates.
OF_CALIBRATION: Final = (
    "Security costs are inferred from today's duties: in these brackets neither a step up nor a step down would pay, "
    "which is no interval over replicates. Not identified: trade and duties do not tell, and the cost is 0."
)


def read_plainly(plan: Plan, cells: pd.DataFrame, effects: pd.DataFrame, arms: pd.DataFrame | None = None) -> str:
    """The answer for the first block: a sentence a dyad, the joint gain, and what each factor, or arm, changes."""
    block = plan.blocks[0].name
    own = cells[cells["block"] == block]
    means = own.groupby("dyad", sort=False, observed=True)["joint_gain"].mean()
    gains = listed(f"{signed(mean)} in {dyad}" for dyad, mean in means.items())
    n_cells = own["design_point"].nunique()
    averaged = f"{_opening(block, len(plan.blocks))}averaged over {n_cells} cells"
    worth = f"{averaged[0].upper()}{averaged[1:]}, the joint gain over no treaty is {gains} bn$ a year."
    first = " ".join([*filter(None, [about(plan)]), *answers(plan, cells), worth])
    if arms is not None and len(arms):
        own_arms = arms[arms["block"] == block]
        names = [f"{row['arm']} against {row['reference']}" for _, row in own_arms.iterrows()]
        return " ".join([first, *_of_arms(own_arms), *sides.sentences(own_arms, names)])
    if effects.empty:
        return first
    told = effects[effects["block"] == block]
    apart = sides.sentences(told, [compared_in_words(plan, row) for _, row in told.iterrows()])
    own_effects = effects[(effects["block"] == block) & (effects["outcome"] == "time_cooperating")]
    clauses = [_clause(plan, name, rows) for name, rows in own_effects.groupby("factor", sort=False)]
    return " ".join([first, f"Time cooperating, as a share of all quarters, changes {'; '.join(clauses)}.", *apart])


def _of_arms(arms: pd.DataFrame, most: int = 3) -> list[str]:
    """A sentence for each arm of reference: which arms change the joint gain most, and how many change nothing."""
    sentences = []
    for reference, rows in arms[arms["outcome"] == "joint_gain"].groupby("reference", sort=False):
        is_clear = (rows["low"] > 0) | (rows["high"] < 0)
        named = set(rows.loc[is_clear, "arm"])
        rest = rows["arm"].nunique() - len(named)
        clear = rows[is_clear].sort_values("mean", key=abs, ascending=False, kind="stable")
        said = f"No arm differs from {reference} in joint gain beyond luck"
        if len(clear):
            # An arm is named once, with every dyad in which it makes a clear difference.
            top = list(clear.groupby("arm", sort=False))[:most]
            told = listed(f"{arm} ({listed(_in_dyads(own))})" for arm, own in top)
            said = f"Against {reference}, joint gain (bn$ a year) changes most with {told}"
        # The said intervals are 95 % each: many arms bring a few that leave zero out by chance.
        more = f"; {rest} of {rows['arm'].nunique()} arms change it in no dyad beyond luck" if named and rest else ""
        sentences.append(f"{said}{more}.")
    return sentences


def _in_dyads(rows: pd.DataFrame) -> list[str]:
    """Differences with the dyads that they are in."""
    return [f"{sized(float(row['mean']))} in {row['dyad']}" for _, row in rows.iterrows()]


def of_blocs(plan: Plan, blocs: pd.DataFrame, effects: pd.DataFrame) -> str:
    """A sentence or two for the first block: how electric each bloc becomes, and what the design changes of it."""
    if blocs.empty:
        return ""
    own = blocs[blocs["block"] == plan.blocks[0].name]
    means = own.groupby(["outcome", "bloc"], sort=False, observed=True)["mean"].mean()
    if "final_ev_share" not in means.index:
        return ""
    shares, saved = means["final_ev_share"], means["co2_saved"]
    said = listed(f"{share:.2f} in {bloc}" for bloc, share in shares.items())
    tonnes = listed(f"{saved[bloc]:.0f}" for bloc in shares.index)
    first = (
        f"The share of new cars that is electric reaches {said} in the last quarter; "
        f"the electric cars sold in a year save {tonnes} Mt of CO2 over their lives."
    )
    told = (
        effects[(effects["block"] == plan.blocks[0].name) & (effects["kind"] != CONTRAST)] if len(effects) else effects
    )
    told = told[told["outcome"] == "final_ev_share"] if len(told) else told
    if told.empty:
        return first
    clear = told[(told["low"] > 0) | (told["high"] < 0)]
    if clear.empty:
        return f"{first} Nothing in the design moves these shares beyond luck."
    top = clear.iloc[int(clear["mean"].abs().to_numpy().argmax())]
    what = top["level"]
    if top["kind"] == FACTOR:
        factor = next(factor for factor in plan.factors if factor.name == top["factor"])
        what = factor.against(top["level"], top["baseline"])
    return f"{first} What moves such a share most is {what}: {sized(float(top['mean']))} in {top['bloc']}."


def of_tests(plan: Plan, tests: pd.DataFrame) -> str:
    """A sentence for each thing compared in the first block: where rates and times of emergence differ beyond luck."""
    if tests.empty:
        return ""
    own = tests[(tests["block"] == plan.blocks[0].name) & (tests["kind"] == FACTOR)]
    told = own[own["outcome"].isin(["emerged", "first_emergence"])]
    sentences = []
    for name, rows in told.groupby("factor", sort=False):
        factor = next(factor for factor in plan.factors if factor.name == name)
        last = rows[rows["level"] == rows["level"].iloc[-1]]
        parts = []
        for test, words in (("McNemar", "rates of emergence"), ("log-rank", "times to emergence")):
            by_dyad = last[last["test"] == test].groupby("dyad", sort=False, observed=True)["p_holm"]
            found = [f"{n} of {len(p)} in {dyad}" for dyad, p in by_dyad if (n := int((p < ALPHA).sum()))]
            if len(by_dyad):
                parts.append(f"{words} differ beyond luck in {listed(found) if found else 'none'}")
        what = factor.against(factor.levels[-1], factor.levels[0])
        sentences.append(f"Of the pairs of cells that differ in {what}, {', and '.join(parts)}.")
    return " ".join(sentences)


def replicates_in_words(findings: Findings) -> str:
    """How many replicates a design point has, in words; with a target of precision they may differ."""
    counts = findings.cells["n_runs"]
    least, most = int(counts.min()), int(counts.max())
    if findings.plan.precision is None:
        least = most = findings.plan.replicates
    if least == most:
        return f"{most} replicate{'s' * (most != 1)}"
    return f"{least} to {most} replicates"


def others_in_words(plan: Plan) -> str:
    """Where the other factors stand when the levels of one are compared."""
    return "the other factors as at the start" if plan.design == "one_at_a_time" else "averaged over the other factors"


def security_in_words(row: pd.Series) -> str:
    """The security cost of a calibrated direction and good with what brackets it, k$ a car."""
    if not row["identified"]:
        return "not identified"
    return f"{row['security_cost']:.1f} {interval(row['low'], row['high'], digits=1)}"


def of_sample(findings: Findings) -> list[str]:
    """What the sample of assumptions is, where a default lies outside of it, what moves the first effects, how to read.

    Nothing without a sample.
    """
    own = (sample_in_words(findings), defaults_in_words(findings), movers_in_words(findings))
    return [*filter(None, (*own, SIGN_AND_SURE if findings.plan.assumed else ""))]


def sample_in_words(findings: Findings) -> str:
    """How large the sample of assumptions is; empty without one."""
    own = findings.plan.assumed
    if own is None:
        return ""
    each = f"{own.replicates} replicate{'s' * (own.replicates > 1)}"
    said = f"Over assumptions, median [5, 95 %]: {len(own.rows)} points of {len(own.rows[0])} assumptions, {each} each."
    tables = (findings.effects, findings.arms, findings.assumed_levels, findings.interactions)
    is_outside = any("outside" in table and table["outside"].any() for table in tables)
    return f"{said} !: the default lies outside the middle 80 %." if is_outside else said


def defaults_in_words(findings: Findings) -> str:
    """For which assumptions the scenario's own value lies outside the middle of the sample; empty for none."""
    plan = findings.plan
    if plan.assumed is None:
        return ""
    usual = known_scenario(plan.start).parameters.with_overrides(plan.settings)
    outside = defaults_outside(plan, {name: getattr(usual, name) for name in plan.assumed.rows[0]})
    if not outside:
        return ""
    some = listed(name.replace("_", " ") for name in outside[:MOST_NAMED])
    more = f" and {len(outside) - MOST_NAMED} more" if len(outside) > MOST_NAMED else ""
    return f"The scenario's own value lies outside the middle 80 % of the sample for {some}{more}."


def movers_in_words(findings: Findings) -> str:
    """Which assumptions move the first effect; withheld where the sample cannot tell, with how large it had to be."""
    plan = findings.plan
    if findings.movers.empty or plan.assumed is None:
        return ""
    own = findings.movers[
        (findings.movers["outcome"] == main_of(plan)) & (findings.movers["block"] == plan.blocks[0].name)
    ]
    if own.empty:
        return ""
    what, first = compared_in_words(plan, own.iloc[0]), own.iloc[0]
    own = own[(own["factor"] == first["factor"]) & (own["level"] == first["level"])]
    clear = own[own["p_holm"] < ALPHA].groupby("dyad", sort=False, observed=True).first()
    if len(clear):
        parts = [f"{row['assumption'].replace('_', ' ')} ({signed(row['correlation'])} in {dyad})"
                 for dyad, row in clear.iterrows()]  # fmt: skip
        return f"What moves the effect of {what} most, by rank correlation, corrected for all of them: {listed(parts)}."
    n, varied = float(own["n"].max()), own["assumption"].nunique()
    needed, many = rows_needed(varied), f"{varied} assumption{'s' * (varied > 1)}"
    if n < needed:
        return (
            f"Which assumptions move the effects is not told: {n:.0f} points cannot tell {many} from luck, which takes "
            f"{needed} points (for a rank correlation of {CLEAR:g}, after Holm's correction)."
        )
    return f"None of {many} moves the effect of {what} beyond luck, by rank correlation with Holm's correction."


def compared_in_words(plan: Plan, row: pd.Series) -> str:
    """What a comparison compares."""
    factor = next((own for own in plan.factors if own.name == row["factor"]), None)
    if factor is None:
        return f"{row['level']}" if row["factor"] == ARM else f"{row['factor']}"
    return factor.against(row["level"], row["baseline"])


def caption_of(plan: Plan) -> str:
    """What the first figure of a plan shows, in a sentence."""
    if plan.outcomes and plan.design not in SAMPLED:
        return "The outcomes that the plan names, in its main cells, with 95 % intervals."
    if plan.design in SAMPLED:
        return "The strongest rank correlations with time cooperating and gain, with 95 % intervals over design points."
    first = f" in the block “{plan.blocks[0].name}”" if len(plan.blocks) > 1 else ""
    return (
        f"How often cooperation emerges, or is kept to the end where it was inherited{first}: percent of runs, with "
        "95 % intervals."
    )


def caption_of_worth(plan: Plan) -> str:
    """What the second figure of a plan shows."""
    if plan.outcomes:
        return "What is compared changes of the outcomes that the plan names, replicate by replicate."
    effects = ", and what is changed by what is varied, replicate by replicate" if len(plan.cells) > 1 else ""
    return f"The joint gain over no treaty in the same cells{effects}; bn$ a year, with 95 % intervals."


def _opening(block: str, n_blocks: int) -> str:
    return f"{block}, " if n_blocks > 1 else ""


def _clause(plan: Plan, name: object, rows: pd.DataFrame) -> str:
    """What the last level of a factor changes against the first, dyad by dyad, as part of a sentence."""
    factor = next(factor for factor in plan.factors if factor.name == name)
    last = rows[rows["level"] == rows["level"].iloc[-1]]
    is_clear = (last["low"] > 0) | (last["high"] < 0)
    clear = [f"{sized(row.mean)} in {row.dyad}" for row in last[is_clear].itertuples()]
    unclear = list(last.loc[~is_clear, "dyad"])
    said = [f"by {listed(clear)}"] if clear else []
    said += [f"by nothing that these runs can tell from zero in {listed(unclear)}"] if unclear else []
    return f"with {factor.against(factor.levels[-1], factor.levels[0])} {' and '.join(said)}"


def why_no_ranking(findings: Findings) -> str:
    """Why a sampled design has nothing to rank, in a sentence; empty: it has, or is none."""
    if findings.plan.design not in SAMPLED or len(findings.associations):
        return ""
    if len(findings.plan.cells) // max(1, len(findings.plan.blocks)) < FEWEST_RANKED:
        return f"A ranking needs {FEWEST_RANKED} design points or more, so there is none."
    return "No outcome varies over these points, so there is no ranking."


def by_chance(n_looked_at: int, what: str = "correlations") -> str:
    """What many looks cost: how many intervals leave zero out where there is nothing to find."""
    n = round(0.05 * n_looked_at)
    return f"{n_looked_at} {what} were looked at; about {n} of their intervals would leave zero out by chance alone."
