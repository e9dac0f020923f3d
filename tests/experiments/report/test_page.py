"""The report: one file that needs nothing else, tells what the numbers say, and warns of what they do not."""

from __future__ import annotations

import base64
import html
import io
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import yaml
from sample_runs import small_plan, stored
from thinned import one_in
from typer.testing import CliRunner, Result

from experiments.cli import main
from experiments.design.plan import Plan
from experiments.design.plan_file import load_plan
from experiments.findings.findings import find
from experiments.findings.warnings import totals_of, warnings_of
from experiments.report import citing, report_figures, tables
from experiments.report.page import write_report
from experiments.running.runner import run_plan
from experiments.statistics.estimates import kaplan_meier
from experiments.store.folder import Results
from experiments.store.kept import plan_of
from model import InputFault

TEXT = """
title = "Do <tags> & tariffs matter?"
question = "Why?"
hypothesis = "Perhaps."
scenario = "2026"
replicates = 3
[factors.dialogue_ceiling]
label = "dialogue"
levels = ["none", "leaders"]
[factors.tariff_issues]
label = "tariffs"
levels = [false, true]
[outputs]
replicates = 2
"""


# What a browser is asked of the page when it has built it.
PROBE = """<script>addEventListener("load", () => {
const images = [...document.images], root = document.documentElement;
document.body.append(`drawn ${images.filter(i => i.naturalWidth > 0).length} of ${images.length}, ` +
`${root.scrollWidth} wide in ${root.clientWidth}`);
});</script></body>"""
TARIFFS = "[factors.tariff_issues]\nlevels = [false, true]\n"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A small sweep of the model itself."""
    folder = tmp_path_factory.mktemp("report")
    return run_plan(small_plan(folder, TEXT), folder / "r", 1).results


@pytest.fixture(scope="module")
def reported(results: Results) -> Result:
    """What the command says that writes the page."""
    return CliRunner().invoke(main.app, ["report", str(results.folder)])


@pytest.fixture(scope="module")
def page(results: Results, reported: Result) -> str:
    assert reported.exit_code == 0, reported.output
    return (results.folder / "report.html").read_text(encoding="utf-8")


class Tags(HTMLParser):
    """Counts tags and collects what the page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "img"):
            self.open.append(tag)
        self.fetched += [str(value) for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_else(page: str) -> None:
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert tags.fetched
    # A place on the page itself is no address.
    assert all(address.startswith("data:") for address in tags.fetched if not address.startswith("#"))
    assert 'href="#glossary"' in page and 'id="glossary"' in page
    assert "<script" not in page
    assert not re.search(r"@import|url\(", page)


def test_tables_and_figures_are_numbered_listed_and_taken_away(page: str) -> None:
    for kind, n_least in (("Table", 8), ("Figure", 7)):
        numbers = [int(found) for found in re.findall(rf"<b>{kind} (\d+)\.</b>", page)]
        assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= n_least
    contents = page[page.index("<nav") : page.index("</nav>")]
    anchors = re.findall(r'href="#([^"]+)"', contents)
    assert len(set(anchors)) == len(anchors) == len(re.findall(r"<b>(?:Table|Figure) \d+\.</b>|<h2 id=", page))
    assert all(page.count(f' id="{anchor}"') == 1 for anchor in anchors)
    assert page.index("In plain words") < page.index("<nav") < page.index("1. Does cooperation")
    taken = re.findall(r'<a class="take" download="([^"]+)" href="data:([^;]+);base64,([^"]+)">', page)
    assert len({name for name, *_ in taken}) == len(taken) == len(re.findall(r"<b>(?:Table|Figure) \d+\.</b>", page))
    name, _, data = taken[1]
    assert name.endswith(".svg") and b"<svg" in base64.b64decode(data)
    first = next(data for name, _, data in taken if name == "table-1.csv")
    table = pd.read_csv(io.BytesIO(base64.b64decode(first)))
    assert set(table["dyad"]) == {"CN-US", "CN-EU", "US-EU"} and len(table) == 12
    shown = page[page.index("<b>Table 1.</b>") :]
    assert all(f"<th>{heading}</th>" in shown or f'<th class="n">{heading}</th>' in shown for heading in table)


def test_the_page_says_how_it_is_cited(page: str, results: Results) -> None:
    cited = yaml.safe_load((Path(__file__).parents[3] / "CITATION.cff").read_text("utf-8"))
    assert cited["title"] == citing.TITLE and cited["authors"][0]["name"] == citing.AUTHORS
    words = citing.sentence(plan_of(results), results)
    told = results.manifest
    assert all(
        str(part) in words for part in (cited["version"], told["root_seed"], told["n_runs"], told["digest"][:16])
    )
    assert html.escape(words) in page and "@software{detente_" in page


def test_the_page_tells_all_estimands(page: str, results: Results) -> None:
    for part in (
        "Do &lt;tags&gt; &amp; tariffs matter?", "Expected beforehand", "In plain words",
        "1. Does cooperation emerge, or is it kept", "Of what does it consist", "inherited treaty",
        "2 to 4. When does cooperation emerge", "5. How do first treaties end", "6. Who gains", "7. Which games",
        "Do rates and times differ beyond luck", "EV share, last quarter", "CO2 saved, Mt/yr", "McNemar", "log-rank",
        "end in another game than they began in", "tests.parquet",
        "The plan", "The manifest", "What the columns mean", "mean wait",
        "Only 3 replicates a cell",
    ):  # fmt: skip
        assert part in page, part
    figures = {path.stem for path in (results.folder / "figures").iterdir()}
    assert figures == {
        "findings",
        "worth",
        "response-map",
        "cooperation-over-time",
        "duties-over-time",
        "emergence",
        "game-map",
    }
    assert page.count("<img ") == len(figures)
    for part in ("What do the results rest on?", "no interval over replicates", "still in force", "first treaties"):
        assert part in page, part
    assert "first 2 replicates of every cell" in page
    first = page[page.index("</nav>") :]
    assert first.index("How much hangs on the definition") < first.index("2 to 4."), "beside the shares"
    assert re.search(r"CN \d+ %, US \d+ %", page), "duties are told as rates"


BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed: apt-get install chromium, or a Chrome")
@pytest.mark.parametrize("width", [1280, 390])
def test_a_browser_opens_it_without_a_complaint(width: int, page: str, results: Results, tmp_path: Path) -> None:
    """No error in the console, nothing asked of a network that is not there, and something to be seen."""
    words = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--enable-logging=stderr",
        "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path / 'profile'}", "--hide-scrollbars",
    ]  # fmt: skip
    picture = tmp_path / "page.png"
    address = (results.folder / "report.html").absolute().as_uri()
    run = subprocess.run(
        [str(BROWSER), *words, f"--window-size={width},4000", f"--screenshot={picture}", address],
        capture_output=True, text=True, timeout=240, check=True,
    )  # fmt: skip
    assert "CONSOLE" not in run.stderr
    assert picture.stat().st_size > 50_000
    # The same page as the browser built it: every figure is there, and the page is no wider than the window.
    probe = tmp_path / "probe.html"
    probe.write_text(page.replace("</body>", PROBE), encoding="utf-8")
    built = subprocess.run(
        [str(BROWSER), *words, f"--window-size={width},4000", "--dump-dom", probe.as_uri()],
        capture_output=True, text=True, timeout=240, check=True,
    ).stdout  # fmt: skip
    found = re.search(r"drawn (\d+) of (\d+), (\d+) wide in (\d+)", built)
    assert found, built[-300:]
    drawn, figures, wide, window = map(int, found.groups())
    assert drawn == figures == page.count("<img ")
    assert wide <= window


