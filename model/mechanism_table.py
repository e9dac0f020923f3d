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

    foresight: bool = switch("1.7", "packages are also valued some quarters ahead", False)
    foresight_quarters: int = whole(8, 1, 20, "qtr", "1.7",
        "how far ahead governments with foresight look")
    imitative_tactic: bool = switch("1.8",
        "negotiators also concede in answer to their partner's last concession", False)
    imitation: float = real(1, 0, 2, "-", "1.8",
        "own concession per unit of the last one received, in own believed gain",
        "Faratin, Sierra & Jennings 1998 (behaviour-dependent tactics); size an assumption")
    trust_type: bool = switch("1.10",
        "trust is the belief that the partner is a reciprocating type, revised by Bayes' rule", False)
    partial_compliance: bool = switch("1.10",
        "a side keeps the largest part of its duty cut that enforces itself, not all or nothing", False)
    subnational: bool = switch("1.9b", "subnational contacts keep a dialogue alive", False)
    subnational_floor: float = real(0.15, 0, 0.3, "-", "1.9b",
        "state of dialogue that subnational contacts sustain")
    track2: bool = switch("1.16", "a joint research consortium (track 2) works beside the official channel", False)
    track2_rise: float = real(0.05, 0, 0.2, "1/qtr", "1.16", "growth of joint research per quarter")
    track2_on_perception: float = real(0.5, 0, 1, "-", "1.8", "how fast joint research removes misjudgement")
    subnational_breaks_above: float = real(0.85, 0.5, 1, "tension", "1.16",
        "tension that breaks up half of subnational work")
    tension_in_subnational: bool = switch("1.12", "high tension breaks up subnational work, by half")
    zev_coordination: bool = switch("1.15",
        "a bloc may announce a zero-emission path because a partner does or is trusted to")
    grit: bool = switch("1.15", "wary blocs make unilateral gestures when tension falls", False)
    gesture_hazard: float = real(0.05, 0, 0.2, "1/qtr", "1.15", "chance of a gesture where one is possible",
        "Osgood 1962; Lindskold 1978; size an assumption")
    gesture_trust: float = real(0.5, 0, 1, "-", "1.15", "trust at which no gesture is needed any more")
    gesture_quarters: int = whole(4, 1, 12, "qtr", "1.15", "how long a gesture waits for an answer")
    gesture_weight: float = real(1, 0, 3, "qtr", "1.15",
        "evidence of good conduct that a gesture is worth, in quarters of observation")
    turnover: bool = switch("1.17",
        "new governments come at scheduled dates with preferences and trust of their own", False)
    turnover_profit_weight: float = real(0.5, 0, 1, "-", "1.17",
        "sd of the log of a new executive's weight on home profits",
        "Goldberg & Maggi 1999 and Ossa 2014 differ by more; assumption")
    turnover_threshold: float = real(0.1, 0, 0.3, "S_L", "1.17", "sd of a new legislature's ratification threshold")
    turnover_trust: float = real(0.3, 0, 1, "-", "1.17", "sd of the log of a new government's prior good evidence")


@dataclasses.dataclass(frozen=True)
class Clubs:
    """optional: zones, climate clubs and transfers"""


# fmt: on
MECHANISM_GROUPS = (Commerce, Statecraft, Clubs)
