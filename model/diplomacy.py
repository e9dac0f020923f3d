"""The political half of a quarter in the Mesa world: talks, cases, bargains, treaties, trust (theory 1.6-1.17).

``Diplomacy`` is mixed into ``NegotiationModel``. It asks the blocs what they decide and writes their decisions at the
end of each phase, so that nobody reads another's decision of the same phase.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from model.assessment import PAIR_OF, Situation, assess
from model.mandate import (
    WARM_SWEEPS,
    Mandate,
    Stakes,
    effective_tension,
    make_mandate,
    supply_stakes,
    technology_stakes,
)
from model.numerics import FloatArray
from model.rules import (
    bargaining,
    compliance,
    cooperation,
    dialogue,
    packages,
    policy,
    ratification,
    standards,
    tension,
    trust,
    unilateral,
    welfare,
)
from model.state import CLOSED, NEVER, mean_tension
from model.valuation import issue_values, realised_value
from model.vocabulary import (
    BATTERY,
    CHARGING,
    DIRECTED_DYADS,
    DUTY,
    DYAD_OF,
    DYADS,
    EV,
    LINKAGE,
    N_BLOCS,
    N_DYADS,
    N_GOODS,
    N_SIDES,
    RECOGNITION,
    SIDE_OF,
    SUPPLY,
    TECHNOLOGY,
)

if TYPE_CHECKING:
    from model.agents.bloc import Bloc, View
    from model.draws import Draws
    from model.economy import Agenda, Economy
    from model.markets import Accounts
    from model.parameters import Parameters
    from model.record import Recorder
    from model.scenario import Scenario
    from model.state import State
    from model.story import Story

STANCES = ("tit_for_tat", "generous", "grim", "k_punish", "proportional")
FULL_LEVEL = 0.999  # a side that keeps this much of its level is seen as keeping all of it
SUNSET_TERM = 16.0  # quarters for which an expiring treaty is renewed; assumption: one US term


class Diplomacy:
    """Phases of negotiation; the attributes are those of ``NegotiationModel``."""

    scenario: Scenario
    parameters: Parameters
    economy: Economy
    agenda: Agenda
    state: State
    draws: Draws
    blocs: list[Bloc]
    teller: Story
    recorder: Recorder
    brands_abroad: FloatArray

    def prepare_diplomacy(self) -> None:
        """What stays the same in a run, and the first errors and moods."""
        p, state = self.parameters, self.state
        self.stance = STANCES.index(p.retaliation_rule)
        horizons = {"grim": np.inf, "tit_for_tat": 1.0}
        self.punishment_horizon = horizons.get(p.retaliation_rule, float(p.punishment_quarters))
        allowed = np.array(
            [p.tariff_issues] * 2
            + [p.supply_issues] * 2
            + [p.recognition_issues] * 2
            + [p.linkage_issues] * 2
            + [p.charging_issues, p.technology_issues]
        )
        self.allowed = allowed
        self.on_table = [menu.on_table(allowed) for menu in self.agenda.menus]
        state.own_error = self.draws.own_error[0].copy()
        state.partner_error = self.draws.partner_error[0].copy()
        state.mood = self.draws.ratification[0].copy()
        self.mandate: Mandate = None  # type: ignore[assignment]
        self.deal = np.zeros(N_DYADS, dtype=np.int64)
        self.has_deal = np.zeros(N_DYADS, dtype=bool)
        self.violations = np.zeros(N_DYADS)
        self.tabled = np.zeros(N_DYADS, dtype=np.int64)
        self.blocking: list[Counter[str]] = [Counter() for _ in range(N_DYADS)]
        self.recognised, self.common = np.zeros((N_BLOCS, N_BLOCS)), np.zeros((N_BLOCS, N_BLOCS))
        self.cooperates = np.zeros((len(self.scenario.suppliers),) * 2)
        self.implemented = np.zeros((N_DYADS, 10))
        self.keep_standards()

    def pair_of(self, importer: Bloc, partner: Bloc) -> int:
        """Index of an importer-partner pair in the tables."""
        return PAIR_OF[importer.index, partner.index]

    # --- the world outside, talks ----------------------------------------------------------------------------------

    def see_events(self) -> None:
        """Dated policies, entries and the quarter's shock to tension."""
        state, p, t = self.state, self.parameters, self.state.quarter
        s = self.scenario
        if t < s.history_quarters:
            state.special = s.special[t].copy()
        selling = (s.on_sale_from.T <= t) & (state.age < NEVER)
        state.age = state.age + (selling & (t > 0))
        state.announced_age = state.announced_age + (state.announced > 0.0) * (t > 0)
        self.teller.events(t)
        luck = self.draws
        if t > 0:
            state.tension = tension.tension_step(
                state.tension,
                p.tension_mean,
                p.tension_persistence,
                p.tension_volatility,
                luck.tension_shock[t + 1],
                luck.tension_jump[t + 1],
                luck.tension_jump_size[t + 1],
                p.tension_jump_rate,
                p.tension_jump_mean,
                state.depth,
                p.cooperation_on_tension,
                self.violations,
                p.violation_on_tension,
                state.dialogue,
                p.dialogue_on_tension,
            )
        self.tension_level = tension.tension_level(state.tension)
        self.effective_tension = effective_tension(p, state.tension)

    def hold_talks(self) -> None:
        """The channel opens or closes with tension; dialogue grows while it is open."""
        state, p = self.state, self.parameters
        was_open = state.is_open
        state.is_open = dialogue.channel_open(
            was_open, self.tension_level, p.channel_closes_above, p.channel_opens_below, p.tension_closes_channel
        )
        state.dialogue = dialogue.dialogue_step(
            state.dialogue, state.is_open, p.dialogue_ceiling, p.dialogue_rise, p.dialogue_fall
        )
        for d in np.flatnonzero(was_open != state.is_open):
            self.teller.channel(int(d), bool(state.is_open[d]))

    def assess_impact(self) -> None:
        """In an assessment quarter: refresh the tables and what every government makes of them."""
        state, p, s = self.state, self.parameters, self.scenario
        self.assesses = state.quarter % p.assessment_interval == 0
        if not self.assesses:
            return
        start = None if self.mandate is None else self.mandate.tables.markup
        tables = assess(
            self.economy,
            p,
            Situation(
                cells=self.cells,
                margin=state.margin,
                landed=self.landed,
                frictions=self.frictions,
                utility=self.utility,
                duty=state.duty,
                special=state.special,
                mfn=s.mfn[state.quarter],
                floor=s.floor[state.quarter],
                origin_tie=state.origin_tie,
                origin_level=state.origin_level,
                subsidy=self.paid,
                exported_cells=self.exported_cells,
            ),
            start,
            COLD_START_SWEEPS if start is None else WARM_SWEEPS,
        )
        carry = unilateral.carry_share(state.carried, state.dropped)
        security = self.agenda.security if p.tension_in_security else np.zeros_like(self.agenda.security)
        if state.quarter == 0:
            stake = self.agenda.supply_stake
        else:
            stake = supply_stakes(self.economy, p, s, self.cell_imports, self.ev_built)
        self.supply_stake = stake
        self.mandate = make_mandate(
            self.economy,
            p,
            s,
            self.agenda,
            tables,
            Stakes(
                supply=stake,
                technology=technology_stakes(
                    self.economy, p, state.cell_cost, state.experience, state.cells, self.ev_revenue, self.effective_tension
                ),
                brands_abroad=self.brands_abroad,
                granted=state.recognises,
                security=security,
                tension=self.effective_tension,
                case_left=state.case_left,
                case_step=state.case_step,
                carry=carry,
            ),
        )

    def perceive(self) -> None:
        """Errors of perception and moods of legislatures move on; both persist."""
        state, p, t = self.state, self.parameters, self.state.quarter
        for name, luck in (("own_error", self.draws.own_error), ("partner_error", self.draws.partner_error)):
            setattr(state, name, packages.persistent_error(getattr(state, name), p.perception_persistence, luck[t + 1]))
        state.mood = ratification.persistent_shock(state.mood, p.ratification_persistence, self.draws.ratification[t + 1])

    # --- acting alone (1.6a, 1.13, 1.15) -----------------------------------------------------------------------------

    def binds(self, importer: int, partner: int) -> bool:
        """Whether a treaty in force binds the importer's duty on the partner's goods."""
        d, side = int(DYAD_OF[importer, partner]), int(SIDE_OF[importer, partner])
        return bool(self.agenda.menus[d].coordinates[int(self.state.treaty[d])][side] > 0)

    def move_alone(self) -> None:
        """Duty cases end, open or lead to relief; emergencies strike; recognition and announcements are made alone."""
        state, p, t = self.state, self.parameters, self.state.quarter
        rises = np.zeros((N_BLOCS, N_BLOCS))
        falls = np.full((N_BLOCS, N_BLOCS), np.nan)
        free_to_move = p.unilateral_duties and t >= self.scenario.history_quarters
        if free_to_move:
            for importer, partner in DIRECTED_DYADS:
                self._review_duty(importer, partner, rises, falls)
        self._write_duties(rises, falls)
        if self.assesses and self.mandate is not None:
            for importer, partner in DIRECTED_DYADS:
                luck = self.draws.recognition[t + 1, importer, partner]
                if state.recognises[importer, partner] <= 0.0 and self.blocs[importer].recognises_alone(
                    self.blocs[partner], luck
                ):
                    state.recognises[importer, partner] = 1.0
                    self.teller.recognises_alone(importer, partner)
            said = [bool(state.announced[b.index] <= 0.0 and b.announces()) for b in self.blocs]
            for b in np.flatnonzero(said):
                state.announced[b], state.announced_age[b] = 1.0, 0.0
                self.teller.announces(int(b))
        self.keep_standards()

    def _review_duty(self, importer: int, partner: int, rises: FloatArray, falls: FloatArray) -> None:
        """One bloc reviews its duty on one partner; writes a rise or a new level, never the state of others."""
        state, p, t = self.state, self.parameters, self.state.quarter
        bloc, other = self.blocs[importer], self.blocs[partner]
        bound = self.binds(importer, partner)
        if state.case_left[importer, partner] > 0.0:
            state.case_left[importer, partner] -= 1.0
            if bound:
                state.case_left[importer, partner] = 0.0
                state.dropped[importer, partner] += 1.0
                self.teller.case_ends(importer, partner, "settled")
            elif state.case_left[importer, partner] == 0.0:
                if bloc.carries_out(other):
                    rises[importer, partner] = p.duty_step * (1.0 + state.case_step[importer, partner])
                    state.carried[importer, partner] += 1.0
                    self.teller.case_ends(importer, partner, "carried out")
                else:
                    state.dropped[importer, partner] += 1.0
                    self.teller.case_ends(importer, partner, "dropped")
            return
        if bound:
            return
        if self.assesses:
            _, best, gain = bloc.duty_moves(other)
            luck = self.draws.opening[t + 1, importer, partner]
            if int(best) != 2 and bloc.opens_case(other, best, gain, luck) and self._breach_pays(importer, partner, int(best)):
                if int(best) > 2:
                    state.case_left[importer, partner] = float(p.investigation_quarters)
                    state.case_step[importer, partner] = float(int(best) - 3)
                    self.teller.case_opens(importer, partner, p.duty_step * (int(best) - 2))
                else:
                    grid = unilateral.duty_grid(state.special[EV, importer, partner], p.duty_step)
                    falls[importer, partner] = grid[int(best)]
                return
        if bloc.strikes_at_once(other, self.draws.emergency[t + 1, importer, partner]):
            rises[importer, partner] = 2.0 * p.duty_step
            self.teller.emergency(importer, partner, 2.0 * p.duty_step)

    def _breach_pays(self, importer: int, partner: int, best: int) -> bool:
        """A rise against a partner with whom another treaty is in force must pass the test of a lapse (1.6a)."""
        d = int(DYAD_OF[importer, partner])
        return best < 2 or int(self.state.treaty[d]) == 0 or not self.blocs[importer].honours(d)

    def _write_duties(self, rises: FloatArray, falls: FloatArray) -> None:
        """Put rises, answers to them, and relief into the special duties."""
        state, p = self.state, self.parameters
        luck = self.draws.answer[state.quarter + 1]
        answers = np.zeros_like(rises)
        for importer, partner in DIRECTED_DYADS:
            if rises[importer, partner] > 0.0 and not self.binds(partner, importer):
                forgives = p.retaliation_rule == "generous" and luck[partner, importer] < p.generosity
                if not forgives:
                    share = p.proportional_response if p.retaliation_rule == "proportional" else 1.0
                    answers[partner, importer] = share * unilateral.answer_rise(rises[importer, partner], p.retaliation_ratio)
                    self.teller.answers(partner, importer, float(answers[partner, importer]))
        for importer, partner in DIRECTED_DYADS:
            step = rises[importer, partner] + answers[importer, partner]
            if not np.isnan(falls[importer, partner]):
                step = step + falls[importer, partner] - state.special[EV, importer, partner]
                self.teller.relief(importer, partner, float(falls[importer, partner]))
            if step != 0.0:
                moved = self.economy.case_covers[:, importer, partner] * step
                state.special[:, importer, partner] = np.clip(
                    state.special[:, importer, partner] + moved, 0.0, unilateral.DUTY_CEILING
                )

    # --- bargaining and ratification (1.8, 1.9) ------------------------------------------------------------------------

    def bargain(self) -> None:
        """Sessions open in assessment quarters; in every quarter of a session K packages are tabled and answered."""
        state, p = self.state, self.parameters
        self.has_deal[:] = False
        for d in range(N_DYADS):
            if state.clock[d] == CLOSED:
                if self.assesses and state.is_open[d] and state.pause[d] <= 0.0:
                    state.clock[d] = 0.0
                    self.teller.session_opens(d)
            elif not state.is_open[d]:
                state.clock[d] = CLOSED
                self.teller.session_closes(d, "the channel is shut")
            state.pause[d] = max(0.0, state.pause[d] - 1.0)
            if state.clock[d] != CLOSED:
                self._session_quarter(d)

    def _session_quarter(self, d: int) -> None:
        state, p = self.state, self.parameters
        pair = [self.blocs[b] for b in DYADS[d]]
        views = [bloc.perceive(d) for bloc in pair]
        self._diagnose(d, views)
        clock = int(state.clock[d])
        lead = int(self.draws.first_proposer[state.quarter + 1 - clock, d] >= 0.5)
        for k in range(p.rounds_per_quarter):
            time = bargaining.session_time(float(clock), float(k), float(p.rounds_per_quarter), float(p.session_quarters))
            tabler = (lead + clock * p.rounds_per_quarter + k) % 2
            hopes = [bloc.aspire(view, time) for bloc, view in zip(pair, views, strict=True)]
            offer, exists = pair[tabler].table(views[tabler], hopes[tabler])
            if not exists or offer == int(state.treaty[d]):
                self.teller.nothing_to_table(d, tabler, k)
                continue
            self.tabled[d] = offer
            accepted = pair[1 - tabler].answer(views[1 - tabler], hopes[1 - tabler], offer)
            self.teller.offer(d, tabler, offer, views[1 - tabler], float(hopes[1 - tabler]), accepted)
            if accepted:
                self.deal[d], self.has_deal[d] = offer, True
                return
        state.clock[d] += 1.0
        if state.clock[d] > p.session_quarters:
            state.clock[d], state.pause[d] = CLOSED, float(p.session_pause)
            self.teller.session_closes(d, "the deadline has passed")

    def _diagnose(self, d: int, views: list[View]) -> None:
        """Count, for every quarter of a session, the first test on which cooperation founders, and on which side."""
        for side, view in enumerate(views):
            gains = view.on_table & (view.own >= view.reservation)
            name = self.blocs[DYADS[d][side]].code
            if not gains.any():
                self.blocking[d][f"{name}: own gain"] += 1
            elif not (gains & view.enforceable).any():
                self.blocking[d][f"{name}: would not keep it"] += 1
            elif not (gains & view.enforceable & view.passable).any():
                self.blocking[d][f"{name}: legislature"] += 1
            elif not (view.admissible & (view.partner >= view.partner_reservation)).any():
                self.blocking[d][f"{name}: sees nothing the partner would take"] += 1

    def diagnosis(self) -> list[str]:
        """The commonest obstacle of each dyad, empty where there was none."""
        return [max(sorted(count), key=count.__getitem__) if count else "" for count in self.blocking]

    def ratify(self) -> None:
        """Both legislatures vote on what was agreed; a treaty comes into force or the session closes."""
        state, p = self.state, self.parameters
        for d in np.flatnonzero(self.has_deal):
            votes = [self.blocs[b].ratifies(int(d), int(self.deal[d])) for b in DYADS[d]]
            state.clock[d], state.pause[d] = CLOSED, float(p.session_pause)
            self.teller.ratification(int(d), int(self.deal[d]), votes)
            if all(votes):
                state.treaty[d] = self.deal[d]
                state.treaty_age[d], state.sunset[d] = 0.0, NEVER
                state.level[d], state.answer_left[d], state.notice[d] = 1.0, 0.0, 0.0
                state.failed[d] = False
                self.recorder.treaties_signed[d] += 1
            else:
                for side, vote in enumerate(votes):
                    if not vote:
                        self.blocking[d][f"{self.blocs[DYADS[d][side]].code}: legislature"] += 1

    # --- compliance and duties (1.6, 1.10) -----------------------------------------------------------------------------

    def honour_or_withdraw(self) -> None:
        """Each side of a treaty in force keeps it if its own test says so."""
        state = self.state
        honours = np.ones((N_DYADS, N_SIDES), dtype=bool)
        for d in range(N_DYADS):
            if state.treaty[d] > 0:
                for side, b in enumerate(DYADS[d]):
                    honours[d, side] = self.blocs[b].honours(d)
                    if not honours[d, side]:
                        self.teller.lapses(d, side)
        state.honours = honours
        self.violations = (~honours).astype(np.float64)[:, 0] + (~honours).astype(np.float64)[:, 1]
        self.recorder.lapses += self.violations
        self.keep_standards()

    def kept_levels(self) -> FloatArray:
        """(d, 10) implemented level of every issue this quarter: treaty level times what is honoured."""
        state = self.state
        kept = np.zeros((N_DYADS, 10))
        for d in range(N_DYADS):
            levels = self.agenda.levels[d][int(state.treaty[d])]
            own = state.honours[d].astype(np.float64)
            both = own[0] * own[1]
            given = own * state.level[d]
            kept[d, DUTY : DUTY + 2] = levels[DUTY : DUTY + 2] * given
            kept[d, SUPPLY : SUPPLY + 2] = levels[SUPPLY : SUPPLY + 2] * given
            kept[d, RECOGNITION : RECOGNITION + 2] = levels[RECOGNITION : RECOGNITION + 2] * own
            kept[d, LINKAGE : LINKAGE + 2] = levels[LINKAGE : LINKAGE + 2] * own
            kept[d, CHARGING] = levels[CHARGING] * both
            kept[d, TECHNOLOGY] = levels[TECHNOLOGY] * both
        return kept

    def keep_standards(self) -> None:
        """Recognition, charging and technology in force between blocs, by treaty or alone."""
        kept = self.kept_levels()
        recognised, common = self.state.recognises.copy(), np.zeros((N_BLOCS, N_BLOCS))
        together = np.zeros((N_BLOCS + 1, N_BLOCS + 1))
        for d, (i, j) in enumerate(DYADS):
            recognised[i, j] = max(recognised[i, j], kept[d, RECOGNITION])
            recognised[j, i] = max(recognised[j, i], kept[d, RECOGNITION + 1])
            common[i, j] = common[j, i] = kept[d, CHARGING]
            together[i, j] = together[j, i] = kept[d, TECHNOLOGY]
        self.recognised, self.common = recognised, common
        home = self.scenario.supplier_home
        self.cooperates = together[home[:, None], home[None, :]]

    def put_duties_in_force(self) -> None:
        """Duties follow from the no-treaty duty, the treaty's cut, and what is honoured of it."""
        state, s, t = self.state, self.scenario, self.state.quarter
        duty = np.zeros((N_GOODS, N_BLOCS, N_BLOCS))
        for importer, partner in DIRECTED_DYADS:
            d, side = int(DYAD_OF[importer, partner]), int(SIDE_OF[importer, partner])
            position = int(self.agenda.menus[d].coordinates[int(state.treaty[d])][side])
            for good in (EV, BATTERY):
                base = s.mfn[t, good, importer, partner] + state.special[good, importer, partner]
                floor = np.minimum(s.floor[t, good, importer, partner], base)
                cut = self.economy.cuts[good, importer, partner, position]
                kept = state.honours[d, side] * state.level[d, side]
                duty[good, importer, partner] = policy.applied_duty(base, floor, cut * kept)
        state.duty = duty
        self.implemented = self.kept_levels()
        concessions = self.implemented.copy()
        for d in range(N_DYADS):
            for side in (0, 1):
                position = int(self.agenda.menus[d].coordinates[int(state.treaty[d])][side])
                kept = float(state.honours[d, side]) * float(state.level[d, side])
                concessions[d, DUTY + side] = cooperation.concession(
                    self.agenda.levels[d][int(state.treaty[d])][DUTY + side], position > 0, kept
                )
        self.concessions = concessions
        state.depth = cooperation.depth(concessions, self.agenda.weights)
        self.depth_contested = cooperation.depth(concessions, self.agenda.contested_weights)

    # --- what the quarter leaves behind (1.11, 1.12, 1.17) ---------------------------------------------------------------

    def watch_conduct(self) -> None:
        """Every side reads its partner's conduct, updates its trust, and sets its answer for next quarter."""
        state, t = self.state, self.state.quarter
        good, bad = state.good.copy(), state.bad.copy()
        level, left = state.level.copy(), state.answer_left.copy()
        for d, pair in enumerate(DYADS):
            in_force = bool(state.treaty[d] > 0)
            for side, b in enumerate(pair):
                act = float(state.honours[d, 1 - side]) * float(state.level[d, 1 - side])
                kept = float(act >= FULL_LEVEL)
                signal = self.blocs[b].reads_conduct(d, kept, self.draws.conduct[t + 1, d, side])
                j = pair[1 - side]
                good[b, j], bad[b, j] = self.blocs[b].updates_trust(d, signal, in_force)
                if in_force:
                    seen = act if bool(signal == kept) else 1.0 - act
                    level[d, side], left[d, side] = self.blocs[b].retaliates(
                        d, signal, self.draws.generosity[t + 1, d, side], seen
                    )
                    if level[d, side] < state.level[d, side]:
                        self.teller.retaliates(d, side, bool(kept >= 1.0))
        state.good, state.bad, state.level, state.answer_left = good, bad, level, left

    def leave_treaties(self) -> None:
        """Treaties end by failed tests, politics, notice or sunset; the rest grow older."""
        state, p, t = self.state, self.parameters, self.state.quarter
        for d in range(N_DYADS):
            if state.treaty[d] == 0:
                continue
            cause = ""
            danger = self.tension_level[d] if p.tension_in_exit else tension.tension_level(mean_tension(p)[d])
            for side, b in enumerate(DYADS[d]):
                name = self.blocs[b].name
                failed_now = not bool(state.honours[d, side])
                if compliance.two_strikes(failed_now, state.failed[d, side]):
                    cause = cause or f"{name} failed its own test two quarters running"
                state.failed[d, side] = failed_now
                if compliance.exit_draw(self.draws.exit[t + 1, d, side], p.repudiation_hazard, danger):
                    cause = cause or f"politics in {name} repudiated it"
                if self.blocs[b].gives_notice(d):
                    state.notice[d, side] += 1.0
                    if state.notice[d, side] > p.exit_notice:
                        cause = cause or f"{name} left after notice"
                else:
                    state.notice[d, side] = 0.0
            if not cause and state.sunset[d] <= t:
                if all(self.blocs[b].renews(d) for b in DYADS[d]):
                    state.sunset[d] = t + SUNSET_TERM
                    self.teller.renewed(d)
                else:
                    cause = "it reached its sunset and was not renewed"
            state.treaty_age[d] += 1.0
            if cause:
                self._end_treaty(d, cause)

    def _end_treaty(self, d: int, cause: str) -> None:
        state, p = self.state, self.parameters
        state.treaty[d], state.treaty_age[d], state.sunset[d] = 0, 0.0, NEVER
        state.level[d], state.answer_left[d], state.notice[d] = 1.0, 0.0, 0.0
        state.failed[d] = False
        state.clock[d], state.pause[d] = CLOSED, max(float(state.pause[d]), float(p.cooling_off))
        self.recorder.ends[d].append((self.state.quarter, cause))
        self.teller.treaty_ends(d, cause)

    def depth_ceiling(self) -> FloatArray:
        """(d,) the largest depth that the issues on the table allow, treaties in force at the start included."""
        counted = np.where(self.allowed, self.agenda.weights, 0.0)
        ceiling = cooperation.depth(np.ones_like(counted), counted)
        held = np.stack([self.agenda.levels[d][int(self.agenda.treaty[d])] for d in range(N_DYADS)])
        return np.maximum(ceiling, cooperation.depth(held, self.agenda.weights))

    def reference_package(self, d: int) -> int:
        """The package whose 2x2 game is shown: the treaty, else the last tabled, else the best for both together."""
        if self.state.treaty[d] > 0:
            return int(self.state.treaty[d])
        if self.tabled[d] > 0:
            return int(self.tabled[d])
        first, second = self.mandate.flows[d]
        joint = np.where(self.on_table[d], first.honoured + second.honoured, -np.inf)
        return int(np.argmax(joint))

    # --- looking at packages ---------------------------------------------------------------------------------------------

    def realised_gains(self) -> FloatArray:
        """(d, s) what each side gains over no treaty from what is kept, bn$ per quarter."""
        state = self.state
        gains = np.zeros((N_DYADS, N_SIDES))
        for d in range(N_DYADS):
            for side in (0, 1):
                gains[d, side] = realised_value(
                    self.agenda.menus[d],
                    self.mandate.parts[d][side],
                    int(state.treaty[d]),
                    state.honours[d].astype(np.float64),
                    state.level[d],
                )
        return gains

    def issue_gain(self, dyad: int, side: int, issue: int) -> FloatArray:
        """What one issue alone at full level is worth to a side, bn$ per quarter."""
        return issue_values(self.mandate.parts[dyad][side])[issue]

    def suppliers_gain(self, dyad: int, home: int, package: int) -> float:
        """What a package changes in the profits of all suppliers of a home, bn$ per year, both markets."""
        menu, tables = self.agenda.menus[dyad], self.mandate.tables
        total = 0.0
        for side in (0, 1):
            importer, partner = DYADS[dyad][side], DYADS[dyad][1 - side]
            column = 0 if importer == home else 1
            profit = tables.supplier_profit[PAIR_OF[importer, partner], :, column]
            nodes = [menu.node(chosen, side) for chosen in (package, int(self.state.treaty[dyad]))]
            total += float(profit[nodes[0]] - profit[nodes[1]])
        return 4.0 * total

    def security_now(self, a: Accounts) -> FloatArray:
        """(b,) realised security cost at current tension, bn$ per quarter (1.4)."""
        p = self.parameters
        cost = np.zeros(N_BLOCS)
        if not p.tension_in_security:
            return cost
        for i, j in DIRECTED_DYADS:
            cost[i] = cost[i] + welfare.security_cost(
                self.tension_level[DYAD_OF[i, j]],
                self.economy.market_size[i],
                a.vehicle_imports[i, j],
                a.cell_imports[i, j],
                self.agenda.security[EV, i, j],
                self.agenda.security[BATTERY, i, j],
                p.security_convexity,
            )
        return cost


COLD_START_SWEEPS = 30  # best-reply sweeps of the first assessment (theory 1.2)

__all__ = ["Diplomacy", "standards", "trust"]
