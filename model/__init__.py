"""The front door of the model: worlds, parameters, scenarios. Mesa and pandas are loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.agents.automaker import Automaker
    from model.agents.battery_supplier import BatterySupplier
    from model.agents.bloc import Bloc, Offer, View
    from model.choices.own_file import files_read
    from model.choices.plugins import Conduct, Moment, acceptance, registered, stance, tactic
    from model.choices.tactic_file import TacticFile, load_tactics, stand_in, unload
    from model.draws import HIGHEST_ROOT_SEED, SEEDS
    from model.ensemble import Ensemble, kept_lanes
    from model.faults import InputFault, nearest, shown
    from model.negotiation import NegotiationModel
    from model.numerics import QUARTERS_PER_YEAR
    from model.parameters.checked import PARAMETERS, Parameters, make_parameters
    from model.record.columns import last_games, package_flows, reference_package
    from model.record.dictionary import dictionary
    from model.record.lane import Lane
    from model.rules.games import FAMILIES, game_map_point, side_family
    from model.scenario.evidence import digest_of_text, evidence_table, root_seeds, seeds_directory
    from model.scenario.kept import KEPT, scenario_changes, scenario_files
    from model.scenario.reading import find_scenario
    from model.scenario.scenario import Scenario, load_scenario, scenario_names
    from model.scenario.toml_file import parse_toml, read_toml
    from model.sessions import OUTCOMES, Player, assessment_quarters, play_sessions, situations
    from model.start.starting_point import calibration_table, identification_flips
    from model.telling.outcomes import COMPETING_END, CaseEnd, Obstacle, Refusal, SessionEnd, TreatyEnd, Turn
    from model.telling.story import Answer, Story, StoryLine
    from model.telling.terms import duty_rates, package_terms
    from model.vocabulary import BLOCS, DYAD_NAMES, DYADS
    from model.world import Checkpoint, ToldRun, World
    from model.world_file import WorldFile, load_world, own_class, unload_worlds, why_it_failed, world_of

__version__ = "0.1.0"

_HOMES = {
    "BLOCS": "model.vocabulary",
    **dict.fromkeys(("Bloc", "Offer", "View"), "model.agents.bloc"),
    "Automaker": "model.agents.automaker",
    "BatterySupplier": "model.agents.battery_supplier",
    **dict.fromkeys(("last_games", "package_flows", "reference_package"), "model.record.columns"),
    **dict.fromkeys(
        ("COMPETING_END", "CaseEnd", "Obstacle", "Refusal", "SessionEnd", "TreatyEnd", "Turn"), "model.telling.outcomes"
    ),
    "DYADS": "model.vocabulary",
    "DYAD_NAMES": "model.vocabulary",
    **dict.fromkeys(("Ensemble", "kept_lanes"), "model.ensemble"),
    "Lane": "model.record.lane",
    **dict.fromkeys(("Checkpoint", "ToldRun", "World"), "model.world"),
    "FAMILIES": "model.rules.games",
    "NegotiationModel": "model.negotiation",
    "PARAMETERS": "model.parameters.checked",
    "QUARTERS_PER_YEAR": "model.numerics",
    "InputFault": "model.parameters.checked",
    "Parameters": "model.parameters.checked",
    "make_parameters": "model.parameters.checked",
    "nearest": "model.parameters.checked",
    "shown": "model.parameters.checked",
    **dict.fromkeys(("HIGHEST_ROOT_SEED", "SEEDS"), "model.draws"),
    "Scenario": "model.scenario.scenario",
    "game_map_point": "model.rules.games",
    "side_family": "model.rules.games",
    "load_scenario": "model.scenario.scenario",
    "scenario_names": "model.scenario.scenario",
    "evidence_table": "model.scenario.evidence",
    "root_seeds": "model.scenario.evidence",
    **dict.fromkeys(("Answer", "Story", "StoryLine"), "model.telling.story"),
    **dict.fromkeys(("duty_rates", "package_terms"), "model.telling.terms"),
    "seeds_directory": "model.scenario.evidence",
    "calibration_table": "model.start.starting_point",
    "identification_flips": "model.start.starting_point",
    "digest_of_text": "model.scenario.evidence",
    "files_read": "model.choices.own_file",
    "find_scenario": "model.scenario.reading",
    **dict.fromkeys(("KEPT", "scenario_changes", "scenario_files"), "model.scenario.kept"),
    "dictionary": "model.record.dictionary",
    **dict.fromkeys(("Conduct", "Moment", "acceptance", "registered", "stance", "tactic"), "model.choices.plugins"),
    **dict.fromkeys(("OUTCOMES", "Player", "assessment_quarters", "play_sessions", "situations"), "model.sessions"),
    **dict.fromkeys(("parse_toml", "read_toml"), "model.scenario.toml_file"),
    **dict.fromkeys(
        ("WorldFile", "load_world", "own_class", "unload_worlds", "why_it_failed", "world_of"), "model.world_file"
    ),
    **dict.fromkeys(("TacticFile", "load_tactics", "stand_in", "unload"), "model.choices.tactic_file"),
}

__all__ = [
    "BLOCS",
    "COMPETING_END",
    "DYADS",
    "DYAD_NAMES",
    "FAMILIES",
    "HIGHEST_ROOT_SEED",
    "KEPT",
    "OUTCOMES",
    "PARAMETERS",
    "QUARTERS_PER_YEAR",
    "SEEDS",
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
    "WorldFile",
    "acceptance",
    "assessment_quarters",
    "calibration_table",
    "dictionary",
    "digest_of_text",
    "duty_rates",
    "evidence_table",
    "files_read",
    "find_scenario",
    "game_map_point",
    "identification_flips",
    "kept_lanes",
    "last_games",
    "load_scenario",
    "load_tactics",
    "load_world",
    "make_parameters",
    "nearest",
    "own_class",
    "package_flows",
    "package_terms",
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
    "shown",
    "side_family",
    "situations",
    "stance",
    "stand_in",
    "tactic",
    "unload",
    "unload_worlds",
    "why_it_failed",
    "world_of",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'model' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
