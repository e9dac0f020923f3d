"""Columns by issue beside the model's summary: what treaties agree, and who recognises at the end."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from experiments.running.engines import issue_columns
from model import DYADS, Ensemble, NegotiationModel, package_terms


@pytest.fixture(scope="module")
def played() -> tuple[NegotiationModel, dict[str, np.ndarray]]:
    model = NegotiationModel(scenario="2026", root_seed=11, narrate=False).run()
    return model, issue_columns(model.world)


def test_agreed_cuts_are_those_of_the_packages_in_force(played: tuple[NegotiationModel, dict[str, np.ndarray]]) -> None:
    model, columns = played
    dyads: pd.DataFrame = model.tables()["dyad"]
    seen = 0
    for d, name in enumerate(("CN-US", "CN-EU", "US-EU")):
        packages = dyads.loc[dyads["entity"] == name, "package"].astype(int)
        for side, bloc in zip(("first", "second"), name.split("-"), strict=True):
            cuts = [package_terms(model, name, number)[bloc]["cut"] if number else 0.0 for number in packages]
            assert columns[f"agreed_duty_{side}"][d] == pytest.approx(np.mean(cuts), abs=1e-12)
            seen += max(cuts) > 0
    assert seen, "a run in which no cut is agreed is no witness"


def test_a_market_is_opened_where_a_treaty_gives_access() -> None:
    found = []
    for _, world in Ensemble("2026-access", 11, range(4), {}, list(range(4)), n_quarters=12).worlds():
        columns = issue_columns(world.run())
        given = np.reshape(columns["lets_in_second"], (4, 3))
        access = np.stack([frame["directed"]["access"] for frame in world.recorder.frames])
        for lane in range(4):
            # US<CN and EU<CN are the 2nd and 4th directed pairs; a treaty in force is in effect in the next quarter.
            assert given[lane, 0] >= (access[:-1, lane, 1] > 0).any()
            assert given[lane, 1] >= (access[:-1, lane, 3] > 0).any() and not given[lane, 2]
        found += given[:, 0].tolist()
        assert not columns["lets_in_first"].any()
    assert any(found)


def test_recognition_is_that_of_the_last_quarter(played: tuple[NegotiationModel, dict[str, np.ndarray]]) -> None:
    model, columns = played
    directed = model.tables()["directed"]
    last = directed[directed["quarter"] == directed["quarter"].max()].set_index("entity")["recognises"]
    for d, name in enumerate(("CN-US", "CN-EU", "US-EU")):
        first, second = name.split("-")
        assert columns["recognises_first"][d] == (last[f"{first}<{second}"] > 0)
        assert columns["recognises_second"][d] == (last[f"{second}<{first}"] > 0)
    # Whoever recognises alone recognises.
    for side in ("first", "second"):
        assert not (columns[f"recognises_alone_{side}"] & ~columns[f"recognises_{side}"]).any()


def test_one_run_and_many_give_the_same_bits(played: tuple[NegotiationModel, dict[str, np.ndarray]]) -> None:
    _, alone = played
    for _, world in Ensemble("2026", 11, range(3), {}, []).worlds():
        many = issue_columns(world.run())
    for name, values in alone.items():
        assert many[name][: len(DYADS)].tolist() == values.tolist()
