"""Settings that are given beside a plan, written into it as if they had stood there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from experiments.design.parts import Value
from model import InputFault, flat, parse_toml

HEADER: Final = re.compile(
    r"""^[ \t]*\[[ \t]*(settings|"settings"|'settings')[ \t]*\][ \t]*(\#.*)?\r?$""", re.MULTILINE
)
NEXT: Final = re.compile(r"^[ \t]*\[", re.MULTILINE)


def with_settings(text: str, table: dict[str, Any], settings: Mapping[str, Value]) -> tuple[str, dict[str, Any]]:
    """A plan's text and table with these, by flat name, in its [settings], in place of the same there; comments stay.

    Raises:
        InputFault: the plan writes its settings otherwise than under a header.
    """
    there = table.get("settings", {})
    if not settings or not isinstance(there, dict):
        return text, table
    replaced = [name for name in there if flat(name) in settings]
    wanted = {**table, "settings": {**{name: there[name] for name in there if name not in replaced}, **settings}}
    keys = {name: f'"{name}"' if "." in name else name for name in settings}
    lines = "".join(f"{keys[name]} = {_as_toml(value)}\n" for name, value in settings.items())
    if header := HEADER.search(text):
        start = min(header.end() + 1, len(text))
        after = NEXT.search(text, start)
        end = after.start() if after else len(text)
        own = text[start:end]
        for name in replaced:
            own = re.sub(rf"""^[ \t]*["']?{re.escape(name)}["']?[ \t]*=.*(\n|\Z)""", "", own, flags=re.MULTILINE)
        head = text[:start] if text[:start].endswith("\n") else f"{text[:start]}\n"
        text = f"{head}{lines}{own}{text[end:]}"
    else:
        text = f"{text.rstrip()}\n\n[settings]\n{lines}"
    fault = "--set: the plan does not write its settings under the header [settings], a line each; write them so"
    try:
        found = parse_toml(text, "", "plan")[1]
    except InputFault:
        raise InputFault([fault], "plan") from None
    if found != wanted:
        raise InputFault([fault], "plan")
    return text, wanted


def _as_toml(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    raise InputFault(
        [f"--set: {value!r} is not the value of a parameter; allowed is a number, a switch or a word"], "plan"
    )
