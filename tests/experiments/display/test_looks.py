"""Styles and forms of figures: what is asked for is what is drawn, and what is not there is refused."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from experiments.display import figure_style
from experiments.display.figure_style import SERIES, own_style, panels, saver
from experiments.display.looks import STYLES, check_form, looking, named
from model import InputFault


def drawn() -> Figure:
    figure, axes = panels(2, 3, 3.0)
    for axis in axes.flat:
        for number, colour in enumerate(SERIES):
            axis.plot([0, 1], [number, number], color=colour, linestyle=figure_style.LINES[number])
        axis.fill_between([0, 1], [0, 0], [1, 1], color=SERIES[1], alpha=0.3)
        axis.scatter([0.5], [2], c=[3.0], cmap="viridis")
        axis.set_xlabel("quarters")
    figure_style.name_up(axes[0], "share (percent)")
    figure_style.titled(figure, "A title")
    return figure


@pytest.mark.parametrize("name", STYLES)
def test_a_style_has_its_width_and_its_letters(name: str, tmp_path: Path) -> None:
    own = STYLES[name]
    with looking(name), own_style():
        figure = drawn()
        assert figure.get_size_inches()[0] == pytest.approx(own.width)
        sizes = {text.get_fontsize() for text in figure.findobj(Text) if text.get_text()}
        assert min(sizes) >= own.small and max(sizes) <= own.title
        assert ("A title" in {text.get_text() for text in figure.texts}) == own.is_titled
        n_across = len({round(axis.get_position().x0, 3) for axis in figure.axes})
        assert n_across == (1 if own.is_stacked else 3)
        plt.close(figure)
        saver(drawn)(tmp_path / "a.png")
    picture = plt.imread(tmp_path / "a.png")
    assert picture.shape[1] == pytest.approx(own.width * own.dots, abs=1)
    channels = picture[..., :3]
    assert (np.ptp(channels, axis=2).max() < 0.01) == own.is_grey, "print is black and white, others are not"


def test_journals_take_8_to_9_points_and_a_back_row_reads_18() -> None:
    for name in ("paper", "column", "print"):
        own = STYLES[name]
        assert {own.small, own.body, own.head, own.title} <= {8, 8.5, 9}
    assert STYLES["paper"].width == pytest.approx(180 / 25.4) and STYLES["column"].width == pytest.approx(88 / 25.4)
    assert STYLES["slide"].small >= 18


def test_series_differ_without_colours() -> None:
    assert len(set(map(str, figure_style.LINES))) == len(SERIES) == len(set(figure_style.MARKERS))


def test_forms_are_those_that_are_asked_for(tmp_path: Path) -> None:
    assert named(tmp_path / "a.png") == [tmp_path / "a.png"]
    with looking("paper", "pdf, SVG,png,pdf"):
        files = named(tmp_path / "a.png")
        assert [file.name for file in files] == ["a.pdf", "a.svg", "a.png"]
        for file in files:
            saver(drawn)(file)
    heads = [file.read_bytes()[:200] for file in files]
    assert heads[0].startswith(b"%PDF") and b"<svg" in heads[1] + files[1].read_bytes()[:600]
    assert heads[2].startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("style", "forms", "told"),
    [
        ("papr", None, "paper"),
        ("zzz", None, "slide, paper, column, print"),
        ("paper", "pgn", "png"),
        ("paper", "", "png, svg, pdf"),
        ("paper", "png;pdf", "png"),
    ],
)
def test_what_is_not_there_is_refused(style: str, forms: str | None, told: str) -> None:
    with pytest.raises(InputFault, match=told) as fault, looking(style, forms):
        pass
    assert len(fault.value.faults) == 1


def test_a_file_of_another_form_is_refused() -> None:
    check_form(Path("a.PDF"))
    with pytest.raises(
        InputFault, match=r"'a\.gif' is no name for a figure; it must end in one of \.png, \.svg, \.pdf"
    ):
        check_form(Path("a.gif"))
