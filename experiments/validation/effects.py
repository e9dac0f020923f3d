"""What the market of a scenario's start gives for every published effect that can be read off it.

A figure is a function of two markets: ``now`` (scenario 2026) and ``then`` (2018). It gives the effect in the short
run and in the long run. In both, prices are those of the fixed point unless said; in the short run cars come from the
places that were used before, in the long run from the cheapest mix of the plants that there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from experiments.validation.market import Cleared, Markets, Policy, pair
from model import BLOCS

NOW, THEN = "2026", "2018"
CN, US, EU = range(3)
CREDIT: Final = 7.5  # k$
USUAL, ADDED = 0.10, 0.21  # the EU's duty on cars from China, and what the countervailing duty adds
US_USUAL, US_ADDED = 0.025, 0.25  # the US duty on cars from the EU, and a rise as those of 2018
NETWORK_QUARTERS: Final = 20  # after which the long run of a charging network is looked at
LEAST_PART: Final = 1e-6  # of a brand's cars that come from a place, below which none does
PARTNERS: Final = ("US<EU", "EU<US")
ONE_STANDARD: Final = ("US<CN", "CN<US", *PARTNERS)

Figure = tuple[float, float]


def figures(now: Markets, then: Markets) -> dict[str, Figure]:
    """Every effect by name: short run, long run. Fractions, but elasticities."""
    found = {
        "credit": credit(now),
        "imports": imports(now),
        "EV price": ev_price(now),
        "import price": _alike(passed_on(then, "US<EU", US_USUAL, US_USUAL + US_ADDED)),
        "recognition": recognition(now),
        "charging": charging(now),
        "subsidies": subsidies(then),
    }
    for bloc in BLOCS:
        brand, whole = then.elasticity(bloc)
        found[f"elasticity {bloc}"] = _alike(brand)
        if bloc == "US":
            found["elasticity US, all"] = _alike(whole)
    return found


def credit(markets: Markets) -> Figure:
    """US sales of EVs when a credit of 7,500 $ on every one of them goes: posted prices kept, then prices that answer.

    The scenario has no such credit, so it is given first; both ways sales without it are those of the evidence.
    """
    with_credit = markets.clear(Policy(support={"US": CREDIT}))
    kept, answered = (markets.clear(Policy(), with_credit, posted) for posted in (True, False))
    return _change(_sold(with_credit, US), _sold(kept, US)), _change(_sold(with_credit, US), _sold(answered, US))


def imports(markets: Markets) -> Figure:
    """Cars built in China and sold in the EU, under 21 points more of duty."""
    before, *after = _under_duty(markets)
    return _both(before, after, lambda x: float(x.accounts.built[EU, CN]))


def by_brand(markets: Markets) -> Figure:
    """The same for cars of Chinese makers, wherever they are built."""
    before, *after = _under_duty(markets)
    brands = markets.home("CN")
    return _both(before, after, lambda x: float(np.sum(x.accounts.sales[EU, brands])))


def ev_price(markets: Markets) -> Figure:
    """Mean price of electric cars in the EU under that duty, at the sales before it."""
    before, *after = _under_duty(markets)
    weight = before.accounts.sales[EU]
    return _both(before, after, lambda x: float(np.sum(weight * x.clearing.price[EU])))


def _under_duty(markets: Markets) -> tuple[Cleared, Cleared, Cleared]:
    name = "EU<CN"
    before, higher = markets.clear(Policy(duty={name: USUAL})), Policy(duty={name: USUAL + ADDED})
    return before, markets.clear(higher, before), markets.clear(higher)


def passed_on(markets: Markets, name: str, low: float, high: float) -> float:
    """How much of a duty shows in the price that importers pay, duty included: 1 less the fall of exporters' prices.

    Log change of that price over that of 1 + duty, brand by brand, mean over the cars that come from the exporter;
    they go on coming from there.
    """
    importer, exporter = pair(name)
    before = markets.clear(Policy(duty={name: low}))
    a, b = before.accounts, markets.clear(Policy(duty={name: high}), before).accounts
    part = before.mix[importer, :, exporter]
    cars = np.where(part > LEAST_PART, a.sales[importer] * part, 0.0)
    here = (importer, cars > 0.0)
    duty = np.log1p(b.duty_rate[here]) - np.log1p(a.duty_rate[here])
    rise = np.log(b.border_price[here] / a.border_price[here]) + duty
    return float(np.sum(cars[cars > 0.0] * rise / duty) / np.sum(cars))


def recognition(markets: Markets) -> Figure:
    """Electric cars traded between the US and the EU, both ways, when each recognises the other's certificates."""
    before, policy = markets.clear(Policy()), Policy(recognised=PARTNERS)
    return _both(before, (markets.clear(policy, before), markets.clear(policy)), _across)


def _across(cleared: Cleared) -> float:
    return float(cleared.accounts.built[US, EU] + cleared.accounts.built[EU, US])


def charging(markets: Markets) -> Figure:
    """US sales of EVs with one charging interface for all blocs: at once, and with the points that it makes cheaper."""
    before = markets.clear(Policy())
    at_once = markets.clear(Policy(charging=ONE_STANDARD), before)
    later = markets.clear(Policy(charging=ONE_STANDARD, network={"US": markets.denser("US", NETWORK_QUARTERS)}))
    return _both(before, (at_once, later), lambda x: _sold(x, US))


def subsidies(markets: Markets) -> Figure:
    """Share of EV sales in China that is due to purchase support: with posted prices, and with prices that answer."""
    before, without = markets.clear(Policy()), Policy(without_support=("CN",))
    kept, answered = (markets.clear(without, before, posted) for posted in (True, False))
    return -_change(_sold(before, CN), _sold(kept, CN)), -_change(_sold(before, CN), _sold(answered, CN))


def _sold(cleared: Cleared, market: int) -> float:
    return float(np.sum(cleared.accounts.sales[market]))


def _change(before: float, after: float) -> float:
    return after / before - 1.0


def _both(before: Cleared, after: Sequence[Cleared], measure: Callable[[Cleared], float]) -> Figure:
    short, long = (_change(measure(before), measure(cleared)) for cleared in after)
    return short, long


def _alike(figure: float) -> Figure:
    """What is the same in the short run and in the long."""
    return figure, figure
