"""The model and its reference are one: every column of the core, every quarter, to the last bit, whatever is varied."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import house
import pytest
import reference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference import bloc, duties, firms, markets, talks, treaties, world
from varied import VARIED

from model.faults import InputFault
from model.negotiation import NegotiationModel
from model.numerics import same_bits
from model.parameters.checked import PARAMETERS, make_parameters
from model.record.dictionary import COLUMNS

ROOT_SEED = 20260928
SCENARIOS = ("2018", "2026", "2026-open-access", "symmetric")
FOLDER = Path(reference.__file__).parent

# Columns of optional mechanisms, which the reference does not have.
NOT_CORE = {
    ("bloc", "credit_price"), ("bloc", "in_club"), ("bloc", "club_payment"), ("dyad", "track2"), ("dyad", "gesture"),
    ("dyad", "club"), ("directed", "carbon_charge"), ("directed", "undertakings"),
    ("directed", "access"), ("directed", "licence_price"), ("directed", "licences"), ("directed", "withheld"),
}  # fmt: skip
# Measures that are made of what the oracle has too: tests of the record work them out by hand.
MEASURES = {("dyad", name) for name in COLUMNS["dyad"] if name.startswith(("kept_", "depth_", "duty_"))} - {
    ("dyad", "depth_contested")
}
MEASURES |= {("dyad", name) for name in ("attainable_gain", "gain_share", "promise", "both_concede", "ev_trade")}

# Duty cases, emergencies and crises; sides that keep a part and imitate each other.
STORM: dict[str, Any] = {
    **{"opening_hazard": 0.6, "emergency_hazard": 0.05, "retaliation_ratio": 1.0, "duty_step": 0.25},
    **{"tension_jump_rate": 0.2, "tension_jump_mean": 3.0, "repudiation_hazard": 0.08, "false_alarm": 0.35},
    **{"partial_compliance": True, "imitative_tactic": True},
}
# Sides that misjudge each other, do not ask their legislatures first, and leave easily.
HASTE: dict[str, Any] = {
    **{"anticipate_ratification": False, "perception_noise": 2.0, "detection_lag": 4, "discount_factor": 0.95},
    **{"exit_notice": 0, "exit_cost": 0.0, "session_pause": 0, "cooling_off": 0, "assessment_interval": 1},
}
# Treaties that are worth little, and that nobody leaves before they expire.
POOR: dict[str, Any] = {
    **{"supply_scale": 0.0, "linkage_scale": 0.0, "reservation_fraction": 0.2},
    **{"exit_cost": 1.0, "repudiation_hazard": 0.0},
}
# Truces that run out often, and are worth renewing.
TRUCES: dict[str, Any] = {"truce_quarters": 2}
EVENTFUL: list[tuple[str, int, dict[str, Any]]] = [
    ("2026", 1, STORM),
    ("symmetric", 1, {**HASTE, "trust_type": True, "retaliation_rule": "contrite"}),
    ("2026", 2, {**HASTE, "partial_compliance": True, "imitative_tactic": True, "rounds_per_quarter": 8}),
    ("2026-open-access", 0, STORM),
    ("2026", 0, POOR),
    ("2026", 3, TRUCES),
]
N_FAST = 1  # of the eventful runs; the others, and faults that are seen in them, are for the slow tests


def is_core(change: dict[str, Any]) -> bool:
    """Whether the reference plays a setting."""
    try:
        world.refuse_mechanisms(make_parameters(change))
    except ValueError:
        return False
    return True


CORE = [change for change in VARIED if is_core(change)]


@functools.lru_cache(maxsize=16)
def _growing(scenario: str, replicate: int, change: tuple[tuple[str, Any], ...]) -> NegotiationModel:
    """A model that is played as far as somebody has looked."""
    return NegotiationModel(scenario, ROOT_SEED, replicate, narrate=False, **dict(change))


def faults(scenario: str, replicate: int, change: dict[str, Any], quarters: int = 1000) -> list[str]:
    """Columns in which the model and the reference differ by any bit, in the first quarter in which any does."""
    other = reference.World(scenario, ROOT_SEED, replicate, **change)
    model = _growing(scenario, replicate, tuple(change.items()))
    quarters = min(quarters, other.scenario.n_quarters)
    for t in range(quarters):
        other.step()
        if len(model.recorder.frames) == t:
            model.step()
        theirs = model.recorder.frames[t]
        found = [
            f"quarter {t}: {table}.{column}"
            for table, columns in other.frames[t].items()
            for column, values in columns.items()
            if not same_bits(values, theirs[table][column])
        ]
        if found:
            return found
    assert len(other.frames) == quarters
    return []


# --- one model --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_model_is_its_reference(scenario: str) -> None:
    assert faults(scenario, 0, {}) == []


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("replicate", range(1, 6))
def test_the_model_is_its_reference_in_five_replicates(scenario: str, replicate: int) -> None:
    assert faults(scenario, replicate, {}) == []


def _slow_after(fast: int, cases: list[Any]) -> list[Any]:
    """The cases of a test, marked slow but for the first."""
    return [pytest.param(*case, marks=[pytest.mark.slow] * (k >= fast)) for k, case in enumerate(cases)]


@pytest.mark.parametrize(("scenario", "replicate", "change"), _slow_after(N_FAST, EVENTFUL))
def test_eventful_runs_are_the_same(scenario: str, replicate: int, change: dict[str, Any]) -> None:
    assert faults(scenario, replicate, change) == []


@pytest.mark.slow
@pytest.mark.parametrize("change", CORE, ids=str)
def test_every_varied_setting_of_the_core_is_the_same(change: dict[str, Any]) -> None:
    scenario = SCENARIOS[CORE.index(change) % len(SCENARIOS)]
    # In haste, because then treaties come and go.
    assert faults(scenario, 1, {**HASTE, **change}) == []


def values_of(name: str) -> st.SearchStrategy[Any]:
    """Anything in a parameter's range."""
    spec = PARAMETERS[name]
    if spec.kind == "bool":
        return st.booleans()
    if spec.kind == "choice":
        return st.sampled_from(spec.choices)
    if spec.kind == "int":
        return st.integers(int(spec.low or 0), int(spec.high or 0))
    return st.floats(float(spec.low or 0.0), float(spec.high or 0.0))


