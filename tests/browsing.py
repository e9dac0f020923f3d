"""A browser for tests of the page: Chromium without a network, and what to ask of a page that is drawn."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE_PACKAGES = ("uvicorn", "starlette", "segno")
HOW = (
    "no browser for the tests of the page: pip install playwright, and install Chromium "
    "(on Debian: apt-get install chromium), or set CHROMIUM to its path"
)
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
)
PHONE, LAPTOP, PROJECTOR = (360, 780), (1366, 768), (1920, 1080)

# Text that cannot be read: cut off at the edge of the screen, of its drawing, of its select, or smaller than 9 px.
UNREADABLE = """() => {
  const found = [];
  const say = (what, node) => found.push(`${what}: ${(node.textContent || '').trim().slice(0, 40)}`);
  const pen = document.createElement('canvas').getContext('2d');
  for (const node of document.querySelectorAll('body *')) {
    if (node.closest('noscript') || node.matches('.skip, .unseen')) continue;
    const box = node.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const style = getComputedStyle(node);
    if (style.visibility === 'hidden') continue;
    const leaf = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    const svg = node.closest('svg');
    if (leaf && svg && node.tagName === 'text') {
      const own = node.getBBox(), view = svg.viewBox.baseVal;
      const turned = node.hasAttribute('transform');
      const ends = own.x + own.width;
      if (!turned && (own.x < view.x - 2 || ends > view.x + view.width + 2)) say('outside its drawing', node);
      if (box.height < 9) say('too small', node);
    } else if (leaf && !svg) {
      if ((box.right > innerWidth + 1 || box.left < -1) && !node.closest('.scroll')) say('off the screen', node);
      if (node.scrollWidth > node.clientWidth + 2 && style.overflowX === 'hidden') say('cut off', node);
      if (parseFloat(style.fontSize) < 12) say('too small', node);
    }
    if (node.tagName === 'SELECT') {
      pen.font = `${style.fontSize} ${style.fontFamily}`;
      const words = node.selectedOptions[0]?.textContent || '';
      if (pen.measureText(words).width > box.width - 12) found.push(`cut off in a list: ${words}`);
    }
  }
  if (document.documentElement.scrollWidth > innerWidth + 1) found.push('the page scrolls sideways');
  return [...new Set(found)];
}"""

# Pairs of texts of one drawing that lie over each other.
OVERLAPS = """() => {
  const found = [];
  for (const svg of document.querySelectorAll('svg')) {
    const texts = [...svg.querySelectorAll('text')].map((node) => [node, node.getBoundingClientRect()]);
    texts.forEach(([one, a], k) => texts.slice(k + 1).forEach(([two, b]) => {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 3 && high > 0.45 * Math.min(a.height, b.height)) found.push(`${one.textContent} / ${two.textContent}`);
    }));
  }
  return found;
}"""


# Notes every control that is ever on the page, and every one that is worked.
_WATCHED = """() => {
  const WHAT = 'button, select, input, textarea, summary';
  const name = (node) => {
    if (node.type === 'radio') return `${node.name}=${node.value}`;
    if (node.dataset.move) return `move ${node.dataset.move}`;
    if (node.dataset.axis) return `axis ${node.dataset.axis}`;
    if (node.tagName === 'SUMMARY') {
      const part = node.closest('.minutes') ? 'an offer' : node.closest('[id]:not([id^=ask])')?.id;
      return `summary of ${node.parentElement.id || part || 'earlier'}`;
    }
    return node.id || `${node.tagName} ${node.textContent.slice(0, 30)}`;
  };
  const seen = new Set(), worked = new Set();
  const look = (root) => { for (const node of root.querySelectorAll(WHAT)) seen.add(name(node)); };
  const note = (event) => {
    const node = event.target.closest && event.target.closest(WHAT);
    if (node) worked.add(name(node));
  };
  for (const kind of ['click', 'input', 'change']) document.addEventListener(kind, note, true);
  new MutationObserver(() => look(document)).observe(document, { childList: true, subtree: true });
  window.controls = () => ({ seen: [...seen], worked: [...worked] });
}"""
CONTROLS = "window.controls()"

# Words that can be seen, but for the entries of lists: numbers are none, and a Chinese sign counts as one.
WORDS = """() => {
  let total = 0;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const owner = walk.currentNode.parentElement;
    if (!owner || owner.closest('option, noscript, .unseen, .skip') || !owner.checkVisibility()) continue;
    total += (walk.currentNode.textContent.match(/\\p{sc=Han}|[\\p{L}’'-]+/gu) || []).length;
  }
  return total;
}"""

# Visible texts that are shown smaller than so many pixels.
SMALLER_THAN = """(least) => {
  const found = [];
  for (const node of document.querySelectorAll('body *')) {
    if (node.closest('noscript, option, .unseen, .skip, #notice')) continue;
    if (!node.checkVisibility({ checkVisibilityCSS: true })) continue;
    if (![...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim())) continue;
    const svg = node.closest('svg');
    const size = parseFloat(getComputedStyle(node).fontSize) * (svg ? svg.getScreenCTM().a : 1);
    if (size < least - 0.01) found.push(`${size.toFixed(1)}: ${node.textContent.trim().slice(0, 30)}`);
  }
  return found;
}"""

# Signs of another script, or a gap beside a full-width one, within a Chinese sentence.
LATIN_SIGNS = """() => {
  if (!document.documentElement.lang.startsWith('zh')) return [];
  const told = [...document.querySelectorAll('[aria-label], [title]')].flatMap((node) => [node.ariaLabel, node.title]);
  const drawn = [...document.querySelectorAll('svg text')].map((node) => node.textContent);
  const bad = [/\\p{sc=Han}\\s*[,:;!?()]/u, /[,:;!?()]\\s*\\p{sc=Han}/u, /\\p{sc=Han}\\./u,
    /[，。：；！？（、] +\\S/u, /\\S +[，。：；！？）、]/u];
  const lines = [...document.body.innerText.split('\\n'), ...drawn, ...told];
  return lines.filter((line) => bad.some((one) => one.test(line ?? '')));
}"""

# Controls that a screen reader would find without a name.
NAMELESS = """() => [...document.querySelectorAll('button, select, input, textarea, summary')].filter((node) => {
  const label = node.labels && [...node.labels].map((one) => one.textContent).join('');
  return !(node.getAttribute('aria-label') || label || node.tagName !== 'SELECT' && node.textContent || '').trim();
}).map((node) => node.outerHTML.slice(0, 120))"""


def barriers(page: Any) -> list[str]:
    """What axe-core finds on a page that bars somebody, a line a rule; skips the test where it is not installed."""
    folder = pytest.importorskip("axe_playwright_python", reason="pip install axe-playwright-python").__path__[0]
    page.evaluate(Path(folder, "axe.min.js").read_text("utf-8"))
    return list(
        page.evaluate(
            """axe.run().then((said) => said.violations.map((one) =>
              `${one.id} (${one.nodes.length}): ${one.nodes[0].html.slice(0, 160)}`))"""
        )
    )


def chromium() -> str | None:
    """The path of a browser, None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)


# ``pytestmark`` of a file of tests that ask for ``chrome``
IN_A_BROWSER = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None or find_spec("playwright") is None, reason=HOW),
    # Playwright's own event loop leaves sockets to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def needs_page(*more: str) -> None:
    """Skip the file of tests that calls this where the page's packages, or these ones beside them, are missing."""
    for name in (*PAGE_PACKAGES, *more):
        pytest.importorskip(name, reason="the page's packages are missing: pip install -e '.[class]'")


