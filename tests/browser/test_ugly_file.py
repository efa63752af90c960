import re

import pytest
from playwright.sync_api import Page, expect

from core.store.store import Store
from tests.browser.acting import choose, classify, expect_status, go, press, settled, wait_until
from tests.browser.serving import Server
from tests.browser.ugly import BIG, FORMULA, IMAGE, WITH_BOM

pytestmark = pytest.mark.browser
LABEL_CELL = {"x": 75, "y": 66}  # in the table: the label of the first row


def test_an_ugly_file_is_imported_corrected_tuned_and_tried_and_shown_as_it_is_written(
    page: Page, server: Server
):
    ugly = WITH_BOM
    page.goto(server.origin + "/dataset")
    main = page.get_by_test_id("stMain")
    page.locator('input[type="file"]').set_input_files(
        {"name": 'Überläufer "alt".csv', "mimeType": "text/csv", "buffer": ugly.file()}
    )
    expect(main).to_contain_text("semicolons between cells")
    choose(page, "Label", "Kategorie")
    press(page, "Other columns")
    choose(page, "Note", "Bemerkung")
    page.keyboard.press("Escape")
    expect(main.get_by_test_id("stMultiSelect")).to_contain_text("Nachricht")
    main.get_by_role("button", name=re.compile(r"Import \d+ rows$")).click()
    expect(main.get_by_role("heading", name='Überläufer "alt"')).to_be_visible()
    settled(page)
    stored = rows(server)
    texts = {text for text, _, _ in stored}
    assert {IMAGE, FORMULA, BIG} <= texts and {label for _, label, _ in stored} == set(ugly.labels)

    correct_in_place(page, server, ugly.labels[2])
    expect(main).to_contain_text("1 edited by hand")
    settled(page)
    press(page, "Undo")
    wait_until(lambda: rows(server)[0] == stored[0])
    assert rows(server) == stored

    go(page, "New run")
    press(page, "Start the run")
    expect_status(page, "Finished")
    page.get_by_role("radio", name="Steps").click()
    page.get_by_role("tab", name="Mistakes").click()
    expect(page.locator(".st-key-confusion")).to_be_visible()
    for tab in ("Mistakes", "Prompt", "Heavyweight model"):
        page.get_by_role("tab", name=tab).click()
        settled(page)
    go(page, "Playground")
    classify(page, IMAGE + " <i>Straße</i> Paket")
    answer = main.get_by_test_id("stHtml").first
    expect(answer).to_be_visible()
    assert answer.inner_text().strip() in ugly.labels
    page.get_by_text("The exact request").click()
    expect(page.locator(".st-key-exact")).to_contain_text(IMAGE + " <i>Straße</i> Paket")
    go(page, "Overview")
    expect(page.locator('img[src*="127.0.0.1:9/"]')).to_have_count(0)


def rows(server: Server) -> list[tuple[str, str, str]]:
    """Text, label and note of every row, as the store holds them."""
    with Store.open(server.workspace / "whetstone.db") as store:
        [info] = store.datasets.all()
        return [(row.text, row.label, row.note) for row in store.datasets.get(info.id).examples]


def correct_in_place(page: Page, server: Server, label: str) -> None:
    """In the table itself, as with a spreadsheet."""
    before = rows(server)[0]
    assert before[1] != label
    table = page.get_by_test_id("stDataFrame").locator(".dvn-scroller").first
    table.dblclick(position=LABEL_CELL)
    page.get_by_role("option", name=label, exact=True).click()
    wait_until(lambda: rows(server)[0] == (before[0], label, before[2]))
