"""What the number of a package stands for, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from model.faults import InputFault, nearest, whole_number
from model.packages.menu import STANDARDS, STANDARDS_AXIS, STANDARDS_NAMES, TECHNOLOGY_AXIS, WITH_FINANCE
from model.vocabulary import DUTY_POSITIONS, EV, GOODS, Parties

if TYPE_CHECKING:
    from model.telling.trade_story import Told


def package_terms(model: Told, dyad: str | int, package: int) -> dict[str, Any]:
    """What a package of a dyad's menu holds, with duties at today's rates.

    model: a ``NegotiationModel``; dyad: its name, such as ``"CN-EU"``, or its place among the scenario's, from 0;
    package: its number, from 0 (no treaty) to the size of the dyad's menu less one. The number of a package belongs to
    a scenario and its parameters: another set of active issues numbers packages anew.

    Returns a dictionary of texts, numbers and truth values: ``dyad``, ``package``, ``standards`` (one of eight states
    in words), ``charging``, ``technology`` and, by bloc (``"CN"``, ...), what that side gives: ``duty`` (unbound,
    standstill, one third, two thirds, full), ``cut`` (share of the way from the duty without a treaty to the lowest one
    on cars, 0 to 1), ``duty_ev`` and ``duty_battery`` (ad valorem rates on the partner's goods this quarter, fractions
    of the value), ``supply``, ``recognition``, ``linkage``, ``green_finance``; where a scenario puts access on the
    table, also ``access`` of the partner's brands (closed, local, quota, undertaking, open).

    Raises ``InputFault`` (a ``ValueError``) for a dyad or a package that does not exist.

    >>> package_terms(model, "CN-EU", 0)["standards"]
    'no standards'
    """
    parties = model.start.parties
    place = _dyad(parties, dyad)
    menu = model.agenda.menus[place]
    number = _package(package, menu.n_packages, parties.dyad_names[place])
    position = [int(x) for x in menu.coordinates[number]]
    first, second, charging = STANDARDS[position[STANDARDS_AXIS]]
    terms: dict[str, Any] = {
        "dyad": parties.dyad_names[place],
        "package": number,
        "standards": STANDARDS_NAMES[position[STANDARDS_AXIS]],
        "charging": bool(charging),
        "technology": bool(position[TECHNOLOGY_AXIS]),
    }
    rates = [duty_rates(model, place, good) for good in range(len(GOODS))]
    for side, bloc in enumerate(parties.dyads[place]):
        at, partner = int(menu.duty_at[number, side]), parties.dyads[place][1 - side]
        terms[parties.blocs[bloc]] = {
            "duty": DUTY_POSITIONS[at],
            "cut": float(model.economy.cuts[EV, bloc, partner, at]),
            **{f"duty_{name}": rates[good][side][at] for good, name in enumerate(GOODS)},
            "supply": bool(position[2 + side]),
            "recognition": bool((first, second)[side]),
            "linkage": bool(position[5 + side]),
            "green_finance": position[5 + side] == WITH_FINANCE,
        }
        for one in model.start.access:
            if (one.importer, one.exporter) == (bloc, partner) and one.on_table:
                terms[parties.blocs[bloc]]["access"] = (one, *one.on_table)[menu.access_at[number, side]].position
    return terms


def duty_rates(model: Told, dyad: int, good: int = EV) -> list[list[float]]:
    """Each side's duty on the other's goods at the five positions of a menu; rates this quarter, fractions.

    model: a ``NegotiationModel``; dyad: its place; good: 0 cars, 1 batteries. Position 0 (unbound) and 1 (standstill)
    are the duty without a treaty; a full cut ends at the floor (theory 1.6).
    """
    start = model.start
    t = min(model.state.quarter, len(start.mfn) - 1)
    rates, pair = [], start.parties.dyads[dyad]
    for side in (0, 1):
        importer, exporter = pair[side], pair[1 - side]
        base = float(start.mfn[t, good, importer, exporter] + model.state.special[good, importer, exporter])
        floor = min(float(start.floor[t, good, importer, exporter]), base)
        rates.append([base - float(cut) * (base - floor) for cut in model.economy.cuts[good, importer, exporter]])
    return rates


def _dyad(parties: Parties, dyad: str | int) -> int:
    """The place of a dyad."""
    names = [name.lower() for name in parties.dyad_names]
    if isinstance(dyad, str) and dyad.lower() in names:
        return names.index(dyad.lower())
    place = None if isinstance(dyad, str) else whole_number(dyad)
    if place is None or not 0 <= place < parties.n_dyads:
        hint = nearest(str(dyad), parties.dyad_names)
        places = f"0 to {parties.n_dyads - 1}" if parties.n_dyads > 1 else "0"
        known = f"give {', '.join(parties.dyad_names)}, or a place, {places}"
        raise InputFault([f"{dyad!r} is no dyad here; {known}{'; ' * bool(hint)}{hint}"], "dyad")
    return place


def _package(package: int, n_packages: int, dyad: str) -> int:
    """The number of a package of a menu."""
    number = whole_number(package)
    if number is None or not 0 <= number < n_packages:
        known = f"the menu of {dyad} has the whole numbers 0 (no treaty) to {n_packages - 1}"
        raise InputFault([f"{package!r} is no package; {known}"], "package")
    return number
