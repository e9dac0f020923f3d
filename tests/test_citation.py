"""All that says how to cite the project says the same, and every file and source has its terms. Each check can fail."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import model

ROOT = Path(__file__).resolve().parents[1]
FILES = (
    *("pyproject.toml", "CITATION.cff", "codemeta.json", ".zenodo.json"),
    *("CHANGELOG.md", "LICENSE", "REUSE.toml", "paper.md"),
)
# What a file may leave out only if all of them do: whoever fills in one is reminded of the others.
FIELDS = {
    "title": ("CITATION.cff", "codemeta.json", ".zenodo.json", "paper.md"),
    "name": ("pyproject.toml", "codemeta.json"),
    "description": ("pyproject.toml", "CITATION.cff", "codemeta.json", ".zenodo.json"),
    "version": ("CITATION.cff", "codemeta.json", ".zenodo.json", "CHANGELOG.md", "the package"),
    "licence": ("pyproject.toml", "CITATION.cff", "codemeta.json", ".zenodo.json", "LICENSE"),
    "authors": ("pyproject.toml", "CITATION.cff", "codemeta.json", ".zenodo.json", "paper.md"),
    "holder": ("LICENSE", "codemeta.json", "REUSE.toml"),
    "keywords": ("pyproject.toml", "CITATION.cff", "codemeta.json", ".zenodo.json"),
    "released": ("CITATION.cff", "codemeta.json", ".zenodo.json", "CHANGELOG.md"),
    "repository": ("pyproject.toml", "CITATION.cff", "codemeta.json"),
    "doi": ("CITATION.cff", "codemeta.json"),
    "python": ("pyproject.toml", "codemeta.json"),
    "requirements": ("pyproject.toml", "codemeta.json"),
}
NOT_STATED = "not stated; facts only"


def texts() -> dict[str, str]:
    return {name: (ROOT / name).read_text("utf-8") for name in FILES}


def said(files: dict[str, str], version: str) -> dict[str, dict[str, Any]]:
    """What each file says of each field; None where it says nothing."""
    project = tomllib.loads(files["pyproject.toml"])["project"]
    cited = yaml.safe_load(files["CITATION.cff"])
    meta = json.loads(files["codemeta.json"])
    deposit = json.loads(files[".zenodo.json"])
    paper = yaml.safe_load(files["paper.md"].split("---\n")[1])
    heading = re.search(r"^## (\S+) \((\S+)\)$", files["CHANGELOG.md"], re.MULTILINE)
    assert heading is not None, "CHANGELOG.md: its first heading is not `## VERSION (DATE or unreleased)`"
    licence = files["LICENSE"].splitlines()
    return {
        "pyproject.toml": {
            "name": project["name"],
            "description": project["description"],
            "licence": project["license"],
            "authors": [one["name"] for one in project["authors"]],
            "keywords": project["keywords"],
            "repository": project.get("urls", {}).get("Repository"),
            "python": project["requires-python"],
            "requirements": [re.split(r"[^\w-]", line)[0] for line in project["dependencies"]],
        },
        "CITATION.cff": {
            "title": cited["title"],
            "description": cited["abstract"],
            "version": str(cited["version"]),
            "licence": cited["license"],
            "authors": [named(one) for one in cited["authors"]],
            "keywords": cited["keywords"],
            "released": as_text(cited.get("date-released")),
            "repository": cited.get("repository-code"),
            "doi": cited.get("doi"),
        },
        "codemeta.json": {
            "title": meta["name"],
            "name": meta["identifier"],
            "description": meta["description"],
            "version": meta["version"],
            "licence": meta["license"].removeprefix("https://spdx.org/licenses/"),
            "authors": [named(one) for one in meta["author"]],
            "keywords": meta["keywords"],
            "released": meta.get("datePublished"),
            "repository": meta.get("codeRepository"),
            "holder": {f"{meta['copyrightYear']} {named(one)}" for one in meta["copyrightHolder"]},
            "doi": meta["sameAs"].removeprefix("https://doi.org/") if "sameAs" in meta else None,
            "python": meta["runtimePlatform"].removeprefix("Python "),
            "requirements": meta["softwareRequirements"],
        },
        ".zenodo.json": {
            "title": deposit["title"],
            "description": deposit["description"],
            "version": deposit["version"],
            "licence": deposit["license"],
            "authors": [named(one) for one in deposit["creators"]],
            "keywords": deposit["keywords"],
            "released": deposit.get("publication_date"),
        },
        "CHANGELOG.md": {
            "version": heading[1],
            "released": None if heading[2] == "unreleased" else heading[2],
        },
        "LICENSE": {
            "licence": licence[0].removesuffix(" License"),
            "holder": {licence[2].removeprefix("Copyright (c) ")},
        },
        "REUSE.toml": {
            "holder": {table["SPDX-FileCopyrightText"] for table in tomllib.loads(files["REUSE.toml"])["annotations"]},
        },
        "paper.md": {"title": paper["title"], "authors": [named(one) for one in paper["authors"]]},
        "the package": {"version": version},
    }


def named(author: dict[str, str]) -> str:
    """An author's name, whichever of the formats gives it: a group's, or given names and family name."""
    given = author.get("given-names") or author.get("givenName")
    family = author.get("family-names") or author.get("familyName")
    name = f"{given} {family}" if given and family else author["name"]
    # Zenodo writes a person as `Family, Given`.
    return re.sub(r"^([^,]+), ([^,]+)$", r"\2 \1", name)


def as_text(value: object) -> str | None:
    return None if value is None else str(value)


def disagreements(files: dict[str, str], version: str) -> list[str]:
    found = said(files, version)
    faults = []
    for field, where in FIELDS.items():
        values = {name: found[name].get(field) for name in where}
        if any(value != values[where[0]] for value in values.values()):
            faults.append(f"{field}: " + "; ".join(f"{name} says {value!r}" for name, value in values.items()))
    return faults


def test_all_that_says_how_to_cite_says_the_same() -> None:
    assert disagreements(texts(), model.__version__) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "field"),
    [
        ("CITATION.cff", 'title: "Détente: an', 'title: "Détente: the', "title"),
        ("codemeta.json", '"identifier": "detente"', '"identifier": "entente"', "name"),
        (".zenodo.json", '"description": "An', '"description": "The', "description"),
        ("codemeta.json", f'"version": "{model.__version__}"', '"version": "99.1"', "version"),
        ("CHANGELOG.md", f"## {model.__version__} (", "## 99.1 (", "version"),
        ("CITATION.cff", "license: MIT", "license: GPL-3.0", "licence"),
        ("LICENSE", "MIT License", "BSD License", "licence"),
        ("LICENSE", "The Détente authors", "Somebody else", "holder"),
        ("REUSE.toml", "2026 The Détente authors", "1926 Somebody else", "holder"),
        ("CITATION.cff", "license: MIT", "license: MIT\ndoi: 10.1/x", "doi"),
        ("paper.md", "- name: The Détente authors", "- name: Somebody else", "authors"),
        (".zenodo.json", '"batteries", ', "", "keywords"),
        ("CITATION.cff", "license: MIT", "license: MIT\ndate-released: 2020-01-01", "released"),
        ("pyproject.toml", "[project.scripts]", '[project.urls]\nRepository = "x"\n[project.scripts]', "repository"),
        ("pyproject.toml", 'requires-python = ">=3.11"', 'requires-python = ">=3.12"', "python"),
        ("codemeta.json", '"scipy", ', "", "requirements"),
    ],
)
def test_a_planted_disagreement_is_found(file: str, old: str, new: str, field: str) -> None:
    files = texts()
    if field == "released":  # a release has its date already, and a file has one
        files[file] = re.sub(r"^date-released: .*\n", "", files[file], flags=re.MULTILINE)
    assert old in files[file]
    files[file] = files[file].replace(old, new, 1)
    (fault,) = disagreements(files, model.__version__)
    assert fault.startswith(f"{field}: ")


def test_a_version_of_the_package_alone_is_found() -> None:
    (fault,) = disagreements(texts(), "99.1")
    assert fault.startswith("version: ")


def test_people_are_named_alike_in_every_format() -> None:
    forms: list[dict[str, str]] = [
        {"given-names": "Ada", "family-names": "Lovelace"},
        {"givenName": "Ada", "familyName": "Lovelace"},
        {"name": "Lovelace, Ada"},
        {"name": "Ada Lovelace"},
    ]
    assert {named(form) for form in forms} == {"Ada Lovelace"}


def test_the_paper_cites_what_its_list_has_and_the_reverse() -> None:
    cited = set(re.findall(r"@(\w+)", texts()["paper.md"]))
    listed = re.findall(r"^@\w+\{(\w+),$", (ROOT / "paper.bib").read_text("utf-8"), re.MULTILINE)
    assert len(listed) > 10 and sorted(cited) == sorted(listed)


# --- Licences of files ----------------------------------------------------------------------------


def tracked() -> list[str]:
    """The files of a checkout, new ones among them; in an unpacked archive, all but what tools leave behind."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    git = subprocess.run(words, cwd=ROOT, capture_output=True, check=False)
    if git.returncode == 0:
        return [name for name in git.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    shown = [path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file()]
    return [path.as_posix() for path in shown if not any(part.startswith(".") for part in path.parts)]


def pattern_of(glob: str) -> re.Pattern[str]:
    """REUSE's globs: ``*`` stays in its folder, ``**`` does not."""
    parts = re.split(r"(\*\*|\*)", glob)
    return re.compile("".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts))


