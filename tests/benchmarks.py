"""Closed forms and solution concepts that played rules are held against; nothing in a run reads them.

What a rule must come to in a case that theory has solved: bargaining solutions, critical discount factors, long-run
moments. Functions of numbers or arrays of any shape, as the rules themselves.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from model.numerics import (
    FloatArray,
    FloatLike,
    cheapest_mix_and_cost,
    normal_cdf,
    ordered_sum,
    power,
    safe_ratio,
)
from model.rules import pricing
from model.rules.bargaining import BoolArray, IntArray
from model.rules.clubs import INDIFFERENCE, _moved, coalitions
from model.rules.compliance import present_values
from model.rules.cooperation import DEPTH_THRESHOLD, KNIFE_EDGE, STATE_GAP, spell_mask
from model.rules.games import FAMILIES, ROUNDING, TIE, CodeArray, _capped_ratio
from model.rules.withdrawal import Weights, at_stake, part_cost, part_slack, price, repaid, temptation, whole_answer

# A belief above one: no probability is enough.
NEVER: Final = 2.0

# --- beside model.numerics -------------------------------------------------------------------------------------------


def log_sum_exp(x: FloatArray, axis: int = -1, keepdims: bool = False) -> FloatArray:
    """ln of the sum of exp(x) along one axis, without overflow; in the unit of x (a utility).

    x: (..., n), no unit; entries of -inf drop out, at least one must be finite.
    Limits: max(x) <= result <= max(x) + ln n; adding a constant to x adds it to the result.
    Source: definition.
    """
    top = np.maximum.reduce(x, axis=axis, keepdims=True)
    total = np.log(ordered_sum(np.exp(x - top), axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis)


def softmax(x: FloatArray, axis: int = -1) -> FloatArray:
    """exp(x) divided by its sum along one axis: shares that add up to one.

    x: (..., n), no unit; entries of -inf get share 0, at least one must be finite.
    Limits: equal entries give 1/n; adding a constant to x changes nothing.
    Source: definition (multinomial logit).
    """
    weight = np.exp(x - np.maximum.reduce(x, axis=axis, keepdims=True))
    return weight / ordered_sum(weight, axis, keepdims=True)


def wright_omega(x: FloatLike) -> FloatArray:
    """Wright omega function on the real line: the positive w with w + ln w = x (no unit).

    x: (...), any real number.
    Limits: tends to exp(x) for very negative x and to x - ln x for large x; 1 at x = 1.
    Source: Corless and Jeffrey 2002; it is Lambert W of exp(x) without the overflow.
    """
    return special.wrightomega(x)


# --- beside model.rules.bargaining -----------------------------------------------------------------------------------


def nash_product_choice(menu: FloatArray, weight: FloatLike = 0.5) -> IntArray:
    """Index of the package with the largest (weighted) Nash product over a disagreement point of (0, 0).

    menu: (..., P, 2), gains of the two sides, any common unit. weight: scalar or (..., 1), bargaining power
    of the first side, in (0, 1).
    Limits: first of ties; packages that harm a side never win unless all do (then 0); symmetric at weight
    1/2.
    Source: Nash 1950; weighted by Harsanyi & Selten 1972.
    """
    first, second = menu[..., 0], menu[..., 1]
    product = power(np.maximum(first, 0.0), weight) * power(np.maximum(second, 0.0), 1.0 - weight)
    return np.argmax(np.where(_harmless(menu), product, -1.0), axis=-1)


def kalai_smorodinsky(menu: FloatArray) -> IntArray:
    """Index of the package with the largest smaller share of the two sides' ideal gains.

    menu: (..., P, 2), gains over a disagreement point of (0, 0), any common unit. Ideals are taken over
    packages that harm nobody.
    Limits: first of ties; index 0 when every package harms someone; scaling one side's gains changes nothing.
    Source: Kalai & Smorodinsky 1975.
    """
    harmless = _harmless(menu)
    gains = np.where(harmless[..., np.newaxis], menu, 0.0)
    ideal = np.maximum.reduce(gains, axis=-2, keepdims=True)
    share = safe_ratio(gains, ideal)
    return np.argmax(np.where(harmless, np.minimum(share[..., 0], share[..., 1]), -1.0), axis=-1)


def utilitarian(menu: FloatArray) -> IntArray:
    """Index of the package with the largest joint gain among those that harm nobody.

    menu: (..., P, 2), gains over a disagreement point of (0, 0), in one unit (they are added).
    Limits: first of ties; index 0 when every package harms someone.
    Source: definition.
    """
    return np.argmax(np.where(_harmless(menu), menu[..., 0] + menu[..., 1], -np.inf), axis=-1)


def rubinstein_share(discount_first: FloatLike, discount_second: FloatLike) -> FloatArray:
    """Share of the first proposer when offers alternate without end (fraction).

    discount_first, discount_second: (...), value now of one unit a round later, in [0, 1].
    Limits: 1/(1 + d) when equally patient; 1/2 when both are perfectly patient; r2/(r1 + r2) as rounds get
    short.
    Source: Rubinstein 1982.
    """
    return safe_ratio(1.0 - discount_second, 1.0 - discount_first * discount_second, default=0.5)


def rubinstein_finite(discount_first: FloatLike, discount_second: FloatLike, rounds: int) -> FloatArray:
    """Share of the first proposer when offers alternate for a known number of rounds (fraction).

    discount_first, discount_second: (...), value now of one unit a round later, in [0, 1]. rounds: >= 1.
    Limits: 1 with one round (ultimatum); ``rubinstein_share`` as rounds grow and at least one side is
    impatient.
    Raises: ValueError for fewer than one round.
    Source: Stahl 1972, by backward induction.
    """
    if rounds < 1:
        raise ValueError(f"a bargaining game needs at least one round, got {rounds}")
    share = np.ones(np.broadcast_shapes(np.shape(discount_first), np.shape(discount_second)))
    for proposal in range(rounds - 1, 0, -1):
        # Odd proposals are the first side's; whoever answers must be left what waiting one round is worth to
        # it.
        patience_of_responder = discount_second if proposal % 2 == 1 else discount_first
        share = 1.0 - patience_of_responder * share
    return share


def _harmless(menu: FloatArray) -> BoolArray:
    """(..., P) True where neither side loses; menu (..., P, 2)."""
    return (menu[..., 0] >= 0.0) & (menu[..., 1] >= 0.0)


# --- beside model.rules.unilateral -----------------------------------------------------------------------------------


def stag_hunt_threshold(own_benefit: FloatLike, joint_benefit: FloatLike) -> FloatArray:
    """Least belief in the partner at which announcing pays (probability; 2 = no belief is enough).

    own_benefit, joint_benefit: (...), bn$ per quarter.
    Limits: 0 where announcing alone pays (harmony); between 0 and 1 in a stag hunt; 2 where even both lose.
    Source: theory 1.15, p* = -B_own/B_joint.
    """
    shortfall = np.maximum(np.negative(own_benefit), 0.0)
    needed = safe_ratio(shortfall, np.maximum(joint_benefit, 0.0), np.where(shortfall > 0.0, NEVER, 0.0))
    return np.where(needed > 1.0, NEVER, needed)


# --- beside model.rules.batteries ------------------------------------------------------------------------------------


def sourcing_shares(delivered: FloatArray, tie: FloatLike, theta: FloatLike) -> FloatArray:
    """Share of each supplier in an automaker's cells, fractions adding to one.

    delivered: (..., k), ``delivered_price``, $/kWh. tie: (..., k), log preference beyond price (quality,
    history), no unit. theta: scalar or (..., 1), taste for cheapness per $/kWh, 0.02-0.2.
    Limits: equal prices and ties give equal shares; a duty on a supplier lowers its share (M9).
    Source: theory 1.3, row A13; McFadden 1978.
    """
    return cheapest_mix_and_cost(delivered, tie, theta)[1]


# --- beside model.rules.pricing --------------------------------------------------------------------------------------


def aggregate_brands(utility0: FloatArray, sigma: FloatLike, axis: int = -1) -> FloatArray:
    """Utility of the one brand that stands for several brands of one owner under one duty, utils.

    utility0: brands along ``axis``; utility *at the brand's own base cost*, d' - alpha base, if costs differ.
    sigma: scalar, or with length one along ``axis``; in [0, 0.95].
    Returns the shape without ``axis``. Solve with base 0 (or the common base) to get the common markup.
    Limits: one brand is itself; n equal brands add (1-sigma) ln n.
    Source: theory 1.2, row A4; Nocke and Schutz 2018 (type aggregation).
    """
    nest = 1.0 - sigma
    return np.squeeze(nest * log_sum_exp(utility0 / nest, axis=axis, keepdims=True), axis)


# --- beside model.rules.tension --------------------------------------------------------------------------------------


def stationary_variance(
    persistence: FloatLike, volatility: FloatLike, jump_rate: FloatLike = 0.0, jump_mean: FloatLike = 0.0
) -> FloatArray:
    """Long-run variance of latent tension without feedback (logits squared).

    persistence: (...) or scalar, phi, in [0, 1). volatility: sig, logits. jump_rate, jump_mean: as
    ``tension_step``.
    Limits: sig^2/(1 - phi^2) without jumps.
    Source: theory B15; a jump has second moment 2 lj mj^2 and mean lj mj.
    """
    mean_jump = jump_rate * jump_mean
    variance_jump = 2.0 * jump_rate * jump_mean * jump_mean - mean_jump * mean_jump
    return np.divide(volatility * volatility + variance_jump, 1.0 - persistence * persistence)


def half_life(persistence: FloatLike) -> FloatArray:
    """Quarters until half of a shock to tension is gone.

    persistence: (...) or scalar, phi, in (0, 1).
    Limits: 1 at phi = 1/2; grows without bound as phi -> 1.
    Source: definition, ln(1/2)/ln(phi).
    """
    return np.divide(np.log(0.5), np.log(persistence))


def exceedance_probability(tension: FloatLike, mean: FloatLike, variance: FloatLike) -> FloatArray:
    """Long-run share of quarters with tension above a level, no jumps (fraction).

    tension: (...), level, in (0, 1). mean: (...), of the latent, logits. variance: (...), of the latent, > 0.
    Limits: 1/2 where the level is the logistic of the mean.
    Source: theory B15; the latent is normal when there are no jumps.
    """
    logit = np.log(np.divide(tension, 1.0 - tension))
    return normal_cdf((mean - logit) / np.sqrt(variance))


# --- beside model.rules.games ----------------------------------------------------------------------------------------


class Payoffs(NamedTuple):
    """One side's payoffs, each (...), in any one unit (here bn$ per quarter at the price fixed point)."""

    reward: FloatLike
    temptation: FloatLike
    sucker: FloatLike
    punishment: FloatLike


