"""Results as one sealed file that another machine checks: what they are, what was checked, and a digest of everything.

A bundle is an archive (ZIP, nothing compressed) with ``certificate.json`` and ``results/``, the results folder without
its figures and report, which can be drawn again. The certificate has the digest of every file, the versions that
computed, the checks that were run and how they ended, and the seal: the SHA-256 of all of that as canonical JSON. The
archive has one form only, so a byte that is changed anywhere in it is found. The seal is no signature: whoever changes
a bundle can seal it anew, which is why a paper prints the seal.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from experiments.running.runner import rerun
from experiments.store.files import check_vacant_file, write_whole
from experiments.store.folder import Results
from experiments.store.inputs import PLAN
from experiments.store.manifest import code_changes, machine
from model import InputFault

if TYPE_CHECKING:
    from model import TacticFile, WorldFile

FORMAT: Final = 1
CERTIFICATE: Final = "certificate.json"
FOLDER: Final = "results"
ENDING: Final = ".certified.zip"
DRAWN: Final = (".png", ".svg", ".pdf", ".html")
REPLAYS: Final = 3
# Of every entry of the archive: one date, so that the same contents are the same bytes.
DATE: Final = (1980, 1, 1, 0, 0, 0)


class Verdict(NamedTuple):
    """What checking a bundle found: what was equal, and what came out otherwise on this machine (empty: nothing)."""

    certificate: dict[str, Any]
    equal: tuple[str, ...]
    otherwise: tuple[str, ...]


def certify(
    folder: Path,
    out: Path | None = None,
    replays: int = REPLAYS,
    tactics: TacticFile | None = None,
    world: WorldFile | None = None,
) -> tuple[Path, dict[str, Any]]:
    """Check finished results, play some of their runs again, and seal both into one new file; it and its certificate.

    replays: runs to play again, spread over the design, >= 0.

    Raises:
        InputFault: the results are not finished, not as they were written, or a run does not come out the same; there
            is a file of that name. Nothing is written then.
    """
    if replays < 0:
        raise InputFault([f"--replays {replays}: allowed is 0 or more"], "certify")
    results = Results.open(folder)
    named = folder if folder.name else folder.resolve()
    path = named.with_name(f"{named.name}{ENDING}") if out is None else out
    check_vacant_file(path)
    if results.manifest["state"] != "complete":
        fault = f"'{folder}' is {results.manifest['state']}: only finished results are sealed; the same sweep goes on"
        raise InputFault([fault], "certify")
    checks = _checks(results)
    equal, otherwise = _played_again(results, replays, tactics, world)
    if otherwise:
        raise InputFault([f"'{folder}' is not certified: {line}" for line in otherwise], "certify")
    told = results.manifest
    files = {f"{FOLDER}/{name}": data for name, data in _files_of(folder)}
    certificate = {
        "format": FORMAT,
        "title": told["title"],
        "plan": told["plan"],
        "n_runs": told["n_runs"],
        "n_failed": told["n_failed"],
        "digest_of_runs": told["digest"],
        "code_sha256": told["code_sha256"],
        "commit": told["commit"],
        "made_with": {"python": told["python"], **told["versions"]},
        "certified_with": {**machine(), "packages": _packages()},
        "checks": [*checks, *equal],
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
    }
    certificate["seal"] = seal_of(certificate)
    data = _archive({CERTIFICATE: _text(certificate), **files})
    write_whole(path, lambda temporary: temporary.write_bytes(data))
    return path, certificate


def verify(
    bundle: Path, replays: int = REPLAYS, tactics: TacticFile | None = None, world: WorldFile | None = None
) -> Verdict:
    """Check a bundle from its seal to its runs, of which some are played again here.

    Raises:
        InputFault: it is no bundle, or anything in it was changed after it was sealed; says which file.
    """
    certificate, files = _opened(bundle)
    with _unpacked(files) as folder:
        results = Results.open(folder / FOLDER)
        checks = [f"seal {certificate['seal']}", f"{len(files)} files as they were sealed", *_checks(results)]
        if (results.manifest.get("tactics") and tactics is None) or (results.manifest.get("world") and world is None):
            own = "a file of the author's own, which it holds under results/inputs: look at it, then name it"
            return Verdict(certificate, tuple(checks), (f"no run was played again: they need {own}",))
        equal, otherwise = _played_again(results, replays, tactics, world)
        return Verdict(certificate, (*checks, *equal), otherwise)


def seal_of(certificate: Mapping[str, Any]) -> str:
    """The SHA-256 of a certificate without its seal, as JSON with sorted keys and no spaces."""
    told = {key: value for key, value in certificate.items() if key != "seal"}
    return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@contextlib.contextmanager
def _unpacked(files: Mapping[str, bytes]) -> Iterator[Path]:
    """A temporary folder with the files of a bundle."""
    with contextlib.ExitStack() as stack:
        try:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            for name, data in files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(data)
        except OSError as error:
            fault = f"a bundle is unpacked into a temporary folder, and none can be written: {error.strerror or error}"
            raise InputFault([f"{fault}; make room, or name another in TMPDIR"], "verify") from None
        yield folder


# --- checks -----------------------------------------------------------------------------------------------------------


def _checks(results: Results) -> list[str]:
    """What holds of results in themselves, in words.

    Raises:
        InputFault: a part or an input is not as it was written, or the runs have another digest than the manifest says.
    """
    results.input(PLAN)
    if (digest := results.digest()) != results.manifest["digest"]:
        fault = f"'{results.folder}': the runs have digest {digest}, and the manifest says {results.manifest['digest']}"
        raise InputFault([fault], "certify")
    n_parts = len(results.parts())
    return [
        f"{len(results.manifest['inputs'])} inputs as they were kept",
        f"{n_parts} parts of runs with their marks and digests",
        f"digest of all {results.manifest['n_runs']} runs {digest}",
    ]


def _played_again(
    results: Results, replays: int, tactics: TacticFile | None, world: WorldFile | None
) -> tuple[list[str], tuple[str, ...]]:
    """Some runs played again: what came out the same, and what did not, in words."""
    equal, otherwise = [], []
    for name in _spread(results, replays):
        found = rerun(results, name, tactics, world)
        if found.is_same:
            equal.append(f"run {name} played again: the same to the last bit")
        else:
            changes = "; ".join(code_changes(results.manifest)) or "nothing in the code or in what computes"
            otherwise.append(f"run {name} played again came out otherwise; changed since it was made: {changes}")
    return equal, tuple(otherwise)


def _spread(results: Results, n: int) -> Iterator[str]:
    """Names of runs, spread over all of them in the order of design points and replicates; the first is among them."""
    runs = results.read([])[["design_point", "replicate"]].drop_duplicates()
    for k in range(min(n, len(runs))):
        point, replicate = runs.iloc[k * (len(runs) - 1) // max(n - 1, 1)]
        yield f"{point}-{replicate}"


def _packages() -> dict[str, str]:
    """Every installed package with its version."""
    found = {
        str(own.metadata["Name"]): own.version for own in importlib.metadata.distributions() if own.metadata["Name"]
    }
    return dict(sorted(found.items()))


def _files_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of what a bundle holds of a results folder."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and path.suffix not in DRAWN and not any(part.startswith(".") for part in name.split("/")):
            try:
                yield name, path.read_bytes()
            except OSError as error:
                raise InputFault([f"'{path}' cannot be read: {error.strerror or error}"], "certify") from None


# --- the archive ------------------------------------------------------------------------------------------------------


def _text(certificate: Mapping[str, Any]) -> bytes:
    return (json.dumps(certificate, indent=1, sort_keys=True) + "\n").encode()


def _archive(files: Mapping[str, bytes]) -> bytes:
    """An archive of files, the same bytes wherever it is made."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, DATE)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, data)
    return whole.getvalue()


