import re

import pytest
from playwright.sync_api import Page, expect

from core.store.store import Store
from tests.browser.acting import button, classify, expect_growth, expect_status, go, press, settled
from tests.browser.serving import Server
from tests.pages.dataset_page import rows

COPY = """heading => {
  getSelection().selectAllChildren(heading);
  const event = new ClipboardEvent('copy', {clipboardData: new DataTransfer(), bubbles: true, cancelable: true});
  heading.dispatchEvent(event);
  return event.clipboardData.getData('text/plain');
}"""
pytestmark = pytest.mark.browser


def test_a_newcomer_presses_one_button_and_sees_a_prompt_get_better(page: Page, server: Server):
    page.goto(server.origin)
    expect(page.get_by_role("heading", name="Sharpen the prompt of a text classifier")).to_be_visible()
    press(page, "Tune the sample")
    expect_growth(page, beyond=8)
    expect_status(page, "Finished")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text(re.compile(r"\d+ of \d+ right"))
    expect(main).to_contain_text(re.compile(r"\d+ mistakes fixed"))
    expect(main).to_contain_text("Dotted line: always the most frequent label")
    page.get_by_role("radio", name="Steps").click()
    page.get_by_role("tab", name="Mistakes").click()
    expect(page.locator(".st-key-confusion .js-plotly-plot")).to_be_visible()

    settled(page)
    press(page, "Adopt as champion")
    press(page, "Adopt")
    expect(button(page, "Champion")).to_be_visible()
    go(page, "Playground")
    expect(page.get_by_role("combobox", name="Prompt", exact=True).first).to_have_value(
        re.compile(r"^Champion \(Run 1, step \d+\)")
    )
    classify(page, "Fix broken links in the documentation")
    answer = main.get_by_test_id("stHtml").first
    expect(answer).to_have_text("documentation")
    expect(main).to_contain_text(re.compile(r"\d+ tokens in, \d+ out"))
    expect(main.get_by_test_id("stText").first).not_to_be_empty()  # the reason

    page.get_by_text("The exact request").click()
    request = page.locator(".st-key-exact")
    expect(request).to_contain_text("Classify the text into exactly one of these labels")
    expect(request).to_contain_text("Fix broken links in the documentation")
    request.get_by_role("tab", name="As sent").click()
    expect(request).to_contain_text('"messages"')
    settled(page)


def test_an_empty_number_is_a_field_and_a_copied_address_is_the_address(page: Page, server: Server):
    with Store.open(server.workspace / "whetstone.db") as store:
        store.datasets.add(rows(name="http://127.0.0.1:9/v1"), "a test")
    page.goto(server.origin + "/new-run")
    field = page.get_by_role("spinbutton", name="Iterations")
    expect(field).to_be_visible()
    steps = page.locator(".st-key-new_iterations [data-testid=stNumberInputStepUp]")
    expect(steps).to_be_hidden()
    field.fill("3")
    field.press("Tab")
    expect(steps).to_be_visible()
    page.goto(server.origin + "/dataset")
    title = page.get_by_role("heading", name="127.0.0.1")
    expect(title).to_be_visible()
    assert title.evaluate(COPY) == "http://127.0.0.1:9/v1"


def test_the_story_of_a_step_can_be_read_tab_by_tab(page: Page, server: Server):
    page.goto(server.origin)
    press(page, "Tune the sample")
    expect_status(page, "Finished")
    page.get_by_role("radio", name="Steps").click()
    story = page.locator(".st-key-story")
    expect(story).to_contain_text(re.compile(r"read \d+ mistakes and proposed \d+ edits?"))
    expect(story.locator(".word-diff ins").first).to_be_visible()
    for tab, told in (
        ("Mistakes", "mistakes in"),
        ("Prompt", "Classify the text into exactly one of these labels"),
        ("Heavyweight model", "<edit>"),
    ):
        page.get_by_role("tab", name=tab).click()
        expect(story.get_by_role("tabpanel").filter(visible=True)).to_contain_text(told)
    settled(page)