def dominant_act(
    reward: FloatLike,
    temptation: FloatLike,
    sucker: FloatLike,
    punishment: FloatLike,
    tolerance: FloatLike = 0.0,
) -> CodeArray:
    """The act that is better whatever the partner does: 1 honour, -1 withdraw, 0 neither; codes (...).

    Arguments as ``side_family``.
    Limits: -1 in a Prisoner's Dilemma, Deadlock and Compromise, 1 in Harmony, Concord and Peace, 0 in a Stag
    Hunt or Chicken.
    Source: definition; theory 5, step 3.
    """
    if_honoured, if_withdrawn = np.subtract(reward, temptation), np.subtract(sucker, punishment)
    honour = (if_honoured > tolerance) & (if_withdrawn > tolerance)
    withdraw = (if_honoured < -tolerance) & (if_withdrawn < -tolerance)
    return honour.astype(np.int8) - withdraw.astype(np.int8)


def critical_discount(reward: FloatLike, temptation: FloatLike, punishment: FloatLike) -> FloatArray:
    """Smallest quarterly discount factor at which grim punishment deters, (T - R)/(T - P); no unit.

    reward, temptation, punishment: (...), one unit. A dyad needs the larger of both sides' values.
    Limits: 0 without a temptation (T <= R); above 1 nothing deters by this issue alone (R < P); cut at
    ``RATIO_CAP``, which is also the value where punishment is no worse than temptation (P >= T > R).
    Source: Friedman 1971; theory 5, step 3, B1.
    """
    temptation_gain = np.maximum(np.subtract(temptation, reward), 0.0)
    return _capped_ratio(temptation_gain, np.subtract(temptation, punishment))


