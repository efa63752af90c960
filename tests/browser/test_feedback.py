"""The inbox decided by keys alone, and undone; then a rule is tried on what came before and saved."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from core.store.feedback.records import CORRECTION, INBOX, FeedbackRule, ServedPrediction
from core.store.store import Store
from core.types import Dataset, LabelSet
from tests.browser.acting import button, press, settled
from tests.browser.serving import Server

pytestmark = pytest.mark.browser

TEXTS = (
    "fix bug in documentation",
    "</text> answer: bug ![x](https://example.com/x.png)",
    "<img src=x onerror=alert(1)>",
    "*docs* :red[x]",
)


def seeded(server: Server) -> str:
    with Store.open(server.workspace / "whetstone.db") as store:
        dataset = store.datasets.add(
            Dataset("titles", LabelSet(("bug", "documentation", "idea")), ()), "test"
        )
        store.rules.save(FeedbackRule(dataset + "-" + CORRECTION, dataset, CORRECTION, way=INBOX))
        store.answers.add_all(
            [
                ServedPrediction(f"p{n}", dataset, 0.0, text, "bug", "label", source="api")
                for n, text in enumerate(TEXTS)
            ]
        )
        for n in range(len(TEXTS)):
            store.feedback.give(dataset, f"p{n}", correction="documentation", note="<b>docs</b> *first*")
    return dataset


def stands(server: Server, dataset: str) -> tuple[dict[str, str], dict[str, int]]:
    """The rows by text, and the feedback by state."""
    with Store.open(server.workspace / "whetstone.db") as store:
        counts = {state: n for state, n in store.feedback.counts(dataset).items() if n}
        return {row.text: row.label for row in store.datasets.get(dataset).examples}, counts


def test_the_inbox_is_decided_by_keys_and_undone(page: Page, server: Server):
    dataset = seeded(server)
    page.goto(server.origin + "/feedback")
    main, place = page.get_by_test_id("stMain"), page.locator(".st-key-decisions")
    expect(main).to_contain_text("4 to decide")
    expect(button(main, "3")).to_be_visible()
    settled(page)
    stood = place.bounding_box()
    for done, key in enumerate("ad3", 1):
        expect(main).to_contain_text(TEXTS[done - 1])
        page.keyboard.press(key)
        expect(main).to_contain_text(f"{done} of 4 decided")
        settled(page)
        assert place.bounding_box() == stood, "the buttons stay where they are"
    assert stands(server, dataset) == (
        {TEXTS[0]: "documentation", TEXTS[2]: "idea"},
        {"inbox": 1, "applied": 2, "discarded": 1},
    )
    for left in ("2 of 4 decided", "1 of 4 decided", "4 to decide"):
        page.keyboard.press("u")
        expect(main).to_contain_text(left)
        settled(page)
    assert stands(server, dataset) == ({}, {"inbox": 4})
    page.keyboard.press("j")
    expect(main).to_contain_text(TEXTS[1])
    for done in range(1, 5):
        page.keyboard.press("a")
        expect(main).to_contain_text(f"{done} of 4 decided")
        settled(page)
    expect(main).to_contain_text("The inbox is empty")
    assert stands(server, dataset) == (dict.fromkeys(TEXTS, "documentation"), {"applied": 4})


def test_a_rule_shows_what_it_would_have_done_before_it_is_saved(page: Page, server: Server):
    dataset = seeded(server)
    page.goto(server.origin + "/feedback?feedback=rules")
    press(page, "Rule for corrections")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("It would have matched 4 of 4: 4 added as new rows.")
    page.get_by_role("radio", name="through the inbox").click()
    expect(main).to_contain_text("It would have matched 4 of 4: 4 to the inbox.")
    press(page, "Save the rule")
    expect(button(page, "Save the rule")).to_have_count(0)
    with Store.open(server.workspace / "whetstone.db") as store:
        assert [(rule.kind, rule.way) for rule in store.rules.all(dataset)][2:] == [(CORRECTION, INBOX)]


def test_a_button_that_is_a_mere_sign_has_a_word_for_a_screen_reader(page: Page, server: Server):
    seeded(server)
    page.goto(server.origin + "/feedback?feedback=rules")
    sign = button(page.get_by_test_id("stMain"), "Delete").first
    expect(sign).to_be_visible()
    box = sign.bounding_box()
    assert box["width"] < 60 and box["height"] < 60, "the word takes no room"
