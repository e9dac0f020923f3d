"""What scenario files say, read as they are written: title and quarters for a list, and what is set besides parameters.

Nothing is calibrated and no evidence is looked up, which takes ten times as long.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from model import find_scenario, read_toml

EXTENDS: Final = "extends"
#: What a scenario is called and rests on, and its parameters, which are shown by themselves.
TOLD_ELSEWHERE: Final = (EXTENDS, "name", "title", "about", "sources", "see", "parameters")


@functools.cache
def _written(path: Path) -> dict[str, Any]:
    return read_toml(path, "scenario")[1]


def said(path: Path, key: str) -> str:
    """What a scenario file says under a key, or the one that it extends; every one has a title and quarters."""
    own = _written(path)
    return str(own[key]) if key in own else said(find_scenario(own[EXTENDS], path.parent), key)


def besides(scenario: str) -> tuple[str, list[tuple[str, str]]]:
    """What a scenario sets besides parameters, as place and value, and the one that it extends (empty: none).

    Of a scenario that stands alone only the names of its tables, with how many entries each has.
    """
    own = _written(find_scenario(scenario))
    rest = {key: item for key, item in own.items() if key not in TOLD_ELSEWHERE}
    if EXTENDS in own:
        return str(own[EXTENDS]), [row for key, item in rest.items() for row in _leaves(key, item)]
    entries = {f"[{key}]" if isinstance(item, dict) else key: item for key, item in rest.items()}
    return "", [(key, str(item if isinstance(item, str) else len(item))) for key, item in entries.items()]


def _leaves(place: str, item: Any) -> Iterator[tuple[str, str]]:
    """Every value below a place; of a number its value, without the reason or the source."""
    if not isinstance(item, dict):
        value = ", ".join(map(str, item)) if isinstance(item, list) else str(item)
        yield place, value.lower() if isinstance(item, bool) else value
    elif "value" in item:
        yield from _leaves(place, item["value"])
    elif "evidence" in item:
        yield place, str(item["evidence"])
    else:
        for key, inner in item.items():
            if key not in TOLD_ELSEWHERE and key != "assumed":
                yield from _leaves(f"{place}.{key}", inner)
