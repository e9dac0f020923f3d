"""What Mesa's own tools hand to a model, in our words: its ``rng``, ``seed``, iterations and scenario objects.

All chance here has an address, ``root_seed`` and ``replicate``. A tool that wants other luck says so in words of its
own, and none of them may be dropped: the same run would be played several times and taken for replicates.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any, Final

from model.faults import InputFault, shown, whole_number

DEFAULTS: Final = {"scenario": "2026", "root_seed": 20260928, "replicate": 0}
LUCK: Final = ("replicate", "rng", "seed")  # None is none of them
# A seed that somebody chose is below this; one from the machine's entropy has 128 bits.
CHOSEN: Final = 2**64


def arguments(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a world: ``scenario``, ``root_seed``, ``replicate``, and parameters by their names.

    given: what came by name; None is no luck. ``rng`` or ``seed`` becomes the replicate, as does the
    iteration of ``mesa.batch_run``. A scenario object of Mesa's gives its values, and its replication the replicate.

    Raises ``InputFault`` where the luck is named twice, or by what is no whole number.
    """
    given = _without_none(given)
    if not isinstance(given.get("scenario", ""), (str, Path)):
        given = _of_object(given.pop("scenario"), given)
    lucks: dict[str, object] = {name: given.pop(name) for name in ("rng", "seed") if name in given}
    if not lucks and (iteration := _iteration()):
        lucks = {"iterations": iteration}
    for name, value in lucks.items():
        number = whole_number(value)
        if number is None or number < 0:
            remedy = "it becomes the replicate: write replicate=0, 1, 2, ..."
            raise InputFault([f"{name} = {shown(value)}: allowed is a whole number from 0; {remedy}"], "run")
        if given.setdefault("replicate", number) != number:
            said = f"{name} and replicate = {given['replicate']} both say which luck"
            raise InputFault([f"{said}; leave {name} out, and list the replicates: replicate=range(3)"], "run")
    # Whether the address is one is for the world to say (``model.world.address``).
    return {**DEFAULTS, **given, "scenario": str(given.get("scenario", DEFAULTS["scenario"]))}


def _without_none(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None or name not in LUCK}


def _of_object(scenario: Any, given: dict[str, Any]) -> dict[str, Any]:
    """The values of a scenario object of Mesa's beside what else was given."""
    try:
        values = _without_none(dict(scenario))
    except (TypeError, ValueError):
        raise InputFault([f"scenario = {shown(scenario)}: allowed is a name or the path of a file"], "run") from None
    number, sequence = getattr(scenario, "replication_id", -1), getattr(scenario, "seed_sequence", None)
    chosen = getattr(sequence, "entropy", None)
    chosen = chosen if isinstance(chosen, int) and chosen < CHOSEN else None
    if number >= 0:
        values = {"replicate": number, **({} if chosen is None else {"root_seed": chosen}), **values}
    elif chosen is not None:
        values = {"rng": chosen, **values}
    given = {name: value for name, value in given.items() if (name, value) != ("root_seed", DEFAULTS["root_seed"])}
    if twice := sorted(set(values) & set(given)):
        raise InputFault([f"{', '.join(twice)}: given by Mesa's scenario and beside it; leave one out"], "run")
    return {**given, **values}


def _iteration() -> int:
    """Which iteration ``mesa.batch_run`` is playing, from 0: it tells the model nothing of it."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "_model_run_func" and frame.f_globals.get("__name__") == "mesa.batchrunner":
            return int(frame.f_locals.get("iteration", 0))
        frame = frame.f_back
    return 0
