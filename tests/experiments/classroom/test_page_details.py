"""Small things that a class stumbled over: a stray button, scales without meaning, words without a glossary."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import IN_A_BROWSER, LAPTOP, SMALLER_THAN, Visitor, at_ease, until
from viewed import HAND, Served, flaws, shot

from experiments.classroom.controls import control_list
from experiments.classroom.learning import terms_in

pytestmark = IN_A_BROWSER
SERVED = {"quarters": 2}
LANGUAGES = ("en", "zh-Hans")
# A choice's button that lies beside or on the question, not below it.
STRAY = """() => { const floor = document.querySelector('fieldset legend').getBoundingClientRect().bottom;
  return [...document.querySelectorAll('fieldset input')].filter((one) => one.checkVisibility()
    && one.getBoundingClientRect().top < floor - 1).length; }"""


@pytest.mark.parametrize("size", [HAND, LAPTOP], ids=["phone", "laptop"])
def test_after_a_reveal_every_choice_is_below_the_question(chrome: Any, page_: Served, size: tuple[int, int]) -> None:
    visitor = Visitor(chrome, size, page_.base)
    page = visitor.open("#learn?chapter=change")
    page.locator("fieldset input[type=radio]").nth(2).check()
    page.click("#reveal")
    page.wait_for_selector(".lesson.shown")
    assert page.locator("fieldset input:visible").count() == 1 and page.evaluate(STRAY) == 0
    shot(page, f"reveal-{size[0]}")
    visitor.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_sliders_say_what_their_numbers_mean(chrome: Any, page_: Served, language: str) -> None:
    visitor = Visitor(chrome, LAPTOP, page_.base)
    page = visitor.open("#watch", language)
    page.wait_for_selector("#cloud", timeout=120_000)
    page.click("#open-settings")
    page.evaluate("document.querySelectorAll('#drawer details').forEach((one) => { one.open = true; })")
    said = {
        name: page.get_attribute(f"#set-{name}", "aria-valuetext")
        for name in ("tension_mean_cn_us", "tension_mean_us_eu", "dialogue_ceiling")
    }
    wanted = {
        "en": ["45% (−0.2 logit)", "12% (−2 logit)", "officials (0.4)"],
        "zh-Hans": ["45%（−0.2 对数几率）", "12%（−2 对数几率）", "官员（0.4）"],
    }[language]
    assert list(said.values()) == wanted
    page.evaluate("""() => { const one = document.getElementById('set-dialogue_ceiling'); one.value = '1';
      one.dispatchEvent(new Event('input')); }""")
    assert {"en": "leaders (1)", "zh-Hans": "领导人（1）"}[language] == page.get_attribute(
        "#set-dialogue_ceiling", "aria-valuetext"
    )
    ends = page.locator(".control:has(#set-perception_noise) .range span").all_inner_texts()
    assert ends == {"en": ["none", "much"], "zh-Hans": ["无", "很大"]}[language]
    assert flaws(page) == []
    assert [line for line in page.evaluate(SMALLER_THAN, 11.9) if "%" in line] == []  # beside the open drawer, too
    shot(page, f"drawer-{language}")
    visitor.context.close()


def test_names_of_levels_are_the_model_s() -> None:
    levels = next(row["levels"] for row in control_list() if row["name"] == "dialogue_ceiling")
    assert list(levels.items()) == sorted(levels.items(), key=lambda level: level[1])
    assert levels["none"] == 0.0 and levels["leaders"] == 1.0


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_leads_to_what_the_words_mean(chrome: Any, page_: Served, language: str) -> None:
    visitor = Visitor(chrome, HAND, page_.base)
    for view in ("#learn", "#sit", "#watch"):
        page = visitor.open(view, language)
        page.click("#to-words")
        until(page, "document.querySelectorAll('#terms dd').length > 20")
        assert page.locator("#terms dd").count() == len(terms_in(language))
        assert {"en": "Lapse", "zh-Hans": "不履约"}[language] in page.locator("#terms dt").all_inner_texts()
    assert flaws(page) == []
    shot(page, f"words-{language}")
    at_ease(visitor)
    visitor.context.close()


def test_a_scale_has_two_marks_at_least(chrome: Any, page_: Served) -> None:
    visitor = Visitor(chrome, LAPTOP, page_.base)
    page = visitor.open("#learn")
    counts = page.evaluate("""async () => {
      const { lineChart } = await import(`${document.documentElement.dataset.root}/static/figures.js`);
      const labels = Array.from({ length: 37 }, (_, k) => `${2026 + Math.floor(k / 4)}Q${1 + (k % 4)}`);
      const found = [];
      for (let low = 20; low < 90; low += 0.7) for (const span of [0.4, 1.3, 3, 7.9, 8.2, 14, 33]) {
        const values = labels.map((_, k) => low + span * (1 - k / 36));
        const box = lineChart('', labels, [{ name: '', values, colour: '#000', dash: '' }], 36, String);
        found.push(box.querySelectorAll('line[x1="40"]').length);
      }
      return found;
    }""")
    assert len(counts) == 700 and min(counts) >= 2 and max(counts) <= 8
    visitor.context.close()