def licence_faults(names: list[str], reuse: str, texts_there: set[str]) -> list[str]:
    """Files without a licence, lines of REUSE.toml about no file, licences without their text and the reverse."""
    tables = tomllib.loads(reuse)["annotations"]
    faults, seen, used = [], set(), set()
    for table in tables:
        used.add(table["SPDX-License-Identifier"])
        assert table["SPDX-FileCopyrightText"]
        globs = [table["path"]] if isinstance(table["path"], str) else table["path"]
        for glob in globs:
            found = {name for name in names if pattern_of(glob).fullmatch(name)}
            seen |= found
            faults += [] if found else [f"REUSE.toml: {glob}: no such file"]
    faults += [f"{name}: no licence" for name in names if name not in seen]
    return faults + [f"{licence}: text and use do not match" for licence in sorted(used ^ texts_there)]


def test_every_file_has_a_licence() -> None:
    names = tracked()
    assert "seeds/evidence/tariffs.csv" in names and "model/world.py" in names
    there = {path.stem for path in (ROOT / "LICENSES").iterdir()}
    # An archive unpacked without git shows no hidden file, and then there is nothing to say of them.
    reuse = (ROOT / "REUSE.toml").read_text("utf-8")
    if not any(name.startswith(".") for name in names):
        reuse = re.sub(r'"\.\w+/\*\*", ', "", reuse)
    assert licence_faults(names, reuse, there) == []


