"""The stock view that Mesa users expect: ``SolaraViz`` of ``NegotiationModel`` (``detente class --mesa``).

Solara runs ``Page`` once for every visitor, so everyone has a model of their own. Its words are the class page's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import solara
from matplotlib.figure import Figure
from mesa.visualization import SolaraViz

from experiments.classroom.controls import class_scenarios
from experiments.classroom.serving import CLOSING
from model import BLOCS, DYAD_NAMES, DYADS, PARAMETERS, QUARTERS_PER_YEAR, NegotiationModel

WORDS: Final = json.loads((Path(__file__).parent / "lang" / "en.json").read_text(encoding="utf-8"))
FULL: Final = tuple(WORDS[f"bloc.{bloc}"] for bloc in BLOCS)
PAIRS: Final = tuple(f"{BLOCS[first]}–{BLOCS[second]}" for first, second in DYADS)
# Slider -> distance of its stops. The usual value must be a stop: a browser moves what lies between to the next one.
SLIDERS: Final = {
    "dialogue_ceiling": 0.05,
    "perception_noise": 0.1,
    "false_alarm": 0.01,
    "generosity": 0.05,
    "tension_volatility": 0.05,
}
TALK: Final = ("offer", "refusal")  # topics of the story that are too long for a corner of the page
COLOURS: Final = ("#c44e00", "#0067a6", "#007a5a")  # told apart by people who see no red or no green
DASHES: Final = ("-", "--", ":")
SIZE: Final = (4.6, 3.7)  # inches: the shape of a cell of Mesa's grid
MOST_MARKS: Final = 6  # years named below a plot
SHARES: Final = (-0.03, 1.03)  # an axis of shares, with room for a line at either end
# Mesa numbers its pages of plots from 0, and shows a tab where there is only one; a plot is as large as its cell.
STYLE: Final = """
.solara-content-main .v-tabs { display: none; }
.vue-grid-item > div { height: 100%; }
.vue-grid-item .widget-image { display: block; width: 100%; height: 100%; margin: 0; object-fit: contain; }
.standing { height: 100%; overflow-y: auto; font-size: 14px; line-height: 1.35; padding: 4px 8px; }
.standing p { margin: 0 0 4px; }
.standing table { border-collapse: collapse; margin: 0 0 8px; }
.standing th, .standing td { text-align: left; font-weight: normal; padding: 0 12px 0 0; white-space: nowrap; }
.standing thead th { border-bottom: 1px solid; }
.standing tr > :last-child { padding: 0; }
.standing strong { font-weight: bold; }
"""


class ShownModel(NegotiationModel):
    """A model that stops when the server does: Mesa's thread would play to the last quarter and hold up the end.

    Its steps are quarters. Its starting point is called ``start``: in ``scenario`` newer versions of Mesa hand over an
    object of their own at every reset.
    """

    def __init__(self, start: str = "2026", scenario: Any = None, **kwargs: Any) -> None:
        del scenario
        super().__init__(start, **kwargs)
        counted = self.step  # Mesa's, which counts every call; its page goes on calling after the last quarter
        self.step = lambda: counted() if self.running else None  # type: ignore[method-assign]

    def step(self) -> None:
        """Play one quarter, unless the server is on its way out."""
        if CLOSING.is_set():
            self.running = False
            return
        super().step()


def controls() -> dict[str, Any]:
    """The model's inputs as ``SolaraViz`` wants them: the starting point, the luck, a few sliders with their ranges."""
    chosen: dict[str, Any] = {
        "start": {
            **{"type": "Select", "value": "2026", "values": list(class_scenarios())},
            "label": WORDS["settings.scenario"],
        },
        "replicate": {"type": "SliderInt", "value": 0, "min": 0, "max": 99, "step": 1, "label": WORDS["watch.luck"]},
    }
    for name, step in SLIDERS.items():
        spec = PARAMETERS[name]
        assert spec.low is not None and spec.high is not None
        chosen[name] = {
            "type": "SliderFloat",
            "value": float(spec.default),
            "min": spec.low,
            "max": spec.high,
            "step": step,
            "label": WORDS[f"control.{name}"],
        }
    return chosen


def progress(model: NegotiationModel) -> str:
    """Where the run stands, in a sentence."""
    played, label = len(model.recorder.frames), model.start.quarter_label
    if not played:
        return f"No quarter played yet: Step plays {label(0)}, ▶ plays on to {label(model.n_quarters - 1)}."
    if played < model.n_quarters:
        return f"{label(played - 1)}: {played} of {model.n_quarters} quarters played."
    return f"{label(played - 1)}: the run is over, all {played} quarters are played."


def run_rows(model: NegotiationModel) -> list[tuple[str, str, str]]:
    """What this run is played with: the label of an input, its value, its name in files and commands."""
    rows = [
        (WORDS["settings.scenario"], model.start.name, "scenario"),
        (WORDS["watch.luck"], f"{model.replicate}", "replicate"),
    ]
    return rows + [(WORDS[f"control.{name}"], f"{getattr(model.parameters, name):.4g}", name) for name in SLIDERS]


