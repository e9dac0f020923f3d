"""Figures: drawn whole, labelled with units, nothing over anything else."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from drawn import faults_of, seen, words_of
from matplotlib.figure import Figure
from sample_runs import ARMS, PLAN, arms_plan, small_plan, stored
from thinned import one_in

from experiments.design.plan import Plan
from experiments.design.plan_file import load_plan
from experiments.display import figure_style, looks
from experiments.findings.findings import find
from experiments.findings.tables import Findings
from experiments.report import figures, headline_figures, report_figures
from experiments.statistics.estimates import wilson
from model import NegotiationModel


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    model = NegotiationModel(scenario="2026", root_seed=3, replicate=0)
    model.run()
    return model.tables()


@pytest.fixture
def run_figure(tables: dict[str, pd.DataFrame]) -> Iterator[Figure]:
    with figure_style.own_style():
        figure = figures.run_figure(tables, "A run")
        figure.draw_without_rendering()
        yield figure
        plt.close(figure)


_FOUND: dict[tuple[str, int], Findings] = {}


def found(folder: Path, plan: Plan) -> Findings:
    """What made-up runs of a plan come to, found once; do not change it."""
    key = plan.text, plan.n_runs
    if key not in _FOUND:
        _FOUND[key] = find(plan, stored(folder / "results", plan))
    return _FOUND[key]


@contextlib.contextmanager
def drawn(draw: Callable[[Findings], Figure], findings: Findings) -> Iterator[Figure]:
    """A figure as it is saved, laid out."""
    with figure_style.own_style():
        figure = draw(findings)
        figure.draw_without_rendering()
        yield figure
        plt.close(figure)


def test_the_figure_of_a_run(run_figure: Figure) -> None:
    words = words_of(run_figure)
    assert {"A run", "China–US", "China–EU", "US–EU", "depth of what is agreed and kept"} <= words
    named = {" ".join(word.split()) for word in words}
    assert {"depth of cooperation (0 to 1)", "duty on electric cars (% of price)"} <= named
    assert "electric share of new cars (%)" in named
    assert faults_of(run_figure) == []


def test_the_figure_of_a_run_shows_the_record(run_figure: Figure, tables: dict[str, pd.DataFrame]) -> None:
    dyads = tables["dyad"]
    depth = dyads[dyads["entity"] == "CN-EU"]["depth"].tolist()
    axis = next(axis for axis in run_figure.axes if axis.get_title() == "China–EU")
    assert axis.lines[0].get_ydata().tolist() == depth  # type: ignore[union-attr]
    assert axis.get_ylim() == (0.0, 1.0)


FIGURES = (headline_figures.plan_figure, headline_figures.worth_figure)
HEAD = 'title = "A"\nquestion = "B"\nscenario = "2026"\nreplicates = 4\n'
MANY = """
[factors.dialogue_ceiling]
levels = ["none", "technical", "group", "leaders"]
[factors.generosity]
label = "mercy"
levels = [0, 0.1, 0.3]
[factors.tariff_issues]
levels = [false, true]
"""
PLANS = {
    "one cell": f'{HEAD}design = "list"\n[[points]]\ngenerosity = 0.1\n',
    "two blocks": PLAN,
    "24 cells": HEAD.replace('"A"', f'"{"A title that goes on and on " * 4}"') + MANY,
    "one at a time": f'{HEAD}design = "one_at_a_time"\n{MANY}',
    "arms": ARMS,
}


# One replicate has no interval to draw.
@pytest.mark.parametrize(
    ("name", "replicates"),
    [("two blocks", 1), *one_in(3, [(n, 3) for n in PLANS])]
    + [pytest.param(n, 1, marks=pytest.mark.slow) for n in PLANS if n != "two blocks"],
)
def test_both_figures_of_a_plan_can_be_read_from_the_back_row(name: str, replicates: int, tmp_path: Path) -> None:
    findings = found(tmp_path, small_plan(tmp_path, PLANS[name]).with_replicates(replicates))
    for draw in FIGURES:
        with drawn(draw, findings) as figure:
            assert faults_of(figure) == []
            assert tuple(figure.get_size_inches()) == pytest.approx(headline_figures.SLIDE)
            assert min(text.get_fontsize() for text in seen(figure)) >= looks.STYLES["slide"].small
            assert not figure.legends
            assert {"China–US", "China–EU", "US–EU"} <= {word.split("\n")[0] for word in words_of(figure)}
            assert all(axis.has_data() for axis in figure.axes), "no empty panel"


@pytest.mark.slow
def test_the_figures_of_the_main_job(tmp_path: Path) -> None:
    findings = found(tmp_path, load_plan("mechanisms").with_replicates(3))
    for draw in FIGURES:
        with drawn(draw, findings) as figure:
            assert faults_of(figure) == []
            assert {"none of these", "dialogue", "recognition", "tariffs", "all of these"} <= words_of(figure)


def test_the_first_figure_shows_shares_with_their_intervals(tmp_path: Path) -> None:
    """Six of six in the last cell of US-EU; where cooperation is inherited, it is what is kept."""
    findings = found(tmp_path, small_plan(tmp_path))
    with drawn(headline_figures.plan_figure, findings) as figure:
        axis = next(axis for axis in figure.axes if axis.get_title() == "US–EU\nemerges")
        bar, mark = axis.lines[-2:]
        assert list(mark.get_xdata()) == [100.0] and bar.get_xdata()[0] == pytest.approx(100 * wilson(6, 6).low)
        assert [text.get_text() for text in axis.texts][-1] == "100"
    cells = findings.cells.copy()
    own = cells["dyad"] == "US-EU"
    cells.loc[own, ["inherited_share", "kept_share", "kept_share_low", "kept_share_high"]] = [1.0, 0.5, 0.2, 0.8]
    with drawn(headline_figures.plan_figure, dataclasses.replace(findings, cells=cells)) as figure:
        axis = next(axis for axis in figure.axes if axis.get_title() == "US–EU\nis kept")
        assert list(axis.lines[-1].get_xdata()) == [50.0]
        assert axis.lines[-1].get_color() != figure.axes[0].lines[-1].get_color()
        assert axis.lines[-1].get_marker() != figure.axes[0].lines[-1].get_marker(), "told apart without colours too"


def test_the_second_figure_shows_gains_and_what_changes_them(tmp_path: Path) -> None:
    with drawn(headline_figures.worth_figure, found(tmp_path, small_plan(tmp_path))) as figure:
        assert "joint gain over no treaty, bn$ a year" in words_of(figure)
        below = figure.axes[5]
        assert [text.get_text() for text in figure.axes[3].get_yticklabels()] == ["dialogue: group", "tariffs"]
        assert [text.get_text() for text in below.texts] == ["0.00", "+0.40"]
        assert below.get_xlim()[0] < 0 < below.get_xlim()[1]


def test_a_sampled_design_has_no_cells_to_show(tmp_path: Path) -> None:
    text = f'{HEAD}design = "sobol"\nn_points = 8\n[factors.tariff_issues]\nlevels = [false, true]\n'
    plan = small_plan(tmp_path, f'{text}[factors.generosity]\nrange = "declared"\n')
    with drawn(headline_figures.plan_figure, found(tmp_path, plan)) as figure:
        assert "rank correlation over design points" in words_of(figure)


def test_the_file_is_a_picture_and_the_figure_is_forgotten(tmp_path: Path) -> None:
    open_before = plt.get_fignums()
    figure_style.saver(lambda: plt.subplots()[0])(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert plt.get_fignums() == open_before


def test_figures_that_fail_are_forgotten_too(tmp_path: Path) -> None:
    def breaks() -> Figure:
        plt.subplots()
        raise RuntimeError("no")

    open_before = plt.get_fignums()
    with pytest.raises(RuntimeError):
        figure_style.saver(breaks)(tmp_path / "a.png")
    with pytest.raises(OSError):
        figure_style.saver(lambda: plt.subplots()[0])(tmp_path / "no folder" / "a.png")
    with pytest.raises(RuntimeError), figure_style.forgetting():
        breaks()
    assert plt.get_fignums() == open_before


def test_arms_are_ranked_by_what_they_change(tmp_path: Path) -> None:
    findings = found(tmp_path, arms_plan(tmp_path))
    with figure_style.own_style():
        figure = figures.arms_figure(findings.arms, "full", "Arms")
        figure.draw_without_rendering()
    assert faults_of(figure) == []
    assert len(figure.axes) == 6
    # Without tariffs every dyad loses 0.4; dialogue is worth 0.1 in one dyad; the core lacks both.
    ranked = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert ranked == ["core", "no tariffs", "no dialogue"]
    # CN-US has no depth at all, so nothing differs there: hollow markers; US-EU loses without tariffs.
    faces = [axis.lines[1].get_markerfacecolor() for axis in (figure.axes[0], figure.axes[2])]
    assert faces == ["white", figure_style.SERIES[0]]
    plt.close(figure)


@pytest.mark.parametrize("style", one_in(2, looks.STYLES))
def test_nothing_lies_over_anything_in_any_style(style: str, tmp_path: Path, tables: dict[str, pd.DataFrame]) -> None:
    findings = found(tmp_path, small_plan(tmp_path, PLANS["two blocks"]).with_replicates(3))
    draws: tuple[Callable[[Findings], Figure], ...] = (*FIGURES, lambda _: figures.run_figure(tables, "A run"))
    with looks.looking(style):
        for draw in draws:
            with drawn(draw, findings) as figure:
                assert faults_of(figure) == []


def test_shading_is_the_treaty(run_figure: Figure, tables: dict[str, pd.DataFrame]) -> None:
    """Grey from half a quarter before the first to half a quarter after the last quarter of each treaty."""
    rows = tables["dyad"][tables["dyad"]["entity"] == "CN-EU"].sort_values("quarter")
    axis = next(axis for axis in run_figure.axes if axis.get_title() == "China–EU")
    spans = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in axis.patches]  # type: ignore[attr-defined]
    shaded = [any(low < quarter < high for low, high in spans) for quarter in rows["quarter"]]
    assert shaded == (rows["treaty"] > 0).tolist() and any(shaded)
    assert sum(high - low for low, high in spans) == (rows["treaty"] > 0).sum()


def test_quarters_of_cooperation_are_those_that_the_outcomes_count() -> None:
    model = NegotiationModel(scenario="2026", root_seed=3, replicate=0)
    model.run()
    series = model.tables()["dyad"].assign(design_point=0, replicate=0)
    told = model.summary().set_index("dyad")["time_cooperating"]
    found_share = report_figures.cooperating(series).groupby(series["entity"]).mean()
    assert found_share[told.index].tolist() == pytest.approx(told.tolist()) and (told > 0).any()
