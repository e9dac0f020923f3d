"""Any two to six governments: they play, their order decides nothing, and who never talks never signs."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import whole_markets
import worlds
from digests import ALL_ON
from made import CODES, QUARTERS, scenario_file, scenario_text

from model.assessment.tables import assess
from model.ensemble import Ensemble
from model.negotiation import NegotiationModel
from model.phases import gestures
from model.start.calibration import COLD_SWEEPS
from model.vocabulary import EXECUTIVE_DUTIES, LAWS_OF_THREE, THREE, Parties

#: Long enough for two assessments, a signed treaty, and coalitions weighed once.
SOME = 8


def played(path: str, replicate: int = 0, quarters: int = QUARTERS, **change: Any) -> NegotiationModel:
    model = NegotiationModel(path, root_seed=1, replicate=replicate, **change)
    for _ in range(quarters):
        model.step()
    return model


# --- what follows from who they are ----------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(2, 7))
def test_every_pair_of_parties_is_a_dyad_and_two_directions(n: int) -> None:
    parties = Parties(CODES[:n])
    assert len(parties.dyads) == n * (n - 1) / 2 == len(set(parties.dyads)) and len(parties.directed) == n * (n - 1)
    for p, (i, j) in enumerate(parties.directed):
        d, side = parties.dyad_of[i, j], parties.side_of[i, j]
        assert parties.dyads[d][side] == i == parties.own[d, side] and parties.other[d, side] == j
        assert parties.pair_of[i, j] == p and (parties.importer[p], parties.partner[p]) == (i, j)
        assert {i, j, *(int(third[p]) for third in parties.thirds)} == set(range(n))
        assert parties.directed_names[p] == f"{CODES[i]}<{CODES[j]}"
    assert parties.places == (*CODES[:n], "other") and parties.talks.all() and parties.all_talk


def test_the_three_are_what_they_were() -> None:
    assert THREE.dyad_names == ("CN-US", "CN-EU", "US-EU")
    assert THREE.directed_names == ("CN<US", "US<CN", "CN<EU", "EU<CN", "US<EU", "EU<US")
    assert Parties(("CN", "US", "EU"), laws=LAWS_OF_THREE) == THREE != Parties(("CN", "US", "EU"))
    assert Parties(("US", "CN", "EU"), laws=LAWS_OF_THREE) != THREE


def test_nobody_changes_the_parties_of_a_run() -> None:
    with pytest.raises(ValueError, match="read-only"):
        THREE.dyad_of[0, 1] = 2


# --- they play -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 4, 6])
@pytest.mark.parametrize("change", [{}, ALL_ON], ids=["core", "all"])
def test_they_play_to_the_end_with_every_number_finite(n: int, change: dict[str, Any], tmp_path: Path) -> None:
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        model = played(scenario_file(tmp_path, CODES[:n]), quarters=SOME, **change)
    assert len(model.recorder.frames) == SOME
    for table, names in model.recorder.entities().items():
        for column in model.recorder.columns[table]:
            values = model.recorder.series(table, column)
            assert values.shape == (len(names), SOME)
            assert np.isfinite(values).all() or column in ("gain_share", "reciprocity"), column
    assert {line.dyad for line in model.story if line.topic == "offer"} == set(model.recorder.parties.dyad_names)
    assert list(model.summary()["dyad"]) == list(model.recorder.parties.dyad_names)


@pytest.mark.parametrize("n", [2, 4])
def test_every_car_is_built_somewhere_and_sold_somewhere(n: int, tmp_path: Path) -> None:
    model = played(scenario_file(tmp_path, CODES[:n]), quarters=2)
    accounts, economy = model.world.booked(), model.economy
    np.testing.assert_allclose(accounts.built.sum(axis=-1), accounts.sales.sum(axis=-1), rtol=1e-12)
    # Cells of the cars that were built are those that suppliers delivered.
    energy = (accounts.built.sum(axis=-1) * economy.kwh).sum()
    assert accounts.cells.sum() == pytest.approx(energy, rel=1e-12)


@pytest.mark.parametrize("n", [2, 4])
def test_assessments_say_what_whole_markets_do(n: int, tmp_path: Path) -> None:
    model = played(scenario_file(tmp_path, CODES[:n]), quarters=3)
    table = assess(model.economy, model.parameters, worlds.situation(model), None, COLD_SWEEPS)
    assert table.vehicle_share.shape[-1] == n - 1
    for pair in range(model.economy.parties.n_pairs):
        whole_markets.agree(model, table, pair)


@pytest.mark.parametrize("n", [2, 4])
def test_a_run_beside_others_is_the_run_alone(n: int, tmp_path: Path) -> None:
    path = scenario_file(tmp_path, CODES[:n])
    together = Ensemble(path, root_seed=1, replicates=[0, 3, 5], keep=[3], n_quarters=SOME).run()
    alone = played(path, replicate=3, quarters=SOME, narrate=False)
    (record,) = together.records.values()
    for table, columns in record.columns.items():
        for column in columns:
            assert np.array_equal(record.series(table, column), alone.recorder.series(table, column), equal_nan=True)


def test_china_and_the_us_alone() -> None:
    model = NegotiationModel("two", root_seed=1, replicate=0).run()
    parties = model.recorder.parties
    assert parties.blocs == ("CN", "US") and list(model.summary()["dyad"]) == ["CN-US"]
    assert {line.dyad for line in model.story} <= {"CN-US", ""}
    # The first quarter is the evidence of 2025.
    np.testing.assert_allclose(worlds.series(model, "bloc", "ev_share")[:, 0], [0.541, 0.094], atol=0.02)
    assert {"share_cn", "share_us"} <= set(model.tables()["automaker"].columns)
    assert "share_eu" not in model.tables()["automaker"].columns


# --- their order decides nothing -------------------------------------------------------------------------------------

ORDERS = [
    ("US", "CN", "EU"), ("JP", "CN", "EU", "US"),
    *(pytest.param(order, marks=pytest.mark.slow) for order in (("EU", "US", "CN"), ("US", "EU", "CN"))),
]  # fmt: skip


@pytest.mark.parametrize("change", [{}, ALL_ON], ids=["core", "all"])
@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_the_order_of_different_governments_does_not_matter(
    order: tuple[str, ...], change: dict[str, Any], tmp_path: Path
) -> None:
    """Another order adds up in another order: the same to rounding, which the talks carry on."""
    usual = sorted(order, key=CODES.index)
    one = played(scenario_file(tmp_path, usual), narrate=False, quarters=SOME, **change)
    place = [order.index(code) for code in usual]
    other = NegotiationModel(scenario_file(tmp_path, order), root_seed=1, replicate=0, narrate=False, **change)
    firms = np.arange(2 * len(order))
    other.world.luck = worlds.luck_permuted(one.world.luck, place, firms)
    worlds.start_over(other)
    for _ in range(SOME):
        other.step()
    # What announcing alone is worth is read beside the no-treaty duty on the next bloc in order: near 0 it may turn.
    kinds = {"automaker": firms, "supplier": np.arange(len(order))}
    worlds.assert_permuted(one, other, place, kinds, apart_from=("announced_harmony",))
    assert worlds.series(one, "dyad", "depth").any()


#: Other codes for the three, each with laws of its own: two have another one's former code, one is unheard of.
OTHER_CODES = {"CN": "US", "US": "MX", "EU": "CN"}


@pytest.mark.parametrize("change", [{}, ALL_ON], ids=["core", "all"])
def test_what_governments_are_called_decides_nothing(change: dict[str, Any], tmp_path: Path) -> None:
    """The same three different governments, with their laws, under other codes and names: the same bits."""
    text = scenario_text(tuple(OTHER_CODES))
    for code, tonnes in (("CN", 20), ("US", 23), ("EU", 24)):  # within the ranges of both codes
        text = re.sub(rf'("emissions_saved_per_ev.{code}" =) .*', rf"\1 {tonnes}", text)
    renamed = re.sub(r"\b(CN|US|EU)\b", lambda found: OTHER_CODES[found[0]], text)
    renamed = renamed.replace("names = {  }", 'names = { MX = "Wonderland" }')
    assert renamed.count("MX") == text.count("US") + 1 and "MX = ['executive_duties'" in renamed
    runs = []
    for name, written in (("before", text), ("after", renamed)):
        path = tmp_path / f"{name}.toml"
        path.write_text(written, encoding="utf-8")
        runs.append(played(str(path), narrate=False, quarters=SOME, **change))
    one, other = runs
    for table, columns in one.recorder.frames[0].items():
        for column in columns:
            called = re.sub("cn|us|eu$", lambda found: OTHER_CODES[found[0].upper()].lower(), column)
            called = called if column.startswith("share_") else column
            same = np.array_equal(
                worlds.series(one, table, column), worlds.series(other, table, called), equal_nan=True
            )
            assert same, f"{table}.{column}"
    assert worlds.series(one, "dyad", "depth").any()


def test_whose_legislature_votes_on_laws_alone_is_in_the_file(tmp_path: Path) -> None:
    """Korea's assembly votes on no cut down to MFN where the file says so, and on every agreement where it does not."""
    asked = {}
    for laws in ([], [EXECUTIVE_DUTIES]):
        text = scenario_text(("CN", "KR")).replace("laws = { ", f"laws = {{ KR = {laws}, ")
        (tmp_path / f"{len(laws)}.toml").write_text(text, encoding="utf-8")
        world = played(str(tmp_path / f"{len(laws)}.toml"), quarters=1, narrate=False).world
        menu, korea = world.agenda.menus[0], world.blocs[1]
        by_law = world.rules.by_law[0][:, 1] | world.rules.below_mfn[0][:, 1]
        asked[len(laws)] = korea.votes(0), by_law, world.rules.instruments[0] > 1, menu.held[:, 5] > 0
        wanted = world.parameters.ratification_threshold_us_recognition
        assert (korea.usual_threshold(0)[menu.held[:, 5] > 0] == wanted).all() == bool(laws)
    (free, _, agreement, _), (bound, by_law, *_) = asked[0], asked[1]
    np.testing.assert_array_equal(free, agreement)
    np.testing.assert_array_equal(bound, agreement & by_law)
    assert bound.any() and (free & ~bound).any()


