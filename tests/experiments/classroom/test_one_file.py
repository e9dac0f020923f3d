"""One file out of many scripts: each in a scope of its own, nothing fetched, nothing allowed but what it holds."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

import pytest

from experiments.classroom.one_file import ENTRY, IN_PLACE_OF, as_data, bundled, one_file
from experiments.classroom.pages import PAGES

SCRIPTS = {path.rpartition("/")[2]: text for path, text in PAGES.texts.items() if path.endswith(".js")}


def test_whoever_is_needed_comes_first_and_once() -> None:
    scripts = {
        "home.js": 'import { a } from "./one.js";\nimport * as two from "./two.js";\nsay(a, two.b);\n',
        "one.js": 'import { b as c } from "./two.js";\nexport const a = c;\n',
        "two.js": "export function b() {}\n",
    }
    text = bundled(scripts, "home.js", {})
    assert re.findall(r"^const (module_\w+) = ", text, re.MULTILINE) == ["module_two", "module_one", "module_home"]
    assert "const { b: c } = module_two;" in text and "const two = module_two;" in text and "return { b };" in text


def test_one_script_stands_in_for_another() -> None:
    scripts = {
        "home.js": 'import { a } from "./api.js";\na();\n',
        "api.js": "fetch();\n",
        "held.js": "export const a = 1;\n",
    }
    text = bundled(scripts, "home.js", {"api.js": "held.js"})
    assert "const { a } = module_held;" in text and "fetch" not in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('import { a } from "./home.js";\n', "needs itself"),
        ("export default 1;\n", "cannot be part of one file"),
        ('const late = () => import("./late.js");\n', "cannot be part of one file"),
        ("const here = import.meta.url;\n", "cannot be part of one file"),
        ("export let count = 0;\n", "reassigns count"),
    ],
)
def test_what_only_a_module_of_its_own_can_do_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        bundled(
            {"home.js": 'import "./one.js";\n'.replace('import "', 'import { x } from "'), "one.js": text},
            "home.js",
            {},
        )


def test_the_page_s_own_scripts_ask_nobody_for_anything() -> None:
    text = bundled(SCRIPTS, ENTRY, IN_PLACE_OF)
    for way in (
        "fetch(",
        "XMLHttpRequest",
        "WebSocket",
        "EventSource",
        "sendBeacon",
        "import(",
        "eval(",
        "new Function",
    ):
        assert way not in text, way
    assert set(re.findall(r"https?://[\w./-]+", text)) == {"http://www.w3.org/2000/svg"}


def test_data_cannot_end_the_element_that_holds_it() -> None:
    told = as_data({"saying": "</script><script>alert(1)</script><!--"})
    assert "<" not in told and json.loads(told)["saying"].startswith("</script>")
    with pytest.raises(ValueError):
        as_data({"share": float("nan")})


@pytest.mark.parametrize("language", PAGES.languages)
def test_its_policy_allows_its_own_script_and_style_and_nothing_else(language: str) -> None:
    held: dict[str, Any] = {"facts": {}}
    text = one_file(held, language)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    rules = dict(rule.split(" ", 1) for rule in policy[1].replace("&#x27;", "'").split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'" and rules["img-src"] == "data:"

    def digest(of: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(of.encode()).digest()).decode()}'"

    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert rules["style-src"] == digest(style) and rules["script-src"] == digest(script)
    assert not re.search(r"<[^>]+\s(style|on\w+)=", text.replace(script, "")), "the policy would stop it"
    assert f'<html lang="{language}"' in text and "{{" not in text.replace(script, "")
