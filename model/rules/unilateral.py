"""What a bloc does on its own: special duties, threats, answers in kind, emergencies, announcements.

Theory 1.6a and 1.15. A bloc looks at its own special duty on a short grid around today's. If a move pays,
home industry petitions and the climate is tense, it may open an investigation: a threat that its partner sees
and that is part of the disagreement point until it is carried out or dropped. The *answer* of the partner is
anticipated in the gain, otherwise blocs start wars they know they will lose (trap 0.23).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from model.numerics import NEGLIGIBLE, QUARTERS_PER_YEAR, FloatArray, FloatLike, logistic
from model.rules import BoolArray, BoolLike, IntArray

# The grid of special duties, in steps from today's (theory 1.6a); position 2 is "leave it as it is".
GRID_STEPS: Final = np.array([-np.inf, -1.0, 0.0, 1.0, 2.0])
UNCHANGED: Final = 2
# No special duty is proposed above this ad valorem rate (fraction).
DUTY_CEILING: Final = 1.5
# An emergency move raises a special duty by this many grid steps at once.
EMERGENCY_STEPS: Final = 2.0
# Neutral tension (fraction): above it tension makes an investigation more likely, below it less.
NEUTRAL_TENSION: Final = 0.5


def duty_grid(special: FloatLike, step: FloatLike) -> FloatArray:
    """Special duties a bloc considers, fractions: none, one step less, today's, one and two steps more.

    special: (...), today's special duty, fraction, >= 0. step: scalar or (...), D, in [0.05, 0.25]; default
    0.10.
    Returns (..., 5); position 2 is today's duty to the last bit.
    Limits: within [0, 1.5], or up to today's duty where that is higher; neighbours coincide at the ends.
    Source: theory 1.6a.
    """
    today = np.asarray(special, dtype=np.float64)[..., np.newaxis]
    moved = today + np.asarray(step)[..., np.newaxis] * GRID_STEPS
    # "None" is minus infinity steps away and is cut to zero with the rest.
    return np.minimum(np.maximum(moved, 0.0), np.maximum(today, DUTY_CEILING))


def best_move(gains: FloatArray) -> tuple[IntArray, FloatArray]:
    """Position on the duty grid that pays most, and what it pays, bn$ per quarter.

    gains: (..., 5), payoff of each point of ``duty_grid`` less today's, the partner's answer included, bn$ per quarter.
    Returns (index (...), gain (...)).
    Limits: ties with today's duty leave it; other ties go to the lower position; a gain of 0 means "stay".
    Source: theory 1.6a.
    """
    best = np.maximum.reduce(gains, axis=-1)
    index = np.where(gains[..., UNCHANGED] >= best, UNCHANGED, np.argmax(gains, axis=-1))
    return index, best


def at_assessment(yearly: float, interval: int) -> float:
    """Chance at one assessment of what comes with a chance of ``yearly`` within a year.

    yearly: fraction in [0, 1]. interval: quarters between assessments, from 1.
    Limits: the yearly chance itself where assessments are a year apart; 0 and 1 stay.
    Source: definition; how often governments look must not decide how often they act.
    """
    if interval == QUARTERS_PER_YEAR:
        return yearly
    # Roots and products are rounded alike on every machine, powers are not.
    in_a_quarter, never = np.sqrt(np.sqrt(1.0 - yearly)), 1.0
    for _ in range(interval):
        never = never * in_a_quarter
    return float(1.0 - never)


def opening_probability(
    gain: FloatLike,
    scale: FloatLike,
    petition: FloatLike,
    petition_weight: FloatLike,
    tension: FloatLike,
    tension_weight: FloatLike,
    slope: FloatLike,
    hazard: FloatLike,
) -> FloatArray:
    """Probability that a bloc opens an investigation at this assessment, given that a move pays (fraction).

    gain: (...), gain from the best move net of the cost of opening, bn$ per quarter.
    scale: (...), stake scale S, bn$ per quarter, > 0. petition: (...), what organised home firms gain, bn$
    per quarter (losses count as no petition). petition_weight: scalar, w_pet, in [0, 2]; default 0.5.
    tension: (...), in [0, 1]. tension_weight: scalar, w_tens, in [0, 6]; default 2.
    slope: scalar, k_inv, in [0, 6]; default 2. hazard: scalar, h_inv, per assessment, in [0, 0.6]; default
    0.25.
    Limits: hazard/2 at slope 0; between 0 and hazard; never falls in gain, petition or tension.
    Source: theory 1.6a; Bown & Crowley 2013, Blonigen & Prusa 2003 (petitions and threats).
    """
    urge = np.divide(gain + petition_weight * np.maximum(petition, 0.0), scale)
    return hazard * logistic(slope * (urge + tension_weight * np.subtract(tension, NEUTRAL_TENSION)))


def worth_moving(gain: FloatLike, threshold: FloatLike, scale: FloatLike) -> BoolArray:
    """Whether a duty move pays enough to be started, or carried out after an investigation (True/False).

    gain: (...), net gain from the best move, bn$ per quarter. threshold: scalar, r_inv, in [0, 0.1]; default
    0.02.
    scale: (...), stake scale S, bn$ per quarter, > 0.
    Limits: never where today's duty is the best of the grid (gain 0), whatever the threshold.
    Source: theory 1.6a, gain >= r_inv S; a zero gain is excluded so that the first of its checks holds at
    r_inv = 0.
    """
    return np.greater_equal(gain, np.multiply(threshold, scale)) & np.greater(gain, 0.0)


def opens(u: FloatLike, probability: FloatLike, gain: FloatLike, threshold: FloatLike, scale: FloatLike) -> BoolArray:
    """Whether an investigation is opened at this assessment (True/False).

    u: (...), a uniform draw in [0, 1). probability: (...), ``opening_probability``. gain, threshold, scale:
    as ``worth_moving``.
    Limits: never without a gain; with probability ``probability`` otherwise.
    Source: theory 1.6a.
    """
    return worth_moving(gain, threshold, scale) & np.less(u, probability)


def carry_share(
    carried: FloatLike, dropped: FloatLike, prior_carried: FloatLike = 2.0, prior_dropped: FloatLike = 2.0
) -> FloatArray:
    """Belief that a threat will be carried out, from the threats seen so far, a fraction in (0, 1).

    carried, dropped: (...), threats of this bloc against this partner so far, counts. prior_carried,
    prior_dropped: scalar, prior counts, > 0; default 2 and 2.
    Limits: 1/2 before the first threat; tends to the observed share.
    Source: mean of a Beta distribution; theory 1.6a.
    """
    seen_carried = np.add(carried, prior_carried)
    return seen_carried / (seen_carried + np.add(dropped, prior_dropped))


def answer_rise(rise: FloatLike, ratio: FloatLike) -> FloatArray:
    """Rise of the partner's duty in answer to a rise of one's own, as a rate (fraction).

    rise: (...), change of the special duty, fraction. ratio: scalar, rho_ret, in [0, 1]; default 0.5.
    Limits: 0 for a cut; proportional to a rise. The answer is not itself answered.
    Source: theory 1.6a; "substantially equivalent" withdrawal.
    """
    return np.multiply(ratio, np.maximum(rise, 0.0))


def withheld_cost(
    grid: FloatLike, special: FloatLike, above: FloatLike, harm: FloatLike, chance: FloatLike
) -> FloatArray:
    """What a bloc loses at every point of its duty grid by export licences that its partner withholds, bn$ per quarter.

    grid: (..., 5), special duties, fractions. special: (...), today's. above: (...), the special duty up to which the
    partner gives licences; infinite where it withholds none. harm: (...), lost while they are withheld, bn$ per
    quarter. chance: (...), that the partner answers a rise so, in [0, 1].
    Limits: 0 where nobody withholds and nobody would; a rise costs nothing more where they are withheld already; what
    leads back to ``above`` gains the harm.
    Source: second edition 3; a restriction stands as long as the rise that it answers.
    """
    points, now = np.asarray(grid), np.greater(special, above)
    today, limit = np.asarray(special)[..., None], np.asarray(above)[..., None]
    answered = np.asarray(chance)[..., None] * (points > today)
    after = np.where(now[..., None], (points > limit) * 1.0, answered)
    return np.asarray(harm)[..., None] * (after - now[..., None])


def emergency(u: FloatLike, hazard: FloatLike, tension: FloatLike) -> BoolArray:
    """Whether a bloc raises a special duty at once, without an investigation (True/False).

    u: (...), a uniform draw in [0, 1). hazard: scalar, h_emg, per quarter at full tension, in [0, 0.05]; default 0.01.
    tension: (...), in [0, 1]; pass 0 to shut this pathway.
    Limits: probability hazard * tension.
    Source: theory 1.6a, pathway (e) of 1.12.
    """
    return np.less(u, np.multiply(hazard, tension))


def moved_duty(special: FloatLike, change: FloatLike) -> FloatArray:
    """Special duty after what a quarter adds to it and takes off it, as a rate (fraction).

    special: (...), today's, fraction, >= 0. change: (...), rises carried out, emergencies and answers less relief,
    fraction, any sign.
    Limits: never below 0; never above 1.5, or today's where that is higher: as on ``duty_grid``, so that a rise never
    lowers a duty.
    Source: theory 1.6a (duties cut at 0 and 1.5).
    """
    return np.minimum(np.maximum(np.add(special, change), 0.0), np.maximum(special, DUTY_CEILING))


def zev_gain(
    own_benefit: FloatLike, joint_benefit: FloatLike, partner_announced: BoolLike, dialogue: FloatLike, trust: FloatLike
) -> FloatArray:
    """What a bloc expects of announcing a zero-emission-vehicle path, bn$ per quarter.

    own_benefit: (...), benefit if it alone announces, bn$ per quarter, any sign.
    joint_benefit: (...), more if both do (shared learning, larger markets), bn$ per quarter.
    partner_announced: (...). dialogue: (...), in [0, 1]. trust: (...), in [0, 1].
    Limits: own_benefit >= 0 with no joint benefit is harmony, to be flagged and not counted as cooperation;
    with a partner that has announced, the sum.
    Source: theory 1.15; a stag hunt, S2 ("independent, but coordinated").
    """
    belief_in_partner = np.where(partner_announced, 1.0, np.multiply(dialogue, trust))
    return np.asarray(own_benefit + belief_in_partner * joint_benefit, dtype=np.float64)


def zev_hazard(gain: FloatLike, hesitation: float) -> FloatArray:
    """Chance that a bloc announces at an assessment, a fraction.

    gain: (...), ``zev_gain``, bn$ per quarter. hesitation: scalar, bn$ per quarter over which announcing turns from
    unlikely to likely, 0-5.
    Limits: a half where nothing is gained; 0 or 1 without hesitation, 1 from a gain of 0 on; rises with the gain.
    Source: second edition 7; logistic form an assumption.
    """
    if hesitation <= NEGLIGIBLE:
        return np.greater_equal(gain, 0.0) * 1.0
    return logistic(np.divide(gain, hesitation))


def zev_demand_shift(size: FloatLike, quarters_since: FloatLike, ramp: FloatLike) -> FloatArray:
    """Extra utility of electric cars after an announcement (no unit, logit utility).

    size: scalar, zeta, in [0, 0.8]; default 0.3. quarters_since: (...), quarters since it; negative = none yet.
    ramp: scalar, quarters until it works in full, >= 1; default 16.
    Limits: 0 before and at the announcement, ``size`` from the end of the ramp on.
    Source: theory 1.15; linear ramp an assumption.
    """
    return np.multiply(size, np.clip(np.divide(quarters_since, ramp), 0.0, 1.0))


def zev_cost(cost: FloatLike, required_share: FloatLike, current_share: FloatLike) -> FloatArray:
    """Cost of pushing electric cars beyond what buyers choose, bn$ per quarter.

    cost: scalar, C_z, bn$ per quarter per squared share, in [0, 100]. required_share, current_share: (...), in [0, 1].
    Limits: 0 once the market is ahead of the path; convex.
    Source: theory 1.15.
    """
    gap = np.maximum(np.subtract(required_share, current_share), 0.0)
    return cost * (gap * gap)
