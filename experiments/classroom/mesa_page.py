"""The stock view that Mesa users expect: ``SolaraViz`` of ``NegotiationModel`` (``detente class --mesa``).

Solara runs this file once for every visitor, so everyone has a model of their own.
"""

from __future__ import annotations

from typing import Any

import solara
from mesa.visualization import SolaraViz, make_plot_component

from model import BLOCS, DYAD_NAMES, PARAMETERS, NegotiationModel, scenario_names

SLIDERS = ("dialogue_ceiling", "perception_noise", "false_alarm", "generosity", "tension_volatility")
STEPS = 20.0  # stops of a slider
COLOURS = ("#c44e00", "#0067a6", "#007a5a")  # told apart by people who see no red or no green
DASHES = ("-", "--", ":")


def controls() -> dict[str, Any]:
    """The model's inputs as ``SolaraViz`` wants them: the starting point, the luck, a few sliders with their ranges."""
    chosen: dict[str, Any] = {
        "scenario": {"type": "Select", "value": "2026", "values": scenario_names(), "label": "scenario"},
        "replicate": {"type": "SliderInt", "value": 0, "min": 0, "max": 99, "step": 1, "label": "replicate (luck)"},
        "narrate": False,
    }
    for name in SLIDERS:
        spec = PARAMETERS[name]
        assert spec.low is not None and spec.high is not None
        chosen[name] = {
            "type": "SliderFloat",
            "value": float(spec.default),
            "min": spec.low,
            "max": spec.high,
            "step": (spec.high - spec.low) / STEPS,
            "label": name if spec.unit in ("-", "share") else f"{name} [{spec.unit}]",
        }
    return chosen


def story(model: NegotiationModel) -> Any:
    """Where the run stands, in a line."""
    return solara.Text(f"{model.quarter_label}: {len(model.recorder.frames)} of {model.n_quarters} quarters played")


def drawn(columns: list[str], title: str, unit: str) -> Any:
    """Lines over the quarters with a title and a unit, told apart by colour and by dash."""

    def finish(axes: Any) -> None:
        axes.set_title(title)
        axes.set_ylabel(unit)
        for line, colour, dash in zip(axes.get_lines(), COLOURS, DASHES, strict=True):
            line.set(color=colour, linestyle=dash, linewidth=2.0)
        axes.legend(loc="best")

    return make_plot_component(columns, post_process=finish)


@solara.component
def Page() -> None:
    """One model a visitor."""
    model = solara.use_memo(lambda: NegotiationModel(narrate=False), [])
    SolaraViz(
        model,
        components=[
            story,
            drawn([f"depth {name}" for name in DYAD_NAMES], "Depth of cooperation", "share of what could be conceded"),
            drawn([f"joint_gain {name}" for name in DYAD_NAMES], "Joint gain over no treaty", "bn$ a quarter"),
            drawn([f"ev_share {bloc}" for bloc in BLOCS], "Electric cars", "share of new cars"),
        ],
        model_params=controls(),
        name="Détente",
    )
