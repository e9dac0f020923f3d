"""The documentation as a site: it builds without a warning and without a network, and its links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import links
import pytest

import model

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
# Any attempt to reach another machine is an error in the process that builds.
NO_NETWORK = """
import socket

def refuse(self, address):
    raise OSError(f"the site reaches for {address}")

socket.socket.connect = refuse
"""


def pages() -> list[Path]:
    folders = (DOCS, DOCS / "code", DOCS / "notebooks", ROOT / "experiments", ROOT / "seeds")
    found = [path for folder in folders for path in (*folder.glob("*.md"), *folder.glob("*.ipynb"))]
    return [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob(".github/**/*.md")), *sorted(found)]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    assert links.dead_links(page) == []


def test_every_public_name_and_rule_has_its_place() -> None:
    shown = re.findall(r"^\.\. \S+:: model\.(\w+)$", (DOCS / "code" / "model.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(shown) == sorted(model.__all__)
    rules = (DOCS / "code" / "rules.md").read_text("utf-8")
    there = [path.stem for path in (ROOT / "model" / "rules").glob("*.py") if path.stem != "__init__"]
    assert sorted(re.findall(r"automodule:: model\.rules\.(\w+)$", rules, re.MULTILINE)) == sorted(there)


def test_every_page_is_in_the_table_of_contents() -> None:
    index = (DOCS / "index.md").read_text("utf-8")
    listed = {entry for block in re.findall(r"```\{toctree\}\n(.*?)```", index, re.DOTALL) for entry in entries(block)}
    there = {path.relative_to(DOCS).with_suffix("").as_posix() for path in pages() if DOCS in path.parents}
    assert listed == there - {"index"}


def entries(block: str) -> list[str]:
    lines = [line.strip() for line in block.splitlines() if line.strip() and not line.startswith(":")]
    return [found[1] if (found := re.search(r"<(.+)>$", line)) else line for line in lines]


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_without_a_network(tmp_path: Path) -> None:
    for package in ("sphinx", "myst_nb", "furo"):
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK, "utf-8")
    out = tmp_path / "html"
    # Notebooks are played by tests/test_notebooks.py; their kernels do talk to this machine.
    words = ["-W", "--keep-going", "-q", "-b", "html", "-D", "nb_execution_mode=off", "-d", str(tmp_path / "trees")]
    run = subprocess.run(
        [sys.executable, "-m", "sphinx", *words, str(DOCS), str(out)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-5000:]
    assert links.site_faults(out) == []
    rules = (out / "code" / "rules.html").read_text("utf-8")
    assert 'id="model.rules.trust.update_evidence"' in rules and "Jøsang" in rules
    assert "For each reader" in (out / "readme.html").read_text("utf-8")


# --- Each check can fail --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a](missing.md)", "no such file"),
        ("[a](other.md#nowhere)", "no such heading"),
        ("![a](figures/missing.png)", "no such file"),
        ("# One\n\n[a](#two)", "no such heading"),
    ],
)
def test_a_planted_dead_link_is_found(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Here\n", "utf-8")
    page = tmp_path / "page.md"
    page.write_text(text, "utf-8")
    (fault,) = links.dead_links(page)
    assert said in fault


def test_live_links_are_let_through(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# A `b` and *c*, 1. d?\n\n# Same\n\n# Same\n", "utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](other.md#a-b-and-c-1-d) [b](other.md#same-1) [c](https://example.org/x) `[d](no.md)`\n\n"
        "```text\n[e](no.md)\n```\n",
        "utf-8",
    )
    assert links.dead_links(page) == []


def test_planted_faults_of_a_site_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<script src="https://cdn.example/x.js"></script><link rel="stylesheet" href="//fonts.example/f.css">'
        '<img src="none.png"><a href="b.html#there">b</a><a href="b.html#nowhere">b</a>'
        '<a href="https://example.org">fine</a>',
        "utf-8",
    )
    (tmp_path / "b.html").write_text('<p id="there">b</p>', "utf-8")
    (tmp_path / "s.css").write_text("@font-face { src: url('https://fonts.example/f.woff2') }", "utf-8")
    assert links.site_faults(tmp_path) == [
        "a.html loads https://cdn.example/x.js",
        "a.html loads //fonts.example/f.css",
        "a.html leads to none.png: no such file",
        "a.html leads to b.html#nowhere: no such place on the page",
        "s.css loads https://fonts.example/f.woff2",
    ]