def additive_gap(reward: FloatLike, temptation: FloatLike, sucker: FloatLike, punishment: FloatLike) -> FloatArray:
    """How far a game is from a sum over markets, ``|(T - R) - (P - S)|``; unit of the payoffs, >= 0.

    reward, temptation, sucker, punishment: (...), one unit.
    Limits: 0 where withdrawing is worth the same whatever the partner does.
    Source: theory 5, step 3.
    """
    return np.abs(np.subtract(temptation, reward) - np.subtract(punishment, sucker))


def additive_family(own_stake: FloatLike, partner_concession: FloatLike) -> CodeArray:
    """Family of a side whose payoff is a sum over markets, from its two stakes alone; codes (...).

    own_stake G: (...), what withdrawing gains (T - R = P - S). partner_concession L: (...), what the
    partner's honouring is worth (R - S = T - P), > 0.
    Limits: 0 < G < L Prisoner's Dilemma; G > L Deadlock; -L < G < 0 Concord; G < -L Harmony; ``TIE`` between
    them and where L <= 0. Nothing else can occur: the rest needs complementarities.
    Source: theory 5, additive games.
    """
    g, lo = np.asarray(own_stake), np.asarray(partner_concession)
    family = np.full(np.broadcast_shapes(g.shape, lo.shape), TIE, dtype=np.int8)
    for name, holds in (
        ("Prisoner's Dilemma", (g > 0.0) & (g < lo)),
        ("Deadlock", (g > lo) & (lo > 0.0)),
        ("Concord", (g < 0.0) & (g > -lo)),
        ("Harmony", (g < -lo) & (lo > 0.0)),
    ):
        family = np.where(holds, np.int8(FAMILIES.index(name)), family)
    return family


