"""Political tension of a dyad: an autoregression with jumps, fed by cooperation, violations, dialogue.

Theory 1.12. The latent X has no bounds and is never clipped, so its moments stay analytic; tension is its logistic, in
(0, 1). Tension works through six named pathways only (channel closure, security cost, exit hazard, emergency duties,
duty cases, subnational contacts), each with its own switch, so that outcomes do not become a function of one exogenous
series (trap 0.11). Valuations use *effective* tension, the discounted mean over the life of an agreement: with today's
value, deals would be signed at tension lows and broken at highs (trap 0.18).
"""

from __future__ import annotations

import numpy as np

from model.numerics import FloatArray, FloatLike, logistic


def tension_step(
    latent: FloatLike,
    mean: FloatLike,
    persistence: FloatLike,
    volatility: FloatLike,
    normal: FloatLike,
    jump_u: FloatLike,
    jump_exp: FloatLike,
    jump_rate: FloatLike,
    jump_mean: FloatLike,
    cooperation: FloatLike,
    on_cooperation: FloatLike,
    violation: FloatLike,
    on_violation: FloatLike,
    dialogue: FloatLike,
    on_dialogue: FloatLike,
) -> FloatArray:
    """Latent tension X of the next quarter (logits).

    latent: (...), X now, logits. mean: (...), mu, level without jumps and feedback, logits, in [-3, 3].
    persistence: (...) or scalar, phi, in [0.8, 0.97]; default 0.9. volatility: (...) or scalar, sig, logits,
    in [0, 1].
    normal: (...), standard normal draw. jump_u: (...), uniform draw in [0, 1): a jump comes when it is below
    jump_rate.
    jump_exp: (...), standard exponential draw, >= 0. jump_rate: scalar, per quarter, in [0, 0.2]; default
    0.04.
    jump_mean: scalar, mean size of a jump, logits, in [0, 3]; default 1.
    cooperation: (...), depth of cooperation, in [0, 1]; on_cooperation: kc, logits, in [0, 0.3]; default
    0.05.
    violation: (...), lapses seen this quarter, in [0, 1]; on_violation: kv, logits, in [0, 0.5]; default
    0.15.
    dialogue: (...), in [0, 1]; on_dialogue: kdial, logits, in [0, 0.2]; default 0.03.
    Limits: stays at the mean without shocks and feedback; never rises with cooperation or dialogue, never
    falls with violations.
    Source: theory 1.12; persistence and jumps to be set on the US-China Tension index (Rogers, Sun & Sun
    2024).
    """
    jump = np.less(jump_u, jump_rate) * (jump_mean * np.asarray(jump_exp))
    carried = mean + persistence * np.subtract(latent, mean)
    feedback = on_violation * violation - on_cooperation * cooperation - on_dialogue * dialogue
    return carried + volatility * normal + jump + feedback


def tension_level(latent: FloatLike) -> FloatArray:
    """Tension, a fraction in (0, 1), from its latent value.

    latent: (...), X, logits.
    Limits: 1/2 at 0; rises with X.
    Source: definition; theory 1.12.
    """
    return logistic(latent)


def mean_latent(
    mean: FloatLike,
    jump_rate: FloatLike,
    jump_mean: FloatLike,
    persistence: FloatLike,
    on_dialogue: FloatLike = 0.0,
    dialogue_ceiling: FloatLike = 0.0,
) -> FloatArray:
    """Long-run mean X_bar of latent tension with jumps and a dialogue at its ceiling (logits).

    mean: (...), mu, logits. jump_rate, jump_mean, persistence, on_dialogue: as ``tension_step``, persistence < 1.
    dialogue_ceiling: (...) or scalar, highest dialogue the channel allows, in [0, 1].
    Limits: mu without jumps and dialogue.
    Source: theory 1.12; mean of an AR(1) with non-zero innovations.
    """
    return mean + np.divide(jump_rate * jump_mean - on_dialogue * dialogue_ceiling, 1.0 - persistence)


def effective_tension(
    latent: FloatLike, mean_latent: FloatLike, discount: FloatLike, hazard: FloatLike, persistence: FloatLike
) -> FloatArray:
    """Tension that a government expects over the life of an agreement, a fraction in (0, 1).

    latent: (...), X now, logits. mean_latent: (...), X_bar, logits. discount: scalar, beta, per quarter, in
    [0.95, 0.99].
    hazard: scalar, h, per quarter, in [0, 0.08]. persistence: scalar, phi, in [0, 1).
    Limits: today's tension if the future does not count or shocks never fade; the long-run one as d -> 1.
    Source: theory 1.12; discounted mean of an AR(1): weight (1 - d)/(1 - d phi) on today, d = beta (1 - h).
    """
    d = discount * (1.0 - hazard)
    weight_of_today = (1.0 - d) / (1.0 - d * persistence)
    return logistic(mean_latent + weight_of_today * np.subtract(latent, mean_latent))
