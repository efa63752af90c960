import re

import pytest
from playwright.sync_api import Page, expect

from core.samples import sample
from tests.browser.acting import classify, expect_status, go, press
from tests.browser.serving import Server

pytestmark = pytest.mark.browser


def test_a_handful_of_rows_pasted_by_hand_is_tuned_and_tried(page: Page, server: Server):
    """The case of seeds/optimize-a-classifier.md."""
    rows = [line.rsplit(",", 1)[0] for line in sample("five_topics").path.read_text(encoding="utf-8").splitlines()[1:]]
    page.goto(server.origin)
    press(page, "Bring your own data")
    page.get_by_text("Paste lines").click()
    field = page.get_by_role("textbox", name="One row per line")
    field.fill("\n".join(rows))
    field.press("Control+Enter")
    press(page, f"Import {len(rows)} rows")
    expect(page.get_by_role("heading", name="Pasted rows")).to_be_visible()
    go(page, "New run")
    press(page, "Start the run")
    expect_status(page, "Finished")
    press(page, "Adopt as champion")
    go(page, "Playground")
    classify(page, "address bug in documentation")
    main = page.get_by_test_id("stMain")
    expect(main.get_by_test_id("stHtml")).to_have_text("documentation")
    expect(main).to_contain_text(re.compile(r"\d+ tokens in"))
