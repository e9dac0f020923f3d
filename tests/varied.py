"""Settings that tests vary: every switch, every rule by name, and numbers that wake what usually sleeps."""

from __future__ import annotations

from typing import Any

from model.parameters.checked import PARAMETERS

SWITCHES: list[dict[str, Any]] = [{name: not spec.default} for name, spec in PARAMETERS.items() if spec.kind == "bool"]
RULES: list[dict[str, Any]] = [
    {name: choice} for name, spec in PARAMETERS.items() if spec.kind == "choice" for choice in spec.choices
]
VARIED: list[dict[str, Any]] = [
    *SWITCHES,
    *RULES,
    {"assessment_interval": 1},
    {"assessment_interval": 3, "session_pause": 0, "session_quarters": 4, "rounds_per_quarter": 3},
    {"perception_noise": 0.0},
    {"perception_noise": 2.0, "rounds_per_quarter": 8},
    {"dialogue_ceiling": 0.0},
    {"dialogue_ceiling": 1.0},
    {"false_alarm": 0.35, "missed_violation": 0.35, "dialogue_on_monitoring": 0.0},
    {"repudiation_hazard": 0.08, "exit_cost": 0.0, "cooling_off": 1},
    {"opening_hazard": 0.6, "emergency_hazard": 0.05, "retaliation_ratio": 1.0, "duty_step": 0.25},
    {"tension_volatility": 1.0, "tension_jump_rate": 0.2, "tension_jump_mean": 3.0},
    {"plant_hazard_max": 0.5, "plant_lag": 4, "plant_cost": 0.5},
    {"plant_hazard_max": 0.0, "contract_length": 1},
    {"unilateral_recognition_rate": 1.0, "recognition_autonomy_cost": 0.0},
    {"zev_cost": 0.0, "zev_demand_shift": 0.8, "zev_ramp": 1},
    {"battery_cost_luck": 0.0, "foresight": True, "assessment_interval": 2},
    {"nest_correlation": 0.0, "origin_substitution": 2.0, "supplier_substitution": 0.2},
    {"nest_correlation": 0.7, "price_adjustment": 1.0, "origin_adjustment": 1.0},
    {"foresight": True, "foresight_quarters": 20, "assessment_interval": 1, "battery_cost_luck": 0.3},
    {"imitative_tactic": True, "imitation": 2.0, "rounds_per_quarter": 8},
    {"partial_compliance": True, "retaliation_rule": "proportional", "false_alarm": 0.35},
    {"trust_type": True, "retaliation_rule": "contrite", "missed_violation": 0.35},
    {"grit": True, "gesture_hazard": 0.2, "gesture_trust": 1.0, "gesture_weight": 3.0, "trust_type": True},
    {"turnover": True, "turnover_profit_weight": 1.0, "turnover_threshold": 0.3, "turnover_trust": 1.0},
    {"subnational": True, "track2": True, "subnational_breaks_above": 0.5, "tension_mean_cn_us": 1.5},
    {"climate_club": True, "club_penalty": 0.25, "club_transfers": True, "security_scale": 0.0},
    {"zero_tariff_zone": True, "club_carbon": True, "club_exclusive": True, "security_scale": 0.0},
    {"climate_club": True, "club_transfers": True, "security_scale": 0.0, "trust_type": True, "turnover": True},
    {"export_licences": True, "opening_hazard": 0.6, "emergency_hazard": 0.05},
]

#: The last so many of them are about rules and optional mechanisms: the tests of digests play them twice.
MECHANISMS = 27
