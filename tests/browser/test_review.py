"""Ten labels in doubt decided by keys alone, undone and redone; then the run is judged anew."""

from __future__ import annotations

import re
import statistics
import time

import pytest
from playwright.sync_api import Page, expect

from core.store.store import Store
from tests.browser.acting import expect_status, go, press, settled
from tests.browser.serving import Server

pytestmark = pytest.mark.browser

SLOWEST = 1.0  # seconds a decision, on a machine that others work on, too


def test_ten_suspects_are_decided_by_keys_undone_and_redone(page: Page, server: Server):
    page.goto(server.origin)
    press(page, "Tune the sample")
    expect_status(page, "Finished")
    go(page, "Review")
    press(page, "Find labels in doubt")
    main, place = page.get_by_test_id("stMain"), page.locator(".st-key-decisions")
    place.wait_for()
    settled(page)
    stood, took = place.bounding_box(), []
    for done, key in enumerate("skxgskxgsk", 1):
        took.append(decided(page, key, done))
        assert place.bounding_box() == stood, "the buttons stay where they are"
    print(f"a decision takes {statistics.median(took) * 1000:.0f} ms, the slowest {max(took) * 1000:.0f} ms")
    assert statistics.median(took) < SLOWEST
    with Store.open(server.workspace / "whetstone.db") as store:
        [info] = store.datasets.all()
        made = in_force(store, info.id)
        assert store.rows.counts(info.id).reviewed == 8, "those that were left out are not reviewed"
        for left in (9, 8, 7):
            decided(page, "u", left)
        assert store.rows.counts(info.id).reviewed < 8
        for back in (8, 9, 10):
            decided(page, "y", back)
        assert in_force(store, info.id) == made
    go(page, "Runs")
    expect(main).to_contain_text("By today's labels")


def test_a_note_is_written_by_keys_and_its_letters_decide_nothing(page: Page, server: Server):
    page.goto(server.origin)
    press(page, "Tune the sample")
    expect_status(page, "Finished")
    go(page, "Review")
    press(page, "Find labels in doubt")
    page.locator(".st-key-decisions").wait_for()
    settled(page)
    page.keyboard.press("n")
    page.wait_for_function("document.activeElement.matches('.st-key-review_noting input')")
    page.keyboard.type("skxgu: docs first")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stMain")).to_contain_text(re.compile(r"1 of \d+ reviewed"))
    with Store.open(server.workspace / "whetstone.db") as store:
        [info] = store.datasets.all()
        assert {(entry.field, entry.after) for entry in store.rows.history(info.id)} == {
            ("note", "skxgu: docs first"),
            ("review", "kept"),
        }


def decided(page: Page, key: str, done: int) -> float:
    """Presses the key; the seconds until the page counts the decision, which is drawn with the next card."""
    shown = r"done => new RegExp('(^|\\D)' + done + ' of \\d+ reviewed').test(document.body.innerText)"
    began = time.perf_counter()
    page.keyboard.press(key)
    page.wait_for_function(shown, arg=str(done), polling="raf")
    took = time.perf_counter() - began
    settled(page)
    return took


def in_force(store: Store, dataset: str) -> list[tuple[str, str, object]]:
    return [
        (each.example_id, each.field, each.after) for each in store.rows.history(dataset) if not each.undone
    ]
