"""A class arrives: thirty real browsers open the page at once."""

from __future__ import annotations

import time
from typing import Any

import pytest
from browsing import IN_A_BROWSER, needs_page, started, until

needs_page()

pytestmark = IN_A_BROWSER
CLASS, SOON = 30, 5.0  # browsers; seconds to the first picture of each
# The page itself notes when its first picture stands: asking thirty pages in turn would measure the asking.
NOTE = """new MutationObserver((_, watch) => {
  if (document.querySelector('svg.scene')) {
    window.pictured = performance.timeOrigin + performance.now();
    watch.disconnect();
  }
}).observe(document, {childList: true, subtree: true});"""


@pytest.mark.slow
def test_thirty_browsers_that_arrive_at_once_see_something_soon(chrome: Any) -> None:
    with started() as (_, base):
        pages = []
        for _ in range(CLASS):
            page = chrome.new_context().new_page()
            page.add_init_script(NOTE)
            pages.append(page)
        began = time.time()
        for page in pages:
            page.goto(base, wait_until="commit")
        seconds = []
        for page in pages:
            until(page, "Boolean(window.pictured)", 120.0)
            seconds.append(page.evaluate("window.pictured") / 1000 - began)
            page.context.close()
    print(f"first pictures: median {sorted(seconds)[CLASS // 2]:.1f} s, worst {max(seconds):.1f} s")
    assert len(seconds) == CLASS and max(seconds) <= SOON
