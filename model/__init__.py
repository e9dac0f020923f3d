"""The front door of the model: worlds, parameters, scenarios. Mesa and pandas are loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.agents.automaker import Automaker
    from model.agents.battery_supplier import BatterySupplier
    from model.agents.bloc import Bloc, Offer, View
    from model.columns import last_games, package_flows, reference_package
    from model.ensemble import Ensemble, kept_lanes
    from model.lane import Lane
    from model.negotiation import NegotiationModel
    from model.numerics import QUARTERS_PER_YEAR
    from model.outcomes import COMPETING_END, CaseEnd, Obstacle, Refusal, SessionEnd, TreatyEnd, Turn
    from model.parameters import PARAMETERS, InputFault, Parameters, make_parameters, nearest
    from model.plugins import Conduct, Moment, acceptance, registered, stance, tactic
    from model.record import dictionary
    from model.rules.games import FAMILIES, game_map_point, side_family
    from model.scenario import Scenario, load_scenario, scenario_names
    from model.scenario_kept import KEPT, scenario_changes, scenario_files
    from model.scenario_reading import find_scenario
    from model.seeds import digest_of_text, evidence_table, root_seeds, seeds_directory
    from model.sessions import OUTCOMES, Player, assessment_quarters, play_sessions, situations
    from model.starting_point import calibration_table, identification_flips
    from model.story import Answer, Story, StoryLine
    from model.tactic_file import TacticFile, load_tactics, stand_in, unload
    from model.toml_file import parse_toml, read_toml
    from model.vocabulary import BLOCS, DYAD_NAMES, DYADS
    from model.world import Checkpoint, ToldRun, World

__version__ = "0.1.0"

_HOMES = {
    "BLOCS": "model.vocabulary",
    **dict.fromkeys(("Bloc", "Offer", "View"), "model.agents.bloc"),
    "Automaker": "model.agents.automaker",
    "BatterySupplier": "model.agents.battery_supplier",
    **dict.fromkeys(("last_games", "package_flows", "reference_package"), "model.columns"),
    **dict.fromkeys(
        ("COMPETING_END", "CaseEnd", "Obstacle", "Refusal", "SessionEnd", "TreatyEnd", "Turn"), "model.outcomes"
    ),
    "DYADS": "model.vocabulary",
    "DYAD_NAMES": "model.vocabulary",
    **dict.fromkeys(("Ensemble", "kept_lanes"), "model.ensemble"),
    "Lane": "model.lane",
    **dict.fromkeys(("Checkpoint", "ToldRun", "World"), "model.world"),
    "FAMILIES": "model.rules.games",
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
    **dict.fromkeys(("Answer", "Story", "StoryLine"), "model.story"),
    "seeds_directory": "model.seeds",
    "calibration_table": "model.starting_point",
    "identification_flips": "model.starting_point",
    "digest_of_text": "model.seeds",
    "find_scenario": "model.scenario_reading",
    **dict.fromkeys(("KEPT", "scenario_changes", "scenario_files"), "model.scenario_kept"),
    "dictionary": "model.record",
    **dict.fromkeys(("Conduct", "Moment", "acceptance", "registered", "stance", "tactic"), "model.plugins"),
    **dict.fromkeys(("OUTCOMES", "Player", "assessment_quarters", "play_sessions", "situations"), "model.sessions"),
    **dict.fromkeys(("parse_toml", "read_toml"), "model.toml_file"),
    **dict.fromkeys(("TacticFile", "load_tactics", "stand_in", "unload"), "model.tactic_file"),
}

__all__ = [
    "BLOCS",
    "COMPETING_END",
    "DYADS",
    "DYAD_NAMES",
    "FAMILIES",
    "KEPT",
    "OUTCOMES",
    "PARAMETERS",
    "QUARTERS_PER_YEAR",
    "Answer",
    "Automaker",
    "BatterySupplier",
    "Bloc",
    "CaseEnd",
    "Checkpoint",
    "Conduct",
    "Ensemble",
    "InputFault",
    "Lane",
    "Moment",
    "NegotiationModel",
    "Obstacle",
    "Offer",
    "Parameters",
    "Player",
    "Refusal",
    "Scenario",
    "SessionEnd",
    "Story",
    "StoryLine",
    "TacticFile",
    "ToldRun",
    "TreatyEnd",
    "Turn",
    "View",
    "World",
    "acceptance",
    "assessment_quarters",
    "calibration_table",
    "dictionary",
    "digest_of_text",
    "evidence_table",
    "find_scenario",
    "game_map_point",
    "identification_flips",
    "kept_lanes",
    "last_games",
    "load_scenario",
    "load_tactics",
    "make_parameters",
    "nearest",
    "package_flows",
    "parse_toml",
    "play_sessions",
    "read_toml",
    "reference_package",
    "registered",
    "root_seeds",
    "scenario_changes",
    "scenario_files",
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