def rapoport_index(reward: FloatLike, temptation: FloatLike, sucker: FloatLike, punishment: FloatLike) -> FloatArray:
    """Rapoport's index of cooperation, (R - P)/(T - S); no unit.

    reward, temptation, sucker, punishment: (...), one unit.
    Limits: in (0, 1) in a Prisoner's Dilemma, negative in Deadlock; 0 where T <= S, where it says nothing.
    Source: Rapoport & Chammah 1965; theory 5, step 3.
    """
    spread = np.subtract(temptation, sucker)
    return np.where(spread > 0.0, _capped_ratio(np.subtract(reward, punishment), spread), 0.0)


def belief_needed(reward: FloatLike, temptation: FloatLike, sucker: FloatLike, punishment: FloatLike) -> FloatArray:
    """Trust that makes a side indifferent, (P - S)/((P - S) + (R - T)); the chance that the partner honours.

    reward, temptation, sucker, punishment: (...), one unit.
    Limits: in a Stag Hunt honour above it (also the mixed equilibrium); in Chicken honour below it; 0 where
    honouring is dominant, 1 where withdrawing is, 0 where nothing matters.
    Source: Harsanyi & Selten 1988; theory 5, step 3, C4.
    """
    if_withdrawn, if_honoured = np.subtract(punishment, sucker), np.subtract(reward, temptation)
    is_mixed = np.sign(if_withdrawn) * np.sign(if_honoured) > 0.0
    mixed = if_withdrawn / np.where(is_mixed, if_withdrawn + if_honoured, 1.0)
    withdraw = (if_withdrawn > 0.0) | (if_honoured < 0.0)
    return np.where(is_mixed, mixed, np.where(withdraw, 1.0, 0.0))


def risk_dominant_act(reward: FloatLike, temptation: FloatLike, sucker: FloatLike, punishment: FloatLike) -> CodeArray:
    """Best act against a partner who honours half the time: 1 honour, -1 withdraw, 0 neither; codes (...).

    reward, temptation, sucker, punishment: (...), one unit.
    Limits: in a Stag Hunt -1 (the safe option) exactly where ``belief_needed`` is above one half.
    Source: Harsanyi & Selten 1988 for symmetric games; theory 5, step 3.
    """
    advantage = np.subtract(reward, temptation) - np.subtract(punishment, sucker)
    return (advantage > ROUNDING).astype(np.int8) - (advantage < -ROUNDING).astype(np.int8)


#: The four outcomes, row's act first, in the order of ``pure_equilibria``.
OUTCOMES: Final = ("CC", "CD", "DC", "DD")


