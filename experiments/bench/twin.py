"""A scalar twin of the three hottest rules: the same arithmetic, one replicate after the other, compiled by numba.

What the ensemble's array code is held against: how fast loops would be that a compiler turns into machine code. It is
a benchmark's tool, never part of a run; numba comes with the extra ``bench``. Results agree with the rules to about
1e-9 (the compiler's ``exp`` and ``log`` differ from NumPy's in the last digit).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from experiments.bench.cases import Cases, Markets, Packages, Session
from model.packages.menu import STANDARDS_AXIS, STANDARDS_LAPSED, TECHNOLOGY_AXIS

LONGEST_STEP = 2.0  # utils, as in the rule
WARM_CEILING = 14.0
UTILITY_CAP = 600.0
NEGLIGIBLE = 1e-200
compiled: Callable[[Callable[..., Any]], Callable[..., Any]] = numba.njit(error_model="numpy")


@compiled
def _logistic(x: float) -> float:
    small = np.exp(-abs(x))
    return (1.0 if x >= 0.0 else small) / (1.0 + small)


@compiled
def _prices(
    base: Any, utility: Any, start: Any, alpha: Any, sigma: float, sweeps: int, markup: Any, error: Any
) -> None:
    n_lanes, n_markets, n_firms = base.shape
    nest = 1.0 - sigma
    z, x, e, c = np.empty(n_firms), np.empty(n_firms), np.empty(n_firms), np.empty(n_firms)
    lowest, gap, inverse = np.empty(n_firms), np.empty(n_firms), np.empty(n_firms)
    for r in range(n_lanes):
        for m in range(n_markets):
            a = alpha[m, 0]
            for f in range(n_firms):
                lowest[f] = (utility[r, m, f] - a * base[r, m, f]) / nest - 1.0
                z[f] = np.log(max(start[r, m, f] * (a / nest) - 1.0, NEGLIGIBLE))
            for _ in range(sweeps):
                total, sum_c, sum_gap = 0.0, 0.0, 0.0
                for f in range(n_firms):
                    w = np.exp(z[f])
                    y = 1.0 + w
                    x[f] = min(lowest[f] - w, UTILITY_CAP)
                    e[f] = np.exp(x[f])
                    gap[f] = z[f] - x[f] - np.log(y)
                    inverse[f] = 1.0 / (w * y + 1.0)
                    c[f] = e[f] * (1.0 - inverse[f])
                    total += e[f]
                    sum_c += c[f]
                    sum_gap += c[f] * gap[f]
                total += NEGLIGIBLE
                log_total = np.log(total)
                ev_part = nest * _logistic(nest * log_total)
                numerator = sigma + ev_part
                log_k = np.log(numerator) - log_total
                pull_back = ev_part + sigma / numerator
                step = (sum_gap - log_k * sum_c) / (total - pull_back * sum_c)
                step = max(min(step, LONGEST_STEP), -LONGEST_STEP)
                for f in range(n_firms):
                    y = 1.0 + np.exp(z[f])
                    z[f] = min(z[f] + (log_k - pull_back * step - gap[f]) * (y * inverse[f]), WARM_CEILING)
            top = -np.inf
            for f in range(n_firms):
                markup[r, m, f] = (1.0 + np.exp(z[f])) * (nest / a)
                x[f] = (utility[r, m, f] - a * base[r, m, f] - a * markup[r, m, f]) / nest
                top = max(top, x[f])
            total = 0.0
            for f in range(n_firms):
                e[f] = np.exp(x[f] - top)
                total += e[f]
            share = _logistic(nest * (np.log(total) + top))
            worst = 0.0
            for f in range(n_firms):
                within = e[f] / total
                slack = max(1.0 - sigma * within - nest * (within * share), 1e-15)
                worst = max(worst, abs(markup[r, m, f] - nest / (a * slack)))
            error[r, m] = worst


@compiled
def _values(
    duty0: Any,
    duty1: Any,
    rest: Any,
    standards: Any,
    position0: Any,
    position1: Any,
    states: Any,
    gifts: Any,
    value: Any,
) -> None:
    # rest (R, 5): supply and linkage of each side, technology; gifts (5, 2): what each position keeps of them.
    n_lanes = duty0.shape[0]
    n0, n1, n_states = position0.size, position1.size, states.size
    n_rest = np.array([2 if gifts[k, 1] >= 0.0 else 1 for k in range(5)])
    x, y = np.empty((n0, n1, n_states)), np.empty(n_rest[0] * n_rest[1] * n_rest[2] * n_rest[3] * n_rest[4])
    for r in range(n_lanes):
        for i in range(n0):
            for j in range(n1):
                for s in range(n_states):
                    state = states[s]
                    first = duty0[r, position0[i], state] + standards[r, state]
                    x[i, j, s] = first + duty1[r, position1[j], state]
        place = 0
        for a in range(n_rest[0]):
            for b in range(n_rest[1]):
                for c in range(n_rest[2]):
                    for d in range(n_rest[3]):
                        for t in range(n_rest[4]):
                            given = rest[r, 0] * gifts[0, a] + rest[r, 1] * gifts[1, b]
                            given = given + rest[r, 2] * gifts[2, c] + rest[r, 3] * gifts[3, d]
                            y[place] = given + rest[r, 4] * gifts[4, t]
                            place += 1
        n_tail = n_rest[2] * n_rest[3] * n_rest[4]
        package = 0
        for i in range(n0):
            for j in range(n1):
                for head in range(n_rest[0] * n_rest[1]):
                    for s in range(n_states):
                        for tail in range(n_tail):
                            value[r, package] = x[i, j, s] + y[head * n_tail + tail]
                            package += 1


@compiled
def _talk(
    own: Any, partner: Any, admissible: Any, least: Any, exponent: Any, clock: Any, n_first: int, rounds: int,
    deadline: int, tabled: Any, deal: Any,
) -> None:  # fmt: skip
    n_lanes, n_packages = own.shape[1], own.shape[2]
    best = np.empty(2)
    for r in range(n_lanes):
        tabled[r], deal[r] = -1, -1
        for side in range(2):
            best[side] = least[side]
            for k in range(n_packages):
                if admissible[side, r, k] and own[side, r, k] > best[side] and partner[side, r, k] >= least[1 - side]:
                    best[side] = own[side, r, k]
        for turn in range(rounds):
            mine = ((0 if r < n_first else 1) + turn) % 2
            time = min((clock[r] + turn / rounds) / deadline, 1.0)
            hope = np.empty(2)
            for side in range(2):
                given = np.exp(np.log(time) / exponent[side]) if time > NEGLIGIBLE else 0.0
                hope[side] = least[side] + (best[side] - least[side]) * (1.0 - given)
            offer, liked = -1, -np.inf
            for k in range(n_packages):
                if own[mine, r, k] >= hope[mine] and admissible[mine, r, k] and partner[mine, r, k] > liked:
                    offer, liked = k, partner[mine, r, k]
            if offer < 0:
                continue
            tabled[r] = offer
            if own[1 - mine, r, offer] >= hope[1 - mine] and admissible[1 - mine, r, offer]:
                deal[r] = offer
                break


# --- the twin on the ensemble's inputs --------------------------------------------------------------------------------


def _rows(x: Any) -> np.ndarray:
    """Replicate by replicate in memory, as a scalar program would have it."""
    return np.ascontiguousarray(x)


def prices(case: Markets) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    """The twin of ``Markets.play`` with its inputs laid out."""
    inputs = [_rows(x) for x in (case.base, case.utility, case.start, case.alpha)]
    markup, error = np.empty(case.base.shape), np.empty(case.base.shape[:2])

    def play() -> tuple[np.ndarray, np.ndarray]:
        _prices(*inputs, case.sigma, case.sweeps, markup, error)
        return markup, error

    return play


def packages(case: Packages) -> Callable[[], list[np.ndarray]]:
    """The twin of ``Packages.play`` with its inputs laid out."""
    menu = case.menu
    flows = []
    for of, lapsed in zip((case.executive,) * 3 + (case.legislature,), case.lapses, strict=True):
        who = {(True, False): 0, (False, True): 1}.get(lapsed)
        held = [np.array(menu.positions[g]) * (not lapsed[g]) for g in (0, 1)]
        states = menu.standards if who is None else STANDARDS_LAPSED[who][menu.standards]
        gifts = np.full((5, 2), -1.0)
        kept = [not lapsed[0], not lapsed[1], not lapsed[0], not lapsed[1], not any(lapsed)]
        for k, axis in enumerate((2, 3, 5, 6, TECHNOLOGY_AXIS)):
            gifts[k, : menu.sizes[axis]] = np.array(menu.positions[axis]) * float(kept[k])
        given = [of.supply[..., 0], of.supply[..., 1], of.linkage[..., 0], of.linkage[..., 1], of.technology]
        rest = _rows(np.stack(np.broadcast_arrays(*given), axis=-1))
        duties = [_rows(of.duty[giver]) for giver in (0, 1)]
        value = np.empty((rest.shape[0], menu.n_packages))
        flows.append((*duties, rest, _rows(of.standards), *held, states, gifts, value))
    assert menu.sizes[STANDARDS_AXIS] == menu.standards.size

    def play() -> list[np.ndarray]:
        for flow in flows:
            _values(*flow)
        return [flow[-1] for flow in flows]

    return play


def session(case: Session) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    """The twin of ``Session.play`` with its inputs laid out."""
    own, partner, admissible = (
        np.stack([np.concatenate([group[side] for group in of]) for side in (0, 1)]).copy(order="C")
        for of in (case.own, case.partner, case.admissible)
    )
    tabled, deal = (np.empty(case.clock.size, dtype=np.int64) for _ in range(2))
    least, exponent = np.array(case.reservation), np.array(case.exponent)

    def play() -> tuple[np.ndarray, np.ndarray]:
        _talk(
            own,
            partner,
            admissible,
            least,
            exponent,
            case.clock,
            case.n_first,
            case.rounds,
            case.deadline,
            tabled,
            deal,
        )
        return tabled, deal

    return play


def twins(cases: Cases) -> dict[str, list[tuple[Callable[[], Any], Callable[[], Any]]]]:
    """By rule: the rule as the ensemble calls it, and its twin, for every input; each returns its results."""
    return {
        "price equilibrium": [(cases.markets.play, prices(cases.markets))],
        "package valuation": [(case.play, packages(case)) for case in cases.packages],
        "bargaining session": [(case.play, session(case)) for case in cases.sessions],
    }
