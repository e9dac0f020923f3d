"""Instruments: what a package needs, who votes on it, how long it waits and what its life is worth (1.9, 1.17)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from of_three import DYAD_OF

from model.numerics import FloatArray, power
from model.rules.instruments import Instrument
from model.vocabulary import CHARGING, DUTY, DYADS, RECOGNITION, TECHNOLOGY

if TYPE_CHECKING:
    from reference.world import World


def prepare(w: World) -> None:
    """What every package needs and who votes on it, which no quarter changes."""
    packages = [range(menu.n_packages) for menu in w.agenda.menus]
    w.papers = [np.array([_paper(w, d, package) for package in each]) for d, each in enumerate(packages)]  # (d, P)
    w.asked = [  # (d, s, P)
        [np.array([_votes(w, d, side, package) for package in each]) for side in (0, 1)]
        for d, each in enumerate(packages)
    ]


def paper(w: World, d: int, package: int) -> int:
    """The instrument that a package needs; none where clocks are off."""
    return int(w.papers[d][package])


def asked(w: World, d: int, side: int) -> np.ndarray:
    """(P,) packages on which a side's legislature votes."""
    return w.asked[d][side]


def _paper(w: World, d: int, package: int) -> int:
    held = w.agenda.menus[d].held[package]
    if not w.parameters.clocks or not held.any():
        return Instrument.NONE
    if held[RECOGNITION : RECOGNITION + 2].any():
        return Instrument.RECOGNITION
    is_deep = max(held[DUTY : DUTY + 2]) > 2  # beyond one third
    return Instrument.AGREEMENT if is_deep or held[CHARGING] or held[TECHNOLOGY] else Instrument.TRUCE


def _votes(w: World, d: int, side: int, package: int) -> bool:
    """Whether a side's legislature votes on a package; Congress does on laws alone."""
    if not w.parameters.clocks:
        return True
    if paper(w, d, package) < Instrument.AGREEMENT:
        return False
    pair = DYADS[d] if side == 0 else DYADS[d][::-1]
    held, s = w.agenda.menus[d].held[package], w.scenario
    is_below = held[DUTY + side] == 4 and any(s.floor[0, good][pair] < s.mfn[0, good][pair] for good in (0, 1))
    return w.blocs[pair[0]].code != "US" or bool(held[RECOGNITION + side]) or is_below


def lag(w: World, d: int, package: int) -> float:
    """Quarters from signature to entry into force."""
    p, u, kind = w.parameters, w.luck.entry[w.quarter + 1, d], paper(w, d, package)
    if kind == Instrument.RECOGNITION:
        return float(p.recognition_lag + int(u * (p.recognition_lag_more + 1)))
    return float(p.agreement_lag + int(u * (p.agreement_lag_more + 1))) if kind == Instrument.AGREEMENT else 1.0


def life(w: World, kind: int) -> float:
    """What a flow over an instrument's expected life is worth, as a share of the same flow from next quarter on."""
    p = w.parameters
    d = p.discount_factor * (1.0 - p.repudiation_hazard)
    if kind == Instrument.TRUCE:
        lasts = power(d, float(p.truce_quarters))
        return float((1.0 - lasts) / (1.0 - p.truce_renewal * lasts))
    if kind == Instrument.NONE:
        return 1.0
    waits = {
        Instrument.AGREEMENT: (p.agreement_lag, p.agreement_lag_more),
        Instrument.RECOGNITION: (p.recognition_lag, p.recognition_lag_more),
    }
    least, more = waits[Instrument(kind)]
    return float(power(d, least - 1.0) * (1.0 - power(d, more + 1.0)) / ((1.0 - d) * (more + 1.0)))


def over_life(w: World, d: int, gain: FloatArray, worth: FloatArray) -> FloatArray:
    """(P,) gains over the policy in force (P,) by the life of every package; worth: of what is in force over none."""
    if not w.parameters.clocks:
        return gain
    weight = np.array([life(w, kind) for kind in Instrument])[w.papers[d]]
    gain = gain * weight
    if w.instrument[d] == Instrument.TRUCE:
        gain = gain + np.maximum(weight - life(w, Instrument.TRUCE), 0.0) * worth
    return gain


def waiting(w: World, importer: int, partner: int) -> int:
    """The package of two blocs that is signed and neither in force nor in effect; 0 none."""
    d = int(DYAD_OF[importer, partner])
    return int(w.signed[d]) if w.signed[d] >= 0 and w.entry[d] > w.quarter else 0
