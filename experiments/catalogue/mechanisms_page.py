"""``docs/mechanisms.md`` and the figure of the ablation: what the catalogue and its results say, for readers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from experiments.catalogue.mechanisms import CORE, FULL, OUTCOMES, Mechanism
from experiments.catalogue.parameters_page import value_in_words
from experiments.display.words import interval, signed

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

#: Where the figure of the ablation is kept, from the root of the project.
FIGURE: Final = "docs/figures/ablation.png"
DIGITS: Final = 3
STRONGEST: Final = 5

INTRODUCTION: Final = """\
# Mechanisms

Made by `detente mechanisms --markdown --results docs/ablation.csv`; change
`experiments/catalogue/mechanisms.toml`, not this
page.

Every mechanism that the four documents name, where it stands in them, which room of the code computes it, how to turn
it on and off, and what others found. S0 is Zhang 2025 on the coordination of EV policies, S1 Zhuang, Zhou, Wang and
Chen 2023 on the international coordination of China's carbon neutrality, S2 a memorandum of 2020 on mobilising greater
action from China, S3 a note on a consortium of UC Davis, CATARC, SAE-China and EV100. *Core* mechanisms are on unless
turned off; *optional* ones are off unless asked for, and then absent to the last bit.
"""

ABLATION: Final = """\
## What each one does

The ablation (`experiments/plans/ablation.toml`) turns every optional mechanism on alone in the core, every core one off
alone, and each one off alone in the full model, where all others are on. Replicates share their luck, so arms are
compared replicate by replicate. What is shown is always *with* less *without*: in the core, and in the full model.
Brackets hold 95 % intervals; a difference is only a finding where its interval leaves zero out. These are statements
about this model under its assumptions, not forecasts.

To run it and make the tables, the figure and this page again:

```bash
make ablation
```
"""

READING: Final = """\
## Reading it beside the literature

* **Zones and clubs.** Where a row of a zone or club shows nothing, none formed: as scenario 2026 is calibrated, no club
  forms without transfers, even with a penalty of 25 %. Where security costs are left out clubs form, and membership
  rises with the penalty (`tests/phases/test_club.py`), as Nordhaus 2015 has it; with transfers it does not always.
* **Conditional commitments** do nothing for a zone alone, as none forms without transfers. In the full model they and
  transfers bring a club about, and neither does without the other; it deepens cooperation most between China and the
  EU. They take the place of stability, so that there exclusive membership does nothing.
* **Contrite tit for tat** takes the place of generous tit for tat, and does worse than that but for CN-EU in the full
  model. Against plain tit for tat it repairs, as in Wu & Axelrod 1995 and Signorino 1996
  (`tests/phases/test_published_signs.py`).
* **Monitoring error** lowers depth in the core. In the full model it raises it where two mechanisms meet: beliefs
  about types, and an answer that does not forgive. Where nothing is misread one lapse proves a type (Bayes' rule,
  1.10), the answer to it proves the other's, and cooperation ends; errors leave room for doubt. With generous answers,
  or with beliefs about conduct, seeing worse only does harm (`detente sweep monitoring`, told in
  `experiments/README.md`).
* **Zero-emission mandates** fix the share of electric cars, so that an import displaces one made at home: cuts of
  duties cost more, and treaties become shallower.
* **Friendshoring and local content** lower depth between the US and the EU, where the US would pay its credit for
  cars built in the EU.
* **Dual credits** at the rule's own numbers bind nobody in scenario 2026, and then do nothing.
* **Linkage and dialogue** move depth by less than 0.07 in every dyad; what linkage brings shows in joint gain, in the
  report of the runs.
* **What was expected and is not seen.** That negotiators answer concessions (imitative tactic; Faratin et al. 1998) or
  share models (Track 2; Earnest 2008) moves the depth between China and the US by +0.000 and -0.001 (± 0.006, 500
  runs): published acts are seen as they are, and little is left to clear. **Trust by type** deepens China–US by 0.055
  and US–EU by 0.018, and takes 0.060 from China and the EU (500 runs of other luck than the 200 of the tables, hence
  other digits: `tests/phases/test_published_signs.py`).
* **A carbon border charge** alone moves mean depth by less than 0.02 in every dyad, as expected of it, where battery
  costs follow their curve; with their usual luck by 0.021 between China and the EU (± 0.008, 2,000 runs), which misses
  that bound. One that covers whole cars (`carbon_coverage_eu = 1`) takes 0.07 from China and the EU: it is a duty that
  no treaty cuts.
