"""A sealed forecast: what it says, that nobody can change it, and how it is scored once a year is known."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from experiments.cli import main as command
from experiments.hindcast import sealed, sealed_main
from experiments.hindcast.evidence import BLOCS, DIRECTED, DYADS
from experiments.hindcast.scores import crps
from experiments.hindcast.sealed import LEVELS, Forecast
from experiments.hindcast.sealed_scores import Evidence, in_short, pinball, score
from model import InputFault, seeds_directory

YEAR = ("2023Q1", "2023Q2", "2023Q3", "2023Q4")
EVIDENCE = seeds_directory() / "evidence"


@pytest.fixture(scope="module")
def known() -> Forecast:
    """A forecast of 2023, which is known, by worlds that know nothing later than 2022."""
    return sealed.make("2018-known-2022", "2023Q1", "2023Q4", map, 1, n_rows=1, replicates=2)


@pytest.fixture
def file(known: Forecast, tmp_path: Path) -> Path:
    path = tmp_path / "f.json"
    sealed.write_sealed(path, known)
    return path


def call(*words: Any) -> Any:
    return CliRunner().invoke(command.app, [str(word) for word in words])


def refused(*words: Any) -> str:
    """What a command says that refuses: one fault, exit code 2, no traceback."""
    result = call(*words)
    assert result.exit_code == 2 and result.stderr.count("\n  - ") == 1, result.output
    assert "Traceback" not in result.output
    return " ".join(result.stderr.split())


# --- what it says -----------------------------------------------------------------------------------------------------


def test_a_forecast_says_everything_of_every_quarter(known: Forecast) -> None:
    assert tuple(known.quarters) == YEAR
    assert set(known.duties) == set(DIRECTED) and set(known.agreements) == set(DYADS)
    for by_label in known.ev_shares.values():
        assert tuple(by_label) == (*YEAR, "2023")
    every = [q for part in (known.duties, known.ev_shares) for own in part.values() for q in own.values()]
    assert all(len(q) == len(LEVELS) and q == sorted(q) for q in every)
    # The record of the scenario ends in 2022: duties before are those of the evidence, and of 2022.
    assert known.before.ev_shares == {"CN": 0.29, "US": 0.074, "EU": 0.21} and known.before.duties["EU<CN"] == 0.1
    assert known.software["versions"]["numpy"] and known.sample["rows"] == 1


def test_luck_and_sample_are_played_as_an_ensemble_plays_them() -> None:
    chosen: dict[str, Any] = {"opening_hazard": 0.3}
    whole = sealed.play_task(("2026", chosen, 7, range(3), 1, 4))
    assert [x.shape for x in whole] == [(3, 6, 3), (3, 3, 3), (3, 3, 3)]
    alone = sealed.play_task(("2026", chosen, 7, range(2, 3), 0, 4))
    for many, one in zip(whole, alone, strict=True):
        assert np.array_equal(many[2], one[0][:, 1:])


def test_the_same_seed_gives_the_same_forecast_and_the_same_digest(known: Forecast) -> None:
    again = sealed.make("2018-known-2022", "2023Q1", "2023Q4", map, 1, n_rows=1, replicates=2)
    other = sealed.make("2018-known-2022", "2023Q4", "2023Q4", map, 2, n_rows=1, replicates=2)
    assert again.duties == known.duties and again.ev_shares == known.ev_shares
    assert other.ev_shares["CN"]["2023Q4"] != known.ev_shares["CN"]["2023Q4"] and "2023" not in other.ev_shares["CN"]


def test_what_is_known_before_is_of_before() -> None:
    now = sealed.known_before("2026Q4")
    assert now.duties == {"CN<US": 0.25, "CN<EU": 0.15, "US<CN": 1.275, "US<EU": 0.15, "EU<CN": 0.302, "EU<US": 0.0}
    assert now.ev_shares == {"CN": 0.541, "US": 0.094, "EU": 0.268}
    with pytest.raises(InputFault, match="before 2016Q1; begin with a later quarter"):
        sealed.known_before("2016Q1")


# --- the seal ---------------------------------------------------------------------------------------------------------


def test_what_was_sealed_is_read_back(file: Path, known: Forecast) -> None:
    found, digest = sealed.read_sealed(file)
    assert found == known and digest == sealed.digest_of_forecast(known.model_dump(mode="json"))
    # A file that was only set out in another way says the same.
    file.write_text(json.dumps(json.loads(file.read_text("utf-8"))), "utf-8")
    assert sealed.read_sealed(file) == (found, digest)


def test_every_changed_digit_is_found(file: Path) -> None:
    text = file.read_text("utf-8")
    start = text.index('"forecast"')
    places = [i for i, letter in enumerate(text) if letter.isdigit() and i > start]
    rng = np.random.default_rng(3)
    for place in rng.choice(places, 40, replace=False):
        digit = str((int(text[place]) + 1) % 10)
        file.write_text(text[:place] + digit + text[place + 1 :], "utf-8")
        with pytest.raises(InputFault, match=r"changed after it was sealed|no sealed forecast"):
            sealed.read_sealed(file)
    file.write_text(text.replace("2018-known-2022", "2018-known-2023"), "utf-8")
    assert "was changed after it was sealed: its digest is" in refused("score", file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no sealed forecast"),
        ("[1, 2]", "is no sealed forecast"),
        ('{"forecast": {}}', "is no sealed forecast"),
        ('{"forecast": {"a": NaN}, "sha256": "x"}', "is no sealed forecast"),
        ("[" * 100_000, "is no sealed forecast"),
        ('{"forecast": {}, "sha256": "x"}', "was changed after it was sealed"),
        ('{"forecast": {}, "sha256": "DIGEST"}', "format is not what this version reads"),
        ('{"forecast": {}, "sha256": "DIGEST", "more": 1}', "was changed after it was sealed"),
    ],
)
def test_other_files_are_refused_in_one_message(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(text.replace("DIGEST", sealed.digest_of_forecast({})), "utf-8")
    assert said in refused("score", path)


def test_a_forecast_that_lacks_a_quarter_is_not_read(file: Path) -> None:
    said = json.loads(file.read_text("utf-8"))["forecast"]
    del said["duties"]["EU<CN"]["2023Q2"]
    file.write_text(json.dumps({"sha256": sealed.digest_of_forecast(said), "forecast": said}), "utf-8")
    assert "what it says is not what this version reads" in refused("score", file)


def test_missing_files_and_folders_are_named(file: Path, tmp_path: Path) -> None:
    assert "No such file" in refused("score", tmp_path / "none.json")
    (tmp_path / "image.json").write_bytes(b"\xff\xfe\x00")
    assert "it is no text" in refused("score", tmp_path / "image.json")
    assert "there is no tariffs_quarterly.csv" in refused("score", file, "--evidence", tmp_path)
    assert "there is no folder" in refused("score", file, "--json", tmp_path / "no" / "s.json")


def test_a_forecast_is_never_written_over(file: Path, known: Forecast, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file.read_bytes()
    monkeypatch.setattr(sealed_main, "make", lambda *_: pytest.fail("it was played"))
    assert "is there already, and a forecast is never written over" in refused("forecast", "--out", file)
    with pytest.raises(InputFault, match="never written over"):
        sealed.write_sealed(file, known)
    assert file.read_bytes() == before


def test_the_usual_place_is_named_after_what_it_is_of() -> None:
    assert sealed.usual_file("2026", "2026Q4", "2027Q4").relative_to(seeds_directory()) == Path(
        "forecasts/2026-2026Q4-2027Q4.json"
    )


def test_the_seals_of_what_is_shipped_hold_and_its_page_names_them() -> None:
    page = (seeds_directory().parent / "docs" / "forecast.md").read_text("utf-8")
    shipped = sorted((seeds_directory() / "forecasts").glob("*.json"))
    assert shipped
    for path in shipped:
        forecast, digest = sealed.read_sealed(path)
        assert forecast.made < forecast_end(path) and digest in page and path.name in page


def forecast_end(path: Path) -> str:
    """The day on which the last quarter of a forecast begins, from its name: it was made before."""
    year, quarter = path.stem[-6:].split("Q")
    return f"{year}-{3 * int(quarter) - 2:02}-01"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--until", "2036Q1"), "--until '2036Q1': allowed is a quarter of the scenario, 2026Q4 to 2035Q4"),
        (("--until", "2027"), "--until '2027': allowed is a quarter"),
        (("--from", "2026Q3"), "--from '2026Q3': allowed is a quarter"),
        (("--from", "2028Q1", "--until", "2027Q4"), "the last quarter is before the first; swap them"),
        (("--rows", "0"), "--rows 0: allowed is 1 to 64"),
        (("--rows", "65"), "--rows 65: allowed is 1 to 64"),
        (("--replicates", "0"), "--replicates 0: allowed is 1 to 1024"),
        (("--root-seed", "-1"), "root_seed"),
        (("--workers", "0"), "workers"),
    ],
)
def test_what_cannot_be_forecast_is_refused(options: tuple[str, ...], said: str, tmp_path: Path) -> None:
    assert said in refused("forecast", "--workers", 1, *options, "--out", tmp_path / "x.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scenario", ["two", "four-2026"])
def test_a_forecast_is_of_the_three_alone(scenario: str, tmp_path: Path) -> None:
    said = refused("forecast", scenario, "--workers", 1, "--out", tmp_path / "x.json")
    assert "the sealed forecasts are of China, the US and the EU alone" in said
    assert list(tmp_path.iterdir()) == []


# --- scores -----------------------------------------------------------------------------------------------------------


def test_many_quantiles_give_the_crps() -> None:
    draws = np.quantile(np.random.default_rng(1).normal(2.0, 3.0, 4000), LEVELS)
    for seen in (-4.0, 1.0, 2.0, 7.0):
        # The outermost twentieths of the distribution are in no quantile.
        assert pinball(draws, seen) == pytest.approx(crps(draws, seen), abs=0.1)
    assert pinball(np.full(len(LEVELS), 0.3), 0.5) == pytest.approx(0.2)
    assert pinball(np.full(len(LEVELS), 0.3), 0.3) == 0.0


def test_a_known_year_is_scored(known: Forecast) -> None:
    scored = score(known, Evidence(EVIDENCE))
    short = in_short(scored).set_index("quantity")
    assert list(short["n"]) == [24, 3, 12] and "EV shares by quarter" not in short.index
    assert scored.unspoken["EV shares by quarter"] == list(YEAR) and scored.unspoken["EV duties"] == []
    # By hand: no duty on electric cars moved in 2023, nor was there an agreement on trade or EVs.
    assert short.loc["EV duties", "no change"] == 0.0 and short.loc["agreements", "no change"] == 0.0
    came = {"CN": 0.38, "US": 0.095, "EU": 0.22}
    gaps = [abs(share - known.before.ev_shares[bloc]) for bloc, share in came.items()]
    assert short.loc["EV shares by year", "no change"] == pytest.approx(np.mean(gaps), abs=1e-6)
    chances = [chance for by_quarter in known.agreements.values() for chance in by_quarter.values()]
    assert short.loc["agreements", "score"] == pytest.approx(2 * np.mean(np.square(chances)))


def test_whoever_knew_what_came_scores_best(known: Forecast) -> None:
    evidence = Evidence(EVIDENCE)
    duties, yearly = evidence.duties(), evidence.yearly()
    said = known.model_dump(mode="json")
    for pair, by_quarter in said["duties"].items():
        said["duties"][pair] = {q: [duties[pair, q]] * len(LEVELS) for q in by_quarter}
    for bloc in BLOCS:
        said["ev_shares"][bloc]["2023"] = [yearly[bloc, "2023"]] * len(LEVELS)
    said["agreements"] = {dyad: dict.fromkeys(YEAR, 0.0) for dyad in DYADS}
    short = in_short(score(Forecast.model_validate(said), evidence)).set_index("quantity")
    assert (short["score"] == 0.0).all() and short.loc["EV shares by year", "verdict"] == "better"
    assert short.loc["EV duties", "in_50"] == 1.0 and short.loc["EV duties", "verdict"] == "tie"


def copied(folder: Path) -> Path:
    folder.mkdir()
    for name in ("tariffs_quarterly.csv", "bev_quarterly.csv", "ev_share.csv", "events.csv"):
        shutil.copy(EVIDENCE / name, folder / name)
    return folder


def add(path: Path, **cells: str) -> None:
    with path.open(encoding="utf-8", newline="") as stream:
        names = csv.DictReader(stream).fieldnames
    with path.open("a", encoding="utf-8", newline="") as stream:
        csv.DictWriter(stream, list(names or ())).writerow(cells)


def test_new_evidence_is_scored_when_it_comes(tmp_path: Path) -> None:
    made = sealed.make("2026", None, "2027Q1", map, 1, n_rows=1, replicates=2)
    assert in_short(score(made, Evidence(EVIDENCE))).empty
    folder = copied(tmp_path / "later")
    add(folder / "tariffs_quarterly.csv", quarter="2026-Q4", importer="EU", exporter="CN", product="ev", rate_end="0.4")
    add(folder / "events.csv", date="2026-12-01", parties="CN,EU", kind="agreement", track="ev")
    found = score(made, Evidence(folder))
    assert list(found.table["entity"]) == ["EU<CN", "EU<CN"] and found.table["observed"].iloc[0] == 0.4
    assert found.unspoken["agreements"] == ["2026Q4", "2027Q1"], "the quarter may not be over yet"
    add(folder / "events.csv", date="2027-01-10", parties="CN,US", kind="agreement", track="trade")
    table = score(made, Evidence(folder)).table
    came = table[(table["quantity"] == "agreements") & (table["forecaster"] == "no change")]
    assert dict(zip(came["entity"], came["observed"], strict=True)) == {"CN-US": 0.0, "CN-EU": 1.0, "US-EU": 0.0}
    assert list(came["score"]) == [0.0, 2.0, 0.0]


def test_quarterly_shares_are_the_years_spread_as_battery_cars_were_sold() -> None:
    found = Evidence(EVIDENCE).quarterly()
    yearly = Evidence(EVIDENCE).yearly()
    own = [found["EU", f"2022Q{q}"] for q in (1, 2, 3, 4)]
    assert max(own) > yearly["EU", "2022"] > min(own) and own[3] == max(own)
    assert ("EU", "2023Q1") not in found


def test_cells_that_are_no_numbers_are_named(known: Forecast, tmp_path: Path) -> None:
    folder = copied(tmp_path / "bad")
    add(folder / "ev_share.csv", bloc="EU", year="2027", ev_share="a third")
    line = len((folder / "ev_share.csv").read_text("utf-8").splitlines())
    with pytest.raises(InputFault, match=rf"ev_share.csv', line {line}: ev_share is no number"):
        score(known, Evidence(folder))


@pytest.mark.parametrize(
    ("table", "cells", "said"),
    [
        ("ev_share", {"bloc": "EU", "year": "2027", "ev_share": "54"},
         "ev_share = 54: allowed is a number from 0 to 1; it is a share: write 0.54, not 54"),
        ("ev_share", {"bloc": "EU", "year": "2027", "ev_share": "nan"}, "ev_share = nan: allowed is a number"),
        ("ev_share", {"bloc": "EU", "year": "2023", "ev_share": "0.2"}, "bloc EU, year 2023 is there already, in "),
        ("tariffs_quarterly", {"rate_end": "inf"}, "rate_end = inf: allowed is a number from 0 to 5; correct it"),
        ("tariffs_quarterly", {"rate_end": "nan"}, "rate_end = nan"),
        ("tariffs_quarterly", {"rate_end": "-0.1"}, "rate_end = -0.1"),
        ("tariffs_quarterly", {"rate_end": "35"}, "it is a share: write 0.35, not 35"),
        ("tariffs_quarterly", {"rate_end": "0.1", "quarter": "2023-Q1"}, "quarter 2023-Q1 is there already, in line"),
        ("bev_quarterly", {"bev_sales_thousand": "nan", "new_car_sales_thousand": "9"}, "bev_sales_thousand = nan"),
        ("bev_quarterly", {"bev_sales_thousand": "9", "new_car_sales_thousand": "0"}, "allowed is a number above 0"),
        ("bev_quarterly", {"bev_sales_thousand": "9", "new_car_sales_thousand": "8"}, "more than all new cars, 8"),
    ],
)  # fmt: skip
def test_evidence_that_cannot_be_is_refused_with_its_line(
    table: str, cells: dict[str, str], said: str, file: Path, tmp_path: Path
) -> None:
    folder = copied(tmp_path / "bad")
    usual = {"tariffs_quarterly": {"quarter": "2027-Q1", "importer": "EU", "exporter": "CN", "product": "ev"},
             "bev_quarterly": {"quarter": "2027-Q1", "bloc": "EU"}}  # fmt: skip
    add(folder / f"{table}.csv", **{**usual.get(table, {}), **cells})
    line = len((folder / f"{table}.csv").read_text("utf-8").splitlines())
    told = refused("score", file, "--evidence", folder, "--json", tmp_path / "s.json")
    assert f"{table}.csv', line {line}: " in told and said in told
    assert not (tmp_path / "s.json").exists()


def test_scores_are_told_and_written(file: Path, tmp_path: Path) -> None:
    result = call("score", file, "--json", tmp_path / "s.json")
    assert result.exit_code == 0, result.output
    for part in ("The seal holds", "EV duties", "no change", "The world has not spoken yet of EV shares by quarter"):
        assert part in result.stdout
    whole = json.loads((tmp_path / "s.json").read_text("utf-8"))
    assert len(whole["scores"]) == 2 * (24 + 3 + 12) and whole["unspoken"]["agreements"] == []
