"""Links of Markdown pages and of built HTML, and whether they lead somewhere (used by ``test_site.py``)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


def text_of(path: Path) -> str:
    """A page's Markdown; of a notebook its Markdown cells."""
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells)
    return text


def without_code(text: str) -> str:
    """The text without fenced blocks and inline code."""
    text = re.sub(r"^ *(```+|~~~+).*?^ *\1[`~]*\s*$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "code", text)


def links_of(text: str) -> list[str]:
    """Targets of inline links and pictures."""
    return re.findall(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)", without_code(text))


def anchors_of(text: str) -> set[str]:
    """What the headings of a page can be linked by, as GitHub and the site both spell it."""
    found: set[str] = set()
    plain = re.sub(r"^ *(```+|~~~+).*?^ *\1[`~]*\s*$", "", text, flags=re.MULTILINE | re.DOTALL)
    for heading in re.findall(r"^#{1,6}\s+(.+?)\s*#*$", plain, flags=re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        number = 0
        while (name := slug if not number else f"{slug}-{number}") in found:
            number += 1
        found.add(name)
    return found


def dead_links(page: Path) -> list[str]:
    """Links of a page to files or headings that there are not; addresses of the web are not looked up."""
    dead = []
    text = text_of(page)
    for target in links_of(text):
        parts = urlsplit(target)
        if parts.scheme in ("http", "https", "mailto"):
            continue
        place = page if not parts.path else (page.parent / unquote(parts.path)).resolve()
        if not place.exists():
            dead.append(f"{page.name}: {target}: no such file")
        elif parts.fragment and place.suffix == ".md" and parts.fragment not in anchors_of(text_of(place)):
            dead.append(f"{page.name}: {target}: no such heading")
    return dead


class Page(HTMLParser):
    """What a built page loads from elsewhere, links to, and can be linked by."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = {name: value or "" for name, value in attrs}
        self.ids |= {own[key] for key in ("id", "name") if own.get(key)}
        if tag == "a" and "href" in own:
            self.links.append(own["href"])
        elif tag in ("script", "img", "iframe", "source", "video", "audio", "embed") and "src" in own:
            self.loads.append(own["src"])
        elif tag == "link" and "href" in own and own.get("rel") not in ("canonical",):
            self.loads.append(own["href"])
        if "style" in own:
            self.loads += css_loads(own["style"])


def css_loads(text: str) -> list[str]:
    """What a style sheet loads."""
    return re.findall(r"""url\(\s*['"]?([^'")]+)""", text) + re.findall(r"""@import\s+['"]([^'"]+)""", text)


def from_the_web(addresses: Iterable[str]) -> list[str]:
    """Addresses that need a network."""
    return [address for address in addresses if re.match(r"(https?:)?//", address.strip())]


def site_faults(folder: Path) -> list[str]:
    """Everything in a built site that needs a network, or leads nowhere."""
    pages = {path.resolve(): Page(path.read_text("utf-8")) for path in folder.rglob("*.html")}
    faults = []
    for path, page in pages.items():
        name = path.relative_to(folder.resolve())
        faults += [f"{name} loads {address}" for address in from_the_web(page.loads)]
        local = [a for a in (*page.loads, *page.links) if not re.match(r"([a-z]+:)?//|[a-z]+:", a)]
        for address in local:
            parts = urlsplit(address)
            place = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not place.exists():
                faults.append(f"{name} leads to {address}: no such file")
            elif parts.fragment and place in pages and unquote(parts.fragment) not in pages[place].ids:
                faults.append(f"{name} leads to {address}: no such place on the page")
    for path in folder.rglob("*.css"):
        faults += [f"{path.name} loads {address}" for address in from_the_web(css_loads(path.read_text("utf-8")))]
    return faults
