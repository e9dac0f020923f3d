"""Prices: the Bertrand-Nash equilibrium of single-brand automakers, and how a price splits at the border.

Theory 1.2 and 1.3. A car's consumer price is ``base + markup``; ``base`` holds duty and landed cost. Every
automaker sets the markup that maximises its profit given the others' prices; the equilibrium is where all do.

*The equation.* Write y = alpha markup / (1-sigma) for a firm's scaled markup, x = v / (1-sigma) for its
scaled utility, D = sum exp(x), S = D^(1-sigma) / (1 + D^(1-sigma)) for the share of electric cars. The
optimal markup of theory 1.2 then reads

    1 - 1/y = K exp(x),    K = (sigma + (1-sigma) S) / D.

A firm feels its rivals only through the one number D (an aggregative game: Nocke and Schutz 2018). So all
F + 1 equations, the firms' and D's, can be linearised *together*: the Jacobian is an arrow that three sums
invert. The error then falls quadratically, where sweeps of best replies against the others' last prices lose
a fixed fraction each time. Steps are taken in z = ln(y-1): it keeps y > 1, and for the small shares of real
markets the equation is almost a straight line in z.

Measured residuals: the calibrated markets of 2018 and 2026 are solved to rounding (1e-14 k$) by 3 sweeps from nothing,
3 from the markups before a 25 % duty, 5 from those before a 150 % one. Random markets of ordinary spread need 5 or 6;
13 suffice for 1e-7 k$ everywhere tried (sigma 0 to 0.7, quality gaps to 100 utils, shares of 1, duties of 1000 %).

Shapes: firms on the last axis; market-level numbers (alpha, sigma) are scalars or (..., 1).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from model.numerics import NEGLIGIBLE, FloatArray, FloatLike, at_least, at_most, logistic, ordered_sum

#: Sweeps from a cold start that are enough in every market tried; the residual tells.
COLD_SWEEPS: Final = 16
#: Largest step of ln D in one sweep (utils). Far from the solution, where one firm has nearly the whole
#: market, the equation of D is flat and a full step would overshoot; near it, steps are far smaller.
LONGEST_STEP: Final = 2.0
#: Cap on scaled utilities (utils), so that exp never overflows on the way to the solution.
UTILITY_CAP: Final = 600.0
#: Largest ln(y-1) of a sweep from known markups: a scaled markup of a million.
WARM_CEILING: Final = 14.0
#: Numbers (markets times firms) solved at once. Larger batches are cut along their first axis, so that the
#: arrays of a sweep stay in the processor's cache: 2.2 times faster for 120 000 markets, same bits.
BLOCK: Final = 100_000
#: Least value of 1 - (share term): a share may round to 1, a markup must stay finite.
LEAST_SLACK: Final = 1e-15


def bertrand_markup(within: FloatLike, share: FloatLike, alpha: FloatLike, sigma: FloatLike) -> FloatArray:
    """Optimal markup at given shares, k$ per vehicle.

    within: (..., F), share of the electric cars sold, in [0, 1]. share: (..., F), share of the market, in [0, 1].
    alpha: scalar or (..., 1), price sensitivity per k$, > 0. sigma: nest correlation, in [0, 1).
    Limits: (1-sigma)/alpha for a firm too small to matter; 1/(alpha (1 - share)) without a nest (sigma 0).
    Source: theory 1.2; Berry 1994; first-order condition of a single-brand firm.
    """
    nest = 1.0 - sigma
    slack = at_least(np.asarray(1.0 - sigma * within - nest * share), LEAST_SLACK)
    return np.asarray(nest / (alpha * slack), dtype=np.float64)


def price_equilibrium(
    base: FloatArray,
    utility0: FloatArray,
    alpha: FloatLike,
    sigma: FloatLike,
    start: FloatArray | None = None,
    sweeps: int = COLD_SWEEPS,
    markup_weight: FloatLike | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Markups at which no automaker wants another price, k$ per vehicle, and what is left of the error, k$.

    base: (..., F), cost to the firm of one more car sold, duty included, k$, >= 0.
    utility0: (..., F), utility at price zero, utils, any real number.
    alpha: scalar or (..., 1), price sensitivity per k$, > 0. sigma: scalar or (..., 1), in [0, 0.95].
    start: (..., F), markups to start from, k$ (None: from scratch). sweeps: fixed number of Newton sweeps.
    markup_weight: (..., F), 1 + eta tau of the passthrough switch, >= 1 (None: 1). The consumer then pays
    base + markup_weight * markup while the markup stays the optimal one at the resulting shares (row A16).
    Returns markup (..., F) and residual (...): the largest gap between a markup and ``bertrand_markup`` at
    the shares it leads to. The caller must refuse a residual above 1e-6.
    Limits: (1-sigma)/alpha for tiny firms; 1 + omega(u-1) over alpha for a lone firm (Wright omega); several
    brands of one owner have equal markups (``aggregate_brands``); 0 sweeps returns the start.
    Source: theory 1.2; Nocke and Schutz 2018 (aggregative form); Newton's method.
    """
    size = max(base.size, utility0.size)
    shape = np.broadcast_shapes(base.shape, utility0.shape) if size > BLOCK else ()
    if len(shape) < 2:
        return _solve(base, utility0, alpha, sigma, start, sweeps, markup_weight)
    # Markets do not know of each other: solve as many rows of the first axis at a time as the cache holds.
    step = max(1, BLOCK * shape[0] // size)
    parts = []
    for first in range(0, shape[0], step):
        block = slice(first, first + step)
        parts.append(
            _solve(
                _rows(base, block, len(shape)),
                _rows(utility0, block, len(shape)),
                _rows(alpha, block, len(shape)),
                _rows(sigma, block, len(shape)),
                None if start is None else _rows(start, block, len(shape)),
                sweeps,
                None if markup_weight is None else _rows(markup_weight, block, len(shape)),
            )
        )
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _rows(x: FloatLike, block: slice, n_axes: int) -> FloatArray:
    """The rows of an argument that belong to a block; one that does not vary along the first axis stays whole."""
    whole = np.asarray(x, dtype=np.float64)
    return whole[block] if whole.ndim == n_axes and whole.shape[0] > 1 else whole


def equilibrium_markups(
    base: FloatArray,
    utility0: FloatArray,
    alpha: FloatLike,
    sigma: FloatLike,
    start: FloatArray | None = None,
    sweeps: int = COLD_SWEEPS,
    markup_weight: FloatLike | None = None,
) -> FloatArray:
    """Markups at which no automaker wants another price, k$ per vehicle, without their error; (..., F).

    Arguments and limits as ``price_equilibrium``. For a caller that works out the shares at these markups anyway: the
    error is then ``markup_error`` at those shares.
    Source: as ``price_equilibrium``.
    """
    nest = 1.0 - sigma
    net = utility0 - alpha * base
    # Scaled utility at the lowest markup any firm would ask, y = 1.
    at_lowest = net / nest - (1.0 if markup_weight is None else markup_weight)
    if start is None:
        ceiling: FloatLike = np.log((1.0 + _monopoly_excess(net, markup_weight)) / nest - 1.0)
        z = np.minimum(_first_guess(at_lowest, sigma, nest), ceiling)
    else:
        # Near the solution a ceiling only has to keep exp(z) finite.
        ceiling = WARM_CEILING
        z = np.log(at_least(start * (alpha / nest) - 1.0, NEGLIGIBLE))
        if z.shape != at_lowest.shape:
            z = np.zeros_like(at_lowest) + z
    is_capped = bool(np.any(at_lowest > UTILITY_CAP))
    for _ in range(sweeps):
        z += _newton_step(z, at_lowest, sigma, nest, markup_weight, is_capped)
        z = at_most(z, ceiling) if isinstance(ceiling, float) else np.minimum(z, ceiling, out=z)
    return (1.0 + np.exp(z)) * (nest / alpha)


def markup_error(
    markup: FloatArray, within: FloatArray, share: FloatArray, alpha: FloatLike, sigma: FloatLike
) -> FloatArray:
    """Largest gap between the markups of a market and the best ones at the shares they lead to, k$; (...).

    markup, within, share: (..., F), as in ``bertrand_markup``, k$ and fractions. alpha, sigma: as there.
    Limits: 0 in an equilibrium.
    Source: definition.
    """
    return np.maximum.reduce(np.abs(markup - bertrand_markup(within, share, alpha, sigma)), axis=-1)


def _solve(
    base: FloatArray,
    utility0: FloatArray,
    alpha: FloatLike,
    sigma: FloatLike,
    start: FloatArray | None,
    sweeps: int,
    markup_weight: FloatLike | None,
) -> tuple[FloatArray, FloatArray]:
    """``price_equilibrium`` of all its markets at once."""
    nest = 1.0 - sigma
    markup = equilibrium_markups(base, utility0, alpha, sigma, start, sweeps, markup_weight)
    paid = markup if markup_weight is None else markup * markup_weight
    within, ev_share = _nest_shares((utility0 - alpha * base - alpha * paid) / nest, nest)
    return markup, markup_error(markup, within, within * ev_share, alpha, sigma)


def _newton_step(
    z: FloatArray,
    at_lowest: FloatArray,
    sigma: FloatLike,
    nest: FloatLike,
    markup_weight: FloatLike | None,
    is_capped: bool,
) -> FloatArray:
    """Joint Newton step of all firms' z = ln(y-1), with the market's L = ln D following along.

    In logarithms a firm's equation is gap - ln K = 0 with gap = z - ln y - x. Its slope in z is k/y with
    k = weight w y + 1 and w = y - 1, since dx/dz = -weight w; its slope in L is ``pull_back`` = -d(ln K)/dL.
    L has no equation of its own error, being recomputed from x in every sweep. Hence, with e = exp(x) and
    c = weight w y / k < 1,

        dL = sum e c (gap - ln K) / (sum e - pull_back sum e c),
        dz = -(gap - ln K + pull_back dL) y / k.
    """
    w = np.exp(z)
    y = 1.0 + w
    paid = w if markup_weight is None else w * markup_weight
    x = at_lowest - paid
    if is_capped:
        np.minimum(x, UTILITY_CAP, out=x)
    e = np.exp(x)
    gap = np.subtract(z, x, out=x)
    gap -= np.log(y)
    # 1/k serves both c = 1 - 1/k and the step y/k; what is no longer needed is written over.
    inverse = paid * y
    inverse += 1.0
    np.divide(1.0, inverse, out=inverse)
    e_c = e * (1.0 - inverse)

    # Market level: one number each. NEGLIGIBLE keeps the logarithm finite in a market nobody wants to serve.
    total = ordered_sum(e, keepdims=True) + NEGLIGIBLE
    sum_c = ordered_sum(e_c, keepdims=True)
    sum_gap = ordered_sum(e_c * gap, keepdims=True)
    log_total = np.log(total)
    ev_part = nest * logistic(nest * log_total)
    numerator = sigma + ev_part
    log_k = np.log(numerator) - log_total
    pull_back = ev_part + sigma / numerator
    step = (sum_gap - log_k * sum_c) / (total - pull_back * sum_c)
    step = np.maximum(np.minimum(step, LONGEST_STEP), -LONGEST_STEP)
    wanted = log_k - pull_back * step - gap
    y *= inverse
    wanted *= y
    return wanted


def _monopoly_excess(net: FloatArray, markup_weight: FloatLike | None) -> FloatArray:
    """Upper bound on alpha markup - 1 of a firm alone in the market (no unit), which caps every sweep.

    The exact value is omega(X)/weight with X = net - weight + ln weight and omega + ln omega = X; since
    omega > X - ln X for X > 1, X - ln(X - ln X) lies just above it, at a tenth of the cost of omega.
    """
    if markup_weight is None:
        x = np.maximum(net - 1.0, 1.0)
        return x - np.log(x - np.log(x))
    x = np.maximum(net - markup_weight + np.log(markup_weight), 1.0)
    return (x - np.log(x - np.log(x))) / markup_weight


def _nest_shares(x: FloatArray, nest: FloatLike) -> tuple[FloatArray, FloatArray]:
    """Shares within the electric cars (..., F) and the electric share (..., 1) at scaled utilities x."""
    top = np.maximum.reduce(x, axis=-1, keepdims=True)
    e = np.exp(x - top)
    total = ordered_sum(e, keepdims=True)
    return e / total, logistic(nest * (np.log(total) + top))


def _first_guess(at_lowest: FloatArray, sigma: FloatLike, nest: FloatLike) -> FloatArray:
    """z of the markups that the shares at the lowest markups call for: too high, but never wildly so."""
    within, ev_share = _nest_shares(at_lowest, nest)
    rho = within * (sigma + nest * ev_share)
    return np.log(np.maximum(rho, NEGLIGIBLE) / np.maximum(1.0 - rho, LEAST_SLACK))


def rivals_log_sum(utility: FloatArray, sigma: FloatLike) -> FloatArray:
    """ln of the sum of the other firms' exp(v/(1-sigma)), utils: all a firm needs to know about its rivals.

    utility: (..., F), F >= 2, utility at current prices. sigma: scalar or (..., 1), in [0, 0.95].
    Returns (..., F). Limits: floored near the leader's value minus 460 where all rivals are negligible.
    Source: definition. Added from both ends, never by subtraction, so that a leader's share of 1 does no harm.
    """
    x = utility / (1.0 - sigma)
    top = np.maximum.reduce(x, axis=-1, keepdims=True)
    e = np.exp(x - top)
    before = np.add.accumulate(e, axis=-1)
    after = np.add.accumulate(e[..., ::-1], axis=-1)[..., ::-1]
    none = np.zeros_like(e[..., :1])
    others = np.concatenate([none, before[..., :-1]], axis=-1) + np.concatenate([after[..., 1:], none], axis=-1)
    return np.log(np.maximum(others, NEGLIGIBLE)) + top


def best_reply_markup(
    base: FloatLike,
    utility0: FloatLike,
    rivals: FloatLike,
    alpha: FloatLike,
    sigma: FloatLike,
    sweeps: int = COLD_SWEEPS,
    markup_weight: FloatLike | None = None,
) -> FloatArray:
    """Markup that maximises one firm's profit while its rivals' prices stand still, k$ per vehicle.

    base: (...), cost of one more car, duty included, k$, >= 0. utility0: (...), utility at price zero, utils.
    rivals: (...), ``rivals_log_sum`` at the rivals' prices, utils (-inf: no rival).
    alpha: (...), per k$, > 0. sigma: (...), in [0, 0.95]. All broadcast; every element is a firm of its own.
    markup_weight: (...), as in ``price_equilibrium`` (None: 1).
    Limits: the monopoly markup without rivals; (1-sigma)/alpha against overwhelming ones; equals the
    equilibrium markup when rivals charge theirs.
    Source: theory 1.2 (the solver's inner problem), used for the profits of a plant not yet built (1.3).
    """
    nest = 1.0 - sigma
    net = np.asarray(utility0 - alpha * base, dtype=np.float64)
    at_lowest = net / nest - (1.0 if markup_weight is None else markup_weight)
    ceiling = np.log((1.0 + _monopoly_excess(net, markup_weight)) / nest - 1.0)
    z = ceiling
    for sweep in range(sweeps + 1):
        # The first pass looks at the lowest markup (w = 0) and takes the markup that its share calls for.
        w = np.exp(z) if sweep else np.zeros_like(z)
        paid = w if markup_weight is None else w * markup_weight
        x = at_lowest - paid
        log_total = np.logaddexp(rivals, x)
        within = np.exp(x - log_total)
        ev_part = nest * logistic(nest * log_total)
        numerator = sigma + ev_part
        log_rho = x - log_total + np.log(np.maximum(numerator, NEGLIGIBLE))
        if sweep == 0:
            rho = np.exp(np.minimum(log_rho, 0.0))
            z = np.minimum(log_rho - np.log(np.maximum(1.0 - rho, LEAST_SLACK)), ceiling)
            continue
        y = 1.0 + w
        # d(ln rho)/dx: own weight moves the aggregate too.
        response = 1.0 - within * (ev_part + sigma / np.maximum(numerator, NEGLIGIBLE))
        step = (z - np.log(y) - log_rho) / (1.0 / y + paid * response)
        z = np.minimum(z - step, ceiling)
    return (1.0 + np.exp(z)) * (nest / alpha)


def border_split(
    landed: FloatLike, markup: FloatLike, duty_rate: FloatLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Border price, firm's margin and duty of one car, all k$ per vehicle.

    landed: (...), landed cost before duty, k$, >= 0. markup: (...), consumer price minus ``base``, k$, >= 0
    (with the passthrough switch: markup_weight times the markup). duty_rate: (...), fraction, >= 0.
    The duty is levied on the price the importer pays the firm, not on cost alone (row A3, trap 0.6).
    Limits: no duty, no revenue; margin + duty = markup + duty_rate * landed.
    Source: theory 1.3; definition of an ad valorem duty.
    """
    margin = np.asarray(markup / (1.0 + duty_rate), dtype=np.float64)
    border_price = landed + margin
    return border_price, margin, duty_rate * border_price
