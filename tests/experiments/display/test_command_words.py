"""Words of the command line: settings, versions, how a missing package is installed."""

from __future__ import annotations

import importlib.metadata
import subprocess
from pathlib import Path

import pytest

from experiments.display import command_words
from experiments.display.command_words import how_to_install, parse_settings, versions_in_words
from model import InputFault


def test_a_decimal_comma_is_named() -> None:
    with pytest.raises(InputFault, match=r"--set 'generosity=0,4': decimals have a point: write 0\.4"):
        parse_settings(["generosity=0,4"])
    assert parse_settings(["generosity=0.4", "x = [1, 2]"]) == {"generosity": 0.4, "x": [1, 2]}
    assert parse_settings(["a=.1", "b=-.5", "c=2."]) == {"a": 0.1, "b": -0.5, "c": 2.0}


def test_versions_are_told() -> None:
    assert f"Mesa {importlib.metadata.version('mesa')}" in versions_in_words()
    assert versions_in_words().startswith("detente ")


def test_a_checkout_is_installed_from_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "a [checkout]"
    (own / ".venv" / "bin").mkdir(parents=True)
    (own / "pyproject.toml").touch()
    python = own / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\npwd; echo "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setattr(command_words, "ROOT", own)
    monkeypatch.setattr(command_words.sys, "executable", str(python))
    monkeypatch.chdir(tmp_path)
    words = how_to_install("analysis")
    assert words.endswith(".venv/bin/python -m pip install -e '.[analysis]'")
    told = subprocess.run(["sh", "-c", words], capture_output=True, text=True, check=True).stdout
    assert told == f"{own}\n-m pip install -e .[analysis]\n"
    monkeypatch.chdir(own)
    assert how_to_install("analysis") == ".venv/bin/python -m pip install -e '.[analysis]'"


def test_elsewhere_the_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_words, "ROOT", tmp_path)
    needs = ["numpy>=2", 'SALib; extra == "analysis"', 'dask[distributed]; extra == "cluster"']
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: needs)
    assert how_to_install("analysis").endswith("-m pip install SALib")
    assert how_to_install("cluster").endswith("-m pip install 'dask[distributed]'")
