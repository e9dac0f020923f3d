"""What is pinned, and the digests of it: for each Python two files, which only ``make constraints`` writes."""

from __future__ import annotations

import re

from make_licences import ROOT, canonical, pins

PYTHONS = ("311", "312", "313")


def texts(version: str) -> tuple[str, str]:
    """The constraints for a Python, and its pins with their digests."""
    return tuple((ROOT / f"{kind}-py{version}.txt").read_text("utf-8") for kind in ("constraints", "hashes"))  # type: ignore[return-value]


def faults(constraints: str, hashes: str) -> list[str]:
    """What is wrong with the digests of pins: none, of others, addresses, what is no digest."""
    entries = [entry.split() for entry in re.sub(r" \\\n\s*", " ", hashes).splitlines()]
    wanted = [f"{canonical(name)}=={version}" for name, version in pins(constraints)]
    found = [f"{canonical(name)}=={version}" for entry in entries for name, version in pins(entry[0])]
    wrong = [f"{name}: pinned and without digests" for name in wanted if name not in found]
    wrong += [f"{name}: not what is pinned" for name in found if name not in wanted]
    wrong += [f"{name}: twice" for name in set(found) if found.count(name) > 1]
    for name, *digests in entries:
        if not digests or any(not re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", digest) for digest in digests):
            wrong.append(f"{name}: allowed are SHA-256 digests alone")
    return wrong
