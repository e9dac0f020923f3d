"""Figures: drawn whole, labelled with units, nothing over anything else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from sample_runs import PLAN, arms_plan, small_plan, stored

from experiments.display import figure_style
from experiments.findings.findings import find
from experiments.report import figures
from model import NegotiationModel


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    model = NegotiationModel(scenario="2026", root_seed=3, replicate=0)
    model.run()
    return model.tables()


@pytest.fixture
def run_figure(tables: dict[str, pd.DataFrame]) -> Iterator[Figure]:
    with plt.rc_context(figure_style.STYLE):
        figure = figures.run_figure(tables, "A run")
        figure.canvas.draw()
        yield figure
        plt.close(figure)


@pytest.fixture
def plan_figure(tmp_path: Path) -> Iterator[Figure]:
    plan = small_plan(tmp_path)
    with plt.rc_context(figure_style.STYLE):
        figure = figures.plan_figure(find(plan, stored(tmp_path / "results", plan)))
        figure.canvas.draw()
        yield figure
        plt.close(figure)


def words_of(figure: Figure) -> set[str]:
    return {text.get_text() for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()}


def faults_of(figure: Figure) -> list[str]:
    """Words outside the figure, and words over other words."""
    unseen = {id(text) for axes in figure.axes for text in _ticks_out_of_view(axes)}
    boxes = []
    for text in figure.findobj(Text):
        words = text.get_text().strip()
        box = text.get_window_extent()
        if words and text.get_visible() and box.width > 0 and id(text) not in unseen:
            boxes.append((words, box.shrunk(0.9, 0.8)))
    whole = figure.bbox
    faults = [f"{w!r} leaves the figure" for w, b in boxes if not (whole.x0 <= b.x0 and b.x1 <= whole.x1)]
    for k, (words, box) in enumerate(boxes):
        faults += [f"{words!r} over {other!r}" for other, b in boxes[k + 1 :] if box.overlaps(b)]
    return faults


def _ticks_out_of_view(axes: Axes) -> Iterator[Text]:
    """Tick labels that an axis keeps although it does not draw them."""
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in [*axis.majorTicks, *axis.minorTicks]:
            if not low - 1e-9 <= tick.get_loc() <= high + 1e-9:
                yield from (tick.label1, tick.label2)


def test_the_figure_of_a_run(run_figure: Figure) -> None:
    words = words_of(run_figure)
    assert {"A run", "CN-US", "CN-EU", "US-EU", "depth", "treaty in force"} <= words
    assert {"depth of cooperation\n(0 to 1)", "duty on electric cars\n(fraction of the price)"} <= words
    assert "electric share of\nnew cars (fraction)" in words
    assert faults_of(run_figure) == []


def test_the_figure_of_a_run_shows_the_record(run_figure: Figure, tables: dict[str, pd.DataFrame]) -> None:
    dyads = tables["dyad"]
    depth = dyads[dyads["entity"] == "CN-EU"]["depth"].tolist()
    axis = next(axis for axis in run_figure.axes if axis.get_title() == "CN-EU")
    assert axis.lines[0].get_ydata().tolist() == depth  # type: ignore[union-attr]
    assert axis.get_ylim() == (0.0, 1.0)


def test_the_figure_of_a_plan(plan_figure: Figure) -> None:
    words = words_of(plan_figure)
    assert {"A small plan", "CN-US", "CN-EU", "US-EU", "dialogue: none", "dialogue: group", "with linkage"} <= {
        word.strip() for word in words
    }
    assert {"mean depth of cooperation (0 to 1)", "effect on joint gain (bn$ a year)"} <= words
    assert any("6 replicates a cell, 95 % intervals" in word for word in words)
    assert faults_of(plan_figure) == []


def test_the_figure_of_the_main_job(tmp_path: Path) -> None:
    text = (Path(figures.__file__).parents[1] / "plans" / "mechanisms.toml").read_text(encoding="utf-8")
    plan = small_plan(tmp_path, text).with_replicates(3)
    with plt.rc_context(figure_style.STYLE):
        figure = figures.plan_figure(find(plan, stored(tmp_path / "results", plan)))
        figure.canvas.draw()
        faults = faults_of(figure)
        plt.close(figure)
    assert faults == []


@pytest.mark.parametrize("replicates", [1, 2])
def test_a_plan_of_many_cells_and_few_replicates(tmp_path: Path, replicates: int) -> None:
    head = PLAN.split("[[blocks]]")[0].replace("[false, true]", "[true, false]")
    levels = ", ".join(f"{i / 20}" for i in range(11))
    plan = small_plan(tmp_path, f"{head}\n[factors.generosity]\nlevels = [{levels}]").with_replicates(replicates)
    with plt.rc_context(figure_style.STYLE):
        figure = figures.plan_figure(find(plan, stored(tmp_path / "results", plan)))
        figure.canvas.draw()
        plt.close(figure)


def test_a_plan_without_comparisons_has_no_empty_panels(tmp_path: Path) -> None:
    text = 'title = "A"\nquestion = "B"\nscenario = "2026"\nreplicates = 4\ndesign = "list"\n'
    plan = small_plan(tmp_path, f"{text}[[points]]\ngenerosity = 0.1\n[[points]]\ngenerosity = 0.4\n")
    with plt.rc_context(figure_style.STYLE):
        figure = figures.plan_figure(find(plan, stored(tmp_path / "results", plan)))
        plt.close(figure)
    assert [axis.has_data() for axis in figure.axes] == [True] * 3


def test_no_colour_means_two_things_and_turned_labels_are_named(tmp_path: Path) -> None:
    """Levels of the first factor above, blocks below; eight cells along the axis."""
    text = 'title = "A"\nquestion = "B"\nscenario = "2026"\nreplicates = 3\n[factors.dialogue_ceiling]\n'
    text += 'levels = ["none", "technical", "group", "leaders"]\n[factors.generosity]\nlabel = "mercy"\n'
    text += "levels = [0, 0.1, 0.2, 0.3]\n[factors.tariff_issues]\nlevels = [false, true]\n"
    plan = small_plan(tmp_path, text)
    with plt.rc_context(figure_style.STYLE):
        figure = figures.plan_figure(find(plan, stored(tmp_path / "results", plan)))
        plt.close(figure)
    above, below = (
        {str(line.get_color()) for line in figure.axes[k].lines if line.get_marker() in tuple(figure_style.MARKERS)}
        for k in (0, 3)
    )
    assert (len(above), len(below)) == (4, 1)
    assert not above & below
    assert figure.axes[0].get_xlabel() == "mercy, tariff issues"


def test_the_file_is_a_picture_and_the_figure_is_forgotten(tmp_path: Path) -> None:
    open_before = plt.get_fignums()
    figure_style.saver(lambda: plt.subplots()[0])(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert plt.get_fignums() == open_before


def test_arms_are_ranked_by_what_they_change(tmp_path: Path) -> None:
    plan = arms_plan(tmp_path)
    findings = find(plan, stored(tmp_path / "results", plan))
    with plt.rc_context(figure_style.STYLE):
        figure = figures.plan_figure(findings)
        figure.canvas.draw()
    assert faults_of(figure) == []
    assert len(figure.axes) == 6
    # Without tariffs every dyad loses 0.4; dialogue is worth 0.1 in one dyad; the core lacks both.
    ranked = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert ranked == ["core", "no tariffs", "no dialogue"]
    # CN-US has no depth at all, so nothing differs there: hollow markers; US-EU loses without tariffs.
    faces = [axis.lines[1].get_markerfacecolor() for axis in (figure.axes[0], figure.axes[2])]
    assert faces == ["white", figure_style.SERIES[0]]
    plt.close(figure)
