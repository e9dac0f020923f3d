"""A sweep as its user sees it: going on, beginning anew, playing one run again, and clear refusals."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import SMALL, called, detente, refused
from rich.console import Console
from typer.testing import Result

from experiments.cli import sweeping
from experiments.cli.sweeping import progress_shown
from experiments.store import manifest
from experiments.store.folder import Results
from experiments.store.part_log import fingerprint


@pytest.fixture
def call(call: Callable[..., Result], tmp_path: Path) -> Callable[..., Result]:
    """Calls the command in a folder that holds one small plan."""
    (tmp_path / "two.toml").write_text(SMALL, encoding="utf-8")
    return call


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of the small plan, swept once."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "two.toml").write_text(SMALL, encoding="utf-8")
    assert called("sweep", folder / "two.toml", "--workers", 1, "--out", folder / "two").exit_code == 0
    return folder / "two"


@pytest.fixture
def done(call: Callable[..., Result], finished: Path, tmp_path: Path) -> Callable[..., Result]:
    """As ``call``, in a folder that holds the results as well."""
    shutil.copytree(finished, tmp_path / "results" / "two")
    return call


@pytest.fixture
def undrawn(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small plan's figure, which ``finished`` has drawn, is not drawn again."""
    assert (finished / "two.png").exists() and (finished / "two-worth.png").exists()
    monkeypatch.setattr(sweeping, "_draw", lambda *_: None)


def swept(call: Callable[..., Result], *words: str) -> Result:
    return call("sweep", "two.toml", "--workers", "1", *words)


@pytest.mark.slow
def test_a_changed_plan_is_refused_and_begun_anew_elsewhere(done: Callable[..., Result], tmp_path: Path) -> None:
    assert "levels = [false, true]" in SMALL
    (tmp_path / "two.toml").write_text(SMALL.replace("[false, true]", "[true, false]"), encoding="utf-8")
    refused(swept(done), "levels of tariff_issues: False, True in the results, True, False now", "--into results/two-2")
    (tmp_path / "two.toml").write_text(SMALL, encoding="utf-8")
    result = swept(done, "--replicates", "3")
    refused(result, "replicates: 2 in the results, 3 now", "results: 1 fault")
    assert "NEW_FOLDER" not in result.stderr
    assert swept(done, "--into", "results/two-2").exit_code == 0
    refused(swept(done, "--into", "results/two-2"), "already holds files")
    refused(swept(done, "--into", "a", "--out", "b"), "keep one")


@pytest.mark.usefixtures("undrawn")
def test_a_damaged_part_is_told_on_screen(done: Callable[..., Result], tmp_path: Path) -> None:
    part = sorted((tmp_path / "results" / "two" / "runs").glob("*.parquet"))[1]
    part.write_bytes(part.read_bytes()[:-100])
    result = swept(done)
    assert result.exit_code == 0
    assert f"runs/{part.name} has" in result.stderr
    assert "it is computed again" in result.stderr


def test_rerun_shows_that_the_digest_matches(done: Callable[..., Result], tmp_path: Path) -> None:
    result = done("rerun", "results/two", "--run", "1-1", "--out", "one")
    assert result.exit_code == 0, result.output
    stored = Results.open("results/two").run(1, 1)
    assert f"digest {stored['digest'].iloc[0]}" in result.stdout
    assert "The same as stored." in result.stdout
    summary = pd.read_parquet(tmp_path / "one" / "summary.parquet")
    assert summary["mean_depth"].tolist() == stored["mean_depth"].tolist()
    assert (tmp_path / "one" / "story.parquet").exists()
    assert pd.read_parquet(tmp_path / "one" / "summary.parquet").attrs == {"arithmetic": "numpy"}


