"""From a checked scenario file to arrays: duties, treaties in force, purchase support, industry, dyads.

Each function takes the ``Workshop`` of the file, returns array fields of ``Scenario`` by name, and adds to
the workshop's faults.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from model.numerics import QUARTERS_PER_YEAR
from model.scenario.arrays import NEVER, SUM_TOLERANCE, Bools, Floats, Workshop
from model.scenario.sections import Access as AccessSection
from model.vocabulary import ACCESS, EV, GOODS, N_GOODS, N_SIDES

# Decimals kept in differences and ratios of duties, to hide the last bit of 0.49 - 0.15 and the like.
RATE_DIGITS: Final = 12
MOST_CARS: Final = 100.0  # m a year, more than the world buys: a quota above it was meant in cars


@dataclasses.dataclass(frozen=True, eq=False)
class Treaty:
    """A treaty in force when the scenario starts; side 0 and 1 are the dyad's first and second bloc."""

    name: str
    dyad: int
    duty_bound: Bools  # (side s, good g): side s's duty on the partner's good is bound
    duty_cut: Floats  # (s, g) share of the way from base to floor, 0 = standstill; 0 where unbound
    duty_level: Floats  # (s, g) ad valorem duty that this gives in the first quarter (base where unbound)
    supply: Bools  # (s,) side s assures supply to the partner
    recognition: Bools  # (s,) side s recognises the partner's certificates
    linkage: Bools  # (s,) side s gives a linkage concession
    charging: bool
    technology: bool
    sunset: int  # index of the last quarter in force unless renewed; may lie beyond the horizon
    honoured_quarters: int  # quarters of honoured obligations before the start
    instrument: str = ""  # what it is said to be, of ``rules.instruments``; "": what its contents need


