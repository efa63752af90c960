"""Ten labels in doubt decided by keys alone, undone and redone; then the run is judged anew."""

from __future__ import annotations

import re
from itertools import product

import pytest
from playwright.sync_api import Page, expect

from core.store.store import Store
from tests.browser.acting import expect_status, go, press, settled
from tests.browser.serving import Server
from tests.pages.made import dataset_of

pytestmark = pytest.mark.browser


def test_ten_suspects_are_decided_by_keys_undone_and_redone(page: Page, server: Server):
    sent: list[object] = []  # what the page sends to the server
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page.goto(server.origin)
    press(page, "Tune the sample")
    expect_status(page, "Finished")
    go(page, "Review")
    press(page, "Find labels in doubt")
    main, place = page.get_by_test_id("stMain"), page.locator(".st-key-decisions")
    place.wait_for()
    settled(page)
    stood, before = place.bounding_box(), len(sent)
    for done, key in enumerate("skxgskxgsk", 1):
        decided(page, key, done)
        assert place.bounding_box() == stood, "the buttons stay where they are"
    assert len(sent) - before <= 2 * 10, (
        "a decision is soon drawn: the page asks the server for one run or two"
    )
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
        assert {(entry.field, entry.after) for entry in store.edits.history(info.id)} == {
            ("note", "skxgu: docs first"),
            ("review", "kept"),
        }


# Headings whose words the ring of what has the focus goes through: it meets them and does not hold them.
CROSSED = """() => {
  const ring = document.activeElement.getBoundingClientRect(), words = document.createRange(), wide = 4;
  return [...document.querySelectorAll('[data-testid=stMain] :is(h1, h2, h3, h4)')].filter(heading => {
    const texts = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      words.selectNodeContents(texts.currentNode);
      for (const box of words.getClientRects()) {
        const meets = box.width && box.left < ring.right + wide && ring.left - wide < box.right
          && box.top < ring.bottom + wide && ring.top - wide < box.bottom;
        const held = ring.left <= box.left && box.right <= ring.right && ring.top <= box.top && box.bottom <= ring.bottom;
        if (meets && !held) return true;
      }
    }
  }).map(heading => heading.innerText);
}"""


def test_no_ring_of_the_focus_goes_through_a_heading(page: Page, server: Server):
    with Store.open(server.workspace / "whetstone.db") as store:
        dataset_of(store)
    for width, view in product((1440, 420), ("cards", "triage", "label", "second")):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{server.origin}/review?review={view}")
        page.get_by_test_id("stMain").get_by_role("heading").first.wait_for()
        settled(page)
        for _ in range(24):
            page.keyboard.press("Tab")
            assert page.evaluate(CROSSED) == []


def decided(page: Page, key: str, done: int) -> None:
    """Presses the key, and waits until the page counts the decision, which is drawn with the next card."""
    shown = r"done => new RegExp('(^|\\D)' + done + ' of \\d+ reviewed').test(document.body.innerText)"
    page.keyboard.press(key)
    page.wait_for_function(shown, arg=str(done), polling="raf")
    settled(page)


def in_force(store: Store, dataset: str) -> list[tuple[str, str, object]]:
    return [
        (each.example_id, each.field, each.after) for each in store.edits.history(dataset) if not each.undone
    ]
