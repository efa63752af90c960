"""Presenter mode in a real browser: by keys from step to step, and a sentence typed without leaving the slide."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from core.store.store import Store
from tests.browser.acting import settled
from tests.browser.serving import Server
from tests.pages.made import dataset_of, run_of

pytestmark = pytest.mark.browser


def test_the_arrow_keys_go_through_the_story_and_do_not_disturb_who_types(page: Page, server: Server):
    with Store.open(server.workspace / "whetstone.db") as store:
        run_of(store, dataset_of(store, "github_issues"))
    page.goto(f"{server.origin}/runs?present=1")
    main = page.get_by_test_id("stMain")
    expect(main.get_by_role("heading", name=re.compile("^Start:"))).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_have_count(0)
    settled(page)
    for key, heading in (
        ("ArrowRight", "Step 1"),
        ("ArrowRight", "Step 2"),
        ("ArrowLeft", "Step 1"),
        ("ArrowRight", "Step 2"),
    ):
        page.keyboard.press(key)
        expect(main.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        settled(page)
    page.keyboard.press("ArrowRight")
    sentence = page.get_by_role("textbox", name="Sentence")
    sentence.fill("fix bug in the docs")
    sentence.press("ArrowLeft")
    sentence.press("Space")
    sentence.press("Enter")
    expect(main.locator(".answer")).to_have_count(2)
    expect(sentence).to_be_visible()  # still the last slide
    settled(page)
    main.locator(".st-key-leave_presenting button").click()
    page.wait_for_url(re.compile("^(?!.*present=1)"))
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