CORE_NAMES = [n for n, s in PARAMETERS.items() if not s.group.startswith("optional") or n in world.KNOWN]
SETS = st.lists(st.sampled_from(CORE_NAMES), min_size=1, max_size=12, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: values_of(name) for name in names})
)


@pytest.mark.slow
@given(st.sampled_from(SCENARIOS), st.integers(0, 1000), SETS)
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
def test_any_parameters_of_the_core_give_the_same_bits(scenario: str, replicate: int, change: dict[str, Any]) -> None:
    try:
        found = faults(scenario, replicate, change, 14)
    except InputFault:
        return  # two values that are each allowed may contradict each other
    assert found == []


# --- the comparison is worth something --------------------------------------------------------------------------------


def test_all_columns_of_the_core_are_compared() -> None:
    one = reference.World("2026", ROOT_SEED, 0)
    one.step()
    mine = {(table, column) for table, columns in one.frames[0].items() for column in columns}
    theirs = {(table, column) for table, columns in COLUMNS.items() for column in columns}
    assert theirs - mine == NOT_CORE | MEASURES and mine <= theirs
    assert len(CORE) > 40


DECISIONS = ("answer", "ratifies", "honours", "gives_notice", "renews", "opens_case", "carries_out", "strikes_at_once")
ALONE = ("recognises_alone", "announces")


