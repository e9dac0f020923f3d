"""The notebooks play from beginning to end, and are kept without outputs.

Without outputs, because a number that is stored beside code is out of date with the first change of the model, and
pictures make every change of a notebook unreadable; the site plays them when it is built.
"""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
# What each must print or draw somewhere, so that an empty one would not pass: texts and number of pictures.
SHOWS = {
    "researcher": (("mean wait", "crises 0.12  US-EU"), 3),
    "class": (("first honours", "CN-US"), 4),
    "learned": (("MADE UP: 24 students", "dilemma"), 1),
}
SECONDS = 600  # generous: a busy machine; alone, each takes well under a minute


def test_every_notebook_is_listed() -> None:
    assert {path.stem for path in NOTEBOOKS} == set(SHOWS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None, cell.source
    assert path.stat().st_size < 30_000


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # the kernel is another process: this one only speaks to it
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_plays(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("PYTHONWARNINGS", "error::DeprecationWarning:experiments,error::FutureWarning:experiments")
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    said = "\n".join(str(output.get("text", output.get("data", {}).get("text/plain", ""))) for output in outputs)
    texts, pictures = SHOWS[path.stem]
    assert [text for text in texts if text not in said] == []
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= pictures
    assert not any(output.get("name") == "stderr" for output in outputs), said