def test_the_licence_has_one_text() -> None:
    licence = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["license"]
    assert (ROOT / "LICENSES" / f"{licence}.txt").read_text("utf-8") == (ROOT / "LICENSE").read_text("utf-8")


def test_planted_faults_of_licences_are_found() -> None:
    table = '[[annotations]]\npath = {}\nSPDX-FileCopyrightText = "x"\nSPDX-License-Identifier = "{}"\n'
    names = ["a.py", "data/b.csv", "data/deep/c.csv"]
    assert licence_faults(names, table.format('["*", "data/**"]', "MIT"), {"MIT"}) == []
    assert licence_faults(names, table.format('["*", "data/*"]', "MIT"), {"MIT"}) == ["data/deep/c.csv: no licence"]
    assert licence_faults(names, table.format('["**", "gone/**"]', "MIT"), {"MIT"}) == [
        "REUSE.toml: gone/**: no such file"
    ]
    assert licence_faults(names, table.format('"**"', "CC0-1.0"), {"MIT"}) == [
        "CC0-1.0: text and use do not match",
        "MIT: text and use do not match",
    ]


# --- Terms of the evidence ------------------------------------------------------------------------


def terms_faults(rows: list[dict[str, str]]) -> list[str]:
    """Sources named twice, and sources of whose terms nothing is said."""
    keys = [row["key"] for row in rows]
    faults = [f"{key}: named twice" for key in sorted({key for key in keys if keys.count(key) > 1})]
    for row in rows:
        terms = row.get("terms") or ""
        if not terms.endswith("; facts only") or len(terms) <= len("; facts only"):
            faults.append(f"{row['key']}: no terms; where none were seen, write '{NOT_STATED}'")
    return faults


def evidence(name: str) -> list[dict[str, str]]:
    with (ROOT / "seeds" / "evidence" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_source_has_its_terms_and_every_fact_its_source() -> None:
    assert terms_faults(evidence("sources.csv")) == []
    tables = sorted(path.name for path in (ROOT / "seeds" / "evidence").glob("*.csv"))
    assert len(tables) > 10
    bare = [
        f"{name}: row {number}"
        for name in tables
        for number, row in enumerate(evidence(name), 2)
        if not row["source"].strip() or not row["confidence"].strip()
    ]
    assert bare == []


def test_sources_without_terms_are_found() -> None:
    good = {"key": "A", "source": "x", "terms": NOT_STATED}
    assert terms_faults([good]) == []
    assert terms_faults([good, good]) == ["A: named twice"]
    for terms in ("", "; facts only", "free"):
        assert len(terms_faults([{**good, "terms": terms}])) == 1
    assert len(terms_faults([{"key": "A", "source": "x"}])) == 1
