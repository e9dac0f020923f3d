"""The stage: everything of a world but its order of play. Phases act on it, parties look at it (``model.sight``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

import numpy as np

from model.agents.automaker import Automaker
from model.agents.battery_supplier import BatterySupplier
from model.agents.bloc import Bloc
from model.assessment.mandate import Mandate
from model.draws import Draws
from model.market.access import Gates, gates_now
from model.market.clearing import Accounts
from model.market.economy import SHUT
from model.market.learning import Learned
from model.numerics import FloatArray, beside, ordered_sum
from model.parameters.by_lane import NO_VALUES, LaneValues
from model.parameters.checked import Parameters
from model.rules import unilateral
from model.run_rules import RunRules, run_rules
from model.state import Start, State, first_state
from model.telling.story import Story

#: In the place of a firm's index: all firms.
EVERY: Final = cast(int, slice(None))
EVERY_LANE: Final = slice(None)


class Stage:
    """Replicates of one scenario under one set of parameters, side by side: *lanes* (R of them, R >= 1).

    A lane's story is told where one is put into ``stories``. blocs, automakers and suppliers decide for all lanes at
    once; which classes they are of is said by ``bloc_type``, ``automaker_type`` and ``supplier_type``.
    """

    bloc_type: type[Bloc] = Bloc
    automaker_type: type[Automaker] = Automaker
    supplier_type: type[BatterySupplier] = BatterySupplier

    def __init__(
        self, start: Start, parameters: Parameters, luck: Draws, n_lanes: int, own: LaneValues = NO_VALUES
    ) -> None:
        self.scenario, self.economy, self.opening, self.agenda = start
        self.parties = self.scenario.parties
        self.luck, self.n_lanes, self.own = luck, n_lanes, own
        self.stories: dict[int, Story] = {}
        self.seat_parties()
        self._take(parameters)
        self.state: State = first_state(start, parameters, self.rules, luck, n_lanes, own)

    def seat_parties(self) -> None:
        """Make the parties; each looks at this world."""
        self.blocs: list[Bloc] = [self.bloc_type(self, index) for index in range(self.parties.n_blocs)]
        self.automakers = [self.automaker_type(self, index) for index in range(len(self.scenario.automakers))]
        self.suppliers = [self.supplier_type(self, index) for index in range(len(self.scenario.suppliers))]

    def as_one(self, firms: Sequence[Any], decision: str) -> Any:
        """All automakers, or all suppliers, as one firm whose arrays have them on an axis, for a decision that each
        takes as firms usually do; None where one has its own way."""
        usual = Automaker if firms is self.automakers else BatterySupplier
        of_class = getattr(usual, decision)
        is_usual = all(getattr(getattr(firm, decision), "__func__", None) is of_class for firm in firms)
        return usual(self, EVERY) if is_usual else None

    def asked(self, firms: Sequence[Any], decision: str, *about: np.ndarray, axis: int = -1) -> FloatArray:
        """(..., firms) what all automakers, or all suppliers, decide; ``about``: arrays with the firms on this axis."""
        together = self.as_one(firms, decision)
        if together is not None:
            decided: FloatArray = getattr(together, decision)(*about)
            return decided
        rest = (slice(None),) * (-1 - axis)
        own = [[one[(..., firm.index, *rest)] for one in about] for firm in firms]
        return beside([getattr(firm, decision)(*part) for firm, part in zip(firms, own, strict=True)], axis)

    def follow(self, parameters: Parameters) -> None:
        """Play by these parameters from now on: everything that follows from them is worked out anew.

        What the starting point was calibrated to stays as it is.
        """
        self._take(parameters)

    def _take(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.rules: RunRules = run_rules(self.scenario, parameters, self.economy, self.agenda, self.own)
        self.ask_thresholds()

    def ask_thresholds(self) -> None:
        """Ask the governments what their legislatures want of every package."""
        self.thresholds: Sequence[tuple[FloatArray, FloatArray]] = [
            (self.blocs[first].usual_threshold(d), self.blocs[second].usual_threshold(d))
            for d, (first, second) in enumerate(self.parties.dyads)
        ]

    def setting(self, name: str, lanes: np.ndarray | slice = EVERY_LANE, axes: int = 0) -> Any:
        """A parameter in ``BY_LANE``: one number, or where lanes differ (lanes, 1, ...) with so many axes behind."""
        return self.own.asked(self.parameters, name, lanes, axes)

    # --- what is known ----------------------------------------------------------------------------------------------

    def known(self) -> Mandate:
        """The mandate of the last assessment; the first quarter of every run makes one."""
        mandate = self.state.insight.mandate
        assert mandate is not None, "nothing is assessed yet: play a quarter first"
        return mandate

    def booked(self) -> Accounts:
        """The accounts of the last quarter that was settled."""
        accounts = self.state.books.accounts
        assert accounts is not None, "nothing is settled yet: play a quarter first"
        return accounts

    def learned(self) -> tuple[Learned, Learned]:
        """Everybody's experience, and what was made in the last quarter."""
        s = self.state
        output = Learned(ordered_sum(s.cells, axis=-2), ordered_sum(s.made), s.sold)
        return Learned(s.experience, s.place_experience, s.car_experience), output

    def gates(self) -> Gates | None:
        """This quarter's terms of access, by lane where treaties decide; None where the scenario lists none."""
        gates, state = self.rules.gates, self.state
        return None if gates is None else gates_now(gates, self.scenario, state.access, state.quarter)

    def origin_ties(self) -> FloatArray:
        """(R, m, f, o) ties to places of production; shut elsewhere for who may sell only what it builds there."""
        state, gates = self.state, self.gates()
        if gates is None or not gates.local.any():
            return state.origin_tie
        is_shut = (gates.local & (state.has_plant > 0.0))[..., None] & (self.economy.is_home[:, None, :] <= 0.0)
        return np.where(is_shut, SHUT, state.origin_tie)

    def pushed_utility(self) -> FloatArray:
        """(R, b) utils that zero-emission announcements made since the start add to an EV (1.15)."""
        state, p = self.state, self.parameters
        now = state.announced * unilateral.zev_demand_shift(p.zev_demand_shift, state.announced_age, p.zev_ramp)
        return now - self.rules.start_shift

    # --- telling ----------------------------------------------------------------------------------------------------

    def tell_all(self, event: str, *about: Any) -> None:
        """Tell every story of an event that is the same in all lanes."""
        for story in self.stories.values():
            getattr(story, event)(*about)

    def tell(self, event: str, where: np.ndarray, *about: Any) -> None:
        """Tell the stories of the lanes in which an event happens, where (R,); arrays in ``about`` are by lane."""
        for lane, story in self.stories.items():
            if where[lane]:
                getattr(story, event)(*(_one(value, lane) for value in about))

    def tell_some(self, event: str, lanes: np.ndarray, *about: Any) -> None:
        """The same for some lanes (n,); arrays in ``about`` are by place in ``lanes``."""
        if self.stories:
            for place, lane in enumerate(lanes.tolist()):
                if lane in self.stories:
                    getattr(self.stories[lane], event)(*(_one(value, place) for value in about))

    def tell_places(self, event: str, where: np.ndarray) -> None:
        """Tell of an event in a market and an automaker; where (R, m, f)."""
        for lane, story in self.stories.items():
            for market, maker in np.argwhere(where[lane]).tolist():
                getattr(story, event)(market, maker)


def _one(value: Any, place: int) -> Any:
    """One lane's part of an array as a plain number; anything else as it is."""
    return value[place].item() if isinstance(value, np.ndarray) else value
