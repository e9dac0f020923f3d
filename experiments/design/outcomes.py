"""What can be asked of a run: every outcome that a plan may name, with its words, its unit and how it is shown.

An outcome is a column of the runs. Where there is one for each side of a pair, the name without ``_first`` and
``_second`` means both: ``duty`` is ``duty_first`` and ``duty_second``.

>>> list(expanded(["emerged", "duty"]))
['emerged', 'duty_first', 'duty_second']
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from experiments.display.words import BLOC_WORDS

if TYPE_CHECKING:
    from experiments.design.plan import Plan

SIDES: Final = ("first", "second")


class Outcome(NamedTuple):
    """How an outcome is told: words, unit, by what a value is multiplied to be shown, digits of a difference.

    most: the largest difference there can be either way, in the unit of the runs; infinite where nothing bounds it.
    """

    words: str
    unit: str
    times: float = 1.0
    digits: int = 2
    is_yes_no: bool = False
    most: float = math.inf

    def shown(self, value: float, fewer: int = 0) -> str:
        """A level as it is shown, without its unit; a dash where there is none."""
        if value != value:
            return "-"
        digits = max(self.digits - fewer, 0)
        text = f"{self.times * value:.{digits}f}"
        return text.lstrip("-") if float(text) == 0.0 else text


def _percent(words: str) -> Outcome:
    """One told in percent that may be more than 100 of them, or less than none."""
    return Outcome(words, "%", 100.0, 1)


def _share(words: str, of: str = "of quarters", is_yes_no: bool = False) -> Outcome:
    return Outcome(words, f"% {of}", 100.0, 1, is_yes_no, 1.0)


def _runs(words: str) -> Outcome:
    return _share(words, "of runs", True)


#: Outcomes of a pair as a whole, by their columns.
OF_PAIRS: Final[dict[str, Outcome]] = {
    "time_cooperating": _share("time cooperating"),
    "gain_share": _percent("share of the attainable gain"),
    "joint_gain": Outcome("joint gain", "bn$ a year", 1.0, 3),
    "emerged": _runs("emergence"),
    "kept": _runs("kept to the end"),
    "durable": _runs("durable cooperation"),
    "mean_depth": Outcome("mean depth", "", 1.0, 3),
    "attainable_gain": Outcome("attainable gain", "bn$ a year", 1.0, 3),
    "inherited": _runs("inherited cooperation"),
    "lost": _runs("lost after being inherited"),
    "regained": _runs("regained after being lost"),
    "collapsed": _runs("a spell that ended"),
    "mean_depth_contested": Outcome("depth without harmony", "", 1.0, 3),
    "depth_inherited": Outcome("depth of the inherited treaty", "", 1.0, 3),
    "depth_duties": Outcome("depth by duties", "", 1.0, 3),
    "depth_recognition": Outcome("depth by recognition", "", 1.0, 3),
    "depth_joint": Outcome("depth by supply, charging, technology", "", 1.0, 3),
    "ev_trade": Outcome("EV trade", "1000 cars a year", 1.0, 1),
    "kept_charging": _share("common charging"),
    "kept_technology": _share("technology cooperation"),
    "treaty_quarters": Outcome("quarters with a treaty", "quarters", 1.0, 1),
    "n_treaties": Outcome("treaties ratified", "a run", 1.0, 2),
}
#: Outcomes of each side of a pair; the columns end in ``_first`` and ``_second``.
OF_SIDES: Final[dict[str, Outcome]] = {
    "gain": Outcome("gain of {}", "bn$ a year", 1.0, 3),
    "duty": _percent("duty of {} on EVs"),
    "agreed_duty": _share("duty cut agreed by {}", "of the way"),
    "kept_duty": _share("duty cut that {} keeps", "of the way"),
    "kept_supply": _share("supply assured by {}"),
    "kept_recognition": _share("recognition by {}, by treaty"),
    "lets_in": _share("a market opened by {}, by treaty", "of runs", True),
    "recognises": _share("recognition by {} at the end, by treaty or alone", "of runs", True),
    "recognises_alone": _share("recognition by {} for its own good", "of runs", True),
    "kept_linkage": _share("linkage given by {}"),
    "consumer_surplus": Outcome("consumer surplus in {}", "bn$ a year", 1.0, 3),
    "home_profit": Outcome("profits at home in {}", "bn$ a year", 1.0, 3),
    "jobs": Outcome("value of jobs in {}", "bn$ a year", 1.0, 3),
    "price": Outcome("EV price in {}", "k$", 1.0, 3),
    "ev_share": _share("EV share in {}", "of new cars"),
    "final_ev_share": _share("EV share in {} at the end", "of new cars"),
    "co2_saved": Outcome("CO2 saved in {}", "Mt a year", 1.0, 2),
}
#: Every outcome by its column.
OUTCOMES: Final[dict[str, Outcome]] = {
    **OF_PAIRS, **{f"{name}_{side}": own for name, own in OF_SIDES.items() for side in SIDES},
}  # fmt: skip
#: What is told where a plan names no outcomes.
USUAL: Final = tuple(OF_PAIRS)[:7]
#: Outcomes that the sentence on how often cooperation emerges or is kept answers.
OF_EMERGENCE: Final = ("emerged", "kept", "inherited", "lost", "regained", "durable", "collapsed")
#: Every name that a plan may write.
NAMES: Final = (*OF_PAIRS, *OF_SIDES, *(name for name in OUTCOMES if name not in OF_PAIRS))


def expanded(names: Iterable[str]) -> Iterator[str]:
    """The columns that names of outcomes stand for, each once."""
    yield from dict.fromkeys(column for one in names for column in _columns(one))


def _columns(name: str) -> tuple[str, ...]:
    return tuple(f"{name}_{side}" for side in SIDES) if name in OF_SIDES else (name,)


def told_of(plan: Plan) -> tuple[str, ...]:
    """The outcomes that are told of a plan: those that it names, or the usual ones."""
    return plan.outcomes or USUAL


def lead_of(plan: Plan) -> str:
    """The outcome by which differences are put in order where there are more than can be shown."""
    told = told_of(plan)
    return "joint_gain" if "joint_gain" in told else told[0]


def main_of(plan: Plan) -> str:
    """The outcome that is told where there is room for one: the first that a plan names, or the joint gain."""
    return plan.outcomes[0] if plan.outcomes else "joint_gain"


def words_of(name: str, dyad: str = "") -> str:
    """An outcome in words; that of a side with its bloc, where the dyad is known."""
    own = OUTCOMES[name]
    if "{}" not in own.words:
        return own.words
    side = SIDES.index(name.rpartition("_")[2])
    bloc = dyad.split("-")[side] if dyad else ("the first bloc", "the second bloc")[side]
    return own.words.format(BLOC_WORDS.get(bloc, bloc))


def table_of_outcomes() -> str:
    """Every name with what it is and its unit, as a table of a page."""
    rows = [f"| `{name}` | {own.words.replace('{}', 'each side')} | {own.unit or '0 to 1'} |"
            for name, own in {**OF_PAIRS, **OF_SIDES}.items()]  # fmt: skip
    return "\n".join(["| name | what it is | unit |", "| --- | --- | --- |", *rows])
