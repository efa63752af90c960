"""Rows without a label: the labels are named, rows are labelled by keys alone, a second person labels some of them
blind, and what both disagree on is settled by keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from core.store.store import Store
from core.types import Dataset, Example, LabelSet
from tests.browser.acting import press, settled
from tests.browser.serving import Server

pytestmark = pytest.mark.browser
TEXTS = [
    f"{'crash in the editor' if n % 2 else 'the docs of webhooks'}, case {n} <b>x</b>" for n in range(14)
]


def test_rows_are_labelled_by_keys_and_a_second_persons_labels_are_settled(page: Page, server: Server):
    with Store.open(server.workspace / "whetstone.db") as store:
        rows = tuple(Example(f"r{n}", text, "", excluded=True) for n, text in enumerate(TEXTS))
        dataset = store.datasets.add(Dataset("bare", LabelSet(()), rows), "test")
        page.goto(server.origin)
        press(page, "Label rows")
        name_labels(page, "bug: it fails", "docs")
        page.locator(".st-key-labelling_skip button").first.wait_for()  # reads all texts first
        settled(page)
        for key, shown in (
            ("1", "1 of 14 rows labelled"),
            ("2", "2 of 14 rows labelled"),
            ("u", "1 of 14 rows labelled"),
            ("g", "1 put aside"),
            ("1", "2 of 14 rows labelled"),
        ):
            pressed(page, key, shown)
        page.keyboard.press("n")
        page.wait_for_function("document.activeElement.matches('.st-key-labelling_noting input')")
        page.keyboard.type("12sgu: why")
        page.keyboard.press("Enter")
        expect(page.locator(".st-key-review_text")).to_contain_text("12sgu: why")
        settled(page)
        pressed(page, "2", "3 of 14 rows labelled")
        counts = store.rows.counts(dataset)
        assert (counts.labels, counts.unlabelled, counts.noted) == ({"bug": 2, "docs": 1}, 11, 1)

        page.goto(f"{server.origin}/review?dataset={dataset}&review=second")
        page.get_by_label("Second person").fill("Bea")
        press(page, "Start labelling")
        page.locator(".st-key-second_skip button").first.wait_for()
        settled(page)
        for done in (1, 2, 3):
            pressed(page, "1", f"Bea: {done} of 3 rows labelled")
        page.get_by_test_id("stMain").get_by_text("Agreement", exact=True).click()
        page.locator(".st-key-settle_later button").first.wait_for()
        settled(page)
        pressed(page, "s", "Every disagreement is settled")
        assert store.rows.counts(dataset).labels == {"bug": 3, "docs": 0}
        pressed(page, "u", "1 disagreement to settle")
        assert store.rows.counts(dataset).labels == {"bug": 2, "docs": 1}


def name_labels(page: Page, *names: str) -> None:
    field = page.get_by_role("textbox", name="One label a line")
    field.wait_for()
    settled(page)
    field.fill("\n".join(names))
    press(page, "Use these labels")


def pressed(page: Page, key: str, shown: str) -> None:
    """Presses the key, and waits until the page says so."""
    page.keyboard.press(key)
    expect(page.get_by_test_id("stMain")).to_contain_text(re.compile(re.escape(shown)))
    settled(page)
