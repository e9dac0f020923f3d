"""The page's files: the first answer is whole, in the visitor's language; what never changes may be kept for good."""

from __future__ import annotations

import gzip
import hashlib
import re
from base64 import b64encode

import pytest

pytest.importorskip("starlette", reason="the page's packages are missing: pip install -e '.[class]'")

from experiments.classroom.door import HEADERS
from experiments.classroom.pages import PAGES, STYLES, fill, language_of

LANGUAGES = ["en", "zh-Hans"]
ROOM_FOR_ONE_ROUND = 14_600  # bytes: ten segments, which a server sends before it waits for the first receipt


def first(language: str) -> str:
    found = PAGES.find("/", {"accept-language": language})
    assert found
    return found[0].decode()


@pytest.mark.parametrize(("language", "keep"), [("en", "Keep"), ("zh-Hans", "守约")])
def test_the_first_answer_is_the_whole_first_screen(language: str, keep: str) -> None:
    text = first(language)
    assert f'<html lang="{language}"' in text and f'class="big keep">{keep}</button>' in text
    assert "{{" not in text and f'<option value="{language}" selected>' in text
    # Nothing is fetched for it: no styles, scripts, pictures of their own.
    assert not re.search(r"""<link[^>]*stylesheet|<script[^>]+src|href=["']/|src=["']/""", text)
    assert len(gzip.compress(text.encode(), 9)) < ROOM_FOR_ONE_ROUND


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("element", ["style", "script"])
def test_what_stands_in_it_is_what_the_policy_names(language: str, element: str) -> None:
    inside = re.findall(rf"<{element}>(.*?)</{element}>", first(language), re.DOTALL)
    assert len(inside) == 1
    named = b64encode(hashlib.sha256(inside[0].encode()).digest()).decode()
    policy = HEADERS["Content-Security-Policy"]
    assert f"{element}-src 'self' 'sha256-{named}';" in policy
    assert "unsafe" not in policy and "*" not in policy and policy.count("sha256-") == 2


def test_files_of_an_edition_are_kept_and_all_others_are_not() -> None:
    for path in ("/static/main.js", "/lang/en.json"):
        plain, kept = PAGES.find(path, {}), PAGES.find(PAGES.root + path, {})
        assert plain and kept and plain[0] == kept[0]
        assert "Cache-Control" not in plain[1] and "immutable" in kept[1]["Cache-Control"]
    found = PAGES.find("/", {})
    assert found and "Cache-Control" not in found[1] and found[1]["Vary"] == "Accept-Language, Cookie"
    for path in (PAGES.root, f"{PAGES.root}/", f"{PAGES.root}{PAGES.root}/static/main.js", "/0000/static/main.js"):
        assert PAGES.find(path, {}) is None
    for path in ("/static/index.html", f"{PAGES.root}/static/index.html"):  # a form, not a page
        assert PAGES.find(path, {}) is None


@pytest.mark.parametrize(
    ("said", "is_packed"),
    [
        ("gzip", True),
        ("deflate, gzip, br", True),
        ("gzip;q=0.5", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.0, br", False),
        ("xgzip", False),
    ],
)
def test_answers_are_packed_for_who_can_read_them(said: str, is_packed: bool) -> None:
    plain, found = PAGES.find("/static/sit.js", {}), PAGES.find("/static/sit.js", {"accept-encoding": said})
    assert plain and found and ("Content-Encoding" in found[1]) == is_packed
    assert (gzip.decompress(found[0]) if is_packed else found[0]) == plain[0]
    assert not is_packed or len(found[0]) < 0.5 * len(plain[0])


@pytest.mark.parametrize(
    ("wanted", "kept", "language"),
    [
        ("", "", "en"),
        ("en-US,en;q=0.9", "", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "", "zh-Hans"),
        ("ZH-tw", "", "zh-Hans"),
        ("fr-FR,fr;q=0.9", "", "en"),
        ("fr,zh;q=0.9,en;q=0.8", "", "zh-Hans"),
        ("*", "", "en"),
        ("en", "language=zh-Hans", "zh-Hans"),
        ("zh", "a=b; language=en; c=d", "en"),
        ("zh", "language=xx", "zh-Hans"),
        ("en", "mylanguage=zh-Hans", "en"),
        ("en", "language=../../etc/passwd", "en"),
        (";;,,--" * 9999, "language=" * 999, "en"),
    ],
)
def test_a_visitor_is_met_in_a_language_of_theirs(wanted: str, kept: str, language: str) -> None:
    assert language_of({"accept-language": wanted, "cookie": kept}, LANGUAGES) == language


def test_words_are_text_and_a_place_that_nothing_fills_is_a_fault() -> None:
    assert fill("<p>{{a}}</p>", {"a": "<b> & 'c'"}, {}) == "<p>&lt;b&gt; &amp; &#x27;c&#x27;</p>"
    assert fill("{{a}}", {"a": "word"}, {"a": "<i>"}) == "<i>"
    with pytest.raises(KeyError, match=r"start\.nothing"):
        fill("{{start.nothing}}", {"a": "word"}, {})


def test_all_styles_come_with_the_first_answer() -> None:
    for name in STYLES:
        found = PAGES.find(f"/static/{name}", {})
        assert found and found[0].decode() in first("en")