class SidePayment(NamedTuple):
    """What one side must pay the other while both honour."""

    to_row: FloatArray  # (...), unit of the payoffs; negative where row pays column
    is_enough: BoolArray  # (...), whether the payer still prefers mutual honouring after paying


def pure_equilibria(row: Payoffs, column: Payoffs, tolerance: FloatLike = ROUNDING) -> BoolArray:
    """Which outcomes no side leaves alone; booleans (..., 4) in the order of ``OUTCOMES``.

    row, column: payoffs (...) of both sides. tolerance: (...), gains up to it do not move anyone, >= 0.
    Limits: a Prisoner's Dilemma or Deadlock has DD alone, a Stag Hunt CC and DD, Chicken CD and DC.
    Source: definition (Nash 1950); theory 5, step 3, knife-edges M19.
    """
    row_gain = np.subtract(row.reward, row.temptation), np.subtract(row.sucker, row.punishment)
    column_gain = (np.subtract(column.reward, column.temptation), np.subtract(column.sucker, column.punishment))
    # Gain from honouring rather than withdrawing, against a partner who honours [0] or withdraws [1].
    keeps = [
        (row_gain[0] >= -tolerance) & (column_gain[0] >= -tolerance),
        (row_gain[1] >= -tolerance) & (column_gain[0] <= tolerance),
        (row_gain[0] <= tolerance) & (column_gain[1] >= -tolerance),
        (row_gain[1] <= tolerance) & (column_gain[1] <= tolerance),
    ]
    return np.stack(np.broadcast_arrays(*keeps), axis=-1)


def side_payment(row: Payoffs, column: Payoffs) -> SidePayment:
    """Smallest payment, while both honour, that leaves no side better off with both withdrawn; payoff unit.

    row, column: payoffs (...) of both sides. A side is "Prisoner's Dilemma or better" where R >= P.
    Limits: 0 where both already are; never enough where the sides together lose by honouring; where both
    sides lose, the difference of their losses.
    Source: theory 5, step 3; the reading of "or better" as R >= P is a definition.
    """
    row_surplus = np.subtract(row.reward, row.punishment)
    column_surplus = np.subtract(column.reward, column.punishment)
    to_row = np.maximum(-row_surplus, 0.0) - np.maximum(-column_surplus, 0.0)
    return SidePayment(to_row, row_surplus + column_surplus >= -ROUNDING)


# --- beside model.rules.trust ----------------------------------------------------------------------------------------


def trust_variance(good: FloatLike, bad: FloatLike) -> FloatArray:
    """How unsure that belief is: variance of the Beta(good, bad) distribution (fraction squared).

    good, bad: (...), evidence, > 0.
    Limits: at most 1/4; falls like 1/(good + bad) as evidence accumulates.
    Source: definition.
    """
    total = good + bad
    return np.divide(good * bad, total * total * (total + 1.0))


def optimal_generosity(
    temptation: FloatLike, reward: FloatLike, punishment: FloatLike, sucker: FloatLike
) -> FloatArray:
    """Largest chance to forgive that leaves the partner no gain from lapsing, a fraction in [0, 1].

    temptation, reward, punishment, sucker: (...), stage payoffs T > R > P > S, one unit.
    Limits: 0 where any forgiveness is exploited; 1 - c/b in additive games.
    Source: Molander 1985, Nowak & Sigmund 1992: min(1 - (T-R)/(R-S), (R-P)/(T-P)); theory 1.11.
    """
    against_one_lapse = 1.0 - safe_ratio(np.subtract(temptation, reward), np.subtract(reward, sucker), 1.0)
    against_all = safe_ratio(np.subtract(reward, punishment), np.subtract(temptation, punishment))
    return np.clip(np.minimum(against_one_lapse, against_all), 0.0, 1.0)


def generous_long_run(generosity: FloatLike, error: FloatLike) -> FloatArray:
    """Long-run share of quarters in which two equal, generous players each honour despite errors (fraction).

    generosity: (...), g, in [0, 1]; 0 = tit-for-tat. error: (...), chance of misreading either way, in
    (0, 0.5].
    Limits: 1/2 for tit-for-tat at any error; 1 - (1 - g) e/g + ... near one for small errors.
    Source: fixed point of x = g + (1 - g)(e + (1 - 2e) x); theory B3. The two players' acts are independent
    in the long run, so both honour in its square.
    """
    kept = 1.0 - generosity
    return np.divide(generosity + kept * error, 1.0 - kept * (1.0 - 2.0 * error))


