"""What a person does on the pages, in words."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from pages.ui import navigation

PAGES = {  # by title: the path that opens it; the first page answers at "/", and as "overview"
    entry.title: "overview" if entry is navigation.PAGES[0] else entry.url_path for entry in navigation.PAGES
}
MARKS = (
    ", ".join(  # of the chart of accuracy, live or in the story: one per prompt that was tried, and per batch
        f".st-key-{chart} .scatterlayer .trace .points path" for chart in ("accuracy", "story_chart")
    )
)
SLOW = 120_000  # ms, for the end of a run
LINE, HEAD = 62, 36  # pixels of a table whose lines may have two rows of words


def settled(page: Page) -> None:
    """Until nothing is under way on the page, and every part of it is drawn: charts and buttons come late on a busy
    machine, and take no key before."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=SLOW)


def press(place: Page | Locator, name: str) -> None:
    button(place, name).click()


def button(place: Page | Locator, name: str) -> Locator:
    """By its words, of which those of its icon come first."""
    return place.get_by_role("button", name=re.compile(r"(^|\s)" + re.escape(name) + r"\s*$"))


def go(page: Page, name: str) -> None:
    """By the sidebar, as people do."""
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name=re.compile(re.escape(name) + "$"))
    link.click()
    expect(link).to_have_attribute("aria-current", "page")  # a moment later, out of a field
    page.get_by_test_id("stMain").get_by_role("heading").first.wait_for()
    settled(page)


def choose(page: Page, label: str, option: str | re.Pattern) -> None:
    """An option of a select box."""
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=option).first.click()
    settled(page)


def type_model(page: Page, label: str, name: str) -> None:
    """A model that the list does not have."""
    field = page.get_by_role("combobox", name=label, exact=True)
    field.fill(name)
    field.press("Enter")
    settled(page)


def start_run(page: Page, iterations: int, lightweight: str = "") -> None:
    """On the page for it, as a person would set it; with the offline pair where no other lightweight model is
    named."""
    go(page, "New run")
    if lightweight:
        type_model(page, "Lightweight model", lightweight)
    field = page.get_by_role("spinbutton", name="Iterations")
    field.fill(str(iterations))
    field.press("Enter")
    settled(page)
    press(page, "Start the run")
    page.get_by_role("heading", name="Runs", exact=True).wait_for()


def status(page: Page, word: str) -> Locator:
    """The badge beside the run's name."""
    return page.get_by_test_id("stMain").locator(
        ".stMarkdownBadge", has_text=re.compile(re.escape(word) + "$")
    )


def expect_status(page: Page, word: str, timeout: float = SLOW) -> None:
    expect(status(page, word)).to_be_visible(timeout=timeout)


def marks(page: Page) -> int:
    """How much the chart of accuracy shows."""
    return page.locator(MARKS).count()


def expect_growth(page: Page, beyond: int, timeout: float = SLOW) -> None:
    """Until the chart shows more, without anybody touching the page."""
    page.wait_for_function(
        "([marks, beyond]) => document.querySelectorAll(marks).length > beyond",
        arg=[MARKS, beyond],
        timeout=timeout,
    )


def wait_until(true: Callable[[], object], seconds: float = 60.0) -> None:
    """For what the page does not show, such as what is stored."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"It did not become true within {seconds:.0f} s."
        time.sleep(0.1)


def classify(page: Page, text: str) -> None:
    """One text in the playground."""
    page.get_by_role("textbox", name="Text", exact=True).fill(text)
    page.get_by_role("textbox", name="Text", exact=True).press("Control+Enter")


def choose_way(page: Page, name: str) -> None:
    """Where rows come from, on the Dataset page."""
    page.get_by_role("radio", name=name).click()
    settled(page)


def click_line(table: Locator, line: int) -> None:
    """On its text, which is a painting: no element to find."""
    table.scroll_into_view_if_needed()
    table.click(position={"x": 150, "y": HEAD + LINE * line + LINE / 2})
