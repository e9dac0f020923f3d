"""What a results folder says of itself, and whether it and a plan belong together.

The manifest holds all that is needed to understand the results and to run any of them again: the plan as it was
written, its design points, the root seed, the code as fingerprints of its files, commit and versions, the
processor's features (the last bits of a result depend on them), the sessions, and a dictionary of every column.
"""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from typing import Any, Final

import model
from experiments.design.plan import ARM, ID, SAMPLE, SCENARIO, Assumed, Factor, Plan
from experiments.statistics.definitions import meanings
from experiments.store.columns import COLUMNS, KEYS, kept_as
from experiments.store.inputs import PLAN
from experiments.store.sources import code_fingerprint, sources
from model import arithmetic_in_use, digest_of_text

PACKAGES: Final = ("detente", "mesa", "numpy", "pandas", "pyarrow", "scipy")
# Packages whose version can move a number.
COMPUTING: Final = ("numpy", "scipy")
FORMAT: Final = 4
NUMPY: Final = "numpy"
# What tells one sweep from another, beside the files that it was made of and the software that computes.
IDENTIFYING: Final = (
    "root_seed", "scenario", "scenarios", "reads", "design_points", "points_sha256", "tactics", "world", "code_sha256"
)  # fmt: skip


def describe(plan: Plan, engine: str) -> dict[str, Any]:
    """What a manifest says of a plan, the code and the machine's software."""
    return {
        "format": FORMAT,
        "plan": plan.name,
        **words_of(plan),
        "points_sha256": points_digest(plan),
        "scenario": plan.scenario,
        "replicates": plan.replicates,
        "engine": engine,
        # As text: JSON readers turn a number of this size into a rounded one.
        "root_seed": str(plan.root_seed),
        **read_from(plan),
        "tactics": None if plan.tactics is None else plan.tactics.told(),
        "world": None if plan.world is None else plan.world.told(),
        "columns": dictionary(plan),
        "series_columns": series_dictionary(plan),
        "commit": _commit(),
        "code_sha256": code_fingerprint(),
        "code": sources(),
        **machine(),
        "arithmetic": arithmetic_in_use(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def read_from(plan: Plan) -> dict[str, Any]:
    """What runs follow from, as it is written and compared; no titles and no labels."""
    factors = {
        factor.name: {
            "levels": list(factor.levels), "range": factor.range and list(factor.range), "scale": factor.scale,
            "together": list(factor.together),
            **({"bundles": {name: dict(own) for name, own in factor.bundles.items()}} if factor.bundles else {}),
        }
        for factor in plan.factors
    }  # fmt: skip
    precision = plan.precision and {
        "half_width": dict(plan.precision.targets), "least": plan.precision.least, "most": plan.precision.most,
        **({"dyads": list(plan.precision.dyads)} if plan.precision.dyads else {}),
    }  # fmt: skip
    outputs = {"replicates": plan.outputs.replicates, "series": list(plan.outputs.series)}
    return {
        "scenarios": kept_scenarios(plan),
        "reads": {
            "replicates": plan.replicates,
            # As text: JSON readers turn a number of this size into a rounded one.
            "root_seed": str(plan.root_seed),
            "outputs": outputs,
            "precision": precision,
            "factors": factors,
            "points_have_names": bool(plan.arms),
            **({"assumptions": _sample_of(plan.assumed)} if plan.assumed else {}),
            **({"by_run": plan.by_run.told()} if plan.by_run else {}),
        },
        "design_points": [
            {
                "design_point": point.index,
                "block": point.block,
                "arm": point.arm,
                **({} if point.id is None else {"id": point.id}),
                "scenario": point.scenario,
                "levels": dict(point.levels),
                "settings": dict(point.settings),
            }
            for point in plan.points
        ],
    }


def identity(manifest: Mapping[str, Any]) -> str:
    """A digest of what makes runs belong together; not of a plan's words, of engines or of the size of parts."""
    told = {key: manifest.get(key) for key in IDENTIFYING}
    if arithmetic_of(manifest) != NUMPY:
        told["arithmetic"] = arithmetic_of(manifest)
    told["inputs"] = {name: digest for name, digest in manifest["inputs"].items() if name != PLAN}
    told["versions"] = {name: manifest["versions"].get(name) for name in COMPUTING}
    return _sha256(json.dumps(told, sort_keys=True).encode())


def kept_scenarios(plan: Plan) -> dict[str, str]:
    """Under which name every scenario of a plan is kept among the inputs."""
    first, *others = plan.scenarios
    return {first: model.KEPT, **{name: f"scenarios/{k}/{model.KEPT}" for k, name in enumerate(others, 1)}}


def _sample_of(sample: Assumed) -> dict[str, Any]:
    return {
        "rows": len(sample.rows),
        "replicates": sample.replicates,
        "weights": [round(w, 12) for w in sample.weights],
    }


def words_of(plan: Plan) -> dict[str, str]:
    """What a manifest quotes of a plan; its words may be mended later."""
    return {"title": plan.title, "plan_text": plan.text, "plan_sha256": digest_of_text(plan.text.encode())}


def dictionary(plan: Plan | None = None) -> dict[str, str]:
    """What every column of ``runs`` means, with its unit; without a plan, of the columns that every plan has."""
    words = model.dictionary()
    own = words[words["table"] == "summary"]
    units = {str(row.column): f"{row.meaning} ({row.unit})" for row in own.itertuples() if row.column not in KEYS}
    front = (
        {name: COLUMNS[name] for name in ("design_point", "block", ARM, ID, SAMPLE)} if plan is None else _front(plan)
    )
    rest = {name: words for name, words in COLUMNS.items() if name not in ("block", ARM, ID, SAMPLE)}
    return {**front, **rest, **_beside(plan, units), **meanings()}


def _front(plan: Plan) -> dict[str, str]:
    """What the columns mean that tell the rows of a plan apart."""
    names = [*KEYS, "block", *([ARM] if plan.arms else []), *([ID] if plan.ids else [])]
    names += [SAMPLE] if plan.assumed else []
    factors = {factor.name: _meaning_of(factor) for factor in plan.factors}
    return {**{name: COLUMNS[name] for name in names}, **factors}


def _meaning_of(factor: Factor) -> str:
    if factor.bundles:
        told = "; ".join(
            f"{name}: {', '.join(f'{k} = {v}' for k, v in own.items())}" for name, own in factor.bundles.items()
        )
        return f"named settings: {told}"
    if factor.name == SCENARIO:
        return "the scenario that the run starts from"
    return f"level of the parameter {factor.name}: {model.PARAMETERS[factor.name].meaning}"


def _beside(plan: Plan | None, recorded: dict[str, str]) -> dict[str, str]:
    """What is recorded, by the columns in which it is kept: a factor of the same name has the name."""
    factors = [] if plan is None else [factor.name for factor in plan.factors]
    return {kept_as(name, factors): meaning for name, meaning in recorded.items()}


def series_dictionary(plan: Plan) -> dict[str, dict[str, str]]:
    """What every column of the tables of ``series`` means, with its unit, where a plan keeps some."""
    words = model.dictionary()
    told = {}
    for table in plan.outputs.series if plan.outputs.replicates else ():
        own = words[words["table"] == table]
        recorded = {str(row.column): f"{row.meaning} ({row.unit})" for row in own.itertuples()}
        told[table] = {**_front(plan), **_beside(plan, recorded)}
    return told


def points_digest(plan: Plan) -> str:
    """A digest of all design points: a plan may take them from another file."""
    points = [
        [point.block, dict(point.settings), *([point.scenario] if point.scenario != plan.scenario else [])]
        for point in plan.points
    ]
    return _sha256(json.dumps(points, sort_keys=True).encode())


def code_changes(manifest: dict[str, Any]) -> list[str]:
    """What the code and the numerical software have that results do not, in words; empty: nothing."""
    found = []
    before, own = manifest["code"], sources()
    changed = sorted(name for name in {*before, *own} if before.get(name) != own.get(name))
    if changed:
        also = f" and {len(changed) - 6} more" if len(changed) > 6 else ""
        commit = f" (results made at commit {manifest['commit'][:12]})" if manifest["commit"] else ""
        found.append(f"the code: {', '.join(changed[:6])}{also}{commit}")
    for name in COMPUTING:
        if manifest["versions"].get(name) != _version(name):
            found.append(f"{name}: {manifest['versions'].get(name)} in the results, {_version(name)} now")
    return found


# What a manifest must hold for its results to be read, and of which kind.
SHAPE: Final[dict[str, type | tuple[type, ...]]] = {
    "plan": str, "title": str, "plan_text": str, "points_sha256": str, "scenario": str, "replicates": int,
    "engine": str, "root_seed": str, "design_points": list, "columns": dict, "commit": str, "code_sha256": str,
    "code": dict, "versions": dict, "processor_features": list, "state": str, "sessions": list, "python": str,
    "inputs": dict, "flips": list, "reads": dict,
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
        return (
            f"manifest.json is damaged, or not whole (line {error.lineno}); finished runs are intact in "
            f"'{path.parent / 'runs'}', which any reader of Parquet opens; to go on, put a copy of manifest.json back, "
            "or begin anew in another folder: --into"
        )
    if isinstance(error, UnicodeDecodeError):
        return f"manifest.json is not text in UTF-8: look at byte {error.start}"
    said = error.strerror if isinstance(error, OSError) and error.strerror else error
    return f"manifest.json cannot be read ({said})"


def shape_fault(manifest: object) -> str:
    """What is wrong with the form of a manifest that was read from a file (empty: nothing)."""
    if not isinstance(manifest, dict):
        return "it is not that of a sweep"
    if "plan_text" not in manifest:
        return "it is not that of a sweep"
    if manifest.get("format") != FORMAT:
        came, by = manifest.get("format", 1), manifest.get("commit")
        how = f"; read them with the version that made them (commit {by:.40}), or begin anew" if _is_text(by) else ""
        return f"the results have format {came!r:.20}, and this version reads format {FORMAT}{how}"
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
    if not all(map(_is_session, manifest["sessions"])):
        return "sessions are not what a sweep writes there"
    scenarios = manifest.get("scenarios", {})
    if not (isinstance(scenarios, dict) and all(name in manifest["inputs"] for name in map(str, scenarios.values()))):
        return "scenarios is not what a sweep writes there"
    tactics = manifest.get("tactics")
    if tactics is not None:
        names = tactics.get("names") if isinstance(tactics, dict) else None
        sound = isinstance(names, dict) and all(_are_texts(found) for found in names.values())
        if not (sound and all(isinstance(tactics.get(key), str) for key in ("file", "sha256"))):
            return "tactics is not what a sweep writes there"
    world = manifest.get("world")
    if world is not None:
        sound = isinstance(world, dict) and all(_is_text(world.get(key)) for key in ("file", "sha256", "class"))
        if not (sound and f"world/{world['file']}" in manifest["inputs"]):
            return "world is not what a sweep writes there"
    factors = manifest["reads"].get("factors")
    if not (isinstance(factors, dict) and all(isinstance(factor, dict) for factor in factors.values())):
        return "reads is not what a sweep writes there"
    if not all(map(_is_plain, manifest["inputs"])) or "scenario.toml" not in manifest["inputs"]:
        return "inputs is not what a sweep writes there"
    if not _are_texts([*manifest["inputs"].values(), *manifest["flips"]]):
        return "inputs or flips are not what a sweep writes there"
    texts = [*manifest["code"].values(), *manifest["versions"].values(), *manifest["columns"].values()]
    return "" if _are_texts(texts) else "code, versions or columns are not what a sweep writes there"


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str | int | float) for item in value.values())


def _is_session(value: object) -> bool:
    if not isinstance(value, dict) or isinstance(value.get("n_runs", 0), bool):
        return False
    is_sound = "python" not in value or (_is_text(value["python"]) and _are_texts(value.get("processor_features")))
    return is_sound and isinstance(value.get("n_runs", 0), int)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_plain(name: str) -> bool:
    """Whether a name stays within its folder."""
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def arithmetic_of(manifest: Mapping[str, Any]) -> str:
    """The arithmetic of a folder's runs; where none is named, NumPy's."""
    return str(manifest.get("arithmetic", NUMPY))


def machine() -> dict[str, Any]:
    """What of this machine the last bits of a result may depend on, beside the packages that compute."""
    return {"python": platform.python_version(), "processor_features": processor_features()}


def machine_changes(manifest: Mapping[str, Any]) -> list[str]:
    """What this machine has that those of a sweep's sessions had not, in words; empty: nothing."""
    here, found = machine(), []
    before = [manifest, *(session for session in manifest["sessions"] if "python" in session)]
    if others := sorted({told["python"] for told in before} - {here["python"]}):
        found.append(f"Python {', '.join(others)} played runs that are here, and {here['python']} goes on")
    unlike = {name for told in before for name in {*told["processor_features"]} ^ {*here["processor_features"]}}
    if unlike:
        found.append(f"runs that are here were played on a processor with other features ({', '.join(sorted(unlike))})")
    if not found:
        return []
    means = "runs may differ in their last bits from those of one machine, and some then fall out otherwise"
    return [f"Note: {'; '.join(found)}: {means}. For bit for bit the same, go on where it began, or begin anew: --into"]


def processor_features() -> list[str]:
    """Vector instructions that NumPy uses here; with other ones the last bits of a result may differ."""
    import numpy as np

    config = np.show_config(mode="dicts")
    simd = config.get("SIMD Extensions", {}) if isinstance(config, dict) else {}
    return [*simd.get("baseline", []), *simd.get("found", [])]


def software() -> dict[str, Any]:
    """What computes here: the code by commit and digest, Python, and the versions of ``PACKAGES``."""
    return {
        "commit": _commit(),
        "code_sha256": code_fingerprint(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


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
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return ""  # installed, perhaps inside somebody else's repository
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty=+"]
    try:
        told = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.strip()