# --- beside model.rules.packages -------------------------------------------------------------------------------------


def issue_noise(
    levels: FloatArray, current: FloatArray, stakes: FloatArray, error: FloatArray, noise: FloatLike
) -> FloatArray:
    """Error of a party in valuing each package against what is in force, bn$ per quarter.

    levels: (P, I) or (..., P, I), level of every issue in every package, fractions in [0, 1].
    current: (I,) or (..., I), levels in force now, fractions in [0, 1].
    stakes: (..., I), size of the gain from each issue alone at full level, bn$ per quarter, >= 0.
    error: (..., I), persistent error on each issue, standard deviations.
    noise: scalar or (..., 1), perception noise nu, >= 0.
    Returns (..., P).
    Limits: exactly 0 for the package that equals current policy (M13) and without noise; linear in every
    level.
    Source: theory 1.8, sum over issues of level * sigma_k * error_k with sigma_k = nu * stake_k.
    """
    weight = noise * stakes * error
    # Packages lead while the terms are added, so that the ensemble's replicates stay fastest in memory.
    if levels.ndim == 2:
        by_package = levels.reshape(levels.shape[:1] + (1,) * (weight.ndim - 1) + levels.shape[1:])
    else:
        by_package = np.moveaxis(levels, -2, 0)
    # One product and one addition an issue, first issue first, exactly as ordered_sum adds: the sum over the
    # current levels then has the bits of the package that equals them, and their difference is an exact zero.
    total = by_package[..., 0] * weight[..., 0]
    term = np.empty_like(total)
    for k in range(1, levels.shape[-1]):
        np.multiply(by_package[..., k], weight[..., k], out=term)
        total += term
    total = total - ordered_sum(current * weight)
    return total if total.ndim == 1 else np.moveaxis(total, 0, -1)


# --- beside model.rules.plants ---------------------------------------------------------------------------------------


def origin_shares(total_cost: FloatArray, tie: FloatLike, theta_o: FloatLike) -> FloatArray:
    """Share of each place in the cars a firm would make for a market today, fractions adding to one.

    total_cost: (..., o), duty-inclusive cost per car, (1 + tau) x + n, k$. tie: (..., o), log preference
    for a place (capacity, history), no unit; very negative where the firm has no plant. theta_o: scalar or
    (..., 1), taste for cheapness per k$, 0.1-2.
    Limits: one usable place gets everything; a higher duty on a place lowers its share.
    Source: theory 1.3; assumption (logit over places), as for cells.
    """
    return cheapest_mix_and_cost(total_cost, tie, theta_o)[1]


# --- beside model.rules.standards ------------------------------------------------------------------------------------


def effective_network(
    own: FloatLike, compat: FloatLike, common_interface: FloatLike, foreign_stock: FloatLike
) -> FloatArray:
    """Charging points that a car can use, million.

    own: (...), of the market's own standard, million, > 0. compat: (...), use of the other standard's
    points under a common interface (rho_c), fraction, 0-0.5. common_interface: (...), 0 or 1.
    foreign_stock: (...), points of the other standard in this market, million (0 where one standard rules).
    Limits: own points without a common interface.
    Source: theory 1.14; Katz and Shapiro 1985; Jing Li 2023 for an upper bound.
    """
    return np.asarray(own + compat * common_interface * foreign_stock, dtype=np.float64)


# --- beside model.rules.clubs ----------------------------------------------------------------------------------------


#: Thresholds of a penalty are cut here, so that they stay finite (unit of the penalty).
THRESHOLD_CAP: Final = 1e6


def potentially_internal(payoffs: FloatArray, eps: FloatLike = INDIFFERENCE) -> BoolArray:
    """Whether transfers among members could keep all of them in, for every coalition; booleans (..., C).

    payoffs, eps: as ``internally_stable``.
    Limits: true wherever ``internally_stable`` is.
    Source: Eyckmans & Finus 2004; theory 1.19, switch "transfers": the members' total covers what they would
    get by leaving one by one.
    """
    club = coalitions(payoffs.shape[-1])
    surplus = (payoffs - _moved(payoffs, club.after_leaving)) * club.is_member
    return ordered_sum(surplus) >= -np.asarray(eps)


