"""The case of seeds/optimize-a-classifier.md."""

import re

import pytest
from playwright.sync_api import Page, expect

from core.samples import sample
from tests.browser.acting import button, choose_way, classify, expect_status, go, press, settled
from tests.browser.serving import Server

pytestmark = pytest.mark.browser
TOPICS = re.compile(r"^\s*(bug|improvement|new_feature|documentation|integration)\s*$")
ASKED = "address bug in documentation"


def test_a_handful_of_rows_pasted_by_hand_is_tuned_and_tried(page: Page, server: Server):
    rows = [
        line.rsplit(",", 1)[0]
        for line in sample("five_topics").path.read_text(encoding="utf-8").splitlines()[1:]
    ]
    page.goto(server.origin)
    press(page, "Bring your own data")
    choose_way(page, "Paste lines")
    field = page.get_by_role("textbox", name="One row per line")
    field.fill("\n".join(rows))
    field.press("Control+Enter")
    press(page, f"Import {len(rows)} rows")
    expect(page.get_by_role("heading", name="Pasted rows")).to_be_visible()
    answer = tune_adopt_and_ask(page)
    expect(answer).to_have_text(TOPICS)


def test_with_its_canonical_rows_the_seed_s_own_question_is_answered_rightly(page: Page, server: Server):
    page.goto(server.origin)
    press(page, "Bring your own data")
    choose_way(page, "Samples")
    press(page.locator(".st-key-sample_five_topics"), "Import")
    expect(page.get_by_role("heading", name=sample("five_topics").title)).to_be_visible()
    answer = tune_adopt_and_ask(page)
    expect(answer).to_have_text(re.compile(r"^\s*documentation\s*$"))


def tune_adopt_and_ask(page: Page):
    """With the defaults. Returns the label that the playground shows."""
    go(page, "New run")
    press(page, "Start the run")
    expect_status(page, "Finished")
    settled(page)
    press(page, "Adopt as champion")
    press(page, "Adopt")
    expect(button(page, "Champion")).to_be_visible()
    go(page, "Playground")
    classify(page, ASKED)
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text(re.compile(r"\d+ tokens in"))
    return main.get_by_test_id("stHtml").first
