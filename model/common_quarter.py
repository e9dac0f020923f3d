"""What every phase of either world can see, declared once, and how both of them assess what a treaty would bring.

Arrays have the axes of ``model.vocabulary``. In the ensemble a replicate axis stands before them; the Mesa world has
none. So ``...`` in an index or a shape is that axis or nothing, and whatever is written with it serves both.
"""

from __future__ import annotations

import numpy as np

from model.assessment import Situation, Tables, assess
from model.coalitions import Worth
from model.commerce import Exports, data_stakes
from model.credits import Scheme
from model.draws import Draws
from model.economy import Agenda, Economy, Opening
from model.foresight import foreseen
from model.mandate import Stakes, supply_stakes, technology_stakes
from model.markets import WARM_SWEEPS, Accounts, CellSupply, Clearing
from model.nodes import Nodes, nodes_in_use
from model.numerics import FloatArray
from model.parameters import Parameters
from model.partial import DutyPath, duty_path
from model.rules import cooperation, unilateral
from model.rules.club_terms import CarbonStep
from model.scenario import Scenario
from model.state import State
from model.tactics import Acceptance, Stance, Tactic, acceptance_of, stance_of, tactic_of
from model.vocabulary import DYADS, EV, N_DYADS


class Quarter:
    """Attributes and steps of a quarter that are the same in both worlds; shapes without the replicate axis.

    Found once: scenario, parameters, economy, opening, agenda, luck; allowed (10,) issues on the table; brands_abroad
    (b, b); stance and punishment_horizon of the retaliation rule; tactics and acceptances of each bloc; the nodes at
    which assessments look.

    Passed from phase to phase within a quarter: tension_level, effective_tension (d,); danger, expected_danger (d,)
    the tension that feeds exits, now and over a treaty's life; assesses (is it an assessment quarter); the stakes that
    the mandate was made from; deal, has_deal, tabled (d,); offered (d, s) bn$ per quarter, the best that each side
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
    luck: Draws
    brands_abroad: FloatArray
    allowed: np.ndarray
    stance: Stance
    tactics: list[Tactic]
    acceptances: list[Acceptance]
    punishment_horizon: float
    nodes: Nodes

    tension_level: FloatArray
    effective_tension: FloatArray
    danger: FloatArray
    expected_danger: FloatArray
    assesses: bool
    last_markups: FloatArray
    markups_ahead: FloatArray
    deal: np.ndarray
    has_deal: np.ndarray
    tabled: np.ndarray
    offered: FloatArray
    violations: FloatArray
    recognised: FloatArray
    common: FloatArray
    cooperates: FloatArray
    concessions: FloatArray
    stakes: Stakes
    depth_contested: FloatArray

    # of optional mechanisms (model.commerce, model.credits, model.coalitions)
    carbon: FloatArray
    friends: FloatArray
    scheme: Scheme | None
    exports: Exports
    imports_before: FloatArray
    rent: FloatArray
    implemented: FloatArray
    has_clubs: bool
    club_penalty: float
    club_worth: Worth
    club_money: FloatArray
    treaty_duty: FloatArray
    treaty_recognised: FloatArray

    cells: CellSupply
    landed: FloatArray
    frictions: FloatArray
    utility: FloatArray
    paid: FloatArray
    clearing: Clearing
    accounts: Accounts
    ev_share: FloatArray
    ev_built: FloatArray
    ev_revenue: FloatArray
    cell_imports: FloatArray
    exported_cells: FloatArray
    cell_profit: FloatArray
    plants_started: FloatArray
    models_certified: FloatArray
    pushed_utility: FloatArray

    @property
    def scenario(self) -> Scenario:
        """The starting point of the run."""
        return self._starting_point

    @scenario.setter
    def scenario(self, given: object) -> None:
        # Mesa 3.5 has a scenario of its own, a bag of keyword arguments, and puts one here before ours is known.
        if isinstance(given, Scenario):
            self._starting_point = given

    def nothing(self, *shape: int) -> FloatArray:
        """(..., *shape) zeros, laid out as this world's arrays are."""
        raise NotImplementedError

    def choose_rules(self) -> None:
        """What stays the same in a run: stance, tactics, the issues on the table, and where assessments look."""
        p = self.parameters
        self.stance, self.punishment_horizon = stance_of(p.retaliation_rule, float(p.punishment_quarters))
        self.tactics = [tactic_of(name) for name in (p.tactic_cn, p.tactic_us, p.tactic_eu)]
        self.acceptances = [acceptance_of(name) for name in (p.acceptance_cn, p.acceptance_us, p.acceptance_eu)]
        self.allowed = np.array(
            [p.tariff_issues] * 2
            + [p.supply_issues] * 2
            + [p.recognition_issues] * 2
            + [p.linkage_issues] * 2
            + [p.charging_issues, p.technology_issues]
        )
        self.nodes = nodes_in_use(self.economy, p, self.agenda.menus)
        self.last_markups = self.markups_ahead = self.agenda.markup[self.nodes.row]

    def depth_ceiling(self) -> FloatArray:
        """(d,) the largest depth that can be reached: issues on the table in full, the others as they are in force."""
        held = np.stack([self.agenda.levels[d][int(self.agenda.treaty[d])] for d in range(N_DYADS)])
        return cooperation.depth(np.where(self.allowed, 1.0, held), self.agenda.weights)

    def own_path(self, dyad: int, side: int, package: np.ndarray | int) -> DutyPath:
        """A side's duty between standstill and what a package (...) says."""
        s, t = self.scenario, self.state.quarter
        importer, partner = DYADS[dyad][side], DYADS[dyad][1 - side]
        return duty_path(
            self.economy,
            self.agenda.menus[dyad],
            importer,
            partner,
            package,
            s.mfn[t, EV, importer, partner],
            s.floor[t, EV, importer, partner],
            self.state.special[..., EV, importer, partner],
        )

    # --- what a club changes in an assessment; the phases of clubs say it -------------------------------------------

    def policies_beside_club(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(..., g, b, b) MFN duties, floors and special duties as they are where the club has already spoken."""
        raise NotImplementedError

    def carbon_now(self) -> CarbonStep | None:
        """What the club's carbon price does to a car made in each bloc, or None."""
        raise NotImplementedError

    def unbound(self) -> FloatArray:
        """(..., b, b) 0 where the row bloc is bound not to open duty cases on the column bloc, else 1."""
        raise NotImplementedError

    def friends_stakes(self, situation: Situation) -> tuple[FloatArray, FloatArray] | None:
        """What it is worth that the US's partner is in its allowed set, or None."""
        raise NotImplementedError

    # --- the assessment ---------------------------------------------------------------------------------------------

    def assessed(self) -> tuple[Tables, Stakes]:
        """Fresh tables of every market at every policy on the menu, and what else is at stake (theory 1.7)."""
        state, p = self.state, self.parameters
        situation = self._situation()
        tables = assess(self.economy, p, situation, self.last_markups, WARM_SWEEPS, self.nodes)
        self.last_markups = tables.markup
        if p.foresight:
            tables, self.markups_ahead = foreseen(
                self.economy,
                p,
                self.scenario,
                self.opening,
                situation,
                state.experience,
                state.cells,
                tables,
                self.markups_ahead,
                WARM_SWEEPS,
                self.nodes,
            )
        return tables, self._stakes(situation)

    def _situation(self) -> Situation:
        state, p = self.state, self.parameters
        mfn, floor, special = self.policies_beside_club()
        return Situation(
            cells=self.cells,
            margin=state.margin,
            landed=self.landed,
            frictions=self.frictions,
            utility=self.utility,
            duty=state.duty,
            special=special,
            mfn=mfn,
            floor=floor,
            origin_tie=state.origin_tie,
            origin_level=state.origin_level,
            subsidy=self.paid,
            exported_cells=self.exported_cells,
            carbon=self.carbon if p.carbon_border else None,
            scheme=self.scheme,
            credit_price=state.credit_price,
            club_carbon=self.carbon_now(),
        )

    def _stakes(self, situation: Situation) -> Stakes:
        state, p = self.state, self.parameters
        supply = self.agenda.supply_stake
        if state.quarter > 0:
            supply = supply_stakes(self.economy, p, self.scenario, self.cell_imports, self.ev_built)
        technology = technology_stakes(
            self.economy, p, state.cell_cost, state.experience, state.cells, self.ev_revenue, self.effective_tension
        )
        if p.data_platform:
            technology = technology + data_stakes(p, self.ev_revenue, self.effective_tension)
        carry, granted = unilateral.carry_share(state.carried, state.dropped), state.recognises
        if self.has_clubs:
            unbound = self.unbound()
            carry, granted = carry * unbound, np.maximum(granted, 1.0 - unbound)
        return Stakes(
            supply=supply,
            technology=technology,
            friends=self.friends_stakes(situation),
            brands_abroad=self.brands_abroad,
            granted=granted,
            security=self.agenda.security,
            tension=self.effective_tension,
            case_left=state.case_left,
            case_step=state.case_step,
            carry=carry,
        )
