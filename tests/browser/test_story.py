"""The story of the first seed in a real browser: a text is labelled, one answer is right, one is corrected,
and the next is better."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from core.prompts.starting_prompt import starting_prompt
from core.store.store import Store
from core.types import Dataset, FewShot, LabelSet
from tests.browser.acting import choose, classify, press, settled
from tests.browser.serving import Server

pytestmark = pytest.mark.browser
LABELS = LabelSet(("bug", "documentation", "improvement", "integration", "new_feature"))


def seeded(server: Server) -> str:
    """A dataset of no rows yet, with a prompt in use that shows the most similar ones."""
    with Store.open(server.workspace / "whetstone.db") as store:
        dataset = store.datasets.add(Dataset("classifier-github-issues", LABELS, ()), "test")
        store.champions.adopt(
            dataset, replace(starting_prompt(LABELS), few_shot=FewShot("similar", 5)), "offline:reader", "", 0
        )
    return dataset


def test_what_is_corrected_in_the_playground_makes_the_next_answer_right(page: Page, server: Server):
    dataset, main = seeded(server), page.get_by_test_id("stMain")
    page.goto(f"{server.origin}/playground?dataset={dataset}")
    settled(page)
    press(page, "Remove")  # the starting prompt beside it
    settled(page)
    classify(page, "fix bug in LCEL")
    settled(page)
    label = main.get_by_test_id("stHtml").first
    expect(label).to_have_text("bug")
    press(page, "Right")
    expect(main).to_contain_text("You said: right. It is in the rows of the dataset now.")

    classify(page, "fix bug in documentation")
    settled(page)
    expect(main).not_to_contain_text("You said: right")  # the first answer has made way for the second
    expect(label).to_have_text(re.compile("^(?!documentation).+"))
    settled(page)
    press(page, "It should have been…")
    choose(page, "The right label", "documentation")
    page.get_by_role("textbox", name="Why? (if you like)").fill("About the docs, even if they are broken.")
    press(page, "Send")
    expect(main).to_contain_text(
        "You said: it should have been “documentation”. It is in the rows of the dataset now."
    )

    classify(page, "address bug in documentation")
    settled(page)
    expect(label).to_have_text("documentation")
    expect(main).to_contain_text("2 similar rows shown with it")
    with Store.open(server.workspace / "whetstone.db") as store:
        assert [
            (row.text, row.label, row.note, row.source) for row in store.datasets.get(dataset).examples
        ] == [
            ("fix bug in LCEL", "bug", "", "feedback"),
            (
                "fix bug in documentation",
                "documentation",
                "About the docs, even if they are broken.",
                "feedback",
            ),
        ]