def _opened(bundle: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The certificate and the files of a bundle, each compared with its digest.

    Raises:
        InputFault: says what is wrong, with which file.
    """
    try:
        whole = bundle.read_bytes()
    except OSError as error:
        how = "; name the file that detente certify wrote" if bundle.is_dir() else ""
        raise InputFault([f"'{bundle}' cannot be read: {error.strerror or error}{how}"], "certify") from None
    try:
        archive = zipfile.ZipFile(io.BytesIO(whole))
        names = archive.namelist()
    except Exception:  # whatever a reader of damaged bytes may raise
        raise InputFault([f"'{bundle}' is no bundle of detente certify, or not whole"], "certify") from None
    files = {name: _entry(archive, bundle, name) for name in names}
    certificate = _certificate(bundle, files.pop(CERTIFICATE, None))
    told = certificate["files"]
    faults = [f"'{bundle}': {name} was changed after it was sealed" for name in files
              if name in told and hashlib.sha256(files[name]).hexdigest() != told[name]]  # fmt: skip
    faults += [f"'{bundle}': {name} is gone" for name in told if name not in files]
    faults += [f"'{bundle}': {name} was added after it was sealed" for name in files if name not in told]
    if not faults and _archive({CERTIFICATE: _text(certificate), **files}) != whole:
        faults.append(f"'{bundle}': the archive itself was changed after it was sealed, or {CERTIFICATE} was")
    if faults:
        raise InputFault(faults, "certify")
    return certificate, files


def _entry(archive: zipfile.ZipFile, bundle: Path, name: str) -> bytes:
    path = PurePosixPath(name)
    is_plain = name == CERTIFICATE or path.parts[:1] == (FOLDER,)
    try:
        if not is_plain or ".." in path.parts or "\\" in name or ":" in name:
            raise ValueError(name)
        return archive.read(name)
    except Exception:  # whatever a reader of damaged bytes may raise
        raise InputFault([f"'{bundle}': {name} was changed after it was sealed"], "certify") from None


def _certificate(bundle: Path, data: bytes | None) -> dict[str, Any]:
    """The certificate in a bundle, under its seal."""
    if data is None:
        raise InputFault([f"'{bundle}' has no {CERTIFICATE}: it is no bundle of detente certify"], "certify")
    try:
        told = json.loads(data)
        is_sealed = isinstance(told["files"], dict) and told["seal"] == seal_of(told)
    except (ValueError, KeyError, TypeError, RecursionError):
        is_sealed = False
    if not is_sealed:
        raise InputFault([f"'{bundle}': {CERTIFICATE} was changed after it was sealed"], "certify")
    if told.get("format") != FORMAT:
        fault = f"'{bundle}' has format {told.get('format')!r:.20}, and this version reads format {FORMAT}"
        raise InputFault([fault], "certify")
    found: dict[str, Any] = told
    return found


def in_words(certificate: Mapping[str, Any]) -> str:
    """What a bundle is about, in sentences."""
    made = certificate["made_with"]
    versions = ", ".join(f"{name} {made[name]}" for name in ("python", "detente", "numpy", "scipy") if name in made)
    runs = f"{certificate['n_runs']} runs, {certificate['n_failed']} failed"
    return f"{certificate['title']} {runs}, made with {versions}."