@pytest.mark.slow
def test_every_decision_goes_both_ways_in_eventful_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[tuple[str, bool]] = set()

    def watched(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            result = method(*given)
            seen.add((name, result[1] if isinstance(result, tuple) else result))
            return result

        return call

    names = (*DECISIONS, *ALONE, "keeps_in_part")
    for name in names:
        monkeypatch.setattr(bloc.Bloc, name, watched(name, getattr(bloc.Bloc, name)))
    for scenario, replicate, change in EVENTFUL:
        reference.World(scenario, ROOT_SEED, replicate, **change).run()
    assert {(name, answer) for name in names for answer in (True, False)} - seen == set()


def _never(*_: Any) -> bool:
    return False


def _squared(base: Any, floor: Any, cut: Any) -> Any:
    return base - cut * (base - floor) ** 2


#: A fault, planted in the reference alone: where, what, in its place; and the eventful run that shows it.
PLANTED: list[tuple[Any, str, Any, int]] = [
    (treaties, "policy", SimpleNamespace(applied_duty=_squared, charged_duty=treaties.policy.charged_duty), 1),
    (treaties, "FULL_LEVEL", 2.0, 1),
    (duties, "binds", lambda w, importer, partner: False, 0),
    (treaties, "compliance", SimpleNamespace(two_strikes=_never, exit_draw=treaties.compliance.exit_draw), 2),
    (treaties, "compliance", SimpleNamespace(two_strikes=treaties.compliance.two_strikes, exit_draw=_never), 1),
    (bloc.Bloc, "gives_notice", _never, 2),
    (bloc.Bloc, "renews", _never, 5),
    (bloc.Bloc, "renews", lambda *_: True, 4),
    (bloc.Bloc, "carries_out", _never, 3),
    (bloc.Bloc, "updates_type", lambda self, dyad, signal: self.trust(self.partner(dyad)), 1),
    (talks, "_hear", lambda *_: None, 0),
    (firms.Automaker, "price", lambda self, wanted: wanted, 0),
    (markets, "NEW_MODELS_A_QUARTER", 0.26, 0),
]


@pytest.mark.parametrize(("where", "name", "fault", "run"), _slow_after(3, PLANTED))
def test_a_planted_fault_is_seen(where: Any, name: str, fault: Any, run: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(where, name, fault)
    assert faults(*EVENTFUL[run]) != []


SWITCHES = [n for n, s in PARAMETERS.items() if s.group.startswith("optional") and s.kind == "bool" and not s.default]


@pytest.mark.parametrize("name", [*SWITCHES, "pass_through"])
def test_optional_mechanisms_are_refused(name: str) -> None:
    value = True if name in SWITCHES else 0.2
    if name in world.KNOWN:
        assert is_core({name: value})
        return
    with pytest.raises(ValueError, match=f"leave out {name}"):
        reference.World("2026", ROOT_SEED, 0, **{name: value})


#: The model's own wiring of its rules. The reference is held against it, so it must not use it.
OTHER_WIRING = tuple(
    f"model.{name}{inside}"
    for name in (
        *("agents", "common*", "ensemble", "lane", "lane_run", "lanes", "negotiation", "phases", "quarter", "record"),
        *("run_rules", "schedule", "sessions", "sight", "stage", "state", "story", "world"),
    )
    for inside in ("", ".*")
)


def borrowed(source: house.Source) -> list[str]:
    """What a file imports that would make the comparison worthless."""
    return [
        found.name
        for found in house.imports_of(source, OTHER_WIRING)
        if house.matches(found.name, (*OTHER_WIRING, "model", "mesa*", "experiments*"))
    ]


def test_the_reference_stands_alone() -> None:
    sources = [house.Source(f"reference.{path.stem}", path.read_text("utf-8")) for path in FOLDER.glob("*.py")]
    assert len(sources) > 5
    for source in sources:
        assert borrowed(source) == [], source.module
        assert len(source.text.splitlines()) <= house.MOST_LINES, source.module


@pytest.mark.parametrize("line", ["from model import world", "from model.phases.talks import bargain", "import mesa"])
def test_a_borrowed_wiring_is_seen(line: str) -> None:
    assert len(borrowed(house.Source("reference.talks", line))) == 1
