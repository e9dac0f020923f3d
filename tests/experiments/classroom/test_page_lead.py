"""The teacher's page: whom it can invite, what it counts, and the wall that it opens."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import IN_A_BROWSER, LAPTOP, Visitor, at_ease, until
from viewed import flaws, served, shot

pytestmark = IN_A_BROWSER
LANGUAGES = ("en", "zh-Hans")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("lan", [False, True], ids=["alone", "lan"])
def test_only_a_page_that_phones_can_reach_shows_codes_to_photograph(chrome: Any, lan: bool, language: str) -> None:
    with served(quarters=1, warm=False, lan=lan) as page_:
        lead = Visitor(chrome, LAPTOP, page_.base)
        screen = lead.open(f"#lead={page_.lead_token}", language)
        screen.wait_for_selector("#code-2")
        if lan:
            until(screen, "document.querySelectorAll('.qr svg').length === 4")  # the room and three seats
            assert not screen.locator("#here-only").count()
        else:
            screen.wait_for_timeout(2_500)  # it has looked again
            assert not screen.locator(".qr").count() and "127.0.0.1" not in screen.inner_text("main")
            assert "detente class --lan" in screen.inner_text("#here-only")
        assert flaws(screen) == []
        shot(screen, f"lead-{lan}-{language}")
        at_ease(lead)
        lead.context.close()


def test_the_wall_leads_nowhere_near_the_codes(chrome: Any) -> None:
    with served(quarters=1, warm=False) as page_:
        lead = Visitor(chrome, LAPTOP, page_.base)
        screen = lead.open(f"#lead={page_.lead_token}")
        with screen.expect_popup() as opened:
            screen.click("#open-wall")
        wall = opened.value
        wall.wait_for_selector("#room-code")  # it knows the room that is led
        assert wall.url.endswith("#wall")
        for tab in ("sit", "learn", "watch", "start"):
            wall.click(f"#tab-{tab}")
            wall.wait_for_selector(f"html[data-view={tab}]")
            assert not wall.locator("#tab-lead").count()
        wall.reload()
        wall.wait_for_selector("html[data-ready=all]")
        assert not wall.locator("#tab-lead").count() and screen.locator("#tab-lead").count() == 1
        at_ease(lead)
        lead.context.close()
