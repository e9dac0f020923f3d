"""How a side of a dyad sees its table: what it believes of every package, and which of them pass which test.

By the rules, or by the compiled kernels that follow them (``model.compiled.packages``) with the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from model.compiled import packages as compiled
from model.compiled.arithmetic import is_compiled
from model.layout import rows
from model.numerics import FloatArray
from model.packages.menu import Chosen, Menu
from model.packages.resolve import Resolve
from model.packages.sums import Grid, along, believed
from model.rules import bargaining, ratification


class View(NamedTuple):
    """How a bloc sees a dyad's table in some lanes; (n, K), bn$ per quarter unless said otherwise.

    dyad: which table. packages (K,): those looked at, all that can be tabled in any of these lanes. own, partner:
    believed gains over the policy in force. Booleans: gains, packages on the table that are good enough for itself;
    enforceable, those that it would honour; passable, those that its legislature would rather pass, as far as it looks
    ahead to that; keeps, those that it gains by and would honour; admissible, those that pass all three. reservation,
    partner_reservation: least gains. found: ``tests`` and ``best``, where they are known already.
    """

    dyad: int
    packages: np.ndarray
    own: FloatArray
    partner: FloatArray
    gains: np.ndarray
    enforceable: np.ndarray
    passable: np.ndarray
    keeps: np.ndarray
    admissible: np.ndarray
    reservation: FloatArray
    partner_reservation: FloatArray
    found: tuple[np.ndarray, FloatArray] | None = None

    @property
    def tests(self) -> np.ndarray:
        """(n, 4) whether any package is good enough, would be kept too, passed too, and signed by the partner too."""
        if self.found is not None:
            return self.found[0]
        passes = (self.gains, self.keeps, self.admissible, self.zone)
        return np.array([np.logical_or.reduce(one, axis=-1) for one in passes]).T

    @property
    def best(self) -> FloatArray:
        """(n,) largest own gain in the zone, or the least gain."""
        if self.found is not None:
            return self.found[1]
        return bargaining.best_in_zone(self.own, self.zone, self.reservation)

    @property
    def zone(self) -> np.ndarray:
        """Packages that it would sign and believes its partner would."""
        return bargaining.zone_of_agreement(
            self.own, self.reservation, self.admissible, self.partner, self.partner_reservation
        )

    def best_offer(self, aspiration: FloatArray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) the package that its partner is believed to like best among those good enough (n,); whether there is
        any."""
        if is_compiled():
            offer, exists = compiled.choose(self.own, self.partner, aspiration, self.admissible)
        else:
            offer, exists = bargaining.choose_offer(self.own, self.partner, aspiration[:, None], self.admissible)
        return self.packages[offer], exists

    def in_lanes(self, group: slice) -> View:
        """The same in neighbouring lanes."""
        return self._replace(
            own=self.own[group],
            partner=self.partner[group],
            gains=self.gains[group],
            enforceable=self.enforceable[group],
            passable=self.passable[group],
            keeps=self.keeps[group],
            admissible=self.admissible[group],
            found=self.found and (self.found[0][group], self.found[1][group]),
        )


def beliefs(
    menu: Menu,
    kept: tuple[FloatArray, FloatArray],
    levels: FloatArray,
    current: np.ndarray,
    stakes: FloatArray,
    errors: Sequence[FloatArray],
    noise: FloatArray,
    off: Grid,
    barred: tuple[np.ndarray, np.ndarray],
) -> tuple[Grid, Grid]:
    """Believed gains from every package over the policy in force, its own and its partner's, bn$ per quarter (1.8).

    kept (n, Z) the true payoffs, stakes (2, 10) bn$ a quarter, errors (n, 10) persistent ones: its own, then its
    partner's. levels (P, 10) of every issue; current (n,) package in force; noise (n,); off (..., X), (..., Y): out of
    reach for what cannot be tabled, added to its own gain, and barred (n,) twice: which rows of it.
    """
    n_x, n = menu.n_x, current.size
    if is_compiled():
        place = menu.x_of[current], menu.y_of[current]
        alone, issues, _ = along(menu)
        given = (issues, levels[alone, issues]), (*place, *barred), (off.x, off.y), menu.sizes
        own, partner = compiled.believe(kept, errors, noise, stakes, *given)
        return Grid(own[:, :n_x], own[:, n_x:]), Grid(partner[:, :n_x], partner[:, n_x:])
    # Both are worked out together, as if its partner sat in as many lanes more.
    both = np.concatenate(kept)
    gains = believed(
        menu,
        Grid(both[:, :n_x], both[:, n_x:]),
        levels,
        np.concatenate([current, current]),
        stakes[np.repeat((0, 1), n)],
        np.concatenate(errors),
        np.concatenate([noise, noise]),
    )
    own_x, own_y = rows(off.x, barred[0]), rows(off.y, barred[1])
    return Grid(gains.x[:n] + own_x, gains.y[:n] + own_y), gains.in_lanes(slice(n, None))


def seen(
    gain: Grid,
    menu: Menu,
    here: Chosen,
    weight: FloatArray | None = None,
    truce: tuple[FloatArray, FloatArray] | None = None,
) -> FloatArray:
    """(n, K) gains from some packages over the policy in force, bn$ per quarter, over the life of each.

    weight (K,) or (n, K), truce (n,) twice: as ``Bloc.over_life`` gives them.
    """
    if is_compiled():
        return compiled.gains(gain.x, gain.y, (here.x, here.y), weight, truce)
    found = gain.of(menu, here)
    if weight is None:
        return found
    found *= weight
    if truce is not None:
        found += np.maximum(weight - truce[0][:, None], 0.0) * truce[1][:, None]
    return found


def judged(
    dyad: int,
    menu: Menu,
    here: Chosen,
    own: FloatArray,
    partner: FloatArray,
    least: tuple[FloatArray, FloatArray],
    keeping: Resolve,
    home: tuple[Grid, FloatArray, float] | None,
) -> View:
    """A view of some packages by what is believed of them, (n, K): which of them pass which test.

    least: gains, of both sides; home: what the legislature gains, asks, and in which units, or None where that is not
    looked ahead to.
    """
    asked: dict[str, Any] = {"dyad": dyad, "packages": here.packages, "own": own, "partner": partner}
    asked |= {"reservation": least[0], "partner_reservation": least[1]}
    if is_compiled():
        ahead, scale = (None, 1.0) if home is None else ((home[0].x, home[0].y, home[1]), home[2])
        terms = (keeping.whole, *(keeping.part or ()))
        return View(**asked, **compiled.judge(own, partner, least, (here.x, keeping.n_x + here.y), terms, ahead, scale))
    gains, enforceable = own >= least[0], keeping.holds(here)
    keeps, passable = gains & enforceable, np.ones(own.shape, dtype=bool)
    if home is not None:
        passable = ratification.in_win_set(home[0].of(menu, here), home[2], home[1])
    admissible = keeps if home is None else keeps & passable
    return View(**asked, gains=gains, enforceable=enforceable, passable=passable, keeps=keeps, admissible=admissible)
