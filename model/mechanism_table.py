"""The parameters of mechanisms that are off unless asked for, each with the switch that turns it on.

With every switch here at its default the model is the core, bit for bit (theory M20). How to read a row is said in
``parameter_spec.py``. ``docs/mechanisms.md`` says where each mechanism comes from and what it does to results.
"""

from __future__ import annotations

import dataclasses

from model.parameter_spec import choice, real, switch, whole
from model.plugins import ACCEPTANCE, TACTIC
from model.tactics import ACCEPTANCES, TACTICS

__all__ = ["MECHANISM_GROUPS", "Clubs", "Commerce", "Statecraft", "Tactics", "choice", "real", "switch", "whole"]


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


@dataclasses.dataclass(frozen=True)
class Tactics:
    """optional: how negotiators concede and accept"""

    tactic_cn: str = choice("polynomial", TACTICS, "1.8", "how China comes down from its best hope in a session",
        "Faratin, Sierra & Jennings 1998; Axelrod 1984", plugs=TACTIC)
    tactic_us: str = choice("polynomial", TACTICS, "1.8", "the same for the US", "as tactic_cn", plugs=TACTIC)
    tactic_eu: str = choice("polynomial", TACTICS, "1.8", "the same for the EU", "as tactic_cn", plugs=TACTIC)
    acceptance_cn: str = choice("aspiration", ACCEPTANCES, "1.8", "which packages on the table China takes",
        "Faratin, Sierra & Jennings 1998; Baarslag et al. 2014", plugs=ACCEPTANCE)
    acceptance_us: str = choice("aspiration", ACCEPTANCES, "1.8", "the same for the US", "as acceptance_cn",
        plugs=ACCEPTANCE)
    acceptance_eu: str = choice("aspiration", ACCEPTANCES, "1.8", "the same for the EU", "as acceptance_cn",
        plugs=ACCEPTANCE)


# fmt: on
MECHANISM_GROUPS = (Commerce, Statecraft, Clubs, Tactics)