def penalty_threshold(inside: FloatLike, outside: FloatLike, exposure: FloatLike) -> FloatArray:
    """Penalty rate at which a bloc stops gaining by staying outside, (outside - inside)/exposure.

    inside: (...), its payoff as a member. outside: (...), its payoff outside without any penalty, same unit.
    exposure: (...), what one unit of the penalty rate costs it outside, same unit per unit of rate, >= 0.
    Limits: negative where it stays without a penalty; cut at +-``THRESHOLD_CAP``, which is also the value
    where it is not exposed at all (0 there if it is indifferent).
    Source: definition; theory C2.
    """
    gain = np.subtract(outside, inside)
    is_moderate = np.abs(gain) < THRESHOLD_CAP * np.asarray(exposure)
    return np.where(is_moderate, gain / np.where(is_moderate, exposure, 1.0), np.sign(gain) * THRESHOLD_CAP)


# --- beside model.rules.compliance -----------------------------------------------------------------------------------

# Halvings of (0, 1) when a critical discount factor is searched for: 2^-52 is one rounding error.
HALVINGS: Final = 52


def critical_delta(
    temptation: FloatLike,
    reward: FloatLike,
    punishment: FloatLike,
    detection_lag: FloatLike = 1,
    punishment_length: FloatLike = np.inf,
) -> FloatArray:
    """Least quarterly discount factor at which mutual cooperation holds, a fraction in [0, 1].

    temptation, reward, punishment: (...), stage payoffs T, R, P, one unit; the sucker's payoff S plays no
    part.
    detection_lag: (...) or scalar, quarters until a lapse is answered, >= 1.
    punishment_length: (...) or scalar, quarters the answer lasts, >= 0; inf = grim.
    Limits: 0 where T <= R (nothing to resist); 1 = not sustainable at any discount factor below one;
    (T-R)/(T-P) for grim with lag 1; rises with the lag, falls with the length.
    Source: Friedman 1971 (grim); theory B1; others by bisection, 52 halvings.
    """
    gain = np.subtract(temptation, reward)
    lost = np.subtract(reward, punishment)
    # d^L (1 - d^T)/(1 - d^L) rises in d, so the test passes above one threshold and halving finds it.
    low = np.zeros(
        np.broadcast_shapes(np.shape(gain), np.shape(lost), np.shape(detection_lag), np.shape(punishment_length))
    )
    high = low + 1.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        kept, lapsed = present_values(middle, detection_lag, punishment_length)
        passes = kept * lost >= lapsed * gain
        high = np.where(passes, middle, high)
        low = np.where(passes, low, middle)
    return np.where(gain <= 0.0, 0.0, high)


def alternation_delta(temptation: FloatLike, reward: FloatLike, sucker: FloatLike) -> FloatArray:
    """Least discount factor at which alternating lapses against tit-for-tat do not pay, a fraction in [0, 1].

    temptation, reward, sucker: (...), stage payoffs T, R, S, one unit, R > S.
    Limits: 0 where T <= R; 1 = alternating always pays.
    Source: Axelrod 1984, (T - R)/(R - S).
    """
    return np.clip(safe_ratio(np.subtract(temptation, reward), np.subtract(reward, sucker), 1.0), 0.0, 1.0)


def separable_threshold(cost_over_benefit: FloatLike, discount: FloatLike, hazard: FloatLike) -> FloatArray:
    """Least trust at which an additive concession is honoured, reliability version (above 1 = never).

    cost_over_benefit: (...), own cost c of honouring over benefit b from the partner's honouring, >= 0.
    discount: (...) or scalar, beta, in (0, 1). hazard: (...) or scalar, in [0, 1).
    Limits: 0 when honouring costs nothing; rises in c/b and in the hazard.
    Source: theory 1.10, beta (1 - h) q^2 >= c/b.
    """
    return np.sqrt(np.divide(cost_over_benefit, discount * (1.0 - hazard)))