def pair_rows(model: NegotiationModel) -> list[tuple[str, str, str, str]]:
    """Each pair of blocs after the last quarter played: its names, treaty, tension, state of dialogue."""
    if not model.recorder.frames:
        return []
    now = model.recorder.frames[-1]["dyad"]
    return [
        (
            f"{FULL[first]}–{FULL[second]}",
            "in force" if now["treaty"][d] else "none",
            f"{now['tension'][d]:.2f}",
            f"{now['dialogue'][d]:.2f}",
        )
        for d, (first, second) in enumerate(DYADS)
    ]


def news(model: NegotiationModel) -> list[str]:
    """What happened in the last quarter played, apart from offers and refusals."""
    last = len(model.recorder.frames) - 1
    return [
        f"{PAIRS[DYAD_NAMES.index(line.dyad)]}: {line.text}" if line.dyad else line.text
        for line in model.story
        if line.quarter == last and line.topic not in TALK
    ]


def _element(tag: str, *children: Any, **more: Any) -> Any:
    return solara.v.Html(tag=tag, children=list(children), **more)


def _table(rows: Sequence[Sequence[str]], heads: Sequence[str] = ()) -> Any:
    body = [_element("tr", *(_element("td", cell) for cell in row)) for row in rows]
    head = [_element("thead", _element("tr", *(_element("th", cell) for cell in heads)))] if heads else []
    return _element("table", *head, _element("tbody", *body))


def standing(model: NegotiationModel) -> Any:
    """The corner of words: where the run stands, what it is played with, what happened last."""
    parts = [
        _element("p", _element("strong", progress(model))),
        _table(run_rows(model), ("This run", "Value", "Name in files")),
        _element("p", "Other values, chosen on the left, count from the next Reset on."),
    ]
    if pairs := pair_rows(model):
        parts.append(_table(pairs, ("Pair", "Treaty", "Tension, 0–1", "Dialogue, 0–1")))
        lines = news(model) or ["Nothing but offers and refusals."]
        parts += [_element("strong", "What happened"), *(_element("p", line) for line in lines)]
    return _element("div", *parts, class_="standing")


class Plot(NamedTuple):
    """One plot: label of a line -> headline number of Mesa's data collector; what it shows; in which unit.

    scale: what the numbers are multiplied by to be in ``unit``. limits: of the vertical axis, None: as the lines want.
    """

    columns: dict[str, str]
    title: str
    unit: str
    scale: float = 1.0
    limits: tuple[float, float] | None = None


def of_pairs(column: str) -> dict[str, str]:
    """The column of each pair, by the pair's label."""
    return {label: f"{column} {name}" for label, name in zip(PAIRS, DYAD_NAMES, strict=True)}


EV_SHARES: Final = {name: f"ev_share {bloc}" for name, bloc in zip(FULL, BLOCS, strict=True)}
PLOTS: Final = (
    Plot(of_pairs("depth"), "Depth of cooperation", "share of what could be conceded", limits=SHARES),
    Plot(of_pairs("joint_gain"), "Joint gain over no treaty", "bn$ a year", scale=QUARTERS_PER_YEAR),
    Plot(EV_SHARES, "Electric cars", "share of new cars", limits=SHARES),
)


def drawing(model: NegotiationModel, plot: Plot) -> Figure:
    """Lines over all quarters of the run, as far as they are played, told apart by colour and by dash."""
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    played = 0
    for (label, column), colour, dash in zip(plot.columns.items(), COLOURS, DASHES, strict=True):
        values = [plot.scale * value for value in model.datacollector.model_vars[column]]
        played = len(values)
        dot = "o" if played == 1 else ""  # a line of one quarter would not be seen
        axes.plot(range(played), values, label=label, color=colour, linestyle=dash, linewidth=2.0, marker=dot)
    labels = [model.start.quarter_label(t) for t in range(model.n_quarters)]
    years = [t for t, label in enumerate(labels) if label.endswith("Q1")] or [0]
    years = years[:: 1 + (len(years) - 1) // MOST_MARKS]
    axes.set_xticks(years, [labels[t].removesuffix("Q1") for t in years])
    axes.set_xlim(-0.5, model.n_quarters - 0.5)
    axes.set(title=plot.title, xlabel="first quarter of the year", ylabel=plot.unit)
    if plot.limits is not None:
        axes.set_ylim(*plot.limits)
    elif not played:
        axes.set_yticks([])
    else:
        axes.axhline(0.0, color="0.6", linewidth=0.8, zorder=0)
    if not played:
        axes.text(0.5, 0.5, "no quarter played yet", transform=axes.transAxes, ha="center", color="0.35")
    figure.legend(loc="outside lower center", ncols=len(plot.columns), frameon=False)
    return figure


def drawn(plot: Plot) -> Callable[[NegotiationModel], Any]:
    """A plot as a component of ``SolaraViz``."""
    return lambda model: solara.FigureMatplotlib(drawing(model, plot))


@solara.component
def Page() -> None:
    """One model a visitor."""
    model = solara.use_memo(ShownModel, [])
    solara.Title("Détente: the view of Mesa")
    solara.Style(STYLE)
    SolaraViz(
        model,
        components=[standing, *map(drawn, PLOTS)],
        model_params=controls(),
        name="Détente",
    )
