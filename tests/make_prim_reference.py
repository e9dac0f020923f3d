"""Makes tests/data/prim_reference.json: what EMA Workbench's PRIM finds on small tables.

Run it by hand in an environment with ``ema-workbench<3`` (it is no requirement of the project or its tests):
``python tests/make_prim_reference.py``. The tables are made here from fixed seeds and stored with the results.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent / "data" / "prim_reference.json"


def tables() -> dict[str, tuple[pd.DataFrame, np.ndarray]]:
    """Named tables of inputs and cases of interest."""
    luck = np.random.default_rng(20261121)
    corner = pd.DataFrame(luck.random((500, 5)).round(6), columns=list("abcde"))
    noisy = (corner["a"] > 0.6) & (corner["b"] < 0.5)
    hits = np.where(noisy, luck.random(500) < 0.9, luck.random(500) < 0.1)
    tied = pd.DataFrame((luck.random((400, 4)) * 8).round(0) / 8, columns=list("pqrs"))
    of_tied = (tied["p"] >= 0.5) & (tied["r"] <= 0.625) & (luck.random(400) < 0.85)
    mixed = pd.DataFrame(
        {
            "level": luck.random(600).round(5),
            "share": luck.random(600).round(5),
            "quarters": luck.integers(1, 13, 600),
            "rule": luck.choice(["grim", "generous", "tit_for_tat"], 600),
        }
    )
    of_mixed = (mixed["level"] < 0.55) & (mixed["quarters"] > 5) & (mixed["rule"] != "grim")
    of_mixed = np.where(of_mixed, luck.random(600) < 0.8, luck.random(600) < 0.07)
    return {
        "corner": (corner, hits.astype(int)),
        "tied": (tied, np.asarray(of_tied).astype(int)),
        "mixed": (mixed, of_mixed.astype(int)),
    }


def limits(box: pd.DataFrame) -> dict[str, list[object]]:
    """A box as JSON: two numbers, or the sorted values of a set."""
    return {
        name: sorted(box[name][0]) if isinstance(box[name][0], set) else [float(box[name][0]), float(box[name][1])]
        for name in box.columns
    }


def main() -> None:
    """Write the file."""
    import ema_workbench
    from ema_workbench.analysis.prim import Prim

    warnings.simplefilter("ignore")
    told: dict[str, object] = {
        "made_with": {"ema_workbench": ema_workbench.__version__, "pandas": pd.__version__, "numpy": np.__version__},
        "how": "Prim(x, y, threshold=0.5).find_box(), twice; every other setting at its default",
        "tables": {},
    }
    for name, (x, y) in tables().items():
        algorithm = Prim(x, y, threshold=0.5)
        boxes = []
        for _ in range(2):
            box = algorithm.find_box()
            steps = [
                {
                    **{key: float(row[key]) for key in ("coverage", "density", "mass")},
                    "n": int(row["n"]), "k": int(row["k"]),
                    "limits": limits(box.box_lims[k]),
                    "quasi_p": {key: [float(value) for value in values] for key, values in box.qp[k].items()},
                }
                for k, row in box.peeling_trajectory.iterrows()
            ]  # fmt: skip
            boxes.append(steps)
        told["tables"][name] = {"x": x.to_dict(orient="list"), "y": y.tolist(), "boxes": boxes}  # type: ignore[index]
    HERE.write_text(json.dumps(told) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
