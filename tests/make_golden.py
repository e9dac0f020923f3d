"""Write ``tests/data/golden_2026.json``: a few numbers of a few runs, kept so that results do not move unnoticed.

    python tests/make_golden.py            # say what would change
    python tests/make_golden.py --write    # and write it

After a change that is meant to move results: write, and add a line tagged "numbers" to CHANGELOG.md.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "data" / "golden_2026.json"

#: Runs by name: scenario, replicate, parameters. The root seed is the same for all.
RUNS: dict[str, tuple[str, int, dict[str, Any]]] = {
    "2026": ("2026", 0, {}),
    "2026, leaders meet": ("2026", 1, {"dialogue_ceiling": "leaders"}),
    "2026, no tariffs on the table": ("2026", 2, {"tariff_issues": False}),
    "2018": ("2018", 0, {}),
}
ROOT_SEED = 20260928
COLUMNS = ("mean_depth", "depth_ceiling", "joint_gain", "gain_first", "treaty_quarters", "n_lapses", "mean_tension")


def numbers() -> dict[str, dict[str, list[float]]]:
    """What the runs come to now: per run, a list over dyads or blocs of each number."""
    from model.negotiation import NegotiationModel

    found = {}
    for name, (scenario, replicate, parameters) in RUNS.items():
        world = NegotiationModel(scenario, ROOT_SEED, replicate, narrate=False, **parameters).run()
        summary = world.summary()
        row = {column: [float(x) for x in summary[column]] for column in COLUMNS}
        for column in ("ev_share", "welfare", "payoff", "security"):
            row[f"last {column}"] = [float(x) for x in world.recorder.frames[-1]["bloc"][column]]
        row["last cell_cost"] = [float(x) for x in world.recorder.frames[-1]["supplier"]["cell_cost"]]
        row["security cost US<CN"] = [float(world.agenda.security[0, 1, 0])]
        found[name] = row
    return found


def main() -> int:
    sys.path.insert(0, str(ROOT))
    now = numbers()
    before = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else {}
    for name, row in now.items():
        for column, values in row.items():
            if before.get(name, {}).get(column) != values:
                print(f"{name}: {column} {before.get(name, {}).get(column)} -> {values}")
    if "--write" in sys.argv:
        GOLDEN.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
        print(f"wrote {GOLDEN.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
