"""What a parameter may be called: one of a bloc or a dyad has two names and more, and is one parameter all the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from model.faults import InputFault
from model.vocabulary import THREE

# Stems of parameters declared once for each of the three blocs, or of their dyads. Of any bloc they are written with
# its code behind a dot, ``alpha.JP``, ``trust_good.CN-JP``; ``Parameters`` also offers the numbers of each as an array.
BLOC_STEMS: Final = (
    *("alpha", "ice_margin", "carbon_share", "concession_exponent", "ratification_threshold"),
    *("emissions_saved_per_ev", "carbon_coverage", "carbon_price", "carbon_implicit"),
)
DYAD_STEMS: Final = ("trust_good", "trust_bad", "tension_mean")
NAMED_STEMS: Final = ("tactic", "acceptance")  # of blocs, no numbers
ALL_STEMS: Final = (*BLOC_STEMS, *NAMED_STEMS, *DYAD_STEMS)


def stem_of(name: object) -> tuple[str, str]:
    """The stem and the bloc or dyad of a name with a dot (``("alpha", "JP")``); empty texts for any other name."""
    stem, dot, party = name.partition(".") if isinstance(name, str) else ("", "", "")
    known = stem in ALL_STEMS and bool(party)
    return (stem, party) if dot and known else ("", "")


def names_of_three(stem: str) -> list[str]:
    """The flat names of a stem, in the order of the three."""
    names = THREE.dyad_names if stem in DYAD_STEMS else THREE.blocs
    return [f"{stem}_{name.lower().replace('-', '_')}" for name in names]


_FLAT: Final = {
    f"{stem}.{min(name, '-'.join(reversed(name.split('-'))))}": own
    for stem in ALL_STEMS
    for name, own in zip(THREE.dyad_names if stem in DYAD_STEMS else THREE.blocs, names_of_three(stem), strict=True)
}
DOTTED: Final = {own: dotted for dotted, own in _FLAT.items()}


def flat(name: str) -> str:
    """The flat name of one of the three's, whichever way it is written (``alpha.CN``, ``trust_good.US-CN``).

    Of any other bloc or dyad the name with a dot, a dyad's blocs in the order of the alphabet.
    """
    stem, party = stem_of(name)
    if not stem:
        return name
    dotted = f"{stem}.{min(party, '-'.join(reversed(party.split('-'))))}"
    return _FLAT.get(dotted, dotted)


def one_parameter(names: Iterable[object]) -> list[str]:
    """What is wrong where two names are of one parameter, a line each."""
    first: dict[str, str] = {}
    faults = []
    for name in names:
        own = flat(name) if isinstance(name, str) else ""
        if own and own in first:
            two = f"{name} came twice" if first[own] == name else f"{first[own]} and {name} are one parameter"
            faults.append(f"{two}; keep one of the two")
        elif isinstance(name, str):
            first[own] = name
    return faults


def spread(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by name, where ``alpha = { JP = 0.1 }`` is ``"alpha.JP" = 0.1``, as TOML reads the name without quotes.

    Raises:
        InputFault: a parameter comes under two of its names, such as ``alpha.CN`` and ``alpha_cn``.
    """
    found: list[tuple[str, Any]] = []
    for name, value in values.items():
        of_parties = isinstance(value, Mapping) and stem_of(f"{name}.any")[0]
        found += [(f"{name}.{party}", one) for party, one in value.items()] if of_parties else [(name, value)]
    if faults := one_parameter(name for name, _ in found):
        raise InputFault(faults, "parameters")
    return dict(found)
