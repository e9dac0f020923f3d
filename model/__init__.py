"""The front door of the model: worlds, parameters, scenarios. Mesa and pandas are loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.ensemble import Ensemble
    from model.lane_run import LaneRun
    from model.negotiation import NegotiationModel
    from model.parameters import PARAMETERS, InputFault, Parameters, make_parameters, nearest
    from model.record import dictionary
    from model.scenario import Scenario, load_scenario, scenario_names
    from model.seeds import evidence_table, root_seeds, seeds_directory
    from model.starting_point import calibration_table
    from model.story import StoryLine

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
}

__all__ = [
    "PARAMETERS",
    "Ensemble",
    "InputFault",
    "LaneRun",
    "NegotiationModel",
    "Parameters",
    "Scenario",
    "StoryLine",
    "calibration_table",
    "dictionary",
    "evidence_table",
    "load_scenario",
    "make_parameters",
    "nearest",
    "root_seeds",
    "scenario_names",
    "seeds_directory",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'model' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