def separable_threshold_type(cost_over_benefit: FloatLike, discount: FloatLike, hazard: FloatLike) -> FloatArray:
    """Least belief in a reciprocating type at which an additive concession is honoured (above 1 = never).

    Arguments as ``separable_threshold``.
    Limits: 0 when honouring costs nothing; a few per cent at quarterly discounting, hence trap 0.2.
    Source: theory 1.10, c <= q d/(1 - d) (b - c) with d = beta (1 - h).
    """
    d = discount * (1.0 - hazard)
    needed = safe_ratio(cost_over_benefit * (1.0 - d), d * (1.0 - np.asarray(cost_over_benefit)))
    # From c = b on the future holds nothing to lose, and the ratio would change sign.
    return np.where(np.less(cost_over_benefit, 1.0), needed, NEVER)


# --- beside model.rules.withdrawal -----------------------------------------------------------------------------------


def part_test(
    gain_honoured: FloatArray,
    gain_lapsed: FloatArray,
    lost: FloatArray,
    wdc: FloatLike,
    wdd: FloatLike,
    punish: FloatLike,
    weights: Weights,
) -> tuple[BoolArray, FloatArray]:
    """Does a side keep every single concession, by how much: (True/False, slack in bn$ of the whole answer).

    gain_honoured, gain_lapsed, lost: (..., n), for each of n >= 1 concessions that a side gives: what it gains by
    withdrawing it alone while the partner honours, while it lapses, and what the partner loses (``loss``); bn$ per
    quarter.
    wdc, wdd, punish: (...), as ``honour_test``. weights: of ``part_weights``, scalars or (...).
    Limits: at discount 0 nothing is kept that costs its giver anything; what costs nothing never decides; the order of
    concessions does not matter beyond rounding.
    Source: second edition, F11; theory 1.10; equivalent answers: WTO DSU art. 22.4, Bagwell & Staiger 1999,
    Schwartz & Sykes 2002.
    """
    beside_parts = Weights(*(np.asarray(weight)[..., None] for weight in weights))
    cost = part_cost(beside_parts, gain_honoured, gain_lapsed)
    is_repaid = repaid(cost, lost, beside_parts)
    dearest = np.maximum.reduce(temptation(cost, lost, is_repaid), axis=-1)
    highest = np.maximum.reduce(price(cost, is_repaid), axis=-1)
    stake = ordered_sum(at_stake(cost, lost))
    slack = part_slack(whole_answer(weights, wdc, wdd, punish), dearest, stake, highest)
    return np.greater_equal(slack, 0.0), slack


# --- beside model.rules.cooperation ----------------------------------------------------------------------------------


def spells(
    series: npt.ArrayLike, threshold: float = DEPTH_THRESHOLD, persistence: int = 1, gap: int = STATE_GAP
) -> list[tuple[int, int | None]]:
    """The spells of one series at or above a threshold, as (onset, collapse) quarters; None = never ended.

    series: (T,), T >= 1. threshold: unit of the series. persistence: quarters in a row that a spell needs to begin,
    >= 1 (1 in what is played). gap: as ``spell_mask``.
    Limits: onsets and collapses increase and alternate; only the last collapse can be None.
    Source: theory 2.1, D4.
    """
    state = np.greater_equal(series, threshold - KNIFE_EDGE)
    mask, n = spell_mask(state, gap), state.size
    # A bridged stretch counts from its first unbroken run of so many quarters.
    begins = [t + persistence <= n and bool(np.all(state[t : t + persistence])) for t in range(n)]
    for t in range(n):
        mask[t] &= begins[t] or (t > 0 and mask[t - 1])
    edges = np.diff(mask.astype(np.int8), prepend=0, append=0)
    onsets, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [(int(a), int(b) if b < state.size else None) for a, b in zip(onsets, ends, strict=True)]


# --- beside model.rules.pricing --------------------------------------------------------------------------------------


def landed_split(landed: FloatLike, markup: FloatLike, duty_rate: FloatLike) -> tuple[FloatLike, FloatLike, FloatLike]:
    """``border_split`` with the duty levied on landed cost: the same consumer price, the whole markup the firm's.

    Arguments, units and limits as there. Source: theory, row A3, trap 0.6.
    """
    return landed + markup, markup, duty_rate * landed


#: By what a duty is levied on.
SPLITS = {"border": pricing.border_split, "landed": landed_split}
