"""The first screen's game: five quarters in which one bloc keeps or withdraws, and the same choices under other luck.

A visitor's choices are a text, a letter a quarter: K keeps every treaty in force, W withdraws from all of them for this
quarter. The visitor's own five quarters are a game like any other (``moves``); the cloud plays the same choices in the
ensemble, hundreds of lucks at once, so that luck and choice can be told apart. Five letters make 32 clouds at most, and
all visitors who chose alike share one.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import numpy as np

from experiments.classroom.cloud import N_RUNS, Cloud, Table, luck_first, rows_of
from experiments.classroom.game import Settings
from experiments.classroom.seats import HONOUR, KEEP, LAPSE
from experiments.classroom.view import number
from model import BLOCS, DYADS, Bloc, Ensemble, InputFault, World

PLAYER: Final = BLOCS.index("US")  # two treaties to keep, the most to gain by either choice
QUARTERS: Final = 5
KEEPS, WITHDRAWS = "K", "W"
OWN_DYADS: Final = tuple(d for d, pair in enumerate(DYADS) if PLAYER in pair)


def read_choices(data: object, length: int = QUARTERS) -> str:
    """A visitor's choices from plain data of unknown origin.

    Raises ``InputFault`` for anything but a letter K or W a quarter.
    """
    if not isinstance(data, str) or len(data) != length or set(data) - {KEEPS, WITHDRAWS}:
        raise InputFault([f"choices {data!r:.40}: allowed is a text of {length} letters, each K or W"], "opening")
    return data


def moves(choices: str) -> list[list[Any]]:
    """The choices as moves of a game, [quarter, dyad, bloc, kind, round, value]."""
    return [
        [quarter, dyad, PLAYER, KEEP, 0, HONOUR if choice == KEEPS else LAPSE]
        for quarter, choice in enumerate(choices)
        for dyad in OWN_DYADS
    ]


class ChoosingBloc(Bloc):
    """A government whose conduct is chosen beforehand if it is the visitor's; else it decides by the rules."""

    world: ChoosingWorld

    def _choice(self) -> str:
        quarter = self.world.state.quarter
        return self.world.choices[quarter] if self.index == PLAYER and quarter < len(self.world.choices) else ""

    def honours(self, dyad: int) -> np.ndarray:
        """(R,) whether it keeps the treaty in force."""
        chosen = self._choice()
        if not chosen:
            return super().honours(dyad)
        return (self.world.state.treaty[:, dyad] == 0) | (chosen == KEEPS)

    def gives_notice(self, dyad: int) -> np.ndarray:
        """(R,) whether it walks out: never where its conduct is chosen."""
        given = super().gives_notice(dyad)
        return np.zeros_like(given) if self._choice() else given


class ChoosingWorld(World):
    """A world in which the visitor's choices are known beforehand."""

    bloc_type = ChoosingBloc
    choices = ""


def play_choices(settings: Settings, replicates: list[int], choices: str = "") -> Table:
    """What the visitor's bloc has gained by the end of each quarter: "total" -> quarter -> replicate, bn$."""
    ensemble = Ensemble(
        settings.scenario,
        settings.root_seed,
        replicates,
        dict(settings.parameters),
        keep=replicates,
        n_quarters=len(choices),
        world=ChoosingWorld,
    )
    rows = rows_of(len(choices))
    for _, world in ensemble.worlds():
        assert isinstance(world, ChoosingWorld)
        world.choices = choices
        total = np.zeros(world.replicates.size)
        for row in rows:
            world.step()
            total = total + gained(world.recorder.frames[-1]["dyad"])
            row.extend(number(value) for value in total)
    return {"total": rows}


def gained(dyads: Any) -> np.ndarray:
    """(...) what a quarter brought the visitor's bloc over no treaty at all, bn$; from columns (..., pairs)."""
    sides = [("gain_first", "gain_second")[DYADS[d].index(PLAYER)] for d in OWN_DYADS]
    return np.asarray(
        sum(np.asarray(dyads[side])[..., d] for side, d in zip(sides, OWN_DYADS, strict=True)), dtype=np.float64
    )


class ChoicesCloud(Cloud):
    """The runs of one set of choices, as far as they have come."""

    def __init__(self, settings: Settings, choices: str) -> None:
        super().__init__(settings)
        self.kind = f"choices {choices}"
        self.play = partial(play_choices, choices=choices)
        self.outcomes = {"total": rows_of(len(choices))}

    def view(self, replicate: int | None = None) -> dict[str, Any]:
        """The picture so far: running totals by quarter, bn$, the own luck first; no picture before its run is in."""
        own = self.settings.replicate if replicate is None else replicate
        shown = [self._place[luck] for luck in luck_first(own) if luck in self._place] if own in self._place else []
        return {
            "runs": len(shown),
            "of": N_RUNS,
            "totals": [[row[at] for at in shown] for row in self.outcomes["total"]],
            "fault": self.fault,
        }
