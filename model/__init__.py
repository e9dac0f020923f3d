"""The front door of the model: worlds, parameters, scenarios. Mesa and pandas are loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.agents.automaker import Automaker
    from model.agents.battery_supplier import BatterySupplier
    from model.agents.bloc import Bloc, Offer
    from model.choices.own_file import OwnFile, files_read, load_names
    from model.choices.plugins import Conduct, Moment, acceptance, registered, stance, tactic
    from model.choices.tactic_file import TacticFile, load_tactics, stand_in, unload
    from model.compiled.arithmetic import ARITHMETICS, arithmetic_in_use, using_arithmetic
    from model.draws import HIGHEST_ROOT_SEED, SEEDS
    from model.ensemble import Ensemble, kept_lanes
    from model.faults import OWN_FAILURES, InputFault, described, kind_of, nearest, of_form, shown
    from model.negotiation import NegotiationModel
    from model.numerics import QUARTERS_PER_YEAR
    from model.packages.view import View
    from model.parameters.by_lane import BY_LANE
    from model.parameters.checked import HOW_LONG, LENGTHS, PARAMETERS, Parameters, checked_value, make_parameters
    from model.parameters.names import by_flat_name, flat, named_twice
    from model.record.columns import last_games, package_flows, reference_package
    from model.record.dictionary import dictionary
    from model.record.lane import Lane
    from model.record.shortfall import Shortfall, shortfalls
    from model.rules.games import FAMILIES, game_map_point, side_family
    from model.scenario.evidence import digest_of_text, evidence_table, root_seeds, seeds_directory
    from model.scenario.kept import KEPT, scenario_changes, scenario_files
    from model.scenario.reading import find_scenario
    from model.scenario.scenario import Scenario, load_scenario, scenario_names
    from model.scenario.toml_file import is_path, no_file, parse_toml, read_toml
    from model.start.starting_point import calibration_table, growth_table, identification_flips, known_scenario
    from model.telling.outcomes import COMPETING_END, CaseEnd, Obstacle, Refusal, SessionEnd, TreatyEnd, Turn
    from model.telling.story import Answer, Story, StoryLine
    from model.telling.terms import duty_rates, package_terms
    from model.telling.turning_points import TURNING_WEIGHTS, change_around, turning_points
    from model.vocabulary import BLOCS, DYAD_NAMES, DYADS, MOST_BLOCS, Parties
    from model.world import Checkpoint, ToldRun, World
    from model.world_file import (
        WorldFile,
        load_world,
        own_class,
        own_methods,
        shipped_of,
        uncalled,
        unload_worlds,
        why_it_failed,
        world_of,
    )

__version__ = "0.3.0"

#: Where what the door shows lies: module, names.
_ROOMS = {
    "model.agents.automaker": "Automaker",
    "model.agents.battery_supplier": "BatterySupplier",
    "model.agents.bloc": "Bloc Offer",
    "model.choices.own_file": "OwnFile files_read load_names",
    "model.choices.plugins": "Conduct Moment acceptance registered stance tactic",
    "model.choices.tactic_file": "TacticFile load_tactics stand_in unload",
    "model.compiled.arithmetic": "ARITHMETICS arithmetic_in_use using_arithmetic",
    "model.draws": "HIGHEST_ROOT_SEED SEEDS",
    "model.ensemble": "Ensemble kept_lanes",
    "model.faults": "OWN_FAILURES InputFault described kind_of nearest of_form shown",
    "model.negotiation": "NegotiationModel",
    "model.numerics": "QUARTERS_PER_YEAR",
    "model.packages.view": "View",
    "model.parameters.by_lane": "BY_LANE",
    "model.parameters.checked": "HOW_LONG LENGTHS PARAMETERS Parameters checked_value make_parameters",
    "model.parameters.names": "by_flat_name flat named_twice",
    "model.record.columns": "last_games package_flows reference_package",
    "model.record.dictionary": "dictionary",
    "model.record.lane": "Lane",
    "model.record.shortfall": "Shortfall shortfalls",
    "model.rules.games": "FAMILIES game_map_point side_family",
    "model.scenario.evidence": "evidence_table root_seeds seeds_directory digest_of_text",
    "model.scenario.kept": "KEPT scenario_changes scenario_files",
    "model.scenario.reading": "find_scenario",
    "model.scenario.scenario": "Scenario load_scenario scenario_names",
    "model.scenario.toml_file": "is_path no_file parse_toml read_toml",
    "model.start.starting_point": "calibration_table growth_table identification_flips known_scenario",
    "model.telling.outcomes": "COMPETING_END CaseEnd Obstacle Refusal SessionEnd TreatyEnd Turn",
    "model.telling.story": "Answer Story StoryLine",
    "model.telling.terms": "duty_rates package_terms",
    "model.telling.turning_points": "TURNING_WEIGHTS change_around turning_points",
    "model.vocabulary": "BLOCS DYADS DYAD_NAMES MOST_BLOCS Parties",
    "model.world": "Checkpoint ToldRun World",
    "model.world_file": "WorldFile load_world own_class own_methods shipped_of uncalled unload_worlds why_it_failed "
    "world_of",
}
_HOMES = {name: module for module, names in _ROOMS.items() for name in names.split()}

# fmt: off
__all__ = [
    "ARITHMETICS", "BLOCS", "BY_LANE", "COMPETING_END", "DYADS", "DYAD_NAMES", "FAMILIES", "HIGHEST_ROOT_SEED",
    "HOW_LONG", "KEPT", "LENGTHS", "MOST_BLOCS", "OWN_FAILURES", "PARAMETERS", "QUARTERS_PER_YEAR", "SEEDS",
    "TURNING_WEIGHTS", "Answer", "Automaker", "BatterySupplier", "Bloc", "CaseEnd", "Checkpoint", "Conduct", "Ensemble",
    "InputFault", "Lane", "Moment", "NegotiationModel", "Obstacle", "Offer", "OwnFile", "Parameters", "Parties",
    "Refusal", "Scenario", "SessionEnd", "Shortfall", "Story", "StoryLine", "TacticFile", "ToldRun", "TreatyEnd",
    "Turn", "View", "World", "WorldFile", "acceptance", "arithmetic_in_use", "by_flat_name", "calibration_table",
    "change_around", "checked_value", "described", "dictionary", "digest_of_text", "duty_rates", "evidence_table",
    "files_read", "find_scenario", "flat", "game_map_point", "growth_table", "identification_flips", "is_path",
    "kept_lanes", "kind_of", "known_scenario", "last_games", "load_names", "load_scenario", "load_tactics",
    "load_world", "make_parameters", "named_twice", "nearest", "no_file", "of_form", "own_class", "own_methods",
    "package_flows", "package_terms", "parse_toml", "read_toml", "reference_package", "registered", "root_seeds",
    "scenario_changes", "scenario_files", "scenario_names", "seeds_directory", "shipped_of", "shortfalls", "shown",
    "side_family", "stance", "stand_in", "tactic", "turning_points", "uncalled", "unload", "unload_worlds",
    "using_arithmetic", "why_it_failed", "world_of",
]
# fmt: on


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'model' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
