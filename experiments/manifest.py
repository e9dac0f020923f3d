"""What a results folder says of itself, and whether it and a plan belong together.

The manifest holds all that is needed to understand the results and to run any of them again: the plan as it was
written, its design points, the root seed, the code as fingerprints of its files, commit and versions, the
processor's features (the last bits of a result depend on them), the sessions, and a dictionary of every column.
"""

from __future__ import annotations

import difflib
import functools
import hashlib
import json
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import model
from experiments.design import Plan
from experiments.sensitivities import meanings
from experiments.work import COLUMNS

PACKAGES: Final = ("detente", "mesa", "numpy", "pandas", "pyarrow", "scipy")
# Packages whose version can move a number.
COMPUTING: Final = ("numpy", "scipy")
# What this package adds to the numbers of a run, beside all of the model and its seeds.
OWN_SOURCES: Final = ("work.py", "sensitivities.py")
FORMAT: Final = 2
MOST_DIFFERENCES: Final = 30


def describe(plan: Plan, chunk_replicates: int, engine: str) -> dict[str, Any]:
    """What a manifest says of a plan, the code and the machine's software."""
    return {
        "format": FORMAT,
        "plan": plan.name,
        "title": plan.title,
        "plan_text": plan.text,
        "plan_sha256": _sha256(plan.text.encode()),
        "points_sha256": points_digest(plan),
        "scenario": plan.scenario,
        "replicates": plan.replicates,
        "chunk_replicates": chunk_replicates,
        "engine": engine,
        # As text: JSON readers turn a number of this size into a rounded one.
        "root_seed": str(plan.root_seed),
        "design_points": [
            {
                "design_point": point.index,
                "block": point.block,
                "arm": point.arm,
                "levels": dict(point.levels),
                "settings": dict(point.settings),
            }
            for point in plan.points
        ],
        "tactics": None if plan.tactics is None else plan.tactics.told(),
        "columns": dictionary(),
        "commit": _commit(),
        "code_sha256": code_fingerprint(),
        "code": sources(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
        "processor_features": processor_features(),
    }


def dictionary() -> dict[str, str]:
    """What every column of ``runs`` means, with its unit."""
    words = model.dictionary()
    own = words[words["table"] == "summary"]
    units = {str(row.column): f"{row.meaning} ({row.unit})" for row in own.itertuples()}
    return {**COLUMNS, **units, **meanings()}


def points_digest(plan: Plan) -> str:
    """A digest of all design points: a plan may take them from another file."""
    points = [[point.block, dict(point.settings)] for point in plan.points]
    return _sha256(json.dumps(points, sort_keys=True).encode())


def differences(manifest: dict[str, Any], plan: Plan) -> list[str]:
    """What a plan, the code and the numerical software have that the results do not, in words; empty: nothing."""
    if manifest.get("format") != FORMAT:
        return [f"the results have format {manifest.get('format', 1)}, and this version writes format {FORMAT}"]
    found = []
    if manifest["plan_text"] != plan.text:
        before, now = (text.splitlines() for text in (manifest["plan_text"], plan.text))
        lines = list(difflib.unified_diff(before, now, "plan of the results", "plan now", lineterm="", n=0))
        found += ["the plan:", *(f"  {line}" for line in lines[:MOST_DIFFERENCES] if not line.startswith("@@"))]
    elif manifest["points_sha256"] != points_digest(plan):
        found.append("the design points, although the plan reads the same: a table or a declared range has changed")
    for name, now in (("replicates", plan.replicates), ("scenario", plan.scenario), ("root_seed", str(plan.root_seed))):
        if manifest[name] != now:
            found.append(f"{name}: {manifest[name]} in the results, {now} now")
    if (told := _tactics_in_words(manifest.get("tactics"))) != (
        asked := _tactics_in_words(None if plan.tactics is None else plan.tactics.told())
    ):
        found.append(f"the file of tactics: {told} in the results, {asked} now")
    before, own = manifest["code"], sources()
    changed = sorted(name for name in {*before, *own} if before.get(name) != own.get(name))
    if changed:
        also = f" and {len(changed) - 6} more" if len(changed) > 6 else ""
        commit = f" (results made at commit {manifest['commit'][:12]})" if manifest["commit"] else ""
        found.append(f"the code: {', '.join(changed[:6])}{also}{commit}")
    for name in COMPUTING:
        if manifest["versions"][name] != _version(name):
            found.append(f"{name}: {manifest['versions'][name]} in the results, {_version(name)} now")
    return found


# What a manifest must hold for its results to be read, and of which kind.
SHAPE: Final[dict[str, type | tuple[type, ...]]] = {
    "plan": str, "title": str, "plan_text": str, "points_sha256": str, "scenario": str, "replicates": int,
    "engine": str, "root_seed": str, "design_points": list, "columns": dict, "commit": str, "code_sha256": str,
    "code": dict, "versions": dict, "processor_features": list, "state": str, "chunk_replicates": int, "python": str,
}  # fmt: skip
MOST_NAMED: Final = 8  # results folders that are offered instead of one that is none
MOST_DIGITS: Final = 100  # of a root seed
MOST_BYTES: Final = 1_000_000_000  # of a manifest; a hundred thousand design points need a tenth of it


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest in a file, of the right form.

    Raises:
        OSError, ValueError, RecursionError: it cannot be read, is no JSON, or is not that of a sweep.
    """
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES} bytes")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if wrong := shape_fault(manifest):
        raise ValueError(wrong)
    result: dict[str, Any] = manifest
    return result


def why_unread(path: Path, error: Exception) -> str:
    """Why a manifest cannot be read, in words."""
    if not path.parent.exists():
        return "there is no such folder"
    if not path.parent.is_dir():
        return "it is a file; name the folder that a sweep has written"
    if isinstance(error, FileNotFoundError):
        inside = sorted(p.parent.name for p in path.parent.glob("*/manifest.json"))[:MOST_NAMED]
        also = f"; did you mean one of those in it: {', '.join(inside)}?" if inside else ""
        return f"it has no manifest.json{also}"
    if isinstance(error, json.JSONDecodeError):
        return f"manifest.json is damaged, or not whole (line {error.lineno}); begin anew in another folder: --into"
    said = error.strerror if isinstance(error, OSError) and error.strerror else error
    return f"manifest.json cannot be read ({said})"


def shape_fault(manifest: object) -> str:
    """What is wrong with the form of a manifest that was read from a file (empty: nothing)."""
    if not isinstance(manifest, dict):
        return "it is not that of a sweep"
    if "plan_text" not in manifest:
        return "it is not that of a sweep"
    if manifest.get("format") != FORMAT:
        return f"the results have format {manifest.get('format', 1)!r:.20}, and this version reads format {FORMAT}"
    for key, kind in SHAPE.items():
        if not isinstance(manifest.get(key), kind) or isinstance(manifest.get(key), bool):
            return f"{key} is missing" if key not in manifest else f"{key} is not what a sweep writes there"
    seed, points = manifest["root_seed"], manifest["design_points"]
    if not (seed.isdecimal() and seed.isascii() and len(seed) <= MOST_DIGITS):
        return "root_seed is not a whole number"
    for number, point in enumerate(points):
        whole = isinstance(point, dict) and isinstance(point.get("block"), str)
        if not (whole and all(_is_table(point.get(key)) for key in ("levels", "settings"))):
            return f"design point {number} is not what a sweep writes there"
    tactics = manifest.get("tactics")
    if tactics is not None:
        names = tactics.get("names") if isinstance(tactics, dict) else None
        sound = isinstance(names, dict) and all(_are_texts(found) for found in names.values())
        if not (sound and all(isinstance(tactics.get(key), str) for key in ("file", "sha256"))):
            return "tactics is not what a sweep writes there"
    texts = [*manifest["code"].values(), *manifest["versions"].values(), *manifest["columns"].values()]
    return "" if _are_texts(texts) else "code, versions or columns are not what a sweep writes there"


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str | int | float) for item in value.values())


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def check_tactics(manifest: dict[str, Any], file: model.TacticFile | None) -> None:
    """Refuse to play runs again with another file of tactics than they were made with.

    Raises:
        InputFault: says which file is wanted.
    """
    told, came = _tactics_in_words(manifest.get("tactics")), _tactics_in_words(None if file is None else file.told())
    if told != came:
        how = "name that file with --tactics" if manifest.get("tactics") else "leave --tactics out"
        raise model.InputFault([f"the runs were made with tactics {told}, and {came} came; {how}"], "results")


def _tactics_in_words(told: dict[str, Any] | None) -> str:
    return f"{told['file']} with digest {told['sha256'][:12]}" if told else "none"


@functools.cache
def sources() -> dict[str, str]:
    """A short digest of every file that numbers come from: the model, its seeds, and what makes rows of runs."""
    package, here = Path(str(model.__file__)).parent, Path(__file__).parent
    seeds = package.parent / "seeds"
    paths = [*package.rglob("*.py"), *(here / name for name in OWN_SOURCES)]
    paths += [path for kind in ("*.toml", "*.csv", "*.txt") for path in seeds.rglob(kind)]
    return {
        path.relative_to(package.parent).as_posix(): _sha256(path.read_bytes())[:12]
        for path in sorted(paths)
        if path.is_file()
    }


def code_fingerprint() -> str:
    """One digest of all of ``sources``."""
    return _sha256(json.dumps(sources(), sort_keys=True).encode())


def processor_features() -> list[str]:
    """Vector instructions that NumPy uses here; with other ones the last bits of a result may differ."""
    import numpy as np

    config = np.show_config(mode="dicts")
    simd = config.get("SIMD Extensions", {}) if isinstance(config, dict) else {}
    return [*simd.get("baseline", []), *simd.get("found", [])]


def now() -> str:
    """The time as the manifest writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    """The commit of this checkout, with a plus sign where files were changed since; empty outside of one."""
    root = Path(__file__).parents[1]
    if not (root / ".git").exists():
        return ""  # installed, perhaps inside somebody else's repository
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty=+"]
    try:
        told = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.strip()
