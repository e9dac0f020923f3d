"""What every phase of the Mesa world can see: the attributes of ``NegotiationModel``, declared once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from model.numerics import FloatArray
from model.partial import DutyPath, duty_path
from model.scenario import Scenario
from model.vocabulary import DYADS, EV

if TYPE_CHECKING:
    import numpy as np

    from model.agents.automaker import Automaker
    from model.agents.battery_supplier import BatterySupplier
    from model.agents.bloc import Bloc
    from model.coalitions import Worth
    from model.commerce import Exports
    from model.credits import Scheme
    from model.draws import Draws
    from model.economy import Agenda, Economy, Opening
    from model.mandate import Mandate, Stakes
    from model.markets import Accounts, CellSupply, Clearing
    from model.parameters import Parameters
    from model.record import Recorder
    from model.state import State
    from model.story import Story
    from model.tactics import Acceptance, Stance, Tactic


class Phases:
    """Attributes shared by the phases; arrays have the axes of ``model.vocabulary``.

    Found once: scenario, parameters, economy, opening, agenda, draws, the agents, recorder and teller; allowed (10,)
    issues on the table; brands_abroad (b, b); stance and punishment_horizon of the retaliation rule; tactics and
    acceptances of each bloc.

    Passed from phase to phase within a quarter: tension_level, effective_tension (d,); danger, expected_danger (d,)
    the tension that feeds exits, now and over a treaty's life; assesses (is it an assessment quarter); mandate, and
    the stakes it was made from; deal, has_deal, tabled (d,); offered (d, s) bn$ per quarter, the best that each side
    was offered in this session; violations (d,) sides that lapsed; recognised, common (b, b) and cooperates (k, k)
    standards in force; cells, landed (m, f, o), frictions (m, 1, o), utility (m, f), paid (m, f), clearing, accounts
    of the market; ev_share (m,), ev_built, ev_revenue (b,), cell_imports, exported_cells (b, b), cell_profit (k,) of
    last quarter; models_certified (m, f) a quarter; pushed_utility (m,) utils that announcements add; concessions
    (d, 10) and depth_contested (d,) of this one.

    Clubs: has_clubs, whether any is allowed; club_penalty; club_worth what coalitions were worth at the last check and
    club_money (C, b) members' payments; treaty_duty (g, b, b), treaty_recognised (b, b) without the club's terms.
    """

    parameters: Parameters
    economy: Economy
    opening: Opening
    agenda: Agenda
    state: State
    draws: Draws
    blocs: list[Bloc]
    automakers: list[Automaker]
    suppliers: list[BatterySupplier]
    recorder: Recorder
    teller: Story
    brands_abroad: FloatArray
    allowed: np.ndarray
    stance: Stance
    tactics: list[Tactic]
    acceptances: list[Acceptance]
    punishment_horizon: float

    tension_level: FloatArray
    effective_tension: FloatArray
    danger: FloatArray
    expected_danger: FloatArray
    assesses: bool
    mandate: Mandate
    deal: np.ndarray
    has_deal: np.ndarray
    tabled: np.ndarray
    offered: FloatArray
    blocking: list[Counter[str]]
    violations: FloatArray
    recognised: FloatArray
    common: FloatArray
    cooperates: FloatArray
    concessions: FloatArray
    stakes: Stakes
    depth_contested: FloatArray

    # of optional mechanisms (model.commerce, model.credits)
    carbon: FloatArray
    friends: FloatArray
    scheme: Scheme | None
    exports: Exports
    imports_before: FloatArray
    rent: FloatArray
    carbon_told: FloatArray
    friends_told: FloatArray
    implemented: FloatArray
    has_clubs: bool
    club_penalty: float
    club_worth: Worth
    club_money: FloatArray
    treaty_duty: FloatArray
    treaty_recognised: FloatArray

    cells: CellSupply | None
    landed: FloatArray
    frictions: FloatArray
    utility: FloatArray
    paid: FloatArray
    clearing: Clearing | None
    accounts: Accounts | None
    ev_share: FloatArray
    ev_built: FloatArray
    ev_revenue: FloatArray
    cell_imports: FloatArray
    exported_cells: FloatArray
    cell_profit: FloatArray
    models_certified: FloatArray
    pushed_utility: FloatArray

    def in_effect(self, dyad: int) -> int:
        """The package in effect: a gesture with what it is added to, else the treaty in force (0 none)."""
        return int(self.state.gesture[dyad]) or int(self.state.treaty[dyad])

    def own_path(self, dyad: int, side: int, package: int) -> DutyPath:
        """A side's duty between standstill and what a package says."""
        s, t, state = self.scenario, self.state.quarter, self.state
        importer, partner = DYADS[dyad][side], DYADS[dyad][1 - side]
        return duty_path(
            self.economy,
            self.agenda.menus[dyad],
            importer,
            partner,
            package,
            s.mfn[t, EV, importer, partner],
            s.floor[t, EV, importer, partner],
            state.special[EV, importer, partner],
        )

    @property
    def scenario(self) -> Scenario:
        """The starting point of the run."""
        return self._starting_point

    @scenario.setter
    def scenario(self, given: object) -> None:
        # Mesa 3.5 has a scenario of its own, a bag of keyword arguments, and puts one here before ours is known.
        if isinstance(given, Scenario):
            self._starting_point = given
