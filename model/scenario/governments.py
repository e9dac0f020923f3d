"""Who negotiates in a scenario, read from its file before anything else: codes, names, and who talks with whom.

    blocs = ["CN", "US", "CA"]
    names = { CA = "Canada" }
    legislatures = { CA = "Parliament" }
    talks = { CN = ["US", "CA"], US = ["CN", "CA"], CA = ["CN", "US"] }
    laws = { US = ["executive_duties"] }

Without ``blocs`` these are China, the US and the EU, with their laws; without ``talks`` everybody talks with everybody;
whose legislature has no name has "the legislature of ...", and votes on agreements; who is not in ``laws`` has none of
``vocabulary.LAWS``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from model.faults import InputFault, nearest, shown
from model.vocabulary import (
    BLOC_NAMES,
    BLOCS,
    FEWEST_BLOCS,
    LAWS,
    LAWS_OF_ONE,
    LAWS_OF_THREE,
    MOST_BLOCS,
    Parties,
)

CODE: Final = r"[A-Z][A-Z0-9]{1,3}"  # dyads, duties and parameters are named with it
LONGEST_NAME: Final = 40


def parties_of(raw: Mapping[str, Any], subject: str) -> Parties:
    """The parties that the raw tables of a scenario name; subject: what messages call it.

    Raises:
        InputFault: a line for each thing that is wrong with ``blocs``, ``names``, ``legislatures``, ``laws`` or
            ``talks``.
    """
    blocs, names, talks = raw.get("blocs", list(BLOCS)), raw.get("names", {}), raw.get("talks")
    legislatures, laws = raw.get("legislatures", {}), raw.get("laws", {} if "blocs" in raw else LAWS_OF_THREE)
    faults = odd_blocs(blocs)
    if not faults:
        faults = _odd_names(blocs, names) + _odd_legislatures(blocs, legislatures)
        faults += _odd_laws(blocs, laws) + ([] if talks is None else _odd_rows(blocs, talks))
    if faults:
        raise InputFault(faults, subject)
    silent = [] if talks is None else [(one, other) for one in blocs for other in blocs if other not in talks[one]]
    return Parties(blocs, names, silent, legislatures, laws)


def odd_blocs(blocs: Any) -> list[str]:
    """What is wrong with a list of codes, a line each."""
    if not isinstance(blocs, list) or not all(isinstance(code, str) for code in blocs):
        return [f'blocs = {shown(blocs)}: allowed is a list of codes; write blocs = ["CN", "US", "JP"]']
    if not FEWEST_BLOCS <= len(blocs) <= MOST_BLOCS:
        allowed = f"allowed are {FEWEST_BLOCS} to {MOST_BLOCS} governments; makers of other places have home = 'other'"
        return [f"blocs = {shown(blocs)}: {len(blocs)} came; {allowed}"]
    odd = [
        f"blocs: {shown(code)} is no code; write two to four capitals or digits, such as JP, and its name in names"
        for code in blocs
        if not re.fullmatch(CODE, code)
    ]
    twice = sorted({code for code in blocs if blocs.count(code) > 1})
    return odd + [f"blocs: {code} stands there more than once; leave the others out" for code in twice]


def _odd_names(blocs: list[str], names: Any) -> list[str]:
    if not isinstance(names, dict):
        return [f'names = {shown(names)}: allowed is a table; write names = {{ {blocs[0]} = "what it is called" }}']
    faults = [_no_party("names", code, blocs) for code in names if code not in blocs]
    for code in blocs:
        name = names.get(code, BLOC_NAMES.get(code))
        if name is None:
            faults.append(f'names.{code} is missing; say what it is called: names = {{ {code} = "..." }}')
        elif not isinstance(name, str) or not 0 < len(name.strip()) <= LONGEST_NAME:
            faults.append(f"names.{code} = {shown(name)}: allowed is a name of 1 to {LONGEST_NAME} characters")
    called = [names.get(code, BLOC_NAMES.get(code)) for code in blocs]
    again = [f"names: two are called {shown(name)}; call one otherwise" for name in _repeated(called)]
    return faults or again


def _odd_legislatures(blocs: list[str], named: Any) -> list[str]:
    if not isinstance(named, dict):
        return [f'legislatures = {shown(named)}: allowed is a table; write legislatures = {{ {blocs[0]} = "..." }}']
    return [_no_party("legislatures", code, blocs) for code in named if code not in blocs] + [
        f"legislatures.{code} = {shown(name)}: allowed is a name of 1 to {2 * LONGEST_NAME} characters"
        for code, name in named.items()
        if code in blocs and not (isinstance(name, str) and 0 < len(name.strip()) <= 2 * LONGEST_NAME)
    ]


def _odd_laws(blocs: list[str], laws: Any) -> list[str]:
    if not isinstance(laws, dict) or not all(isinstance(row, (list, tuple)) for row in laws.values()):
        return [f'laws = {shown(laws)}: allowed is a list a bloc; write laws = {{ {blocs[0]} = ["{LAWS[0]}"] }}']
    faults = [_no_party("laws", code, blocs) for code in laws if code not in blocs]
    for code, row in laws.items():
        for law in row:
            if law not in LAWS:
                hint = nearest(str(law), LAWS) or "write one of these"
                faults.append(f"laws.{code}: {shown(law)} is not known; allowed is {', '.join(LAWS)}; {hint}")
    for law in LAWS_OF_ONE:
        if len(having := [code for code, row in laws.items() if law in row]) > 1:
            faults.append(f"laws: {' and '.join(having)} have {law}; one government can; take it from the others")
    return faults


def _repeated(names: list[Any]) -> list[Any]:
    return [name for at, name in enumerate(names) if name in names[:at]]


def _odd_rows(blocs: list[str], talks: Any) -> list[str]:
    """What is wrong with the matrix of who talks with whom."""
    if not isinstance(talks, dict) or not all(isinstance(row, list) for row in talks.values()):
        return [
            f'talks = {shown(talks)}: allowed is a row a bloc; write talks = {{ {blocs[0]} = ["{blocs[1]}"], ... }}'
        ]
    faults = [_no_party("talks", code, blocs) for code in talks if code not in blocs]
    for code in blocs:
        if code not in talks:
            others = ", ".join(f'"{other}"' for other in blocs if other != code)
            faults.append(f"talks.{code} is missing; a row a bloc says whom it talks with: {code} = [{others}] for all")
            continue
        for other in talks[code]:
            if other not in blocs or other == code:
                faults.append(_no_party(f"talks.{code}", other, [one for one in blocs if one != code]))
            elif other in talks and code not in talks[other]:
                faults.append(f"talks: {code} talks with {other} and {other} not with {code}; write both or neither")
    return faults


def _no_party(where: str, code: object, blocs: list[str]) -> str:
    return f"{where}: {shown(code)} is none of {', '.join(blocs)}; correct it or leave it out"
