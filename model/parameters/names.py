"""The names of a parameter: a bloc's or a dyad's has several, and a table that has it under two of them is refused.

China's weight is ``alpha_cn`` and ``alpha.CN``, and ``{ CN = 0.2 }`` below ``alpha``; a dyad's blocs stand in either
order. Everything that reads names from outside makes them flat here, so that no value takes another's place in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

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


def of_three(stem: str) -> list[str]:
    """The flat names of a stem's parameters, in the order of the three."""
    names = THREE.dyad_names if stem in DYAD_STEMS else THREE.blocs
    return [f"{stem}_{name.lower().replace('-', '_')}" for name in names]


_FLAT: Final = {
    f"{stem}.{min(name, '-'.join(reversed(name.split('-'))))}": own
    for stem in ALL_STEMS
    for name, own in zip(THREE.dyad_names if stem in DYAD_STEMS else THREE.blocs, of_three(stem), strict=True)
}
_DOTTED: Final = {own: name for name, own in _FLAT.items()}


def dotted(name: str) -> str:
    """The name with a dot of one of the three's; any other name as it is."""
    return _DOTTED.get(name, name)


def flat(name: str) -> str:
    """The flat name of one of the three's, whichever way it is written (``alpha.CN``, ``trust_good.US-CN``).

    Of any other bloc or dyad the name with a dot, a dyad's blocs in the order of the alphabet.
    """
    stem, party = stem_of(name)
    if not stem:
        return name
    own = f"{stem}.{min(party, '-'.join(reversed(party.split('-'))))}"
    return _FLAT.get(own, own)


def by_flat_name(values: Mapping[str, Any], where: str = "") -> tuple[dict[str, Any], list[str]]:
    """Values by flat name, and a fault for every parameter that is there under two of its names.

    where: what a fault begins with. A name that is no parameter's, or no text, stays as it is.
    """
    found: dict[str, Any] = {}
    pairs = list(_spread(values))
    for name, value in pairs:
        found.setdefault(_flat(name), value)
    return found, named_twice((name for name, _ in pairs), where)


def named_twice(names: Iterable[Any], where: str = "") -> list[str]:
    """A fault for every name whose parameter is among them already, by this or another of its names."""
    written: dict[Any, Any] = {}
    faults = []
    for name in names:
        own = _flat(name)
        if own in written and written[own] != name:
            faults.append(f"{where}{written[own]} and {name} are one parameter; keep one")
        elif own in written:
            faults.append(f"{where}{name} is there twice; keep one")
        written.setdefault(own, name)
    return faults


def _flat(name: Any) -> Any:
    return flat(name) if isinstance(name, str) else name


def _spread(values: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Names with values, where ``alpha = { JP = 0.1 }`` is ``"alpha.JP" = 0.1``, as TOML reads it without quotes."""
    for name, value in values.items():
        if isinstance(value, Mapping) and name in ALL_STEMS:
            yield from ((f"{name}.{party}", one) for party, one in value.items())
        else:
            yield name, value