# --- who talks with whom ---------------------------------------------------------------------------------------------


def test_who_never_talks_never_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gestures_of = set[int]()
    monkeypatch.setattr(gestures, "_open_gestures", lambda world, d, lanes: gestures_of.add(d))
    rows = 'talks = { CN = ["US"], US = ["CN", "EU"], EU = ["US"] }\n'
    free = played(scenario_file(tmp_path, CODES[:3]), narrate=False)
    model = played(scenario_file(tmp_path, CODES[:3], extra=rows), narrate=False, grit=True)
    parties = model.recorder.parties
    assert parties.talks.tolist() == [True, False, True] and not parties.all_talk
    silent = parties.dyad_names.index("CN-EU")
    for column in ("session", "treaty"):
        assert not worlds.series(model, "dyad", column)[silent].any()
        assert worlds.series(free, "dyad", column)[silent].any(), column
        assert worlds.series(model, "dyad", column)[0].any(), column
    assert gestures_of == {0, 2}
    # They trade, and may raise duties on each other, all the same.
    assert (worlds.series(model, "dyad", "ev_trade")[silent] > 0.0).all()


# --- nothing in the source knows how many there are, or who -----------------------------------------------------------

MODEL = Path(__file__).resolve().parent.parent / "model"
#: What is said of the three of the shipped tables, and the files that may say it: whoever reads a file or declares a
#: default without one. Everything else asks the parties.
OF_THREE = {"THREE", "BLOCS", "DYADS", "DYAD_NAMES", "PLACES"}
MAY_SAY = {
    "__init__", "draws", "vocabulary", "parameters.checked", "parameters.names", "record.dictionary", "scenario.arrays",
    "scenario.evidence", "scenario.governments", "scenario.reading", "scenario.sections",
}  # fmt: skip
#: How often each file says 3, none of which is a number of blocs: nodes, axes, cuts, issues, sweeps, codes, quotes.
SAYS_THREE = {
    "assessment.mandate": 3, "assessment.nodes": 3, "assessment.sales": 1, "assessment.values": 10,
    "compiled.cells": 1, "compiled.markets": 3, "compiled.packages": 1, "compiled.placing": 3, "draws": 1,
    "market.cells": 3, "market.clearing": 3, "market.credits": 1, "packages.menu": 2, "packages.resolve": 1,
    "packages.sums": 4,
    "record.lane": 4, "rules.access": 1, "rules.club_terms": 1, "rules.games": 3, "rules.instruments": 1,
    "rules.trust": 1, "rules.welfare": 4, "scenario.evidence": 2, "scenario.toml_words": 2,
    "start.agenda": 4, "start.calibration": 3,
    "start.starting_point": 1, "telling.outcomes": 4,
}  # fmt: skip


@functools.cache
def sources() -> dict[str, ast.Module]:
    found = {path.relative_to(MODEL).with_suffix(""): path for path in sorted(MODEL.rglob("*.py"))}
    return {".".join(name.parts): ast.parse(path.read_text(encoding="utf-8")) for name, path in found.items()}


def test_only_defaults_are_those_of_the_three() -> None:
    for name, tree in sources().items():
        said = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & OF_THREE
        assert not said or name in MAY_SAY, f"{name} says {said}: ask the parties"


def test_nothing_but_a_default_names_a_government() -> None:
    """What the three are called, and their laws where a file names no governments, stand in the vocabulary."""
    for name, tree in sources().items():
        if not name.startswith("parameters.") and name != "vocabulary":
            said = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)} & {"CN", "US", "EU"}
            assert not said, f"{name} names {said}: it is data"


def test_no_three_means_the_blocs() -> None:
    found = {}
    for name, tree in sources().items():
        if not name.startswith("parameters."):
            threes = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is int]
            found[name] = sum(node.value == 3 for node in threes)
    assert {name: n for name, n in found.items() if n} == SAYS_THREE, "a new 3: what is it? never the number of blocs"
