"""Reads what ``detente design`` is asked: levers, objectives, the worlds in which designs are tried, how much work.

It is a plan (``experiments/design/plan_file.py``) with other tables. ``[levers.NAME]`` are written as factors are: a
``range`` or ``levels``, or levels that are named bundles of settings. ``objectives`` names what designs are judged by,
the first being what the race puts them in order by; ``designs`` says how many are tried and ``replicates`` how often,
in the scenario and under every row of ``[assumptions]``. ``[race]`` has ``candidates``, ``replicates`` of a round, at
``most`` in all, and the ``confidence`` at which the first place is to be known.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from experiments.arrangements.objectives import CO2, GAIN, REGRET, WORST_OFF, blocs_of, in_words, names_of
from experiments.arrangements.racing import ROUNDS, Rules
from experiments.arrangements.search import FEWEST, MOST
from experiments.design.plan import MAX_REPLICATES, SCENARIO, Assumed, Block, Factor, Plan, Value
from experiments.design.plan_file import PlanReader
from experiments.design.plan_reading import as_file_name, check_named, is_number
from model import InputFault, described, is_path, load_scenario, nearest, no_file, read_toml

PLANS: Final = Path(__file__).parent / "plans"
PLAIN: Final = ("title", "question", "hypothesis", "scenario", "replicates", "root_seed", "settings")
OWN: Final[tuple[str, ...]] = ("levers", "objectives", "designs", "race", "assumptions")
# Keys that no other kind of plan has: such a file is one to design with, though its levers be misnamed.
ASKING: Final = frozenset({"levers", "objectives", "designs", "race"})
WHAT: Final = "plan to design with"
RACE_KEYS: Final = ("candidates", "replicates", "most", "confidence")
USUAL_OBJECTIVES: Final = (WORST_OFF, REGRET, CO2)
USUAL_DESIGNS: Final = 32
USUAL_REPLICATES: Final = 4
CANDIDATES: Final = (1, 20)


@dataclasses.dataclass(frozen=True)
class DesignPlan:
    """What is asked: ``base`` has the scenario, the settings and the sample; its factors are the levers.

    start: the arrangement as it is: every lever at the value of the scenario.
    """

    base: Plan
    start: Mapping[str, Value]
    objectives: tuple[str, ...]
    designs: int
    rules: Rules
    dyads: tuple[str, ...]

    @property
    def assumed(self) -> Assumed:
        """The rows of the sample."""
        assert self.base.assumed is not None
        return self.base.assumed

    @property
    def blocs(self) -> tuple[str, ...]:
        """The blocs whose gains count."""
        return blocs_of(self.dyads)

    def stage(self, name: str, rows: Sequence[Mapping[str, Value]], replicates: int, root_seed: int) -> Plan:
        """The plan of one stage: some designs in all worlds."""
        return dataclasses.replace(
            self.base, name=f"{self.base.name}-{name}", rows=tuple(rows), replicates=replicates, root_seed=root_seed,
            assumed=dataclasses.replace(self.assumed, replicates=replicates),
            text=f"{self.base.text}\n# {name}, made by detente design\n",
        )  # fmt: skip


def shipped() -> tuple[str, ...]:
    """The names of the plans of this kind that come with the project."""
    return tuple(sorted(path.stem for path in PLANS.glob("*.toml")))


def load_design(source: str | Path) -> DesignPlan:
    """What is asked in a TOML file, or in the shipped plan of that name, checked whole.

    Raises:
        InputFault: lists everything that is wrong with the file.
    """
    check_named(source, shipped(), WHAT)
    path = PLANS / f"{source}.toml" if str(source) in shipped() else Path(source)
    try:
        text, table = read_toml(path, "plan", "any")
        if not ASKING & {*table}:
            read_toml(path, "plan", WHAT)  # refuses a file of another kind, in words of its own
    except FileNotFoundError:
        if is_path(source):
            raise InputFault([no_file(source, shipped(), WHAT)], "plan") from None
        hint = nearest(path.stem, shipped()) or f"shipped plans to design with: {', '.join(shipped())}"
        raise InputFault([f"'{source}' is neither a file nor a shipped plan of this kind; {hint}"], "plan") from None
    return _Reader(path.stem, text, table, path.parent).read_design()


class _Reader(PlanReader):
    """Reads the tables of its own, and leaves the rest to the reader of plans."""

    def __init__(self, name: str, text: str, table: dict[str, Any], folder: Path) -> None:
        super().__init__(as_file_name(name), text, table, folder)
        self._take_levers()
        self._known(self.table, (*PLAIN, *OWN), "a key of a plan to design with")
        self.own = {key: self.table[key] for key in OWN if key in self.table}
        self.table = {
            "replicates": USUAL_REPLICATES, **{key: self.table[key] for key in PLAIN if key in self.table},
            "factors": self.own.get("levers"), "design": "sobol", "n_points": 2,
            "assumptions": self.own.get("assumptions", {}),
        }  # fmt: skip

    def _take_levers(self) -> None:
        """Take a table that is meant as that of levers for it: its fault is its name alone."""
        known = (*PLAIN, *OWN)
        meant = (key for key in self.table if key not in known and (key == "factors" or nearest(key, ("levers",))))
        if "levers" not in self.table and (key := next(meant, "")):
            self.faults.append(f"'{key}' is not a key of a {WHAT}: what is searched are levers; write [levers.NAME]")
            self.table = {"levers" if name == key else name: own for name, own in self.table.items()}

    def read_design(self) -> DesignPlan:
        faults: list[str] = []
        try:
            designs, rules, named = self._work()
            plan = self.read()
        except InputFault as fault:
            faults = list(fault.faults)
        else:
            dyads = tuple(load_scenario(plan.start).parties.dyad_names)
            objectives = self._objectives(named, names_of(blocs_of(dyads)))
            faults = self.faults
        if faults:
            said = [line.replace("[factors.", "[levers.").replace("[factors]", "[levers]") for line in faults]
            raise InputFault(said, f"plan {self.name}")
        baseline = {**load_scenario(plan.start).parameters.as_dict(), **plan.settings}
        start = {one.name: one.levels[0] if one.bundles else baseline[one.name] for one in plan.factors}
        base = dataclasses.replace(plan, design="list", rows=(start,))
        return DesignPlan(base, start, objectives, designs, rules, dyads)

    def _assumed(
        self,
        design: str,
        settings: Mapping[str, Value],
        factors: Sequence[Factor],
        blocks: Sequence[Block],
        n_cells: int,
        seed: int,
    ) -> Assumed | None:
        """The sample, with which designs are compared though their levers are drawn."""
        if "assumptions" not in self.own:
            self.faults.append("[assumptions] is missing: designs are tried in the worlds of a sample")
            return None
        if isinstance(self.own["assumptions"], dict) and "replicates" in self.own["assumptions"]:
            self.faults.append("[assumptions] replicates: they stand at the head of the plan, for all worlds alike")
        return super()._assumed("list" if design == "sobol" else design, settings, factors, blocks, n_cells, seed)

    def _work(self) -> tuple[int, Rules, list[Any]]:
        """How many designs and how long a race; what objectives are named."""
        designs = self._whole(self.own, "designs", USUAL_DESIGNS, FEWEST, MOST)
        race = self.own.get("race", {})
        if not isinstance(race, dict):
            self.faults.append(f"race = {described(race)}: allowed is a table headed [race]")
            race = {}
        self._known(race, RACE_KEYS, "a key of [race]", "[race] ")
        usual = Rules()
        replicates = self._whole(race, "replicates", usual.replicates, 2, MAX_REPLICATES, "[race] ")
        most = self._whole(race, "most", max(usual.most, replicates), replicates, ROUNDS * replicates, "[race] ")
        candidates = self._whole(race, "candidates", usual.candidates, *CANDIDATES, "[race] ")
        confidence = race.get("confidence", usual.confidence)
        if not is_number(confidence) or not 0.5 <= confidence < 1.0:
            self.faults.append(f"[race] confidence = {described(confidence)}: allowed is a number from 0.5 to below 1")
            confidence = usual.confidence
        named = self.own.get("objectives", list(USUAL_OBJECTIVES))
        if not isinstance(named, list) or not named or not all(isinstance(one, str) for one in named):
            self.faults.append(f"objectives = {described(named)}: allowed is a list of names, such as ['{WORST_OFF}']")
            named = []
        levers = self.own.get("levers")
        if isinstance(levers, dict) and SCENARIO in levers:
            self.faults.append("[levers.scenario]: nobody can choose the world; name one scenario at the head")
        return designs, Rules(candidates, replicates, most, float(confidence)), named

    def _objectives(self, named: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
        for name in named:
            if name not in known:
                hint = nearest(name, known) or f"known: {', '.join(known)}"
                self.faults.append(f"objectives: {name!r} is not one; {hint}; correct it or leave it out")
        if named and named[0] == REGRET:
            other = f"{WORST_OFF}, or {GAIN}{known[-1].removeprefix(GAIN)}"
            self.faults.append(
                f"objectives: {in_words(REGRET)[0]} cannot lead, as no single run has it; begin with {other}"
            )
        return tuple(dict.fromkeys(named))
