"""A negotiating government: it perceives, tables, answers, ratifies, honours, watches, retaliates, leaves.

Sections are those of theory 1.8 to 1.11 and 1.17. Arrays have the lanes in front, as in ``model.agents.government``,
which holds what a bloc decides alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model.agents.government import Government
from model.assessment.values import lost_by
from model.choices.plugins import Conduct, Moment
from model.layout import some
from model.numerics import FloatArray, FloatLike
from model.packages.part_cuts import DutyPath, duty_path, kept_share
from model.packages.sums import DESERTED, KEPT, Flows
from model.packages.view import View, beliefs, judged, seen
from model.rules import bargaining, compliance, packages, ratification, trust, withdrawal
from model.rules.instruments import Instrument
from model.vocabulary import DUTY, EV, EXECUTIVE_DUTIES, LINKAGE, SUPPLY, TECHNOLOGY


class Offer(NamedTuple):
    """What lies before a bloc in some lanes, all (n,): a package of a dyad's menu, its believed worth in bn$ a quarter,
    and whether the bloc may sign it: it can be tabled, it would be kept, and the legislature would rather pass it."""

    dyad: int
    package: np.ndarray
    worth: FloatArray
    may_sign: np.ndarray


class Bloc(Government):
    """One of the parties as a negotiating government."""

    # --- perceive (1.8) ----------------------------------------------------------------------------------------

    def perceive(self, dyad: int, lanes: np.ndarray, flows: tuple[Flows, ...], groups: list[slice]) -> list[View]:
        """Form beliefs about every package: own gain and partner's gain, each through persistent errors on issues.

        flows: of both sides in these lanes. By group of neighbouring lanes: what is looked at there.
        """
        world, state, p, side = self.world, self.world.state, self.world.parameters, self.side(dyad)
        agenda, menu, on_table = world.agenda, world.agenda.menus[dyad], world.rules.on_table
        current = state.treaty[lanes, dyad]
        noise = packages.noise_scale(
            world.setting("perception_noise", lanes),
            state.dialogue[lanes, dyad],
            p.dialogue_on_perception,
            state.track2[lanes, dyad],
            p.track2_on_perception,
        )
        own_gain, partner_gain = beliefs(
            menu,
            (flows[side].table[..., KEPT], flows[1 - side].table[..., KEPT]),
            agenda.levels[dyad],
            current,
            agenda.stakes[dyad, :: 1 - 2 * side],  # its own first
            [some(error[:, dyad, side], lanes) for error in (state.own_error, state.partner_error)],
            noise,
            on_table.off[dyad],
            on_table.places(menu, lanes, current),
        )
        worth_keeping = self.slack(dyad, lanes, flows[side])
        at_home = flows[side].home.over(menu, current) if p.anticipate_ratification else None
        least = (self.least(dyad), self.partner(dyad).least(dyad))
        views = []
        for group in groups:
            here = on_table.in_some(menu, lanes[group], current[group])
            own, partner = (
                seen(gain.in_lanes(group), menu, here, *self.over_life(dyad, here.packages, lanes[group], of, group))
                for gain, of in ((own_gain, flows[side]), (partner_gain, flows[1 - side]))
            )
            home = None
            if at_home is not None:
                asked = self.threshold(dyad, lanes[group])[..., here.packages]
                home = (at_home.in_lanes(group), asked, agenda.legislature_scale[dyad, side])
            views.append(judged(dyad, menu, here, own, partner, least, worth_keeping.in_lanes(group), home))
        return views

    def over_life(
        self, dyad: int, packages: np.ndarray, lanes: np.ndarray, flows: Flows, group: slice
    ) -> tuple[FloatArray | None, tuple[FloatArray, FloatArray] | None]:
        """(K,) or (n, K) what its life makes of a gain per quarter of a treaty that lasts and starts next quarter, or
        None; and (n,) the same of what is in force and what that is worth, or None where none of them has a truce.

        A truce lives from term to term, an agreement begins late (``rules.instruments.life``). Governments know that
        truces tend to be renewed: to count the first term alone would make every truce worthless beside an agreement,
        which is not how they act. What makes a truce in force last adds what the truce may lose.
        """
        state, lives, menu = self.world.state, self.world.rules.lives, self.world.agenda.menus[dyad]
        if lives is None:
            return None, None
        weight, held = lives.of_packages(dyad, packages, lanes), state.instrument[lanes, dyad]
        if not np.count_nonzero(held == Instrument.TRUCE):
            return weight, None
        treaty, kept = state.treaty[lanes, dyad], flows.kept.in_lanes(group)
        return weight, (lives.of_instruments(held, lanes), kept.at(menu, treaty) - kept.at(menu, 0))

    # --- bargain (1.8) -----------------------------------------------------------------------------------------

    def moment(self, dyad: int, lanes: np.ndarray, reservation: FloatArray, best: FloatArray) -> Moment:
        """What it knows in these lanes when it decides how far to come down, at the quarter's start."""
        state = self.world.state
        return Moment(
            time=0.0,
            exponent=self.world.parameters.concession_exponent[self.index],
            offered=0.0,
            trust=self.trust(self.partner(dyad))[lanes],
            tension=self.world.state.climate.level[lanes, dyad],
            dialogue=state.dialogue[lanes, dyad],
            renewing=(state.treaty[lanes, dyad] > 0) * 1.0,
            reservation=reservation,
            best=best,
        )

    def aspire(self, moment: Moment) -> FloatArray:
        """The gain this bloc holds out for, by its tactic, at this point."""
        return bargaining.aspiration(moment.reservation, moment.best, self.world.rules.tactics[self.index](moment))

    def imitate(self, moment: Moment, hope: FloatArray, concession: FloatArray) -> FloatArray:
        """The same once it answers its partner's last concession, if it is an imitator."""
        weight = self.world.parameters.imitation
        return bargaining.imitated(hope, moment.reservation, concession, weight) if self.world.rules.imitates else hope

    def table(self, view: View, aspiration: FloatArray) -> tuple[np.ndarray, np.ndarray]:
        """The package it puts on the table: its partner's believed favourite among those good enough for it."""
        return view.best_offer(aspiration)

    def answer(self, offer: Offer, aspiration: FloatArray, moment: Moment) -> np.ndarray:
        """(n,) whether it takes what lies before it, by its acceptance rule."""
        return offer.may_sign & self.world.rules.acceptances[self.index](offer.worth, aspiration, moment)

    # --- ratify (1.9) ------------------------------------------------------------------------------------------

    def votes(self, dyad: int) -> np.ndarray:
        """(P,) on which packages its legislature votes: on all but truces (1.9).

        Where the executive sets duties down to MFN alone, it votes on laws: what goes below, recognition, open markets.
        """
        rules, side = self.world.rules, self.side(dyad)
        if not rules.clocks:
            return np.ones(rules.instruments[dyad].shape, dtype=bool)
        votes = rules.instruments[dyad] > Instrument.TRUCE
        needs_law = rules.by_law[dyad][:, side] | rules.below_mfn[dyad][:, side]
        return votes & needs_law if EXECUTIVE_DUTIES in self.laws else votes

    def usual_threshold(self, dyad: int) -> FloatArray:
        """(P,) win-set threshold for every package; what votes on laws alone wants more of those that it does (1.9)."""
        p, usual = self.world.parameters, self.world.parameters.ratification_threshold[self.index]
        by_law = self.world.rules.by_law[dyad][:, self.side(dyad)] & (EXECUTIVE_DUTIES in self.laws)
        asked = np.where(by_law, p.ratification_threshold_us_recognition, usual)
        return np.where(self.votes(dyad), asked, ratification.NO_VOTE)

    def threshold(self, dyad: int, lanes: np.ndarray) -> FloatArray:
        """(P,), or with turnover (n, P): what today's legislature asks of every package (1.9, 1.17)."""
        usual = self.world.thresholds[dyad][self.side(dyad)]
        if not np.count_nonzero(self.world.rules.new_governments):
            return usual
        return usual + self.world.state.threshold_shift[lanes, self.index][:, None]

    def ratifies(self, dyad: int, package: np.ndarray) -> np.ndarray:
        """(R,) whether the legislature passes a deal (R,), given its persistent mood."""
        world, state, side = self.world, self.world.state, self.side(dyad)
        menu, home = world.agenda.menus[dyad], self.flows(dyad).home
        chance = ratification.ratification_probability(
            home.at(menu, package) - home.at(menu, state.treaty[:, dyad]),
            world.agenda.legislature_scale[dyad, side],
            world.thresholds[dyad][side][package] + state.threshold_shift[:, self.index],
            world.parameters.ratification_slope,
        )
        return ratification.ratifies(state.mood[:, dyad, side], chance)

    # --- honour, watch, retaliate, leave (1.10, 1.11, 1.17) ------------------------------------------------------

    def duty_path(self, dyad: int, package: np.ndarray) -> DutyPath:
        """Its duty between standstill and what a package (R,) says."""
        world, t, importer, partner = self.world, self.world.state.quarter, self.index, self.partner(dyad).index
        return duty_path(
            world.economy,
            world.agenda.menus[dyad],
            importer,
            partner,
            package,
            world.scenario.mfn[t, EV, importer, partner],
            world.scenario.floor[t, EV, importer, partner],
            world.state.special[:, EV, importer, partner],
        )

    def honours(self, dyad: int) -> np.ndarray:
        """(R,) whether this bloc's own test lets it keep the policy in force; no treaty is always kept."""
        return self.passes_own_test(dyad, self.world.state.treaty[:, dyad])

    def would_keep(self, dyad: int, package: np.ndarray) -> np.ndarray:
        """(R,) whether this bloc would honour a package (R,) that is signed, if it were in force (1.10)."""
        passes = self.passes_own_test(dyad, package)
        if not self.world.rules.in_part or passes.all():
            return passes
        return passes | kept_share(self.duty_path(dyad, package), lambda one: self.slack_of(dyad, one))[1]

    def keeps_in_part(self, dyad: int) -> tuple[FloatArray, np.ndarray]:
        """(R,) the largest share of its duty cut that passes its own test, and whether any does (1.10)."""
        path = self.duty_path(dyad, self.world.state.treaty[:, dyad])
        return kept_share(path, lambda package: self.slack_of(dyad, package))

    def errors(self, dyad: int, lanes: np.ndarray | slice = slice(None)) -> tuple[FloatArray, FloatArray]:
        """Chances that it takes honest conduct for a lapse, and a lapse for honest conduct (1.11)."""
        p, dialogue = self.world.parameters, self.world.state.dialogue[lanes, dyad]
        left = trust.monitoring_error(1.0, dialogue, p.dialogue_on_monitoring)  # of each error, by dialogue
        alarm, missed = self.world.setting("false_alarm", lanes) * left, p.missed_violation * left
        if not self.world.rules.by_issue:
            return alarm, missed
        at = (self.world.state.treaty[lanes, dyad], 1 - self.side(dyad))
        menu = self.world.agenda.menus[dyad]
        return trust.errors_of_treaty(alarm, missed, p.published_error * left, menu.unseen[at], menu.published[at])

    def reads_conduct(self, dyad: int, act: FloatArray, u: FloatArray) -> FloatArray:
        """(R,) what this bloc sees of its partner's conduct: 1 looked honoured, 0 looked lapsed."""
        return trust.conduct_signal(act, u, *self.errors(dyad))

    def updates_trust(self, dyad: int, signal: FloatArray, obliged: np.ndarray) -> tuple[FloatArray, FloatArray]:
        """(R,) evidence for and against the partner after this quarter's signal."""
        p, state, i, j = self.world.parameters, self.world.state, self.index, self.partner(dyad).index
        return trust.update_evidence(
            state.good[:, i, j],
            state.bad[:, i, j],
            state.prior_good[:, i, j],
            state.prior_bad[:, i, j],
            p.trust_memory,
            trust.debiased_signal(signal, *self.errors(dyad)),
            obliged.astype(np.float64),
        )

    def updates_type(self, dyad: int, signal: FloatLike, lanes: np.ndarray | slice = slice(None)) -> FloatArray:
        """Belief that the partner is a reciprocating type, after this quarter's signal (1.10)."""
        belief = self.world.state.type_belief[lanes, self.index, self.partner(dyad).index]
        return compliance.bayes_type_update(belief, signal, *self.errors(dyad, lanes))

    def retaliates(
        self, dyad: int, signal: FloatArray, u: FloatArray, seen_level: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Share of its concessions that its stance would honour next quarter, and quarters of answer to come."""
        p, state, side = self.world.parameters, self.world.state, self.side(dyad)
        return self.world.rules.stance(
            Conduct(
                signal=signal,
                observed_level=seen_level,
                left=state.answer_left[:, dyad, side],
                u=u,
                standing=state.standing[:, dyad, side],
                generosity=self.world.setting("generosity"),
                response=p.proportional_response,
                quarters=p.punishment_quarters,
            )
        )

    def suspends(
        self, dyad: int, wanted: FloatArray, left: FloatArray, act: FloatArray, is_kept: np.ndarray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(R,) each: share of its duty and supply concessions that it honours next quarter, quarters of answer to come,
        and quarters that its dispute runs.

        wanted, left: of its stance; act, is_kept: the share that its partner honoured, and whether that was all. What
        is hard to see it talks about first, if it can, and acts if it still looks wrong; what it does lasts a while.
        """
        p, state, at = self.world.parameters, self.world.state, (slice(None), dyad, self.side(dyad))
        talks = self.world.setting("consultation_quarters")
        # Who breaks a treaty itself has nothing to complain of.
        aggrieved = (wanted < 1.0) & (state.honours[at] | (not self.world.rules.by_value))
        menu, treaty = self.world.agenda.menus[dyad], state.treaty[:, dyad]
        can_talk = state.is_open[:, dyad] & (is_kept | ~menu.published[treaty, 1 - self.side(dyad)])
        running = trust.dispute_step(state.dispute[at], aggrieved, can_talk, talks, p.suspension_quarters)
        acts = running > talks
        lanes = np.flatnonzero(acts & aggrieved)
        if self.world.rules.by_value and lanes.size:
            wanted = wanted.copy()
            wanted[lanes] = 1.0 - (1.0 - wanted[lanes]) * self.equivalent(dyad, lanes, act[lanes], is_kept[lanes])
        level = np.where(acts, np.where(aggrieved, wanted, state.level[at]), 1.0)
        return level, np.where(acts | (running == 0.0), left, state.answer_left[at]), running

    def equivalent(self, dyad: int, lanes: np.ndarray, act: FloatArray, is_kept: np.ndarray) -> FloatArray:
        """(n,) share of its duty and supply concessions that is worth what its partner seems to have withheld.

        act, is_kept as in ``suspends``. Whoever keeps all can seem to withhold what is not seen, if it owes any of it.
        """
        menu, treaty = self.world.agenda.menus[dyad], self.world.state.treaty[lanes, dyad]
        side, partner = self.side(dyad), self.partner(dyad)
        own, theirs = (one.flows(dyad).of_package(menu, treaty, lanes) for one in (self, partner))
        whole = np.subtract(*(own.table[:, 0, case] + own.table[:, 1, case] for case in (KEPT, DESERTED)))
        unseen = lost_by(menu, 1 - side, theirs, (SUPPLY + 1 - side, LINKAGE + 1 - side, TECHNOLOGY))
        seeming = np.where(menu.unseen[treaty, 1 - side], unseen, whole)
        at_hand = lost_by(menu, side, own, (DUTY + side, SUPPLY + side))
        return withdrawal.equivalent_share(np.where(is_kept, seeming, (1.0 - act) * whole), at_hand)

    def gain_in_force(self, dyad: int) -> FloatArray:
        """(R,) what the treaty in force is worth to this bloc over none, if both keep it, bn$ per quarter."""
        menu, kept, treaty = self.world.agenda.menus[dyad], self.flows(dyad).kept, self.world.state.treaty[:, dyad]
        return kept.at(menu, treaty) - kept.at(menu, 0)

    def repudiates(self, dyad: int, u: FloatArray) -> np.ndarray:
        """(R,) whether its politics repudiate a treaty this quarter, which tension makes likelier (1.17)."""
        danger = self.world.state.climate.danger[:, dyad]
        return compliance.exit_draw(u, self.world.parameters.repudiation_hazard, danger)

    def gives_notice(self, dyad: int) -> np.ndarray:
        """(R,) whether leaving the treaty pays more than it costs (1.17)."""
        return compliance.exit_pays(-self.gain_in_force(dyad), self.world.parameters.exit_cost, self.scale(dyad))

    def renews(self, dyad: int) -> np.ndarray:
        """(R,) whether the bloc would sign the expiring treaty again (1.17)."""
        return self.gain_in_force(dyad) >= self.least(dyad)
