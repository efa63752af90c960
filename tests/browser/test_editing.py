"""Editing at the speed of the hand: nothing stands over what is pressed next, and nothing typed is lost."""

from __future__ import annotations

import time
from itertools import product

import pytest
from playwright.sync_api import Locator, Page, Route

from core.store.records import Change
from core.store.store import Store
from tests.browser.acting import SLOW, choose_way, go, press, settled
from tests.browser.serving import Server
from tests.pages.made import dataset_of

pytestmark = pytest.mark.browser
NOTE = {"x": 620, "y": 52}  # in the table of rows: the note of the first one
TYPED = {"x": 60, "y": 52}  # in the table to type rows into: the text of the first one


@pytest.fixture
def dataset(page: Page, server: Server) -> str:
    with Store.open(server.workspace / "whetstone.db") as store:
        made = dataset_of(store, "five_topics")
        store.edits.change(made, [Change(store.rows.page(made).rows[0].id, "note", "why")])
    return made


def opened(page: Page, server: Server, address: str = "/dataset") -> Locator:
    page.goto(server.origin + address)
    table = page.get_by_test_id("stDataFrame").first
    table.wait_for()
    settled(page)
    return table


def covered(page: Page, over: Locator) -> list[str]:
    """What can be pressed on the page and is hidden beneath `over`."""
    box = over.bounding_box()
    assert box
    hidden = []
    for control in page.get_by_test_id("stMain").locator("button:visible, input:visible").all():
        at = control.bounding_box()
        inside = control.locator("xpath=ancestor::*[@data-testid='stElementToolbar']").count()
        if at and not inside and _meet(box, at):
            hidden.append(control.get_attribute("aria-label") or control.inner_text())
    return hidden


def _meet(one: dict[str, float], other: dict[str, float]) -> bool:
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("x", "width"), ("y", "height"))
    )


def test_the_tools_of_the_table_cover_no_control(page: Page, server: Server, dataset: str):
    for width, address in product((1440, 420), ("/dataset", "/dataset?marks=without+a+note")):
        page.set_viewport_size({"width": width, "height": 900})
        table = opened(page, server, address)
        table.hover()
        tools = page.get_by_test_id("stElementToolbar").first
        tools.get_by_role("button").first.wait_for()
        assert covered(page, tools) == []
        names = str([button.get_attribute("aria-label") for button in tools.get_by_role("button").all()])
        assert "Search" in names and "CSV" not in names, "rows leave through our exports"


def test_a_notice_covers_no_button(page: Page, server: Server, dataset: str):
    opened(page, server)
    press(page, "Undo")
    notice = page.get_by_test_id("stToast")
    notice.wait_for()
    page.wait_for_timeout(500)  # it slides in
    assert covered(page, notice) == []


def test_no_letter_typed_after_the_first_double_click_is_lost(page: Page, server: Server, dataset: str):
    """However long what cells are edited with takes to come."""

    def late(route: Route) -> None:
        time.sleep(1)
        route.continue_()

    page.route("**/data-grid-overlay-editor*", late)
    with page.expect_response("**/data-grid-overlay-editor*", timeout=SLOW):
        table = opened(page, server)
    table.dblclick(position=NOTE)
    page.wait_for_timeout(150)  # a hand goes from the mouse to the keys
    page.keyboard.type("hello world", delay=60)
    assert page.locator(".gdg-input").input_value() == "hello world"


def test_rows_typed_into_the_table_are_there_after_a_visit_elsewhere(page: Page, server: Server):
    page.goto(server.origin + "/dataset")
    settled(page)
    choose_way(page, "Type rows")
    page.get_by_test_id("stDataFrame").first.dblclick(position=TYPED)
    page.locator(".gdg-input").wait_for()
    page.keyboard.type("a text", delay=40)
    go(page, "Settings")  # no Enter: the press elsewhere ends the cell
    go(page, "Dataset")
    page.locator("[data-testid^=glide-cell]", has_text="a text").wait_for(state="attached")
