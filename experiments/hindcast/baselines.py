"""What is forecast without a model, from the same years: persistence, trends, base rates, weighted preferences.

Every baseline of a share or a price is a distribution, given as draws at even steps of probability, so that it is
scored like the model. What it knows ends with the fit.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from experiments.hindcast.evidence import BLOCS, DIRECTED, MOVED, Record

N_DRAWS: Final = 400
EVEN: Final = (np.arange(N_DRAWS) + 0.5) / N_DRAWS
LEAST_POINTS: Final = 3  # years that a straight line needs to have an error
CEILINGS: Final = np.concatenate([np.linspace(1.02, 3.0, 100), [10.0, 100.0]])  # of the largest share seen, at most 1
INSIDE: Final = 1e-4
LARGEST_ODDS: Final = 30.0


def log_odds(share: np.ndarray, ceiling: float = 1.0) -> np.ndarray:
    """ln(s / (ceiling - s))."""
    kept = np.clip(share, INSIDE * ceiling, (1.0 - INSIDE) * ceiling)
    return np.asarray(np.log(kept) - np.log(ceiling - kept))


def from_odds(odds: np.ndarray, ceiling: float = 1.0) -> np.ndarray:
    """The inverse of ``log_odds``."""
    return np.asarray(ceiling / (1.0 + np.exp(-np.clip(odds, -LARGEST_ODDS, LARGEST_ODDS))))


def walk_spread(values: np.ndarray) -> float:
    """Root mean square of the changes from year to year of series (..., y)."""
    change = np.diff(values, axis=-1)
    change = change[np.isfinite(change)]
    return float(np.sqrt(np.mean(change**2))) if change.size else 0.0


def persistence(odds: np.ndarray, spread: float, ahead: int) -> np.ndarray:
    """Draws of the last known value with a random walk's spread, ``ahead`` years on."""
    last = odds[np.isfinite(odds)][-1]
    return np.asarray(last + spread * np.sqrt(ahead) * norm.ppf(EVEN))


def straight_line(years: np.ndarray, odds: np.ndarray, year: int, lost: int = 2) -> np.ndarray | None:
    """Draws of a line fitted by least squares, Student's t predictive law; None with too few points.

    lost: degrees of freedom that the fit takes.
    """
    known = np.isfinite(odds)
    x, y = years[known].astype(np.float64), odds[known]
    if x.size < max(LEAST_POINTS, lost + 1):
        return None
    centre = np.mean(x)
    sxx = float(np.sum((x - centre) ** 2))
    slope = float(np.sum((x - centre) * (y - np.mean(y)))) / sxx
    error = y - np.mean(y) - slope * (x - centre)
    sigma = float(np.sqrt(np.sum(error**2) / (x.size - lost)))
    spread = sigma * np.sqrt(1.0 + 1.0 / x.size + (year - centre) ** 2 / sxx)
    return np.asarray(np.mean(y) + slope * (year - centre) + spread * student.ppf(EVEN, x.size - lost))


def s_curve(years: np.ndarray, share: np.ndarray, year: int) -> np.ndarray:
    """Draws of an S-curve with a free ceiling (the logistic form of Bass 1969), least squares in the share."""
    best = (np.inf, 1.0)
    for times in CEILINGS:
        ceiling = min(float(np.max(share)) * float(times), 1.0)
        x = years - np.mean(years)
        odds = log_odds(share, ceiling)
        slope = np.sum(x * odds) / np.sum(x * x)
        error = share - from_odds(np.mean(odds) + slope * x, ceiling)
        best = min(best, (float(np.sum(error**2)), ceiling))
    ceiling = best[1]
    drawn = straight_line(years, log_odds(share, ceiling), year, lost=3)
    assert drawn is not None
    return from_odds(drawn, ceiling)


def ev_shares(record: Record, year: int) -> dict[str, dict[str, np.ndarray]]:
    """Draws of every bloc's EV share by baseline."""
    last = int(record.years[-1])
    found: dict[str, dict[str, np.ndarray]] = {}
    for m, bloc in enumerate(BLOCS):
        odds = log_odds(record.ev_share[m])
        line = straight_line(record.years, odds, year)
        assert line is not None
        found[bloc] = {
            "persistence": from_odds(persistence(odds, walk_spread(odds), year - last)),
            "logistic": from_odds(line),
            "Bass": s_curve(record.years, record.ev_share[m], year),
        }
    return found


def shares(record: Record, series: np.ndarray, pool: np.ndarray, year: int) -> dict[str, np.ndarray]:
    """Draws of one brand's or supplier's share (y,); pool (n, y) the series whose changes give the spread."""
    odds, spread = log_odds(series), walk_spread(log_odds(pool))
    last = persistence(odds, spread, year - int(record.years[-1]))
    line = straight_line(record.years, odds, year)
    return {"persistence": from_odds(last), "logistic": from_odds(last if line is None else line)}


def price(record: Record, year: int) -> dict[str, np.ndarray]:
    """Draws of the log of the pack price over that of the last year of the fit."""
    level = np.concatenate([[0.0], np.cumsum(record.price_change[1:])])
    level = level - level[-1]
    line = straight_line(record.years, level, year)
    assert line is not None
    return {
        "persistence": persistence(level, walk_spread(level), year - int(record.years[-1])),
        "logistic": line,
    }


def duties(record: Record, market: np.ndarray, year: int) -> dict[str, dict[str, np.ndarray]]:
    """Draws of every EV duty at the end of a year: persistence, and a Nash-like weighted mean of preferences.

    The importer wants the highest duty it charged in the years of the fit, the exporter the lowest; each weighs as
    much as its car market, market (b,).
    """
    spread = walk_spread(np.concatenate([record.duty_before[:, None], record.duty], axis=1))
    found = {}
    for pair, name in enumerate(DIRECTED):
        importer, exporter = (BLOCS.index(bloc) for bloc in name.split("<"))
        duty = record.duty[pair]
        mean = (market[importer] * np.max(duty) + market[exporter] * np.min(duty)) / (
            market[importer] + market[exporter]
        )
        ahead = year - int(record.years[-1])
        found[name] = {
            "persistence": np.maximum(duty[-1] + spread * np.sqrt(ahead) * norm.ppf(EVEN), 0.0),
            "preferences": np.maximum(mean + spread * norm.ppf(EVEN), 0.0),
        }
    return found


def move_rates(record: Record) -> np.ndarray:
    """(3,) base rates of a cut, no move and a rise of an EV duty in a year, one of each added (Laplace)."""
    counts = np.array([np.sum(record.moves == step) for step in (-1, 0, 1)], dtype=np.float64)
    return np.asarray((counts + 1.0) / np.sum(counts + 1.0))


def preference_moves(draws: np.ndarray, last: float) -> np.ndarray:
    """(3,) chances that duties drawn lie below, at and above the last one."""
    counts = [np.sum(draws < last - MOVED), np.sum(np.abs(draws - last) <= MOVED), np.sum(draws > last + MOVED)]
    return np.asarray((np.array(counts, dtype=np.float64) + 1.0) / (draws.size + 3.0))


def rate(flags: np.ndarray) -> float:
    """Base rate of something that happened in some years, one of each added (Laplace)."""
    return float((np.sum(flags) + 1.0) / (flags.size + 2.0))