@dataclasses.dataclass(frozen=True, eq=False)
class Access:
    """On which terms brands at home in one bloc sell in another when the scenario starts (second edition 3)."""

    importer: int
    exporter: int
    position: str  # of ``vocabulary.ACCESS``
    quota: float  # m cars a quarter built in the exporter, in the first year; infinite where there is no quota
    duty: Floats  # (t,) on cars within the quota
    is_closed: bool  # nothing comes in beyond the quota
    makers: Bools  # (f,) those at home in the exporter that a rule keeps out of the importer
    investment: float = 0.0  # part of the cars under an undertaking by treaty that is built in the importer
    volume: float = np.inf  # m cars a quarter of one maker under such an undertaking
    watched_by: int = -1  # a third government that may answer what a treaty grants, -1 nobody
    on_table: tuple[Access, ...] = ()  # what more a treaty may grant, the least first
    growth: float = 0.0  # of the quota, each year after the first

    def cars(self, t: int) -> float:
        """The quota of quarter t, m cars; infinite where there is none."""
        return self.quota * (1.0 + self.growth) ** (t // int(QUARTERS_PER_YEAR))


@dataclasses.dataclass(frozen=True)
class Event:
    """A dated event outside the model, for display and for the account of a run."""

    name: str
    quarter: int  # index; may be negative or beyond the horizon
    about: str
    see: str  # evidence row, or empty
    dyad: int = -1  # told while the treaty of the start stands between these, -1 always
    duty: tuple[int, int] = (-1, -1)  # told while this importer has a special duty on this exporter, -1 always


def _path(w: Workshop, where: str, rate: float | Sequence[float]) -> Floats:
    """(t,) a duty given once or quarter by quarter."""
    if isinstance(rate, (int, float)):
        return np.full(w.n_quarters, float(rate))
    if len(rate) != w.n_quarters:
        w.faults.append(f"{where}: {len(rate)} quarters given, the scenario has {w.n_quarters}")
        return np.full(w.n_quarters, np.nan)  # compares as neither above nor below
    return np.array(rate)


def duties(w: Workshop) -> dict[str, Any]:
    """MFN, special duty and floor of every directed dyad and good by quarter, and duties on other origins."""
    n_blocs = w.parties.n_blocs
    shape = (w.n_quarters, N_GOODS, n_blocs, n_blocs)
    mfn, special, floor, own = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.ones(shape[1:])
    battery_share = np.ones((n_blocs, n_blocs))
    section = w.file.duties
    for g, rates in enumerate((section.ev, section.battery)):
        for i, j in ((i, j) for i in range(n_blocs) for j in range(n_blocs) if i != j):
            pair = f"{w.blocs[i]}<{w.blocs[j]}"
            where = f"duties.{GOODS[g]}.{pair}"
            if pair not in rates:
                w.faults.append(f"{where} is missing; add it")
                continue
            rate = rates[pair]
            usual, base = _path(w, f"{where}.mfn", rate.mfn), _path(w, f"{where}.base", rate.base)
            low = usual if isinstance(rate.floor, str) else np.full(w.n_quarters, rate.floor)
            t = int(np.argmax(low - base))
            if low[t] > base[t] + SUM_TOLERANCE:
                w.faults.append(f"{where}.floor = {low[t]:g}: above the base duty {base[t]:g}; cuts lead down")
            t = int(np.argmax(usual - base))
            if usual[t] > base[t] + SUM_TOLERANCE:
                w.faults.append(
                    f"{where}.base = {base[t]:g}: below mfn {usual[t]:g}; lower mfn where a preference holds"
                )
            if g == EV:
                battery_share[i, j] = rate.battery_cars
            elif rate.battery_cars < 1.0:
                w.faults.append(f"{where}.battery_cars: a duty on cells is no duty on cars; leave it out")
            mfn[:, g, i, j], floor[:, g, i, j], own[g, i, j] = usual, low, rate.own
            special[:, g, i, j] = np.round(base - usual, RATE_DIGITS)
    other = np.array([section.other_ev, section.other_battery])
    review = np.full((n_blocs, n_blocs), NEVER)
    w.known("duties.review", section.review, list(section.ev))
    for pair, label in section.review.items():
        i, j = (w.blocs.index(bloc) for bloc in pair.split("<"))
        review[i, j] = w.index(label)
        if review[i, j] < 0:
            w.faults.append(f"duties.review.{pair} = {label}: before the scenario starts; leave it out")
    duties_of = {"mfn": mfn, "special": special, "floor": floor, "own_security": own, "other_duty": other}
    return {**duties_of, "review": review, "battery_share": battery_share}


def treaties(w: Workshop, arrays: Mapping[str, Any]) -> tuple[Treaty, ...]:
    """The treaties in force; ``arrays``: duties as fields of ``Scenario``."""
    base, floor = arrays["mfn"][0] + arrays["special"][0], arrays["floor"][0]
    return tuple(_treaty(w, name, base, floor) for name in w.file.treaty)


def _treaty(w: Workshop, name: str, base: Floats, floor: Floats) -> Treaty:
    """One treaty in force; ``base`` and ``floor`` (g, importer, exporter) are those of the first quarter."""
    section = w.file.treaty[name]
    where = f"treaty.{name}"
    dyad = w.parties.dyad_names.index(section.dyad)
    pair = w.parties.dyads[dyad]
    w.known(f"{where}.bound", section.bound, section.dyad.split("-"))
    if w.index(section.sunset) < 0:
        w.faults.append(f"{where}.sunset = {section.sunset}: before the scenario starts; leave the treaty out")
    bound = np.zeros((N_SIDES, N_GOODS), dtype=np.bool_)
    cut, level = np.zeros(bound.shape), np.zeros(bound.shape)
    for s, (i, j) in enumerate((pair, pair[::-1])):
        for g, good in enumerate(GOODS):
            high, low = float(base[g, i, j]), float(floor[g, i, j])
            agreed = section.bound.get(w.blocs[i], {}).get(good)
            bound[s, g] = agreed is not None
            level[s, g] = agreed if isinstance(agreed, float) else high
            if not low - SUM_TOLERANCE <= level[s, g] <= high + SUM_TOLERANCE:
                place = f"{where}.bound.{w.blocs[i]}.{good}"
                w.faults.append(f"{place} = {level[s, g]:g}: outside floor {low:g} to base {high:g}")
            if high > low:
                cut[s, g] = round((high - level[s, g]) / (high - low), RATE_DIGITS)
    return Treaty(
        name=name,
        dyad=dyad,
        duty_bound=bound,
        duty_cut=cut,
        duty_level=level,
        supply=w.sides(f"{where}.supply_by", section.dyad, section.supply_by),
        recognition=w.sides(f"{where}.recognition_by", section.dyad, section.recognition_by),
        linkage=w.sides(f"{where}.linkage_by", section.dyad, section.linkage_by),
        charging=section.charging,
        technology=section.technology,
        sunset=w.index(section.sunset),
        honoured_quarters=round(section.honoured_quarters),
        instrument=section.instrument,
    )


def access(w: Workshop, arrays: Mapping[str, Any]) -> tuple[Access, ...]:
    """Terms of access; ``arrays``: duties and bans as fields of ``Scenario``."""
    mfn, banned, found = arrays["mfn"][:, EV], arrays["banned"], list[Access]()
    base = mfn + arrays["special"][:, EV]
    for pair, section in w.file.access.items():
        where = f"access.{pair}"
        i, j = (w.blocs.index(bloc) for bloc in pair.split("<"))
        makers = [(f, name) for f, (name, maker) in enumerate(w.file.automaker.items()) if maker.home == w.blocs[j]]
        least = mfn[:, i, j]
        duty = least if isinstance(section.duty, str) else _path(w, f"{where}.duty", section.duty)
        positions = (section.in_force, *sorted(section.on_table, key=ACCESS.index))
        w.faults += [f"{where}.on_table: {fault}" for fault in _odd_positions(positions, section.beyond)]
        is_quota = "quota" in positions
        if section.in_force in ("closed", "local") and not any(banned[f, i] for f, _ in makers):
            allowed = ", ".join(ACCESS[2:])
            w.faults.append(
                f"{where}.in_force = {section.in_force!r}: no rule keeps brands of {w.blocs[j]} out of {w.blocs[i]}; "
                f"allowed there is {allowed}; choose one, or add a ban"
            )
        w.faults += [f"{where}.{fault}" for fault in _odd_keys(section, is_quota)]
        if is_quota and section.beyond == "duty" and np.any(duty > base[:, i, j] + SUM_TOLERANCE):
            w.faults.append(
                f"{where}.duty = {np.max(duty):g}: above the duty beyond the quota, {np.min(base[:, i, j]):g}; lower it"
            )
        quotas = [other.importer for other in found for terms in (other, *other.on_table) if np.isfinite(terms.quota)]
        if is_quota and i in quotas:
            w.faults.append(f"{where}: {w.blocs[i]} has another quota; a market can have one; leave one out")
        for f, name in makers if "local" in positions else ():
            maker = w.file.automaker[name]
            if banned[f, i] and w.blocs[i] in maker.plants and maker.origins.get(w.blocs[i]) != {w.blocs[i]: 1.0}:
                w.faults.append(
                    f"automaker.{name}.origins.{w.blocs[i]}: under 'local' access only what its plant there builds is "
                    f"sold there; write origins = {{ {w.blocs[i]} = {{ {w.blocs[i]} = 1 }} }}"
                )
        kept_out = banned[:, i] & np.isin(np.arange(len(banned)), [f for f, _ in makers])
        all_terms = []
        for position in positions:
            size = (section.quota or 0.0) / QUARTERS_PER_YEAR if position == "quota" else np.inf
            is_closed = position == "quota" and section.beyond == "closed"
            volume = np.inf if section.volume is None else section.volume / QUARTERS_PER_YEAR
            terms = Access(i, j, position, size, duty, is_closed, kept_out, section.investment, volume)
            all_terms.append(dataclasses.replace(terms, growth=section.growth))
        third = -1 if section.watched_by is None else w.blocs.index(section.watched_by)
        if third in (i, j):
            w.faults.append(f"{where}.watched_by = {section.watched_by!r}: allowed is a third government; leave it out")
        found.append(dataclasses.replace(all_terms[0], on_table=tuple(all_terms[1:]), watched_by=third))
    return tuple(found)


def _odd_keys(section: AccessSection, is_quota: bool) -> list[str]:
    """What is wrong with what a table of terms gives beside its positions."""
    given, on_table = section.model_fields_set, section.on_table
    odd = [
        f"{key}: {section.in_force!r} has no quota; leave it out, or write in_force = 'quota'"
        for key in sorted(given & {"quota", "growth", "duty", "beyond"} if not is_quota else ())
    ]
    odd += [
        f"{key}: no undertaking is on the table; leave it out, or write on_table = ['undertaking']"
        for key in sorted(given & {"investment", "volume"} if "undertaking" not in on_table else ())
    ]
    if is_quota and section.quota is None:
        odd.append("quota is missing; add it, in m cars a year (0.049 is 49,000 cars)")
    if section.quota is not None and section.quota > MOST_CARS:
        allowed = (
            f"allowed is 0 to {MOST_CARS:g} m cars a year; write {section.quota * 1e-6:g} for {section.quota:g} cars"
        )
        odd.append(f"quota = {section.quota:g}: {allowed}")
    return odd


def _odd_positions(positions: Sequence[str], beyond: str) -> list[str]:
    """What is wrong with what lies on the table, positions[1:], over what is in force, positions[0]."""
    in_force, *more = positions
    above = [name for name in ("local", "quota", "open") if ACCESS.index(name) > ACCESS.index(in_force)]
    if in_force == "open":
        # At a lower duty than what comes in beyond it, or at a minimum price in place of the special duty.
        above = ["quota", "undertaking"] if beyond == "duty" else ["undertaking"]
    allowed = f"over {in_force!r} allowed is {', '.join(above) or 'nothing'}"
    odd = [f"{name!r}: {allowed}; leave it out" for name in more if name not in above]
    return odd + [
        f"{name!r} stands there twice; leave one out" for name in sorted({n for n in more if more.count(n) > 1})
    ]


def event(w: Workshop, name: str) -> Event:
    """One dated event, its evidence row checked."""
    section = w.file.event[name]
    w.check_row(f"event.{name}.see", section.see)
    found = Event(name=name, quarter=w.index(section.quarter), about=section.about, see=section.see)
    if section.treaty:
        w.known(f"event.{name}.treaty", [section.treaty], list(w.file.treaty))
    if section.treaty in w.file.treaty:
        found = dataclasses.replace(found, dyad=w.parties.dyad_names.index(w.file.treaty[section.treaty].dyad))
    if section.duty:
        found = dataclasses.replace(found, duty=w.parties.directed[w.parties.directed_names.index(section.duty)])
    return found


def support(w: Workshop) -> dict[str, Any]:
    """Subsidies, who is eligible, and credits with local-content rules, by quarter."""
    n_blocs = w.parties.n_blocs
    shape = (w.n_quarters, n_blocs)
    subsidy, paid = np.zeros(shape), np.zeros((w.n_quarters, len(w.automakers), n_blocs))
    for name, programme in w.file.subsidy.items():
        w.known(f"subsidy.{name}.eligible", programme.eligible, w.automakers)
        span = w.span(f"subsidy.{name}", programme.first, programme.last)
        m = w.blocs.index(programme.bloc)
        subsidy[span, m] += programme.amount
        eligible = np.array([programme.eligible.get(maker, 1.0) for maker in w.automakers])
        paid[span, :, m] += programme.amount * eligible
    # Programmes that overlap add up; eligibility is then the share of their sum.
    whole = subsidy[:, None, :]
    eligibility = np.where(whole > 0, paid / np.where(whole > 0, whole, 1.0), 1.0)
    credit, minerals, components = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    restricted = np.zeros(shape, dtype=np.bool_)
    for name, rule in w.file.credit.items():
        cell = (w.span(f"credit.{name}", rule.first, rule.last), w.blocs.index(rule.bloc))
        credit[cell], minerals[cell], components[cell] = rule.amount, rule.minerals, rule.components
        restricted[cell] = rule.restricted
    return {
        "subsidy": subsidy,
        "eligibility": eligibility,
        "credit": credit,
        "credit_minerals": minerals,
        "credit_components": components,
        "credit_restricted": restricted,
    }


def charging(w: Workshop) -> dict[str, Any]:
    """Charging points, budgets and unit costs."""
    section = w.file.charging
    return {
        "chargers": np.array(section.points),
        "charger_budget": np.array(section.budget) / QUARTERS_PER_YEAR,
        "charger_cost": np.array(section.unit_cost),
    }


def industry(w: Workshop) -> dict[str, Any]:
    """Cars of any kind built, and who sells those that are not electric."""
    section = w.file.industry
    ice_share = np.array(section.ice_share)
    for m, bloc in enumerate(w.blocs):
        if float(np.sum(ice_share[m])) > 1.0 + SUM_TOLERANCE:
            w.faults.append(f"industry.ice_share: market {bloc} adds up to more than 1; lower its shares")
    return {"cars_built": np.array(section.cars_built), "ice_share": ice_share}


def governments(w: Workshop) -> dict[str, Any]:
    """Phase-out announcements that stand, and changes of government."""
    announced = w.file.zev.announced
    age = [-w.index(announced[bloc]) if bloc in announced else 0 for bloc in w.blocs]
    for bloc, quarters in zip(w.blocs, age, strict=True):
        if quarters < 0:
            label = f"zev.announced.{bloc} = {announced[bloc]}"
            w.faults.append(f"{label}: after the start, when blocs announce by themselves; leave it out")
    turnover = np.zeros((w.n_quarters, w.parties.n_blocs), dtype=np.bool_)
    for bloc, rule in w.file.turnover.items():
        since = np.arange(w.n_quarters) - w.index(rule.first)
        turnover[:, w.blocs.index(bloc)] = (since >= 0) & (since % round(rule.every) == 0)
    return {
        "zev_announced": np.array([bloc in announced for bloc in w.blocs]),
        "zev_age": np.array(age, dtype=np.float64),
        "zev_required": np.array(w.file.zev.required),
        "turnover": turnover,
    }


def dyads(w: Workshop) -> dict[str, Any]:
    """Distance of rules, dialogue, tension, and stakes outside the two markets."""
    n_dyads = w.parties.n_dyads
    supply = np.zeros((n_dyads, N_SIDES), dtype=np.bool_)
    value, cost = np.zeros(supply.shape), np.zeros(supply.shape)
    words = [["", ""] for _ in range(n_dyads)]
    distance, dialogue, tension = np.zeros(n_dyads), np.zeros(n_dyads), np.full(n_dyads, np.nan)
    for d, name in enumerate(w.parties.dyad_names):
        if name not in w.file.dyad:
            w.faults.append(f"dyad.{name} is missing; add it")
            continue
        dyad = w.file.dyad[name]
        distance[d], dialogue[d] = dyad.regime_distance, dyad.dialogue
        if dyad.tension is not None:
            tension[d] = dyad.tension
        supply[d] = w.sides(f"dyad.{name}.supply_by", name, dyad.supply_by)
        w.sides(f"dyad.{name}.linkage_by", name, list(dyad.linkage_by))
        for s, bloc in enumerate(name.split("-")):
            if bloc in dyad.linkage_by:
                value[d, s], cost[d, s] = dyad.linkage_by[bloc].worth, dyad.linkage_by[bloc].cost
                words[d][s] = dyad.linkage_by[bloc].what
    return {
        "regime_distance": distance,
        "dialogue_level": dialogue,
        "tension_start": tension,
        "supply_assurance": supply,
        "linkage_value": value,
        "linkage_cost": cost,
        "linkage_words": tuple(map(tuple, words)),
    }
