"""The panel of a row from a mistake of a run: relabelled by a key, on to the next, a note, shut, opened again."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from core.samples import sample
from core.services.datasets import import_sample
from core.services.runs import start_run
from core.store.store import Store
from core.types import Settings
from core.workspace import Workspace
from tests.browser.acting import button, click_line, settled, wait_until
from tests.browser.serving import Server

pytestmark = pytest.mark.browser
MISTAKES = re.compile(r"(\d+) mistakes in 104 rows")


def finished_run(server: Server) -> tuple[str, str]:
    """Of the sample: the dataset and the run."""
    workspace = Workspace.open(server.workspace, {})
    dataset_id = import_sample(workspace, sample("github_issues"))
    run_id = start_run(workspace, dataset_id, Settings(iterations=1))
    while workspace.runner.running():
        time.sleep(0.1)
    workspace.close()
    return dataset_id, run_id


def mistakes(page: Page) -> int:
    return int(MISTAKES.search(page.get_by_text(MISTAKES).inner_text())[1])


def test_a_mistake_is_relabelled_noted_and_opened_again(page: Page, server: Server):
    dataset_id, run_id = finished_run(server)
    page.goto(f"{server.origin}/runs?dataset={dataset_id}&run={run_id}&view=steps")
    page.get_by_role("tab", name="Mistakes").click()
    before = mistakes(page)
    settled(page)
    table = page.locator('[class*="st-key-row_table_"]').locator("visible=true").first
    panel, note = page.get_by_role("dialog"), page.get_by_role("dialog").get_by_role("textbox", name="Note")

    # by the keyboard alone: a row, to which it gives the label that was predicted, by its number; what
    # is behind the panel is right at once, too
    table.locator("canvas").first.focus()
    page.keyboard.press("ArrowDown")
    expect(table.locator("td[aria-selected=true]")).to_be_attached()
    page.keyboard.press("Enter")
    turn = panel.get_by_text(re.compile(rf"^\d+ of {before}$"))
    place = int(turn.inner_text().split()[0])
    with Store.open(server.workspace / "whetstone.db") as store:
        labels = store.datasets.info(dataset_id).labels.names
    predicted = panel.get_by_test_id("stHtml").nth(1).inner_text()
    page.keyboard.press(str(labels.index(predicted) + 1))
    expect(panel).to_contain_text("By today's labels the best prompt of")
    expect(page.get_by_text(f"{before - 1} mistakes in 104 rows")).to_be_attached()
    settled(page)

    # digits in the note are letters; Close saves it
    panel.get_by_role("button", name="Next").click()
    expect(panel).to_contain_text(f"{place + 1} of {before}")
    settled(page)
    text = panel.get_by_test_id("stText").first.inner_text()
    note.click()
    page.keyboard.type("1 2 3 x p")
    button(panel, "Close").click()
    expect(panel).to_have_count(0)
    with Store.open(server.workspace / "whetstone.db") as store:
        wait_until(lambda: "1 2 3 x p" in {row.note for row in store.datasets.get(dataset_id).examples})
        assert len(store.edits.history(dataset_id)) == 2, "the label and the note, nothing else"

    # the same cell opens again
    settled(page)
    click_line(table, place - 1)  # the one before it is no mistake any more
    expect(panel).to_contain_text(text)
    expect(note).to_have_value("1 2 3 x p")
