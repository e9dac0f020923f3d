"""Directions that published work finds, as paired tests on many replicates with common random numbers.

Each is a statement about means over replicates, with the interval of a paired difference; sizes are in
``docs/mechanisms.md``.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from model.ensemble import Ensemble

REPLICATES = 500
ROOT_SEED = 20260928
NORMAL_95 = 1.96
PATHS = ("dialogue_on_perception", "dialogue_on_monitoring", "dialogue_on_tension")
#: A dialogue also lets two blocs announce in step (1.15), so that is off where dialogue is taken apart.
TALKING = {"dialogue_ceiling": "group", "zev_coordination": False}
SILENT = {"dialogue_ceiling": "none", "zev_coordination": False}


@functools.lru_cache(maxsize=32)
def _outcome(items: tuple[tuple[str, Any], ...], outcome: str, replicates: int) -> np.ndarray:
    table = Ensemble("2026", ROOT_SEED, replicates, dict(items)).run().summary()
    return table[outcome].to_numpy(dtype=np.float64).reshape(replicates, 3)


def outcome(change: dict[str, Any], name: str = "mean_depth", replicates: int = REPLICATES) -> np.ndarray:
    """(R, d) an outcome of every run under these parameters."""
    return _outcome(tuple(sorted(change.items())), name, replicates)


def effect(treated: dict[str, Any], control: dict[str, Any], name: str = "mean_depth") -> tuple[np.ndarray, np.ndarray]:
    """(d,) twice: mean paired difference and the half width of its 95 % interval."""
    difference = outcome(treated, name) - outcome(control, name)
    return difference.mean(axis=0), NORMAL_95 * difference.std(axis=0, ddof=1) / np.sqrt(len(difference))


def without(*paths: str) -> dict[str, Any]:
    return dict.fromkeys(paths, 0.0)


# --- dialogue: decomposed, and nothing beyond its three paths (Earnest 2008; theory 4.2) ------------------------------


def test_dialogue_without_its_three_paths_is_only_talk() -> None:
    mute = without(*PATHS)
    depth = [outcome({**arm, **mute}, replicates=60) for arm in (TALKING, SILENT)]
    np.testing.assert_array_equal(depth[0], depth[1])


@pytest.mark.slow
def test_dialogue_works_through_each_of_its_paths() -> None:
    whole, half = effect(TALKING, SILENT)
    assert np.all(whole - half > 0.0)
    alone = {}
    for path in PATHS:
        others = without(*(other for other in PATHS if other != path))
        alone[path], half = effect({**TALKING, **others}, {**SILENT, **others})
        assert np.all(alone[path] + half >= 0.0), path
        assert alone[path].max() > 0.0, path
    # In the pilot of the theory monitoring led; so it does here, on average over the dyads.
    assert alone["dialogue_on_monitoring"].mean() > alone["dialogue_on_perception"].mean()
    # The paths are nearly additive: what each does alone adds up to more than half and less than twice the whole.
    together = alone[PATHS[0]] + alone[PATHS[1]] + alone[PATHS[2]]
    assert np.all(together > 0.5 * whole) and np.all(together < 2.0 * whole)


# --- answers to a lapse (Axelrod 1984; Molander 1985; Wu & Axelrod 1995; Signorino 1996) -----------------------------

#: The published games: every act is misread alike, an answer withholds all, at once, and is answered in its turn.
AS_IN_GAMES = {"monitoring": "alike", "answers": "in_full", "consultation_quarters": 0, "suspension_quarters": 1}


@pytest.mark.slow
@pytest.mark.parametrize("rules", [{}, AS_IN_GAMES], ids=["by law", "as in games"])
def test_binary_tit_for_tat_keeps_less_than_generous_answers(rules: dict[str, Any]) -> None:
    difference, half = effect({**rules, "retaliation_rule": "tit_for_tat"}, rules)
    assert np.all(difference + half < 0.0)


@pytest.mark.slow
def test_contrition_repairs_what_tit_for_tat_destroys() -> None:
    difference, half = effect(*({**AS_IN_GAMES, "retaliation_rule": rule} for rule in ("contrite", "tit_for_tat")))
    with_eu = slice(1, 3)
    assert np.all((difference - half)[with_eu] > 0.0)
    # China and the US mostly lapse because that pays, which no stance repairs.
    assert abs(difference[0]) + half[0] < 0.003


@pytest.mark.slow
def test_where_an_answer_is_not_answered_nothing_is_left_to_repair() -> None:
    difference, _ = effect({"retaliation_rule": "contrite"}, {"retaliation_rule": "tit_for_tat"})
    assert np.abs(difference).max() < 0.002


@pytest.mark.slow
def test_without_error_contrition_and_tit_for_tat_are_one() -> None:
    clear = {"false_alarm": 0.0, "missed_violation": 0.0}
    contrite, tit_for_tat = (outcome({**clear, "retaliation_rule": rule}) for rule in ("contrite", "tit_for_tat"))
    difference = contrite - tit_for_tat
    assert np.abs(difference.mean(axis=0)).max() < 0.02


# --- ratification (Schelling 1960; Putnam 1988) ----------------------------------------------------------------------

STRICT = {f"ratification_threshold_{bloc}": 0.4 for bloc in ("cn", "us", "eu")}
LENIENT = {f"ratification_threshold_{bloc}": -0.1 for bloc in ("cn", "us", "eu")}


@pytest.mark.slow
def test_stricter_legislatures_make_agreement_rarer() -> None:
    signed, half = effect(STRICT, LENIENT, "n_treaties")
    assert np.all(signed - half <= 0.0) and signed.min() + half[np.argmin(signed)] < 0.0
    depth, half = effect(STRICT, LENIENT)
    assert np.all(depth - half <= 0.0) and depth.min() + half[np.argmin(depth)] < 0.0


# --- statecraft ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "dyad"),
    [
        ({"partial_compliance": True}, 2),  # the largest level that enforces itself, not nothing (Bagwell & Staiger)
        ({"grit": True, "gesture_hazard": 0.2, "gesture_trust": 1.0}, 1),  # gestures are answered (Goldstein & Freeman)
    ],
    ids=str,
)
def test_statecraft_deepens_cooperation_where_it_should(change: dict[str, Any], dyad: int) -> None:
    difference, half = effect(change, {})
    assert difference[dyad] - half[dyad] > 0.0
    assert np.all(difference + half > 0.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {"imitative_tactic": True},  # answered concessions were to bring offers together (Faratin et al. 1998)
        {"track2": True},  # shared models were to clear perception where there is most to clear (Earnest 2008)
    ],
    ids=str,
)
def test_what_published_work_expects_and_this_model_does_not_show(change: dict[str, Any]) -> None:
    """Told as missed in ``docs/mechanisms.md``: what governments see and ask is clear enough without."""
    difference, half = effect(change, {})
    print(f"{change}: {difference.round(3)} ± {half.round(3)}")
    assert abs(difference[0]) < half[0] < 0.01
    assert np.abs(difference).max() < 0.02


@pytest.mark.slow
def test_trust_by_type_deepens_two_pairs_and_costs_one() -> None:
    """The textbook test of a partner (theory 0.2): told in ``docs/mechanisms.md``, both signs."""
    difference, half = effect({"trust_type": True}, {})
    print(f"{difference.round(3)} ± {half.round(3)}")
    assert np.all((difference - half)[[0, 2]] > 0.0) and difference[1] + half[1] < 0.0


@pytest.mark.slow
def test_stronger_gestures_do_not_make_less_cooperation() -> None:
    bold = {"grit": True, "gesture_hazard": 0.2, "gesture_trust": 1.0}
    difference, half = effect({**bold, "gesture_weight": 3.0}, {**bold, "gesture_weight": 0.0})
    assert np.all(difference + half >= 0.0)
