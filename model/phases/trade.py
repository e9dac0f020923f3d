"""Optional trade and industry in a quarter: credits, undertakings, friends, and what they pay (theory 1.18, 1.19b)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from model.assessment.costs import Situation
from model.assessment.friends import friend_gains
from model.market.border import charge_receipts
from model.market.clearing import Accounts, Clearing
from model.market.credits import Scheme, clear_with_credits, credit_flows, nobodys_friend
from model.market.trade import Exports, agreed_undertakings, exports, with_undertakings
from model.numerics import FloatArray
from model.quarter import Undertaken
from model.scenario.scenario import Access
from model.stage import Stage
from model.state import NO_UNDERTAKING
from model.vocabulary import EV


def tell_rules(world: Stage) -> None:
    """Tell of charges at the border and of the credit's allowed set where they changed."""
    supply, friends = world.state.supply, world.state.standards.friends
    at_home = nobodys_friend(world.parties)
    for lane, story in world.stories.items():
        story.charges([None if charge is None else charge[lane] for charge in supply.border.by_mechanism])
        if world.rules.has_friends:
            story.friends(friends[lane], at_home)


def clear_credits(world: Stage, scheme: Scheme, base: FloatArray, clearing: Clearing) -> Clearing:
    """Once, at today's prices of cars, a credit costs what sells the required EVs; the market with that credit."""
    state, p, supply, before = world.state, world.parameters, world.state.supply, world.state.credit_price
    state.credit_price, utility, clearing = clear_with_credits(
        scheme, before, p.alpha, p.nest_correlation, base, supply.utility, clearing
    )
    state.supply = dataclasses.replace(supply, utility=utility)
    for lane, story in world.stories.items():
        story.credits(before[lane], state.credit_price[lane], scheme.floor, scheme.cap)
    return clearing


def agree_undertakings(world: Stage) -> None:
    """Blocs and single automakers agree on price undertakings, or no longer (1.19b)."""
    state, last, allowed = world.state, world.state.books.undertaken, world.rules.may_undertake
    # Where they are allowed since this quarter only, there are no exports yet to agree on.
    if allowed is None or last is None:
        return
    before, alone = state.undertaking, np.broadcast_to(allowed[:, None, :], state.undertaking.shape).copy()
    for i, j, _, is_granted in clauses(world):
        alone[:, i, :, j] &= ~is_granted[:, None]
    agreed = agreed_undertakings(
        world.economy,
        world.parameters,
        last.exports,
        last.imports_before,
        world.agenda.security,
        state.climate.expected_worry,
        state.profit_weight,
    )
    state.undertaking = np.where(alone, agreed, before)
    for lane, story in world.stories.items():
        story.undertakings(before[lane], state.undertaking[lane])


def clauses(world: Stage) -> Iterator[tuple[int, int, Access, np.ndarray]]:
    """Importer, exporter, terms and (R,) where a treaty in effect grants undertakings on these terms."""
    for one in world.scenario.access:
        for step, terms in enumerate(one.on_table, 1):
            if terms.position == "undertaking":
                yield one.importer, one.exporter, terms, world.state.access[:, one.importer, one.exporter] == step


def _by_treaty(world: Stage, about: Exports) -> Exports:
    """Under a treaty that grants undertakings every maker that gains has one, up to its volume (second edition 3)."""
    state, allowed = world.state, world.rules.may_undertake
    before, cars = state.undertaking.copy(), about.cars.copy()
    for i, j, terms, is_granted in clauses(world):
        granted, own = is_granted[:, None], state.undertaking[:, i, :, j]
        takes = granted & about.pays(terms.investment)[:, i, :, j]
        kept = own if allowed is not None and allowed[i, j] else np.full_like(own, NO_UNDERTAKING)
        state.undertaking[:, i, :, j] = np.where(takes, terms.investment, np.where(granted, NO_UNDERTAKING, kept))
        cars[:, i, :, j] = np.where(granted, np.minimum(cars[:, i, :, j], terms.volume), cars[:, i, :, j])
    for lane, story in world.stories.items():
        story.undertakings(before[lane], state.undertaking[lane])
    return dataclasses.replace(about, cars=cars)


def undertaken(world: Stage, a: Accounts) -> tuple[Accounts, Undertaken | None]:
    """The accounts once price undertakings have their way, and what the next ones will be about; None where off."""
    state = world.state
    by_treaty = any(True for _ in clauses(world))
    if world.rules.may_undertake is None and not by_treaty:
        return a, None
    sold = exports(
        world.economy,
        world.parameters,
        a,
        state.supply.landed,
        state.supply.border.frictions,
        state.origin_share,
        state.paid[:, EV],
        world.scenario.mfn[state.quarter, EV],
        state.has_plant,
        state.supply.border.charges,
    )
    sold = _by_treaty(world, sold) if by_treaty else sold
    settled, rent = with_undertakings(world.economy, a, sold, state.undertaking)
    return settled, Undertaken(sold, a.vehicle_imports, rent)


def friends_stakes(world: Stage, situation: Situation) -> tuple[FloatArray, FloatArray] | None:
    """What it is worth to executives and legislatures that the US's partner is in its allowed set (1.18), or None."""
    state, p = world.state, world.parameters
    if not world.rules.has_friends:
        return None
    return friend_gains(
        world.economy,
        p,
        world.scenario,
        state.quarter,
        situation,
        state.origin_share,
        state.standards.friends,
        state.markup,
        world.agenda.security,
        state.climate.expected_worry,
        state.profit_weight,
    )


def flows(world: Stage, a: Accounts) -> tuple[FloatArray | None, FloatArray | None]:
    """(R, b) what treasuries receive beside duties, and what buyers lose to credits, bn$ per quarter; or None."""
    supply, receipts, burden = world.state.supply, None, None
    if supply.border.charges is not None:
        receipts = charge_receipts(a.built, supply.border.charges)
    if supply.scheme is not None:
        share = world.state.books.ev_share
        burden, fines = credit_flows(world.economy.market_size, supply.scheme, world.state.credit_price, share)
        receipts = fines if receipts is None else receipts + fines
    return receipts, burden
