"""The code that numbers come from is found by following imports, whatever it is called and whatever ends its lines."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from experiments.store import sources


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_the_code_that_numbers_come_from_is_known() -> None:
    found = sources.sources()
    own = ("running/engines", "store/columns", "statistics/definitions", "design/plan")
    for name in (
        "model/rules/trust.py",
        "model/schedule.py",
        "model/record/dictionary.csv",
        "seeds/scenarios/2026.toml",
    ):
        assert name in found
    assert {f"experiments/{name}.py" for name in own} <= set(found)
    assert not any(word in name for name in found for word in ("test", "report/", "figures", "classroom", "cli"))


def test_whatever_is_loaded_to_make_a_row_is_among_them() -> None:
    """Not less than what Python itself loads while it plays a chunk on both engines."""
    program = """
import sys
from experiments.running.engines import ENGINES, run_chunk
from experiments.store.columns import Chunk
for engine in ENGINES:
    run_chunk(Chunk("symmetric", 1, 0, {}, {}, 0, 1, engine, ("dyad",), 1))
print(*(name for name in sys.modules if name.split(".")[0] in ("experiments", "model")))
"""
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(sources.__file__).parents[2],
        capture_output=True,
        check=True,
        text=True,
    )
    loaded = {name.replace(".", "/") for name in told.stdout.split()}
    known = {name.removesuffix(".py").removesuffix("/__init__") for name in sources.sources()}
    assert len(loaded) > 40 and loaded <= known, loaded - known


ROWS = """
import p.a
from p import b
from p.c import f
from . import d
from .sub import g
def made():
    import p.e
"""
DEEP = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import p.typed
else:
    import p.untyped
"""


def test_every_way_to_import_is_followed(tmp_path: Path) -> None:
    files = {
        "p/__init__": "import p.always", "p/rows": ROWS, "p/b": "from p import rows", "p/c": "import numpy, q",
        "p/d": DEEP, "p/sub/__init__": "from .deep import g", "p/sub/deep": "from ..far import h",
    }  # fmt: skip
    plain = ("always", "a", "e", "far", "untyped", "typed", "nobody")
    write(tmp_path, {**files, **{f"p/{name}": "" for name in plain}, "q": ""})
    found = set(sources.imported("p.rows", tmp_path))
    names = ("always", "rows", "a", "b", "c", "d", "e", "untyped", "sub", "sub.deep", "far")
    assert found == {"p", *(f"p.{name}" for name in names)}


def test_a_checkout_with_other_ends_of_lines_is_the_same_code(tmp_path: Path) -> None:
    plain = tmp_path / "plain.py"
    plain.write_bytes(b"x = 1\ny = 2\n")
    digest = sources.digest_of_text(plain.read_bytes())
    for other in (b"x = 1\r\ny = 2\r\n", b"\xef\xbb\xbfx = 1\ny = 2\n"):
        assert sources.digest_of_text(other) == digest
    assert sources.digest_of_text(b"x = 1\ny = 3\n") != digest
