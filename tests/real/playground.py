"""A text in the playground of the real dashboard."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.acting import classify, settled, type_model
from tests.browser.serving import Server
from tests.browser.watching import opened_browser
from tests.real.serving import CommandLine

WAIT = 120_000  # ms; the model answers word by word


def classified_in_browser(line: CommandLine, model: str, text: str, labels: tuple[str, ...]) -> str:
    """What the page shows of the answer."""
    server = Server(line.workspace, OPENAI_COMPATIBLE_BASE_URL=line.server.url)
    server.start()
    try:
        expect.set_options(timeout=WAIT)
        with opened_browser() as browser:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(WAIT)
            page.goto(server.origin + "/playground")
            settled(page)
            type_model(page, "Lightweight model", model)
            classify(page, text)
            main = page.get_by_test_id("stMain")
            expect(main).to_contain_text(re.compile(r"\d+ tokens in"))
            settled(page)
            answer = main.get_by_test_id("stHtml").first.inner_text()
            assert page.get_by_test_id("stException").count() == 0, "an exception on the page"
    finally:
        server.stop()
    assert server.trouble() == [], server.trouble()
    return " ".join(answer.split())
