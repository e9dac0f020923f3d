"""How a parameter is declared: its default, range, unit, section, meaning, source and status.

A row reads ``name: type = real(role, default, low, high, unit, section, meaning, source, status)``. ``section``
is the section of the theory in which the parameter is used. Without a source a value is a judgement
("assumption"), to be swept before it is believed; ``status`` says whether the default was measured,
calibrated to something measured, or assumed. The rows are in ``core.py`` (what is always on) and
``mechanisms.py`` (mechanisms that are off unless asked for).

``role`` says what a parameter is of, and so whether the calibration sees a run's own value (``start``): ``structure``
is what parties and markets are, ``mechanism`` what parties may do and know, ``measure`` how results are looked at.
A switch and a choice of a rule are mechanisms always. Preferences follow from structure alone: a run with another
mechanism is one of the same parties.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from model.choices.plugins import names as plugged

Kind = Literal["float", "int", "bool", "choice"]
Status = Literal["measured", "calibrated", "assumed"]
Role = Literal["structure", "mechanism", "measure"]
STRUCTURE: Final = "structure"
MECHANISM: Final = "mechanism"
MEASURE: Final = "measure"

ASSUMPTION = "assumption"


class ParameterSpec(BaseModel):
    """What is known of one parameter; ``low`` and ``high`` are inclusive, None for switches and choices.

    ``plugs`` is the kind of plug-in whose registered names are allowed beside the declared choices, if any.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    group: str
    kind: Kind
    role: Role
    unit: str
    default: float | int | bool | str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    plugs: str = ""
    aliases: dict[str, float] = {}
    section: str
    meaning: str = Field(min_length=5)
    source: str = Field(min_length=3)
    status: Status

    @model_validator(mode="after")
    def _coherent(self) -> ParameterSpec:
        bounds = (self.low, float(self.default), self.high) if self.kind in ("float", "int") else (0, 0, 0)
        if bounds[0] is None or bounds[2] is None or not bounds[0] <= bounds[1] <= bounds[2]:
            raise ValueError(f"{self.name}: default {self.default} outside {self.low} to {self.high}")
        if self.kind == "choice" and self.default not in self.choices:
            raise ValueError(f"{self.name}: default {self.default!r} is not one of {self.choices}")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a choice can have now: the declared ones and those of files that were loaded."""
        added = plugged(self.plugs) if self.plugs else ()
        return (*self.choices, *(name for name in added if name not in self.choices))

    @property
    def allowed(self) -> str:
        """The allowed values in words, for messages and documentation."""
        if self.kind == "bool":
            return "true or false"
        if self.kind == "choice":
            return "one of " + ", ".join(self.names)
        noun = "a whole number" if self.kind == "int" else "a number"
        names = f", or one of {', '.join(self.aliases)}" if self.aliases else ""
        unit = "" if self.unit == "-" else f" {self.unit}"
        return f"{noun} from {self.low:g} to {self.high:g}{unit}{names}"


def _row(
    kind: Kind, role: Role, default: Any, section: str, meaning: str, source: str, status: str, **more: Any
) -> Any:
    facts = {"kind": kind, "role": role, "section": section, "meaning": meaning, "source": source, "status": status}
    return dataclasses.field(default=default, metadata={"spec": {"default": default, **facts, **more}})


def real(
    role: Role, default: float, low: float, high: float, unit: str, section: str, meaning: str,
    source: str = ASSUMPTION, status: Status = "assumed", aliases: dict[str, float] | None = None,
) -> Any:  # fmt: skip
    """A real-valued parameter; ``aliases`` are names accepted in place of a number."""
    more = {"low": low, "high": high, "unit": unit, "aliases": aliases or {}}
    return _row("float", role, default, section, meaning, source, status, **more)


def whole(
    role: Role, default: int, low: int, high: int, unit: str, section: str, meaning: str, source: str = ASSUMPTION
) -> Any:
    """A whole-number parameter, such as a count of quarters."""
    return _row("int", role, default, section, meaning, source, "assumed", low=low, high=high, unit=unit)


def switch(section: str, meaning: str, default: bool = True, source: str = "definition") -> Any:
    """A mechanism or issue that can be turned off."""
    return _row("bool", MECHANISM, default, section, meaning, source, "assumed", unit="switch")


def choice(
    default: str, choices: tuple[str, ...], section: str, meaning: str, source: str = ASSUMPTION, plugs: str = "",
    role: Role = MECHANISM,
) -> Any:  # fmt: skip
    """One of a few named rules; ``plugs`` is the kind of plug-in that can add to them."""
    more = {"choices": choices, "unit": "name", "plugs": plugs}
    return _row("choice", role, default, section, meaning, source, "assumed", **more)