def test_rerun_shows_when_it_does_not_match(
    done: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = sorted((tmp_path / "results" / "two" / "runs").glob("*.parquet"))[1]
    table = pq.read_table(part)
    place = table.column_names.index("digest")
    # Its marks stay: who means to deceive writes them, and a line in the log, too.
    pq.write_table(table.set_column(place, "digest", pa.array(["0" * 16] * len(table))), part)
    refused(done("rerun", "results/two", "--run", "1-1"), f"{part.name}' is damaged: it has")
    log = tmp_path / "results" / "two" / "parts.log"
    lines = [line for line in log.read_text(encoding="utf-8").splitlines(keepends=True) if part.name not in line]
    log.write_text("".join(lines) + f"{' '.join(map(str, fingerprint(part)))} runs/{part.name}\n", encoding="utf-8")
    result = done("rerun", "results/two", "--run", "1-1")
    assert result.exit_code == 1
    assert "Not the same as stored: digest 0000" in result.stdout
    assert "The code is the same" in result.stdout
    own = {**manifest.sources(), "model/rules/trust.py": "0" * 12}
    monkeypatch.setattr(manifest, "sources", lambda: own)
    result = done("rerun", "results/two", "--run", "1-1")
    assert "Changed since then: model/rules/trust.py" in result.stdout


def test_a_failed_run_fails_again(call: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    import model

    class Failing(model.NegotiationModel):
        def run(self) -> model.NegotiationModel:
            if self.replicate == 1:
                raise ZeroDivisionError("by design")
            return super().run()

    monkeypatch.setattr(model, "NegotiationModel", Failing)
    result = swept(call, "--engine", "mesa")
    assert result.exit_code == 0, result.output
    assert "2 failed" in result.stderr
    told = Results.open("results/two").manifest
    assert told["n_failed"] == 2
    assert {(row["design_point"], row["replicate"], row["stage"]) for row in told["failures"]} == {
        (0, 1, "run"), (1, 1, "run"),
    }  # fmt: skip
    again = call("rerun", "results/two", "--run", "0-1")
    assert again.exit_code == 0
    assert "failed at run: ZeroDivisionError: by design" in again.stdout
    assert "The same as stored." in again.stdout
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rerun", "results/two", "--run", "1"), "allowed is POINT-REPLICATE"),
        (("rerun", "results/two", "--run", "9-0"), "points from 0 to 1"),
        (("rerun", "results/two", "--run", "0-9"), "not among the finished runs"),
        (("rerun", "results", "--run", "0-0"), "no results folder"),
        (("report", "results"), "it has no manifest.json; did you mean one of those in it: two?"),
        (("report", "results/nobody"), "there is no such folder"),
        (("report", "two.toml"), "it is a file; name the folder"),
        (("sweep", "two.toml", "--replicates", "0"), "replicates = 0"),
    ],
)
def test_wrong_questions_about_results(words: tuple[str, ...], said: str, done: Callable[..., Result]) -> None:
    refused(done(*words), said)


