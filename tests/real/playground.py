"""A text in the playground of the real dashboard."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from core.prompts.files import PromptFile
from core.store.store import Store
from core.types import Dataset, LabelSet
from tests.browser.acting import classify, settled
from tests.browser.serving import Server
from tests.browser.watching import opened_browser
from tests.real.serving import CommandLine

WAIT = 120_000  # ms; the model answers word by word


def classified_in_browser(line: CommandLine, prompt: PromptFile, model: str, text: str) -> str:
    """What the page shows of the answer, with the prompt as champion of a dataset."""
    with Store.open(line.workspace / "whetstone.db") as store:
        dataset = store.datasets.add(Dataset("Questions", LabelSet(prompt.labels), ()), "real")
        store.champions.adopt(dataset, prompt.prompt, model)
    server = Server(line.workspace, OPENAI_COMPATIBLE_BASE_URL=line.server.url)
    server.start()
    try:
        expect.set_options(timeout=WAIT)
        with opened_browser() as browser:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(WAIT)
            page.goto(f"{server.origin}/playground?dataset={dataset}")
            settled(page)
            expect(page.get_by_role("combobox", name="Lightweight model", exact=True).first).to_have_value(
                model
            )
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