"""

PENDING: Final = "\nThe results are not kept yet: run `make ablation`.\n"


def markdown(catalogue: Sequence[Mechanism], effects: pd.DataFrame | None) -> str:
    """The text of ``docs/mechanisms.md``; without effects it says that they are still to be made."""
    lines = [INTRODUCTION, "## All of them", ""]
    lines += ["| Mechanism | Kind | Passage | Rules (theory) | On | Off | Needs | Strength | What to expect |"]
    lines += ["|---|---|---|---|---|---|---|---|---|"]
    for own in catalogue:
        cells = (
            *(own.name, "core" if own.is_core else "optional", own.passage, own.rules),
            *(_settings(own.on), _settings(own.off), own.needs),
            *(", ".join(f"`{name}`" for name in own.numbers), own.expects),
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines += ["", ABLATION]
    if effects is None or effects.empty:
        return "\n".join(lines) + PENDING
    n = int(effects["n"].max())
    lines += [f"![Effects of every mechanism, ranked]({FIGURE.removeprefix('docs/')})", "", reading(effects), ""]
    for outcome, words in OUTCOMES.items():
        lines += [f"### {words[0].upper()}{words[1:]}", "", f"With less without, {n:,} replicates an arm.", ""]
        lines += [*table(effects[effects["outcome"] == outcome]), ""]
    lines += [READING]
    return "\n".join(lines)


def _settings(settings: object) -> str:
    assert isinstance(settings, dict)
    return "<br>".join(f"`{name} = {value_in_words(value)}`" for name, value in settings.items())


def table(effects: pd.DataFrame) -> list[str]:
    """Lines of a table of one outcome: a row a mechanism, the strongest in the core and the full model first."""
    dyads = list(dict.fromkeys(effects["dyad"]))
    columns = [(within, dyad) for within in (CORE, FULL) for dyad in dyads]
    lines = ["| Mechanism | " + " | ".join(f"{within}: {dyad}" for within, dyad in columns) + " |"]
    lines += ["|---" * (1 + len(columns)) + "|"]
    told = {(row["mechanism"], row["in"], row["dyad"]): row for _, row in effects.iterrows()}
    for name in ranked(effects):
        cells = []
        for within, dyad in columns:
            row = told.get((name, within, dyad))
            cells.append("" if row is None else cell(row["mean"], row["low"], row["high"]))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def cell(mean: float, low: float, high: float) -> str:
    """An effect with its interval; one that never moves is a plain zero."""
    if mean == low == high == 0.0:
        return "0"
    return f"{signed(mean, DIGITS)} {interval(low, high, DIGITS, with_sign=True)}"


def ranked(effects: pd.DataFrame) -> list[str]:
    """Mechanisms by the size of their effects, dyads and both models together, the largest first."""
    size = effects.assign(size=effects["mean"].abs()).groupby("mechanism", sort=False)["size"].sum()
    return [str(name) for name in size.sort_values(ascending=False, kind="stable").index]


def reading(effects: pd.DataFrame) -> str:
    """In a sentence a line: what moves depth and durability most, in the core and in the full model, if it is clear."""
    sentences = []
    for within, where in ((CORE, "In the core"), (FULL, "In the full model")):
        for outcome, words in OUTCOMES.items():
            own = effects[(effects["in"] == within) & (effects["outcome"] == outcome)]
            clear = own[(own["low"] > 0.0) | (own["high"] < 0.0)]
            if clear.empty:
                sentences.append(f"{where} no mechanism moves the {words} by more than these runs can tell from zero.")
                continue
            top = clear.reindex(clear["mean"].abs().sort_values(ascending=False, kind="stable").index)
            first = list(dict.fromkeys(top["mechanism"]))[:STRONGEST]
            told = [
                f"{name[0].lower()}{name[1:]} ("
                + ", ".join(f"{signed(r['mean'])} in {r['dyad']}" for _, r in top[top["mechanism"] == name].iterrows())
                + ")"
                for name in first
            ]
            still = own["mechanism"].nunique() - clear["mechanism"].nunique()
            tail = f"; {still} of {own['mechanism'].nunique()} move it in no dyad" if still else ""
            sentences.append(f"{where} the {words} is moved most by {'; '.join(told)}{tail}.")
    return "\n".join(f"* {sentence}" for sentence in sentences)


def show(console: Console, catalogue: Sequence[Mechanism], effects: pd.DataFrame | None) -> None:
    """Print the catalogue, and what the ablation found where that is known."""
    from experiments.display.console import prose
    from experiments.display.grids import Grid

    shown = Grid("", ("mechanism", "kind"), (), {"with it": 20, "from": 18, "rules": 14})
    for own in catalogue:
        settings = ", ".join(f"{name}={value_in_words(value)}" for name, value in own.on.items())
        shown.row(own.name, "core" if own.is_core else "optional", settings, own.passage, own.rules)
    shown.show(console)
    if effects is not None:
        prose(console, reading(effects))
