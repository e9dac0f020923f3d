"""The record: every column declared, every row keyed, and a summary that can be re-computed from the tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import worlds
from of_three import DIRECTED_NAMES, N_DYADS

from model.ensemble import Ensemble
from model.record.dictionary import COLUMNS, SUMMARY, dictionary
from model.record.recorder import Recorder
from model.rules import cooperation, games
from model.vocabulary import BLOCS, DYAD_NAMES


@pytest.fixture(scope="module", params=worlds.SCENARIOS)
def world(request: pytest.FixtureRequest) -> Any:
    return worlds.played(request.param, replicate=2)


def test_the_dictionary_declares_every_column(world: Any) -> None:
    words = dictionary()
    assert list(words.columns) == ["table", "column", "unit", "meaning"]
    assert not words.duplicated(["table", "column"]).any() and (words.meaning.str.len() > 5).all()
    for table, frame in world.tables().items():
        assert list(frame.columns) == list(words[words.table == table].column)
    told = list(words[words.table == "summary"].column)
    assert told == ["design_point", "replicate", *SUMMARY]
    assert list(world.summary().columns) == list(SUMMARY)
    ensemble = Ensemble("symmetric", replicates=1, n_quarters=1).run()
    assert set(ensemble.summary().columns) == set(told)


def test_every_entity_has_a_row_every_quarter(world: Any) -> None:
    entities = {
        "bloc": list(BLOCS), "dyad": list(DYAD_NAMES), "directed": list(DIRECTED_NAMES),
        "automaker": list(world.start.automakers), "supplier": list(world.start.suppliers),
    }  # fmt: skip
    for table, frame in world.tables().items():
        assert len(frame) == world.n_quarters * len(entities[table])
        assert list(frame.entity[: len(entities[table])]) == entities[table]
        assert not frame.duplicated(["quarter", "entity"]).any() and not frame.isna().any().any()
        labels = frame.drop_duplicates("quarter").label
        assert labels.iloc[0] == world.start.first_quarter and labels.is_unique


def test_shares_and_flags_are_what_they_say(world: Any) -> None:
    for table, columns in COLUMNS.items():
        for column, (unit, _) in columns.items():
            values = worlds.series(world, table, column)
            if unit == "0/1":
                assert set(np.unique(values)) <= {0.0, 1.0}, column
            if unit == "share" and not column.startswith(("duty", "special", "no_treaty")):
                if column == "gain_share":  # of a gain, which is a loss where one side lapses alone
                    gain = worlds.series(world, "dyad", "joint_gain")
                    is_there = np.isfinite(values)
                    np.testing.assert_array_equal(values[is_there] < 0.0, gain[is_there] < 0.0)
                    values = np.maximum(values[is_there], 0.0)
                assert values.min() >= 0.0 and values.max() <= 1.0 + 1e-12, column
    for bloc in BLOCS:
        total = worlds.series(world, "automaker", f"share_{bloc.lower()}").sum(axis=0)
        np.testing.assert_allclose(total, 1.0, atol=1e-12)
    np.testing.assert_allclose(worlds.series(world, "supplier", "share").sum(axis=0), 1.0, atol=1e-12)


def test_tables_agree_with_each_other(world: Any) -> None:
    maker, bloc = world.tables()["automaker"], world.tables()["bloc"]
    np.testing.assert_allclose(maker.groupby("quarter").sales.sum(), bloc.groupby("quarter").ev_sales.sum(), rtol=1e-12)
    dyad = world.tables()["dyad"]
    np.testing.assert_allclose(dyad.joint_gain, dyad.gain_first + dyad.gain_second, atol=1e-12)
    assert np.all((dyad.package > 0) == (dyad.treaty > 0))
    assert np.all(dyad.depth[dyad.treaty == 0] == 0) or world.state.recognises.any()


def test_the_record_is_a_copy() -> None:
    # What is written down must not move when the world moves on.
    from model.negotiation import NegotiationModel

    live = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False)
    live.step()
    first = {
        (table, column): np.array(values)
        for table, columns in live.recorder.frames[0].items()
        for column, values in columns.items()
    }
    live.run()
    for (table, column), before in first.items():
        np.testing.assert_array_equal(live.recorder.frames[0][table][column], before, err_msg=f"{table}.{column}")


def test_the_summary_can_be_computed_from_the_tables(world: Any) -> None:
    summary, dyad = world.summary(), world.tables()["dyad"]
    directions = cooperation.rolling_mean(worlds.series(world, "dyad", "depth"), 4)
    for d, name in enumerate(DYAD_NAMES):
        row, rows = summary.iloc[d], dyad[dyad.entity == name]
        assert row.dyad == name
        assert row.mean_depth == pytest.approx(rows.depth.mean(), abs=1e-12)
        assert row.mean_depth_contested == pytest.approx(rows.depth_contested.mean(), abs=1e-12)
        assert row.joint_gain == pytest.approx(4 * rows.joint_gain.mean(), abs=1e-12)
        assert row.gain_first + row.gain_second == pytest.approx(row.joint_gain, abs=1e-12)
        assert row.treaty_quarters == rows.treaty.sum() and row.final_depth == rows.depth.iloc[-1]
        assert row.mean_tension == pytest.approx(rows.tension.mean())
        assert rows.depth.max() <= row.depth_ceiling + 1e-12
        parts = rows.depth_inherited + rows.depth_duties + rows.depth_recognition + rows.depth_joint
        np.testing.assert_allclose(parts, rows.depth, rtol=0, atol=1e-12)
        assert row.gain_share == pytest.approx(rows.joint_gain.sum() / rows.attainable_gain.sum())
        for column in ("duty_first", "kept_supply_second", "kept_charging", "depth_inherited"):
            assert row[column] == pytest.approx(rows[column].mean(), abs=1e-12)
        assert row.ev_trade == pytest.approx(4 * rows.ev_trade.mean())
        # Cooperation by hand: half of what there is to gain over a year, neither side at a loss, both conceding.
        year = rows[["gain_share", "gain_first", "gain_second"]].fillna(0.0).rolling(4, min_periods=1).mean()
        state = (year.gain_share >= 0.5 - 1e-12) & (year.gain_first >= -1e-9) & (year.gain_second >= -1e-9)
        state = (state & (rows.both_concede > 0)).to_numpy()
        inherited = rows.promise.iloc[0] >= 0.5
        assert bool(row.inherited) == inherited and bool(row.emerged) == (bool(state.any()) and not inherited)
        assert (row.n_spells > 0) == state.any()
        assert row.time_cooperating == sum(state) / len(rows)
        if row.emerged:
            assert row.first_emergence == np.flatnonzero(state)[0]
            assert row.emergence_label == world.start.quarter_label(int(row.first_emergence))
        else:
            assert row.first_emergence == -1 and row.emergence_label == ""
        assert bool(row.durable) == (row.longest_spell >= 12)
        if inherited:
            assert bool(row.kept) != bool(row.lost) and (row.lost or not row.regained)
        else:
            assert not (row.kept or row.lost or row.regained or row.deepened)
        # The first edition's measure: deep, even and with a cut, at least once.
        deep = (directions[d] >= 0.5) & (rows.reciprocity >= 0.25).to_numpy() & (rows.tariff_cut > 0).to_numpy()
        assert bool(row.emerged_by_depth) == bool(deep.any())
        assert "–" in row.game or "-" in row.game
        assert row.n_lapses == (rows.treaty.size and world.recorder.lapses[d])


def test_duties_and_trade_of_a_dyad_are_those_of_its_directions(world: Any) -> None:
    dyad, directed = (world.tables()[name] for name in ("dyad", "directed"))
    for name in DYAD_NAMES:
        rows = dyad[dyad.entity == name]
        (first, second), cars = name.split("-"), 0.0
        for side, importer, exporter in (("first", first, second), ("second", second, first)):
            way = directed[directed.entity == f"{importer}<{exporter}"]
            np.testing.assert_array_equal(rows[f"duty_{side}"], way.duty_ev)
            cars = cars + way.vehicle_imports.to_numpy() * world.economy.market_size[BLOCS.index(importer)]
        np.testing.assert_allclose(rows.ev_trade, 1000 * cars, rtol=1e-12)


def test_the_summary_tells_what_came_of_the_blocs(world: Any) -> None:
    summary, bloc = world.summary(), world.tables()["bloc"]
    tonnes = world.parameters.emissions_saved_per_ev
    for row in summary.itertuples():
        for side, name in zip(("first", "second"), row.dyad.split("-"), strict=True):
            rows = bloc[bloc.entity == name]
            assert getattr(row, f"ev_share_{side}") == pytest.approx(rows.ev_share.mean(), abs=1e-12)
            assert getattr(row, f"final_ev_share_{side}") == rows.ev_share.iloc[-1]
            # Four quarters of sales in millions, times tonnes a car.
            saved = 4 * rows.ev_sales.mean() * tonnes[BLOCS.index(name)]
            assert getattr(row, f"co2_saved_{side}") == pytest.approx(saved, rel=1e-12)
            assert saved > 0.0
            for flow in ("consumer_surplus", "home_profit", "jobs"):
                assert getattr(row, f"{flow}_{side}") == pytest.approx(4 * rows[flow].mean())
            assert getattr(row, f"price_{side}") == pytest.approx(rows.price.mean())


def test_the_summary_tells_the_games_before_and_after(world: Any) -> None:
    summary, dyad = world.summary(), world.tables()["dyad"]
    for row in summary.itertuples():
        rows = dyad[dyad.entity == row.dyad]
        for name, at in (("game_at_start", 0), ("game_at_end", -1)):
            first, second = (games.FAMILIES.index(rows[f"game_{side}"].iloc[at]) for side in ("first", "second"))
            assert getattr(row, name) == games.pair_name(first, second)


def test_games_have_names(world: Any) -> None:
    frame = world.tables()["dyad"]
    for side in ("game_first", "game_second"):
        assert set(frame[side]) <= set(games.FAMILIES)


def test_states_follow_threshold_and_window(world: Any) -> None:
    easy, plain, hard = (world.recorder.states(threshold=x) for x in (0.3, 0.5, 0.7))
    assert np.all(easy >= plain) and np.all(plain >= hard)
    assert plain.shape == (N_DYADS, world.n_quarters)


def test_a_column_that_nobody_declared_is_refused(world: Any) -> None:
    recorder = Recorder(world.start, world.parameters, world.agenda, world.world.rules.on_table.ceiling)
    first = world.recorder.frames[0]
    frame = {table: {name: values[None] for name, values in columns.items()} for table, columns in first.items()}
    counts = np.zeros((1, N_DYADS)), np.zeros((1, N_DYADS))
    recorder.add(frame, *counts)
    del frame["bloc"]["price"]
    with pytest.raises(KeyError, match="price"):
        recorder.add(frame, *counts)
    frame["bloc"]["price"] = frame["bloc"]["ev_share"]
    frame["supplier"]["mood"] = np.zeros(3)
    with pytest.raises(KeyError, match="mood"):
        recorder.add(frame, *counts)


def test_a_world_that_has_not_played_says_so() -> None:
    world = worlds.played("2026", quarters=0)
    for look in (world.tables, world.summary):
        with pytest.raises(ValueError, match="nothing is recorded yet: play a quarter first"):
            look()


def test_a_run_cut_short_can_be_read() -> None:
    world = worlds.played("2026", quarters=3)
    assert len(world.tables()["bloc"]) == 9 and len(world.summary()) == 3
    assert isinstance(world.summary(), pd.DataFrame) and (world.summary().treaty_quarters <= 3).all()
