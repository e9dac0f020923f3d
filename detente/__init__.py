"""The front door of the whole project: ``from detente import NegotiationModel, load_plan, run_plan``.

Everything that ``model`` gives, and of ``experiments`` what a program of one's own needs: plans, sweeps, results,
statistics, the report. It is loaded on first use.

``model`` is a common name. A script's own folder, and with ``python -m`` the current one, come first where Python
looks for a package, so a ``model.py`` or ``experiments.py`` there would be found in place of ours. Hence the two
packages are taken from beside this one, wherever Python would look.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

HOME = Path(__file__).resolve().parents[1]


def _beside(name: str) -> ModuleType:
    """The package of that name beside this one.

    Raises:
        ImportError: another module of that name is in use already.
    """
    if (loaded := sys.modules.get(name)) is not None:
        ours, other = HOME / name / "__init__.py", getattr(loaded, "__file__", None)
        if other is None or Path(other).resolve() != ours:
            raise ImportError(
                f"this program has already imported another {name!r} ({other or loaded}), and Détente has a package of "
                f"that name ({ours.parent}); one program can hold one of the two: give yours another name, such as "
                f"my_{name}.py"
            )
        return loaded
    spec = PathFinder.find_spec(name, [str(HOME)])
    if spec is None or spec.loader is None:
        raise ImportError(f"Détente is not whole: {HOME / name} is not there; install it anew")
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


_beside("model")
_beside("experiments")

import model  # noqa: E402

if TYPE_CHECKING:
    from experiments.design.plan import Factor, Plan
    from experiments.design.plan_file import load_plan, plan_names
    from experiments.emulation.emulator import Emulator
    from experiments.findings.findings import find
    from experiments.findings.tables import Findings
    from experiments.league.sessions import OUTCOMES, Player, assessment_quarters, play_sessions, situations
    from experiments.report.figures import run_figure
    from experiments.report.headline_figures import plan_figure, worth_figure
    from experiments.report.page import write_report
    from experiments.running.runner import Outcome, rerun, run_plan
    from experiments.seating.agents import Agent
    from experiments.seating.protocol import Question
    from experiments.statistics.estimates import (
        Estimate,
        McNemar,
        Rate,
        SurvivalCurve,
        holm,
        kaplan_meier,
        mcnemar,
        mean_interval,
        paired_difference,
        shared_rate,
        wilson,
    )
    from experiments.statistics.summarise import cell_summary, contrast, main_effects, rank_correlations
    from experiments.statistics.survival import LogRank, cumulative_incidence, ended_by_cause, log_rank, treaty_ends
    from experiments.store.folder import Results
    from model import *  # noqa: F403

__version__ = model.__version__

_HOMES = {
    "Factor": "experiments.design.plan",
    "Plan": "experiments.design.plan",
    "Estimate": "experiments.statistics.estimates",
    "McNemar": "experiments.statistics.estimates",
    "Rate": "experiments.statistics.estimates",
    "SurvivalCurve": "experiments.statistics.estimates",
    "holm": "experiments.statistics.estimates",
    "kaplan_meier": "experiments.statistics.estimates",
    "mcnemar": "experiments.statistics.estimates",
    "mean_interval": "experiments.statistics.estimates",
    "paired_difference": "experiments.statistics.estimates",
    "shared_rate": "experiments.statistics.estimates",
    "wilson": "experiments.statistics.estimates",
    "OUTCOMES": "experiments.league.sessions",
    "Player": "experiments.league.sessions",
    "assessment_quarters": "experiments.league.sessions",
    "play_sessions": "experiments.league.sessions",
    "situations": "experiments.league.sessions",
    "Emulator": "experiments.emulation.emulator",
    "plan_figure": "experiments.report.headline_figures",
    "worth_figure": "experiments.report.headline_figures",
    "run_figure": "experiments.report.figures",
    "Findings": "experiments.findings.tables",
    "find": "experiments.findings.findings",
    "load_plan": "experiments.design.plan_file",
    "plan_names": "experiments.design.plan_file",
    "write_report": "experiments.report.page",
    "Agent": "experiments.seating.agents",
    "Question": "experiments.seating.protocol",
    "Results": "experiments.store.folder",
    "Outcome": "experiments.running.runner",
    "rerun": "experiments.running.runner",
    "run_plan": "experiments.running.runner",
    "cell_summary": "experiments.statistics.summarise",
    "contrast": "experiments.statistics.summarise",
    "main_effects": "experiments.statistics.summarise",
    "rank_correlations": "experiments.statistics.summarise",
    "LogRank": "experiments.statistics.survival",
    "cumulative_incidence": "experiments.statistics.survival",
    "ended_by_cause": "experiments.statistics.survival",
    "log_rank": "experiments.statistics.survival",
    "treaty_ends": "experiments.statistics.survival",
}

__all__ = [
    "OUTCOMES",
    "Agent",
    "Emulator",
    "Estimate",
    "Factor",
    "Findings",
    "LogRank",
    "McNemar",
    "Outcome",
    "Plan",
    "Player",
    "Question",
    "Rate",
    "Results",
    "SurvivalCurve",
    "assessment_quarters",
    "cell_summary",
    "contrast",
    "cumulative_incidence",
    "ended_by_cause",
    "find",
    "holm",
    "kaplan_meier",
    "load_plan",
    "log_rank",
    "main_effects",
    "mcnemar",
    "mean_interval",
    "paired_difference",
    "plan_figure",
    "plan_names",
    "play_sessions",
    "rank_correlations",
    "rerun",
    "run_figure",
    "run_plan",
    "shared_rate",
    "situations",
    "treaty_ends",
    "wilson",
    "worth_figure",
    "write_report",
]
__all__ += model.__all__


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in model.__all__:
        return getattr(model, name)
    raise AttributeError(f"module 'detente' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
