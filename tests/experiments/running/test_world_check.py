"""The contract of a mechanism of one's own: one that keeps it passes, and every way to break it is found and named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import called, written
from thinned import one_in

from experiments.running import world_check
from model.world_file import unload_worlds

HEAD = "import numpy as np\nfrom model import Automaker, Bloc, World\n\n"
STUBBORN = "class Own(Bloc):\n    def ratifies(self, dyad, package):\n        return "
PRICE = "class Own(Automaker):\n    def price(self, wanted):\n        return super().price(wanted) * "
PHASE = "class Own(World):\n    def ratify(self):\n        super().ratify()\n        "


@pytest.fixture(autouse=True)
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A short trial."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(world_check, "SETTINGS", (("2026", {"opening_hazard": 0.6}), ("2026", world_check.EVENTFUL)))
    for name, value in (("QUARTERS", 8), ("SPEED_LANES", 2), ("SPEED_TIMES", 1), ("ALONE", (3,))):
        monkeypatch.setattr(world_check, name, value)
    yield
    unload_worlds()


def tried(tmp_path: Path, text: str) -> tuple[int, str]:
    written(tmp_path, "own.py", HEAD + text + "\n")
    result = called("check-world", "own.py")
    assert "Traceback" not in result.output
    return result.exit_code, " ".join(result.output.split())


def test_one_that_keeps_it_passes_and_is_told_how_to_go_on(tmp_path: Path) -> None:
    code, said = tried(tmp_path, STUBBORN + "np.zeros_like(super().ratifies(dyad, package))")
    assert code == 0 and "FAILS" not in said and said.count(" ok ") == 9
    assert said.endswith("It keeps the contract. Go on with: detente sweep PLAN --world own.py")
    assert "runs are others" in said and "times that of the shipped" in said


@pytest.mark.parametrize(
    ("text", "says"),
    one_in(
        4,
        [
            (
                STUBBORN.replace("dyad, package", "package") + "package > 0",
                "ratifies(self, package) is called as ratifies(",
            ),
            (STUBBORN + "exit(0)", "own.py:Own failed: SystemExit: 0"),
            (
                STUBBORN + "False",
                "ratifies gave False (true or false); allowed is an array of shape (8,) of truth values",
            ),
            (
                STUBBORN + "1.0 * super().ratifies(dyad, package)",
                "of float64; allowed is an array of shape (8,) of truth",
            ),
            (STUBBORN + "super().ratifies(dyad, package)[:, None]", "ratifies gave an array of shape (8, 1) of bool"),
            (PRICE + "(1.0 + 0.01 * np.random.random())", "it may draw no chance of its own"),
            (PRICE + "(1.0 + 0.0001 * wanted.mean())", "no sum, mean or any over replicates"),
            (PRICE + "(1.0 + 0.001 * np.arange(len(wanted))[:, None])", "may not know its place among the others"),
            (
                "class Own(Bloc):\n    def repudiates(self, dyad, u):\n        self.world.state.pause[...] = 1.0\n"
                "        return super().repudiates(dyad, u)",
                "repudiates writes into an array that it is shown; work on a copy",
            ),
            (
                "class Own(Bloc):\n    def repudiates(self, dyad, u):\n        self.world.state.pause = u\n"
                "        return super().repudiates(dyad, u)",
                "repudiates sets state.pause; a party decides",
            ),
            (PHASE + "self.luck.exit[...] = 0.5", "ratify writes into an array that it is shown"),
            (PHASE + "return 3", "ratify gave 3 (a whole number); a phase changes the state and gives nothing"),
            (PHASE + "raise KeyError('lost')", "own.py:Own failed: KeyError: 'lost' (line 7)"),
            (
                PHASE + "self.n = getattr(self, 'n', 0) + 1\n        if self.n > 8:\n            "
                "self.state.cell_cost = 1.01 * self.state.cell_cost",
                "what it remembers must be in the state",
            ),
        ],
    ),
)
def test_every_way_to_break_it_is_found(text: str, says: str, tmp_path: Path) -> None:
    code, said = tried(tmp_path, text)
    assert code == 2
    assert says in said and "FAILS" in said, said
    assert said.endswith("then: detente check-world own.py")


@pytest.mark.slow
def test_watching_leaves_the_class_as_it_was(tmp_path: Path) -> None:
    from model import load_world, own_class

    written(tmp_path, "own.py", HEAD + STUBBORN + "super().ratifies(dyad, package)\n\nclass Further(Own):\n    pass\n")
    kinds = [own_class(load_world(f"own.py:{name}")) for name in ("Own", "Further")]
    before = [dict(vars(kind)) for kind in kinds]
    list(world_check.check(load_world("own.py:Further")))
    assert [dict(vars(kind)) for kind in kinds] == before