def test_a_manifest_that_is_cut_is_said_to_be_so(done: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "results" / "two" / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8")[:100], encoding="utf-8")
    said = "manifest.json is damaged, or not whole", "finished runs are intact in 'results/two/runs'", "put a copy of"
    refused(done("report", "results/two"), *said)


def test_results_of_an_older_format_are_refused(done: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "results" / "two" / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"format": 4', '"format": 3'), encoding="utf-8")
    refused(swept(done), "format 3", "this version reads format 4", "read them with the version that made them (commit")


def test_without_dask_the_scheduler_is_refused_in_words(
    call: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    refused(swept(call, "--scheduler", "tcp://127.0.0.1:9"), "--scheduler needs dask", "pip install -e '.[cluster]'")


@pytest.mark.parametrize("is_terminal", [True, False])
def test_progress_is_shown(is_terminal: bool) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=is_terminal, width=100)
    with progress_shown(console, "a plan") as progress:
        for done in range(10, 101, 10):
            progress(done, 1 if done > 50 else 0, 100, 10)
    text = out.getvalue()
    assert "100/100" in text if is_terminal else "a plan: 100 done, 1 failed, about 0 s left" in text


def test_what_is_said_at_the_end_of_an_interrupted_sweep() -> None:
    assert sweeping.how_to_go_on(Path("here")).endswith("The same command goes on from there.")


@pytest.mark.slow
def test_a_target_of_precision_end_to_end(call: Callable[..., Result], tmp_path: Path) -> None:
    """The command, the model itself, a target that is reached and one that is not, and what is said."""
    text = SMALL.replace("replicates = 2", "") + (
        '[precision]\noutcome = "mean_depth"\nhalf_width = 0.08\nleast = 8\nmost = 60\n'
    )
    (tmp_path / "precise.toml").write_text(text, encoding="utf-8")
    result = call("sweep", "precise.toml", "--workers", "1")
    assert result.exit_code == 0, result.output
    said = re.search(
        r"After a pilot of 8 replicates a design point: knowing mean depth to within 0\.08 takes (?:(\d+) to )?(\d+) "
        r"replicates a point, (\d+) runs in all\.",
        " ".join(result.stderr.split()),
    )
    assert said, result.stderr
    most, n_runs = int(said[2]), int(said[3])
    assert 8 <= int(said[1] or most) <= most <= 60
    told = Results.open("results/precise").manifest
    assert (told["state"], told["n_runs"]) == ("complete", n_runs)
    # No more than half as many again as were asked for.
    assert n_runs <= 2 * (1.5 * most + 1)
    assert "precise: at most 120 runs" in result.stderr
    assert "The target was reached: mean depth is known to within 0.08 everywhere" in result.stdout
    assert call("report", "results/precise").exit_code == 0
    page = (tmp_path / "results" / "precise" / "report.html").read_text(encoding="utf-8")
    assert "The target was reached" in page
    (tmp_path / "precise.toml").write_text(text.replace("0.08", "0.0001").replace("60", "12"), encoding="utf-8")
    result = call("sweep", "precise.toml", "--workers", "1", "--into", "results/more")
    assert "at 2 of 2 design points that is all that is allowed, and may not do." in " ".join(result.stderr.split())
    assert "The target was missed: mean depth is not known to within 0.0001" in result.stdout


def test_a_target_of_precision_is_reached(call: Callable[..., Result], tmp_path: Path) -> None:
    from sample_runs import made_up

    from experiments.design.plan_file import load_plan
    from experiments.findings.findings import find
    from experiments.running.runner import run_plan

    text = SMALL.replace("replicates = 2", "") + (
        '[factors.dialogue_ceiling]\nlevels = ["none", "group"]\n'
        '[precision]\noutcome = "mean_depth"\nhalf_width = 0.004\nleast = 20\nmost = 500\n'
    )
    (tmp_path / "precise.toml").write_text(text, encoding="utf-8")
    plan = load_plan(tmp_path / "precise.toml")
    outcome = run_plan(plan, tmp_path / "p", 1, work=made_up)
    assert not outcome.was_interrupted
    assert 4 * 20 < outcome.n_done < 4 * 500
    findings = find(plan, outcome.results)
    assert findings.precision["reached"].all()
    again = run_plan(plan, tmp_path / "p", 1, work=made_up)
    assert again.n_before == again.n_done == outcome.n_done


@pytest.mark.usefixtures("undrawn", "without_figures")
def test_settings_beside_a_plan_are_kept_and_the_folder_alone_goes_on(tmp_path: Path) -> None:
    (tmp_path / "two.toml").write_text(SMALL, "utf-8")
    folder, given = tmp_path / "kept", ("--set", "trust_memory=0.9")
    words = ("sweep", tmp_path / "two.toml", "--workers", 1)
    assert detente(*words, "--into", folder, *given)[0] == 0
    assert "[settings]\ntrust_memory = 0.9\n" in (folder / "inputs" / "plan.toml").read_text("utf-8")
    code, said = detente(*words, "--out", folder, *given)
    assert code == 0 and "nothing was computed" in said
    code, said = detente(*words, "--out", folder)
    assert code == 2 and "trust_memory: 0.9 in the results, not set now" in said
    assert detente("report", folder)[0] == 0
    code, said = detente("rerun", folder, "--run", "1-0")
    assert code == 0 and "The same as stored" in said
    code, said = detente(*words, "--into", tmp_path / "no", "--set", "tariff_issues=true")
    assert code == 2 and "tariff_issues is a factor and in --set" in said and not (tmp_path / "no").exists()


@pytest.mark.usefixtures("undrawn")
def test_a_path_is_printed_in_one_piece_wherever_the_line_ends(
    done: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for length in (25, 50, 75):  # the ends of both lines fall before, in and behind the path
        folder = Path("results") / ("n" * length)
        shutil.move(next((tmp_path / "results").iterdir()), tmp_path / folder)
        result = swept(done, "--out", str(folder))
        assert result.exit_code == 0, result.output
        assert f"All 4 runs are in {folder} already" in result.stderr
        assert re.search(rf"^Report: detente report {folder}$", result.stdout, re.M), result.stdout


def test_points_over_which_nothing_varies_have_no_ranking(call: Callable[..., Result], tmp_path: Path) -> None:
    text = SMALL.partition("[factors")[0].replace('"2026"', '"symmetric"').replace("replicates = 2", "replicates = 1")
    nothing = "[factors.club_penalty]\nrange = 'declared'\n"  # of a club that there is not
    for n, said in (
        (4, "No outcome varies over these points, so there is no ranking."),
        (2, "A ranking needs 4 design"),
    ):
        path = tmp_path / f"flat{n}.toml"
        path.write_text(f"{text}design = 'latin_hypercube'\nn_points = {n}\n{nothing}", encoding="utf-8")
        result = call("sweep", path, "--workers", 1)
        assert result.exit_code == 0, result.output
        assert said in " ".join(result.stdout.split()) and "\nTables and all runs: " in result.stdout
        assert not list((tmp_path / "results" / f"flat{n}").glob("*.png"))
        assert call("report", tmp_path / "results" / f"flat{n}").exit_code == 0
        assert said in (tmp_path / "results" / f"flat{n}" / "report.html").read_text("utf-8")
