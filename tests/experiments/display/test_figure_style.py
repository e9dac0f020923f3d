"""How figures are drawn: the user's settings stay out, texts are texts, letters come from fonts that have them."""

from __future__ import annotations

import warnings
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure

from experiments.display.figure_style import fonts_for, own_style, saver

# DejaVu Sans has no such letter, and a font that Matplotlib brings has.
RARE = "\u20d2"
HOSTILE = (
    "$5 bn against $10 bn",
    "$a_{$ fund",
    "\\frac",
    "对话能加深合作吗？",
    "a\x1b[2Jb",
    "x" * 400,
    "100 %_^&#~",
    "",
)


def drawn(words: str) -> Figure:
    figure, axis = plt.subplots(layout="constrained")
    axis.plot([1, 2], label=words)
    axis.set_title(words)
    axis.set_xlabel(words)
    axis.set_xticks([0, 1], [words, words])
    if words:
        axis.legend()
    return figure


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("kind", ["png", "svg"])
def test_any_text_is_drawn_without_a_word(words: str, kind: str, tmp_path: Path) -> None:
    before = plt.get_fignums()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        saver(lambda: drawn(words))(tmp_path / f"x.{kind}")
    assert (tmp_path / f"x.{kind}").stat().st_size > 1000
    assert plt.get_fignums() == before


def test_a_dollar_is_a_dollar() -> None:
    with own_style():
        figure = drawn("$5 bn against $10 bn")
        title = figure.axes[0].title
        title.set_parse_math(True)
        as_mathematics = title.get_window_extent().width
        title.set_parse_math(False)
        assert title.get_window_extent().width != as_mathematics
        plt.close(figure)
        assert not drawn("x").axes[0].title.get_parse_math()
        plt.close("all")


def test_the_users_settings_stay_out_and_stay(tmp_path: Path) -> None:
    own = {"text.usetex": True, "font.size": 40.0, "figure.dpi": 30.0, "axes.facecolor": "red"}
    saver(lambda: drawn("x"))(tmp_path / "a.png")
    with matplotlib.rc_context(own):
        saver(lambda: drawn("x"))(tmp_path / "b.png")
        assert {name: matplotlib.rcParams[name] for name in own} == own
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_letters_come_from_a_font_that_has_them(tmp_path: Path) -> None:
    assert fonts_for("plain text, é, Ω") == []
    if not any(font.name == "STIXGeneral" for font in font_manager.fontManager.ttflist):
        pytest.skip("Matplotlib came without its own fonts")
    fonts = fonts_for("a" + RARE)
    assert len(fonts) == 1
    with warnings.catch_warnings(), own_style():
        warnings.simplefilter("error")
        figure = drawn("a" + RARE)
        figure.axes[0].title.set_fontfamily(["DejaVu Sans", *fonts])
        figure.axes[0].title.get_window_extent()
        plt.close(figure)


def test_a_figure_that_fails_is_forgotten(tmp_path: Path) -> None:
    def fail() -> Figure:
        figure = drawn("x")
        figure.savefig = None  # type: ignore[assignment, method-assign]
        return figure

    before = plt.get_fignums()
    with pytest.raises(TypeError):
        saver(fail)(tmp_path / "x.png")
    assert plt.get_fignums() == before
