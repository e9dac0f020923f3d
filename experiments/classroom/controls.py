"""The sliders and switches of the page: which parameters a class may move, by mechanism; units and ranges come with
the parameters. ``GROUPS`` keys and names have their words in the language files."""

from __future__ import annotations

import functools
from typing import Any, Final

from model import PARAMETERS, InputFault, Parties, load_scenario, make_parameters, scenario_names

_WANTED: Final[dict[str, tuple[str, ...]]] = {
    "dialogue": ("dialogue_ceiling", "dialogue_rise", "dialogue_on_perception", "dialogue_on_monitoring"),
    "noise": ("perception_noise", "false_alarm", "missed_violation"),
    "trust": ("retaliation_rule", "generosity", "punishment_quarters", "trust_memory", "discount_factor"),
    "talks": (
        *("rounds_per_quarter", "session_quarters", "reservation_fraction"),
        *("concession_exponent_cn", "concession_exponent_us", "concession_exponent_eu"),
    ),
    "issues": (
        *("tariff_issues", "supply_issues", "recognition_issues"),
        *("charging_issues", "technology_issues", "linkage_issues"),
    ),
    "vote": (
        *("anticipate_ratification", "ratification_threshold_cn", "ratification_threshold_us"),
        *("ratification_threshold_eu", "ratification_threshold_us_recognition"),
    ),
    "tension": (
        *("tension_mean_cn_us", "tension_mean_cn_eu", "tension_mean_us_eu", "tension_volatility"),
        *("tension_jump_rate", "tension_closes_channel", "repudiation_hazard"),
    ),
    "alone": ("unilateral_duties", "opening_hazard", "emergency_hazard", "petition_weight"),
    "economy": ("battery_learning_rate", "social_cost_of_carbon", "jobs_value", "security_scale", "linkage_scale"),
    "clubs": ("zero_tariff_zone", "climate_club", "club_penalty", "club_transfers"),
    "tactics": (
        *("tactic_cn", "tactic_us", "tactic_eu"),
        *("acceptance_cn", "acceptance_us", "acceptance_eu"),
    ),
}
#: Mechanism -> parameters that this version of the model has, in the order shown.
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    group: tuple(name for name in names if name in PARAMETERS)
    for group, names in _WANTED.items()
    if any(name in PARAMETERS for name in names)
}
ON_PAGE: Final = tuple(name for names in GROUPS.values() for name in names)

#: Read by the rules each time they are used and by nothing that was calibrated at the start: these can change in the
#: middle of a run (a branch). All others belong to the starting point.
BRANCHABLE: Final = frozenset(
    name for group in ("dialogue", "noise", "trust", "talks", "vote", "tension", "alone") for name in GROUPS[group]
) - {"discount_factor", "petition_weight"}


def control_list() -> list[dict[str, Any]]:
    """Every control with its group, kind, range, unit, default and whether a branch may change it."""
    rows = []
    for group, names in GROUPS.items():
        for name in names:
            spec = PARAMETERS[name]
            rows.append(
                {
                    "name": name,
                    "group": group,
                    "kind": spec.kind,
                    "unit": spec.unit,
                    "low": spec.low,
                    "high": spec.high,
                    "default": spec.default,
                    "levels": dict(spec.aliases),
                    "choices": list(spec.names),  # with those of a file that the command line named
                    "branch": name in BRANCHABLE,
                }
            )
    return rows


def checked(values: dict[str, object], only: frozenset[str] = frozenset(ON_PAGE)) -> dict[str, Any]:
    """Values of some controls, checked against their ranges.

    Raises ``InputFault`` with every fault: a name that is not a control, a wrong type, a value out of range.
    """
    strangers = [f"{name!r:.60} is not a control of this page" for name in values if name not in only]
    if strangers:
        raise InputFault(strangers, "page")
    names = tuple(sorted(values))
    return dict(_read(names, *(_plain(values[name]) for name in names)))


@functools.lru_cache(maxsize=1024, typed=True)
def _read(names: tuple[str, ...], *values: Any) -> dict[str, Any]:
    """Values by name, as parameters read them; remembered, because pages send their settings several times a second."""
    parameters = make_parameters(dict(zip(names, values, strict=True)))
    return {name: getattr(parameters, name) for name in names}


def _plain(value: object) -> object:
    """The value, or the text of a list or a table: no parameter of this page is one, and the text is refused."""
    return value if isinstance(value, bool | int | float | str) or value is None else repr(value)


def class_scenarios() -> tuple[str, ...]:
    """The scenarios that a class can play: those that ship, for which the page has words."""
    return tuple(scenario_names())


@functools.cache
def parties_of(scenario: str) -> Parties:
    """Who negotiates in a scenario; remembered, because scenarios take long to read."""
    return load_scenario(scenario).parties


@functools.cache
def absent(scenario: str) -> frozenset[str]:
    """The controls that are of no government of a scenario."""
    return frozenset(ON_PAGE) - load_scenario(scenario).parameters.as_dict().keys()
