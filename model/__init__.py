"""The front door of the model: worlds, parameters, scenarios. Mesa and pandas are loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.agents.bloc import Bloc, View
    from model.ensemble import Ensemble
    from model.lane_run import LaneRun
    from model.negotiation import NegotiationModel
    from model.numerics import QUARTERS_PER_YEAR
    from model.parameters import PARAMETERS, InputFault, Parameters, make_parameters, nearest
    from model.plugins import Conduct, Moment, acceptance, registered, stance, tactic
    from model.record import dictionary
    from model.rules.games import FAMILIES, game_map_point, side_family
    from model.scenario import Scenario, load_scenario, scenario_names
    from model.seeds import evidence_table, root_seeds, seeds_directory
    from model.sessions import OUTCOMES, Player, assessment_quarters, play_sessions, situations
    from model.starting_point import calibration_table
    from model.story import Story, StoryLine
    from model.tactic_file import TacticFile, load_tactics, stand_in, unload
    from model.toml_file import parse_toml, read_toml
    from model.vocabulary import BLOCS, DYAD_NAMES, DYADS

__version__ = "0.1.0"

_HOMES = {
    "BLOCS": "model.vocabulary",
    "Bloc": "model.agents.bloc",
    "DYADS": "model.vocabulary",
    "DYAD_NAMES": "model.vocabulary",
    "Ensemble": "model.ensemble",
    "FAMILIES": "model.rules.games",
    "LaneRun": "model.lane_run",
    "NegotiationModel": "model.negotiation",
    "PARAMETERS": "model.parameters",
    "QUARTERS_PER_YEAR": "model.numerics",
    "InputFault": "model.parameters",
    "Parameters": "model.parameters",
    "make_parameters": "model.parameters",
    "nearest": "model.parameters",
    "Scenario": "model.scenario",
    "game_map_point": "model.rules.games",
    "side_family": "model.rules.games",
    "load_scenario": "model.scenario",
    "scenario_names": "model.scenario",
    "evidence_table": "model.seeds",
    "root_seeds": "model.seeds",
    "Story": "model.story",
    "seeds_directory": "model.seeds",
    "StoryLine": "model.story",
    "View": "model.agents.bloc",
    "calibration_table": "model.starting_point",
    "dictionary": "model.record",
    **dict.fromkeys(("Conduct", "Moment", "acceptance", "registered", "stance", "tactic"), "model.plugins"),
    **dict.fromkeys(("OUTCOMES", "Player", "assessment_quarters", "play_sessions", "situations"), "model.sessions"),
    **dict.fromkeys(("parse_toml", "read_toml"), "model.toml_file"),
    **dict.fromkeys(("TacticFile", "load_tactics", "stand_in", "unload"), "model.tactic_file"),
}

__all__ = [
    "BLOCS",
    "DYADS",
    "DYAD_NAMES",
    "FAMILIES",
    "OUTCOMES",
    "PARAMETERS",
    "QUARTERS_PER_YEAR",
    "Bloc",
    "Conduct",
    "Ensemble",
    "InputFault",
    "LaneRun",
    "Moment",
    "NegotiationModel",
    "Parameters",
    "Player",
    "Scenario",
    "Story",
    "StoryLine",
    "TacticFile",
    "View",
    "acceptance",
    "assessment_quarters",
    "calibration_table",
    "dictionary",
    "evidence_table",
    "game_map_point",
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
    "side_family",
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
