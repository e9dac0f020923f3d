"""The front door of the model: worlds, parameters, scenarios. Mesa and pandas are loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.ensemble import Ensemble
    from model.lane_run import LaneRun
    from model.negotiation import NegotiationModel
    from model.parameters import PARAMETERS, InputFault, Parameters, make_parameters, nearest
    from model.plugins import Conduct, Moment, acceptance, registered, stance, tactic
    from model.record import dictionary
    from model.scenario import Scenario, load_scenario, scenario_names
    from model.seeds import evidence_table, root_seeds, seeds_directory
    from model.sessions import OUTCOMES, Player, assessment_quarters, play_sessions, situations
    from model.starting_point import calibration_table
    from model.story import StoryLine
    from model.tactic_file import TacticFile, load_tactics, stand_in, unload
    from model.toml_file import parse_toml, read_toml

_HOMES = {
    "Ensemble": "model.ensemble",
    "LaneRun": "model.lane_run",
    "NegotiationModel": "model.negotiation",
    "PARAMETERS": "model.parameters",
    "InputFault": "model.parameters",
    "Parameters": "model.parameters",
    "make_parameters": "model.parameters",
    "nearest": "model.parameters",
    "Scenario": "model.scenario",
    "load_scenario": "model.scenario",
    "scenario_names": "model.scenario",
    "evidence_table": "model.seeds",
    "root_seeds": "model.seeds",
    "seeds_directory": "model.seeds",
    "StoryLine": "model.story",
    "calibration_table": "model.starting_point",
    "dictionary": "model.record",
    **dict.fromkeys(("Conduct", "Moment", "acceptance", "registered", "stance", "tactic"), "model.plugins"),
    **dict.fromkeys(("OUTCOMES", "Player", "assessment_quarters", "play_sessions", "situations"), "model.sessions"),
    **dict.fromkeys(("parse_toml", "read_toml"), "model.toml_file"),
    **dict.fromkeys(("TacticFile", "load_tactics", "stand_in", "unload"), "model.tactic_file"),
}

__all__ = [
    "OUTCOMES",
    "PARAMETERS",
    "Conduct",
    "Ensemble",
    "InputFault",
    "LaneRun",
    "Moment",
    "NegotiationModel",
    "Parameters",
    "Player",
    "Scenario",
    "StoryLine",
    "TacticFile",
    "acceptance",
    "assessment_quarters",
    "calibration_table",
    "dictionary",
    "evidence_table",
    "load_scenario",
    "load_tactics",
    "make_parameters",
    "nearest",
    "parse_toml",
    "play_sessions",
    "read_toml",
    "registered",
    "root_seeds",
    "scenario_names",
    "seeds_directory",
    "situations",
    "stance",
    "stand_in",
    "tactic",
    "unload",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'model' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