def until(page: Any, holds: str, seconds: float = 30.0) -> None:
    """Wait until an expression holds (Playwright's own wait builds code from text, which the page forbids)."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(holds):
        assert time.monotonic() < deadline, f"still not so: {holds}"
        page.wait_for_timeout(50)


def predict(page: Any) -> None:
    """Answer the lesson that is shown, by whatever its move is: the first choice, a bar dragged a little, a package."""
    boxes = page.locator("[id^=pick-]:enabled:not(:checked)")
    if page.locator("#drag").count():
        page.focus("#drag")
        page.keyboard.press("ArrowLeft")
    elif boxes.count():
        while boxes.count():
            boxes.first.click()
    else:
        page.locator("fieldset input[type=radio]").first.check()


class Visitor:
    """One browser session with what it complained of and where it went."""

    def __init__(self, browser: Any, size: tuple[int, int], base: str, watch_controls: bool = False) -> None:
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, accept_downloads=True)
        self.page = self.context.new_page()
        if watch_controls:
            self.page.add_init_script(f"({_WATCHED})()")
        self.base = base
        self.complaints: list[str] = []
        self.went: set[str] = set()
        self.page.on("console", lambda said: self._heard(said.type, f"{said.text} {said.location.get('url', '')}"))
        self.page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        self.page.on("request", lambda request: self.went.add(request.url.split("/")[2] if "//" in request.url else ""))
        self.page.on("websocket", lambda channel: self.went.add(channel.url.split("/")[2]))

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def open(self, address: str = "#watch", language: str = "en") -> Any:
        """Go there, in this language; the page is usable when it returns."""
        self.page.goto(f"{self.base}/{address}")
        self.page.mouse.move(1, 1)  # the first screen waits a little for its scripts until somebody moves
        self.page.wait_for_selector("html[data-ready=all]", timeout=20_000)
        if language != "en":
            self.page.select_option("#language", language)
            until(self.page, f"document.documentElement.lang === '{language}'")
        return self.page


def at_ease(*visitors: Visitor) -> None:
    """No complaint in the console, and nobody asked anything of another machine."""
    for visitor in visitors:
        assert visitor.complaints == [], visitor.complaints
        assert {host.split(":")[0] for host in visitor.went if host} <= {"127.0.0.1"}, visitor.went


@contextmanager
def started(*words: str, **how: Any) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``detente class`` with these words, as a process of its own, and the address that it prints.

    how: more for ``Popen``. Where the block has not ended the process, it is ended as by Ctrl-C.
    """
    command = [sys.executable, "-m", "experiments.cli", "class", *words, "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, **how)
    try:
        assert process.stdout is not None
        base = ""
        while not base:
            line = process.stdout.readline()
            assert line or process.poll() is None, "the command has ended"
            found = re.search(r"(http://127\.0\.0\.1:\d+)/", line)
            base = found.group(1) if found else ""
        yield process, base
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise


@contextmanager
def browser() -> Iterator[Any]:
    """A browser without a network."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=chromium(), args=list(FLAGS), headless=True)
        try:
            yield running
        finally:
            running.close()
