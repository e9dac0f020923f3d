"""Keeps what a league came to: its tables, figure, and all that is needed to play it again."""

from __future__ import annotations

import dataclasses
import functools
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.display.streams import kept_on
from experiments.league.table import MEASURES, League
from experiments.store.files import staged_folder, write_figure, write_table, write_whole
from experiments.store.inputs import INPUTS, digests
from experiments.store.manifest import code_fingerprint, now
from model import scenario_files

if TYPE_CHECKING:
    from model import TacticFile


def described(league: League, file: TacticFile | None) -> dict[str, Any]:
    """What ``league.json`` says: the plan as it was written and as it was understood, the situations, the code."""
    plan = league.plan
    drawn = [
        {"scenario": Path(scenario).name, "replicate": replicate, "quarter": quarter}
        for scenario, replicate, quarter in plan.drawn()
    ]
    return {
        "made": now(),
        "title": plan.title,
        "plan_text": plan.text,
        # As text: JSON readers turn a number of this size into a rounded one.
        "root_seed": str(plan.root_seed),
        "replicates": plan.replicates,
        "settings": dict(plan.settings),
        "players": [dataclasses.asdict(player) for player in plan.players],
        "situations": drawn,
        "tactics": None if file is None else file.told(),
        "inputs": digests(inputs_of(league, file)),
        "measures": MEASURES,
        "code_sha256": code_fingerprint(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def inputs_of(league: League, file: TacticFile | None) -> dict[str, bytes]:
    """What a league was played from, by the names under which it is kept: its plan, its scenarios, its tactics."""
    files = {"plan.toml": league.plan.text.encode()}
    for number, scenario in enumerate(league.plan.scenarios):
        files |= {f"scenario-{number}/{name}": data for name, data in scenario_files(scenario).items()}
    return files if file is None else {**files, "tactics.py": Path(file.path).read_bytes()}


def long_table(league: League, whole: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Every outcome, one row a situation, dyad and pair of players; means over replicates."""
    names = [player.name for player in league.plan.players]
    n_situations, n_dyads, n, _ = next(iter(whole.values())).shape
    grid = np.indices((n_situations, n_dyads, n, n)).reshape(4, -1)
    dyads = np.array(league.plan.parties.dyad_names)
    keys = {
        "situation": grid[0], "dyad": dyads[grid[1]], "first": np.array(names)[grid[2]],
        "second": np.array(names)[grid[3]],
    }  # fmt: skip
    return pd.DataFrame({**keys, **{name: values.reshape(-1) for name, values in whole.items()}})


def write_league(league: League, whole: Mapping[str, np.ndarray], folder: Path, file: TacticFile | None) -> str:
    """Write the folder of a league, whole or not at all; why it has no figure, in a sentence (empty: it has).

    Raises:
        InputFault: the folder cannot be written, or holds something already.
    """

    def draw() -> None:
        from experiments.display.figure_style import saver
        from experiments.league.figures import league_figure

        write_figure(stage / "league.png", saver(lambda: league_figure(league)))

    shares = pd.DataFrame(league.shares, columns=[player.name for player in league.plan.players])
    tables = {
        "ranking": league.ranking, "seats": league.seats, "pairs": league.pairs, "final_shares": league.final,
        "shares": shares, "sessions": long_table(league, whole),
    }  # fmt: skip
    with staged_folder(folder) as stage:
        for name, table in tables.items():
            write_table(stage / f"{name}.parquet", table)
        for name, data in inputs_of(league, file).items():
            (stage / INPUTS / name).parent.mkdir(parents=True, exist_ok=True)
            write_whole(stage / INPUTS / name, functools.partial(Path.write_bytes, data=data))
        text = json.dumps(described(league, file), indent=1)
        write_whole(stage / "league.json", lambda path: path.write_text(text, encoding="utf-8"))
        return kept_on(draw, "The figure")
