"""The parameters of mechanisms that are off unless asked for, each with the switch that turns it on.

With every switch here at its default the model is the core, bit for bit (theory M20). How to read a row is said in
``parameter_spec.py``. ``docs/mechanisms.md`` says where each mechanism comes from and what it does to results.
"""

from __future__ import annotations

import dataclasses

from model.parameter_spec import choice, real, switch, whole

__all__ = ["MECHANISM_GROUPS", "Clubs", "Commerce", "Statecraft", "choice", "real", "switch", "whole"]


# Rows are laid out by hand, as in parameter_table.py.
# fmt: off
@dataclasses.dataclass(frozen=True)
class Commerce:
    """optional: prices, credits, content and carbon at the border"""


@dataclasses.dataclass(frozen=True)
class Statecraft:
    """optional: negotiators, conduct and channels"""


@dataclasses.dataclass(frozen=True)
class Clubs:
    """optional: zones, climate clubs and transfers"""


# fmt: on
MECHANISM_GROUPS = (Commerce, Statecraft, Clubs)
