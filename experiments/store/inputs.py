"""Everything that the runs of a plan are made of, kept beside their results with a digest each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.design.plan import Plan
from model import (
    InputFault,
    digest_of_text,
    files_read,
    scenario_files,
)

if TYPE_CHECKING:
    from model import WorldFile


INPUTS: Final = "inputs"


# What is left where a file of a results folder was lost or edited, and there is no copy of it.
ANEW: Final = "play the sweep anew in another folder: --into NEW_FOLDER"
PUT_BACK: Final = f"put it back as it was, or {ANEW}"


PLAN: Final = "plan.toml"


TACTICS: Final = "tactics.py"


ASSUMPTIONS: Final = "assumptions"


# Where a mechanism of a user's own is kept with its neighbours, under their own names.
WORLD: Final = "world"


def inputs_of(plan: Plan) -> dict[str, bytes]:
    """Everything that the runs of a plan are made of, by the names under which it is kept.

    Raises:
        InputFault: a file cannot be read any more, or has changed since the plan was read.
    """
    files = {PLAN: plan.text.encode(), **scenario_files(plan.start)}
    for number, name in enumerate(plan.scenarios[1:], 1):
        files |= {f"scenarios/{number}/{own}": data for own, data in scenario_files(plan.start_of(name)).items()}
    if plan.sample is not None:
        files[f"{ASSUMPTIONS}{plan.sample.suffix}"] = read_whole(plan.sample)
    if plan.table is not None:
        files[f"points{plan.table.suffix}"] = read_whole(plan.table)
    if plan.tactics is not None:
        main = Path(plan.tactics.path)
        # What it imports lies beside it here too, so that the kept file can be named and played.
        files |= {name: read_whole(main.with_name(name)) for name in sorted(plan.tactics.beside)}
        files[TACTICS] = read_whole(main)
    if plan.world is not None:
        files |= {name: read_whole(path) for name, path in world_files(plan.world).items()}
    return files


def world_files(file: WorldFile) -> dict[str, Path]:
    """The files of a mechanism of a user's own, itself first, by the names under which they are kept."""
    return {f"{WORLD}/{path.name}": path for path in files_read(file)}


def read_whole(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputFault([f"'{path}' cannot be read: {error.strerror or error}"], "plan") from None


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """A digest of each file; of a text whatever ends its lines."""
    return {name: _digest(name, data) for name, data in files.items()}


def _digest(name: str, data: bytes) -> str:
    return hashlib.sha256(data).hexdigest() if name.endswith(".parquet") else digest_of_text(data)


def plan_fault(manifest: Mapping[str, Any]) -> str:
    """That the plan which a manifest quotes is not the one that was kept, in words (empty: it is)."""
    kept = manifest["inputs"].get(PLAN)
    if kept is not None and _digest(PLAN, manifest["plan_text"].encode("utf-8", "surrogatepass")) != kept:
        return _edited("plan_text")
    # Told twice: for people, and with all else that runs follow from.
    return "" if manifest["replicates"] == manifest["reads"].get("replicates") else _edited("replicates")


def _edited(key: str) -> str:
    return f"{key} in manifest.json was changed after it was written; the same sweep into this folder writes it anew"


def inputs_fault(folder: Path, told: Mapping[str, str]) -> str:
    """Which file that was kept is gone or changed, in words (empty: none)."""
    for name, digest in told.items():
        try:
            is_same = _digest(name, (folder / name).read_bytes()) == digest
        except (OSError, ValueError) as error:  # no file has such a name
            said = getattr(error, "strerror", None) or error
            return f"{INPUTS}/{name}, which the runs were made of, cannot be read ({said}); {PUT_BACK}"
        if not is_same:
            return f"{INPUTS}/{name}, which the runs were made of, was changed after it was kept; {PUT_BACK}"
    return ""