def test_the_command_writes_it(results: Results, reported: Result) -> None:
    assert reported.exit_code == 0, reported.output
    assert "report.html" in reported.stdout
    result = CliRunner().invoke(main.app, ["report", str(results.folder.parent)])
    assert result.exit_code == 2
    assert "no results folder" in result.stderr


def test_the_plan_comes_back_from_the_manifest(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    assert plan_of(stored(tmp_path / "a", plan)) == plan
    fewer = plan.with_replicates(3)
    assert plan_of(stored(tmp_path / "b", fewer)) == fewer
    (tmp_path / "p.csv").write_text("generosity,tariff_issues\n0.1,true\n0.2,false\n", encoding="utf-8")
    text = 'title = "A"\nquestion = "B"\nscenario = "2026"\nreplicates = 2\ndesign = "table"\ntable = "p.csv"\n'
    tabled = small_plan(tmp_path, text)
    told = stored(tmp_path / "c", tabled)
    (tmp_path / "p.csv").unlink()
    assert plan_of(told).points == tabled.points


@pytest.mark.parametrize("design", one_in(3, ["list", "latin_hypercube", "one_at_a_time"]))
def test_every_design_has_findings_and_a_report(design: str, tmp_path: Path) -> None:
    text = f'title = "A"\nquestion = "B"\nscenario = "2026"\nreplicates = 4\ndesign = "{design}"\n'
    if design == "list":
        text += "[[points]]\ngenerosity = 0.1\n[[points]]\ngenerosity = 0.4\n"
    elif design == "one_at_a_time":
        text += (
            '[factors.tariff_issues]\nlevels = [false, true]\n[factors.dialogue_ceiling]\nlevels = [0, 0.4, "group"]'
        )
    else:
        text += (
            'n_points = 8\n[factors.tariff_issues]\nlevels = [false, true]\n[factors.generosity]\nrange = "declared"'
        )
    plan = small_plan(tmp_path, text)
    runs = stored(tmp_path / "r", plan)
    findings = find(plan, runs)
    if design == "latin_hypercube":
        top = findings.associations.groupby(["dyad", "outcome"], sort=False).head(1)
        known = top[(top["dyad"] == "US-EU") & (top["outcome"] == "time_cooperating")].iloc[0]
        assert known["factor"] == "tariff_issues"
        assert known["correlation"] > 0.8
        assert findings.effects.empty
    elif design == "one_at_a_time":
        depth = findings.effects[findings.effects["outcome"] == "mean_depth"]
        row = depth[(depth["factor"] == "tariff_issues") & (depth["dyad"] == "US-EU")].iloc[0]
        assert (row["baseline"], row["level"]) == (True, False)
        assert row["mean"] == pytest.approx(-0.2)
        assert set(depth["factor"]) == {"tariff_issues", "dialogue_ceiling"}
    else:
        assert findings.effects.empty
    assert findings.reading
    assert "<h1>A</h1>" in write_report(runs.folder).read_text(encoding="utf-8")


# --- warnings -----------------------------------------------------------------------------------------------


def warned(plan: Plan, folder: Path, **columns: object) -> str:
    results = stored(folder, plan)
    runs = results.read().assign(**columns)
    totals = {str(dyad): totals_of(rows) for dyad, rows in runs.groupby("dyad")}
    return "\n".join(warnings_of(find(plan, results), totals, {**results.manifest, "state": "begun"}))


def test_what_a_reader_must_know_is_said(tmp_path: Path) -> None:
    said = warned(small_plan(tmp_path), tmp_path / "r", hollow=True, mean_depth_contested=0.0)
    for part in (
        "not finished", "Only 6 replicates", "Hollow cooperation", "Harmony counted apart", "corner",
        "different ceilings",
    ):  # fmt: skip
        assert part in said, part


@pytest.mark.usefixtures("without_figures")
def test_runs_that_are_gone_are_missed(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    results = stored(tmp_path / "r", plan)
    results.finish("complete", plan.n_runs, 0)
    assert "are no longer in the folder" not in write_report(results.folder).read_text(encoding="utf-8")
    gone = results.parts()[0]
    n_gone = len(pd.read_parquet(gone)) // 3
    gone.unlink()
    with pytest.raises(InputFault, match="is gone; the same sweep into this folder makes it anew"):
        write_report(results.folder)
    log = results.folder / "parts.log"
    lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
    log.write_text("".join(line for line in lines if gone.name not in line), encoding="utf-8")
    said = write_report(results.folder).read_text(encoding="utf-8")
    assert f"{n_gone} of {plan.n_runs} runs that were finished are no longer in the folder" in said


def test_the_games_of_a_dyad_add_to_one() -> None:
    names = ["Stag Hunt–Stag Hunt"] * 4 + ["tie–tie"] * 3 + ["A–B", "C–D", "E–F", "G–H"]
    runs = pd.DataFrame({"game": names, "game_at_start": names, "game_at_end": ["tie–tie"] * len(names)})
    told = tables.games(runs)
    assert told["game"].iloc[-1] == "2 other games"
    for column in ("first quarter", "mostly", "last quarter"):
        assert told[column].astype(float).sum() == pytest.approx(1.0, abs=0.02)
    few = tables.games(runs.iloc[:7])
    assert few["game"].tolist() == ["tie–tie", "Stag Hunt–Stag Hunt"]


def test_small_effects_keep_a_digit(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    row = {"dyad": "CN-US", "block": "with linkage", "factor": "tariff_issues", "baseline": False, "level": True}
    table = pd.DataFrame([{**row, "outcome": "final_ev_share", "mean": 0.0007, "low": 0.0004, "high": 0.001}])
    assert tables.effects(plan, table).iloc[0]["EV share, last quarter"] == "+0.0007 [+0.0004, +0.0010]"


def test_one_replicate_has_no_interval_of_waits() -> None:
    runs = pd.DataFrame({"replicate": [0, 1], "first_emergence": [8, -1], "durable": [True, False]})
    one = tables.waiting(runs.iloc[:1], 37)
    assert (one["mean wait, quarters"], one["emerged"]) == ("8.0 [?]", "1.00 [0.21, 1.00]")
    told = tables.waiting(runs, 37)
    assert told["mean wait, quarters"] == "22.5 [0.0, 37.0]"
    assert told["emerged"] == "0.50 [0.09, 0.91]", "Wilson's, as in the table of cells"


def test_the_curve_of_waiting_is_kaplan_meiers_with_an_interval_over_replicates() -> None:
    onset = np.random.default_rng(3).choice([-1, 0, 4, 4, 9, 30], 40)
    runs = pd.DataFrame({"replicate": range(40), "first_emergence": onset, "durable": False})
    curve = tables.still_waiting(runs, 37).set_index("quarter")
    known = kaplan_meier(np.where(onset >= 0, onset, 37), onset >= 0).table
    assert curve.loc[known["time"], "share"].tolist() == pytest.approx(known["survival"].tolist())
    # Nine cells with the same luck know no more than one.
    nine = tables.still_waiting(pd.concat([runs] * 9), 37)
    pd.testing.assert_frame_equal(nine, curve.reset_index())
    assert (curve["low"] <= curve["share"]).all() and (curve["high"] <= 1.0).all()
    late = tables.still_waiting(runs[runs["first_emergence"] == 9].head(1), 37)
    assert late.iloc[[8, 9]].to_numpy().tolist() == [[8, 1, 1, 1], [9, 0, 0, pytest.approx(0.79, abs=0.01)]]


def test_a_target_of_precision_is_told_in_words(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    row = {"outcome": "mean_depth", "mean": 0.3, "low": 0.25, "high": 0.35, "se": 0.02, "n": 45}
    table = pd.DataFrame([{"design_point": k, "dyad": "CN-EU", **row, "reached": k == 0} for k in (0, 3)])
    told = tables.precision(plan, table)
    assert told.iloc[1].to_dict() == {
        "dyad": "CN-EU", "dialogue": "group", "tariffs": "on the table", "mean depth": "0.300 [0.250, 0.350]",
        "replicates": "45", "reached": "no",
    }  # fmt: skip


def test_many_looks_are_told(tmp_path: Path) -> None:
    text = 'title = "A"\nquestion = "B"\nscenario = "2026"\nreplicates = 4\ndesign = "sobol"\nn_points = 8\n'
    said = warned(small_plan(tmp_path, text + TARIFFS), tmp_path / "r")
    assert "by chance alone" in said


# --- figures ------------------------------------------------------------------------------------------------


def test_a_response_map_shows_every_level(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    findings = find(plan, stored(tmp_path / "r", plan))
    figure = report_figures.response_map(findings.cells, plan, ["CN-US", "CN-EU", "US-EU"])
    assert figure is not None
    shown = figure.axes[2]
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["off", "on the table"]
    assert [text.get_text() for text in shown.texts] == ["20", "20", "40", "40"]
    plt.close("all")


def test_figures_of_nothing_are_none(tmp_path: Path) -> None:
    nothing = pd.DataFrame({"dyad": ["CN-US"]})
    assert report_figures.emergence_figure(nothing, 37, ["CN-US"]) is None
    assert report_figures.cooperation_figure(nothing, None, ["CN-US"]) is None
    assert report_figures.duties_figure(nothing, ["CN-US"]) is None
    assert report_figures.game_map(nothing, None, ["CN-US"]) is None
    one = load_plan("uncertainty")
    assert report_figures.response_map(nothing, one, ["CN-US"]) is None


def test_points_far_away_stand_at_the_edge() -> None:
    runs = pd.DataFrame(
        {
            "dyad": ["CN-US"] * 2, "tempted_first": [50.0, 0.5], "suffers_first": [1.0, 1.0],
            "tempted_second": [-9.0, 0.5], "suffers_second": [1.0, 1.0],
        }
    )  # fmt: skip
    figure = report_figures.game_map(runs, None, ["CN-US"])
    assert figure is not None
    share = figure.axes[0].collections[0].get_array().filled(0.0)  # type: ignore[union-attr]
    # Half of the runs in the last field across and the lowest up, half in the field that begins at one half.
    assert {(int(up), int(across)): share[up, across] for up, across in np.argwhere(share)} == {
        (0, 23): 50,
        (14, 14): 50,
    }
    plt.close("all")


def test_a_factor_that_is_called_as_an_outcome_keeps_its_levels(tmp_path: Path) -> None:
    text = 'title = "A"\nquestion = "B?"\nscenario = "2026"\nreplicates = 3\n'
    text += '[factors.tariff_issues]\nlabel = "duties"\nlevels = [false, true]\n'
    text += 'level_labels = ["off", "on the table"]\n'
    plan = small_plan(tmp_path, text)
    table = tables.cells(find(plan, stored(tmp_path / "r", plan)))
    assert set(table["duties (set)"]) == {"off", "on the table"}
    assert not set(table["duties"]) & {"off", "on the table"}, "these are rates"


@pytest.mark.parametrize("label", ["recognition", "dyad", "bloc", "gain, bn$/yr"])
def test_no_table_of_the_page_loses_the_levels_of_a_factor(label: str, tmp_path: Path) -> None:
    text = 'title = "A"\nquestion = "B?"\nscenario = "2026"\nreplicates = 3\n'
    text += f'[factors.tariff_issues]\nlabel = "{label}"\nlevels = [false, true]\n'
    text += 'level_labels = ["off", "on the table"]\n'
    plan = small_plan(tmp_path, text)
    found = find(plan, stored(tmp_path / "r", plan))
    for table in (tables.cells(found), tables.depth(found), tables.blocs(found)):
        assert any(set(table[name]) == {"off", "on the table"} for name in table), list(table)


@pytest.mark.usefixtures("without_figures")
def test_the_command_says_that_a_sweep_is_not_finished(tmp_path: Path) -> None:
    def said() -> str:
        return CliRunner().invoke(main.app, ["report", str(tmp_path / "r")]).output

    plan = small_plan(tmp_path)
    results = stored(tmp_path / "r", plan)
    assert results.manifest["state"] == "begun"
    assert "! The sweep is not finished (begun)" in said()
    results.finish("complete", plan.n_runs, 0)
    assert "not finished" not in said()
