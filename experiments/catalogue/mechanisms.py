"""The catalogue of mechanisms: where each comes from, how to turn it on and off, and the ablation that weighs it.

The records are data, ``mechanisms.toml``; what is said here is how they are read, which runs the ablation needs, and
what its results say of every mechanism. ``docs/mechanisms.md`` is made of both (``mechanisms_page.py``).

The ablation asks two things of every mechanism, replicate by replicate: what it adds to the core on its own, and what
it adds to the full model, in which everything else is on. Effects are told as with less without, in either case.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from model import PARAMETERS, InputFault, make_parameters, nearest

if TYPE_CHECKING:
    import pandas as pd

Value = float | int | bool | str

CATALOGUE: Final = Path(__file__).parent / "mechanisms.toml"
PLAN: Final = "ablation"
CORE, FULL = "core", "full"
TEXTS: Final = ("name", "passage", "rules", "expects")
KEYS: Final = (*TEXTS, "on", "off", "needs", "numbers")
#: What the ablation is read for, and how that is called.
OUTCOMES: Final = {"mean_depth": "mean depth", "durable": "durable share"}
EFFECT_COLUMNS: Final = ("mechanism", "in", "dyad", "outcome", "mean", "low", "high", "n")


@dataclasses.dataclass(frozen=True)
class Mechanism:
    """One record of the catalogue.

    ``on`` and ``off`` are parameters with the mechanism and without it; ``needs`` is the name of a mechanism without
    which it has nothing to work on, or empty; ``numbers`` say how strong it is.
    """

    name: str
    passage: str
    rules: str
    expects: str
    on: Mapping[str, Value]
    off: Mapping[str, Value]
    needs: str = ""
    numbers: tuple[str, ...] = ()

    @property
    def is_core(self) -> bool:
        """Whether the model has it unless it is turned off."""
        return all(PARAMETERS[name].default == value for name, value in self.on.items())


def load_catalogue(path: Path = CATALOGUE) -> tuple[Mechanism, ...]:
    """The mechanisms in the order of the file.

    Raises:
        InputFault: lists everything that is wrong with the file.
    """
    records = tomllib.loads(path.read_text(encoding="utf-8")).get("mechanisms", [])
    faults: list[str] = []
    known: dict[str, Mechanism] = {}
    for number, record in enumerate(records, 1):
        own = _faults(record, f"mechanism {number}", known)
        faults += own
        if not own:
            known[record["name"]] = Mechanism(**{**record, "numbers": tuple(record.get("numbers", ()))})
    if faults:
        raise InputFault(faults, f"catalogue {path.name}")
    return tuple(known.values())


def _faults(record: Mapping[str, Any], where: str, known: Mapping[str, Mechanism]) -> list[str]:
    """What is wrong with one record."""
    where = f"{where} ({record['name']})" if isinstance(record.get("name"), str) else where
    faults = [f"{where}: {key!r} is not a key; {nearest(key, KEYS)}" for key in record if key not in KEYS]
    for key in TEXTS:
        if not isinstance(record.get(key), str) or not record[key].strip():
            faults.append(f"{where}: {key} is missing; write a text")
    if record.get("name") in known:
        faults.append(f"{where}: there is one of that name already; names are unique")
    sides = [record.get("on"), record.get("off")]
    if not all(isinstance(side, dict) and side for side in sides):
        return [*faults, f"{where}: on and off are missing; write parameters with and without the mechanism"]
    for side in sides:
        try:
            make_parameters(side)
        except InputFault as fault:
            faults += [f"{where}: {one}" for one in fault.faults]
    if not faults and not any(
        all(PARAMETERS[name].default == value for name, value in side.items()) for side in sides if side
    ):
        faults.append(f"{where}: neither on nor off is what the model does by itself; one of them must be")
    if record.get("needs") and record["needs"] not in known:
        hint = nearest(record["needs"], known) or "a mechanism is needed only by those below it"
        faults.append(f"{where}: needs {record['needs']!r}, which is not above it; {hint}")
    for name in record.get("numbers", ()):
        if name not in PARAMETERS:
            hint = nearest(name, PARAMETERS) or "leave it out"
            faults.append(f"{where}: {name!r} is not a parameter; {hint}")
    return faults


# --- the arms of the ablation ---------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Arm:
    """A setting of the model by its name."""

    name: str
    settings: Mapping[str, Value]


@dataclasses.dataclass(frozen=True)
class Weighing:
    """Two arms that differ in one mechanism alone, in the core or in the full model; ``reference`` is one of them."""

    mechanism: str
    within: str
    having: str
    lacking: str
    reference: str


def ablation(catalogue: Sequence[Mechanism]) -> tuple[tuple[Arm, ...], tuple[Weighing, ...]]:
    """The arms of the ablation and what is read off them.

    From the core each optional mechanism on alone (with what it needs) and each core one off alone; from the full model
    each one off alone.
    """
    by_name = {own.name: own for own in catalogue}
    whole = {name: value for own in catalogue for name, value in own.on.items()}
    arms = {CORE: Arm(CORE, {}), FULL: Arm(FULL, whole)}
    weighings = []
    for own in catalogue:
        needed = by_name.get(own.needs)
        base = CORE if needed is None or needed.is_core else f"{CORE} with {needed.name}"
        if own.is_core:
            name = f"{CORE} without {own.name}"
            arms[name] = Arm(name, {**arms[base].settings, **own.off})
            weighings.append(Weighing(own.name, CORE, having=base, lacking=name, reference=base))
        else:
            name = f"{CORE} with {own.name}"
            arms[name] = Arm(name, {**arms[base].settings, **own.on})
            weighings.append(Weighing(own.name, CORE, having=name, lacking=base, reference=base))
        name = f"{FULL} without {own.name}"
        arms[name] = Arm(name, {**whole, **own.off})
        weighings.append(Weighing(own.name, FULL, having=FULL, lacking=name, reference=FULL))
    return tuple(arms.values()), tuple(weighings)


def references(weighings: Sequence[Weighing]) -> list[str]:
    """The arms that others are compared with: the core, the full model, and what some mechanisms need."""
    return list(dict.fromkeys([CORE, FULL, *(pair.reference for pair in weighings)]))


def arms_table(catalogue: Sequence[Mechanism]) -> str:
    """``plans/ablation.csv``: one arm a row, a column for every parameter that any mechanism sets."""
    arms, _ = ablation(catalogue)
    names = list(dict.fromkeys(name for own in catalogue for name in (*own.on, *own.off)))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", *names])
    for arm in arms:
        values = [arm.settings.get(name, PARAMETERS[name].default) for name in names]
        writer.writerow([arm.name, *(str(v).lower() if isinstance(v, bool) else v for v in values)])
    return text.getvalue()


# --- what the ablation found ----------------------------------------------------------------------------------


def effects_of(arms: pd.DataFrame, catalogue: Sequence[Mechanism]) -> pd.DataFrame:
    """What having each mechanism changes, a row for each mechanism, model (core, full), dyad and outcome.

    arms: the table of that name among the findings of the plan; differences of arms from arms of reference, paired by
    replicate. Where the reference is the arm that has the mechanism, the sign is turned.
    Raises:
        InputFault: arms that the catalogue asks for were not run.
    """
    import pandas as pd

    rows, missing = [], []
    own = dict(iter(arms.groupby(["reference", "arm"], sort=False)))
    for pair in ablation(catalogue)[1]:
        turned = pair.having == pair.reference
        key = (pair.having, pair.lacking) if turned else (pair.lacking, pair.having)
        if key not in own:
            missing.append(f"{pair.mechanism!r} has no runs of {key[1]!r} against {key[0]!r}")
            continue
        for _, row in own[key].iterrows():
            if row["outcome"] not in OUTCOMES:
                continue
            low, high = (-row["high"], -row["low"]) if turned else (row["low"], row["high"])
            mean = -row["mean"] if turned else row["mean"]
            what = (pair.mechanism, pair.within, row["dyad"], row["outcome"])
            # Zero has no sign.
            rows.append((*what, mean + 0.0, low + 0.0, high + 0.0, int(row["n"])))
    if missing:
        hint = f"run it again: detente sweep {PLAN}"
        raise InputFault([*missing, hint], "results of the ablation")
    return pd.DataFrame(rows, columns=list(EFFECT_COLUMNS))


def read_effects(source: Path, catalogue: Sequence[Mechanism]) -> pd.DataFrame:
    """Effects from a results folder of the ablation, or from a table that was kept of one.

    Raises:
        InputFault: neither is there, or it is of something else.
    """
    import pandas as pd

    if source.is_dir():
        from experiments.findings.findings import find
        from experiments.store.folder import Results
        from experiments.store.kept import plan_of

        results = Results.open(source)
        plan = plan_of(results)
        if not plan.references or CORE not in plan.references:
            raise InputFault(
                [f"'{source}' holds runs of the plan {plan.name!r}; wanted are those of {PLAN}"], "results"
            )
        return effects_of(find(plan, results).arms, catalogue)
    if not source.is_file():
        raise InputFault([f"'{source}' is neither a results folder nor a table; run: detente sweep {PLAN}"], "results")
    try:
        table = pd.read_csv(source)
    except (ValueError, OSError) as error:  # empty, no text, or not a table
        raise InputFault([f"'{source}' cannot be read as a table: {error}; run: make {PLAN}"], "results") from None
    if list(table.columns) != list(EFFECT_COLUMNS):
        raise InputFault([f"'{source}' has not the columns {', '.join(EFFECT_COLUMNS)}"], "results")
    return table
