"""An hour with noisy labels, in one walk: an ugly file in, mapped, two labels merged, ten suspects reviewed
by keys, undone, redone, exported, imported again: nothing would change."""

from __future__ import annotations

import csv
import io
import random
import re

import pytest
from playwright.sync_api import Page, expect

from core.data.importing.mapping import import_dataset
from core.samples import sample
from core.store.store import Store
from core.types import Example
from tests.browser.acting import choose, go, press, settled
from tests.browser.serving import Server
from tests.browser.test_review import decided

pytestmark = pytest.mark.browser
FORMULA, IMAGE = "=1+1 breaks the `import`", "![x](http://127.0.0.1:9/x.png) – crash »at« start"
TWICE = "Straße für Müßiggänger"
FIRST_MENU = {"x": 31, "y": 50}  # in the table of labels: the menu of the first one


def ugly() -> bytes:
    """The sample of GitHub issues as somebody's spreadsheet would have it: Windows letters, semicolons,
    German headings, one label in three spellings, a formula, markup, a text that is there twice with two
    labels."""
    rng, out = random.Random(5), io.StringIO(newline="")
    dataset = import_dataset(sample("github_issues").path.read_bytes(), "x").dataset
    rows = [(row.text, row.label, row.note) for row in dataset.examples]
    rows += [
        (FORMULA, "bug", "=A1"),
        (IMAGE, "bug", "<b>why</b>"),
        *((TWICE, label, "") for label in ("bug", "documentation")),
    ]
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(["Nr", "Überschrift", "Sorte", "Bemerkung"])
    for number, (text, label, note) in enumerate(rows, 1):
        writer.writerow(
            [number, text, rng.choice(["bug", "bug", "Bug", " BUG "]) if label == "bug" else label, note]
        )
    return out.getvalue().encode("cp1252", "replace")


def upload(page: Page, name: str, raw: bytes) -> None:
    page.locator('input[type="file"]').set_input_files({"name": name, "mimeType": "text/csv", "buffer": raw})
    settled(page)


def stored(server: Server) -> tuple[Example, ...]:
    with Store.open(server.workspace / "whetstone.db") as store:
        [info] = store.datasets.all()
        return store.datasets.get(info.id).examples


def test_noisy_labels_are_made_right_and_taken_away(page: Page, server: Server):
    page.goto(server.origin + "/dataset")
    main = page.get_by_test_id("stMain")
    upload(page, "Überblick.csv", ugly())
    expect(main).to_contain_text("semicolons between cells")
    choose(page, "Label", "Sorte")
    press(page, "Other columns")
    choose(page, "Note", "Bemerkung")
    choose(page, "Id", "Nr")
    page.keyboard.press("Escape")
    expect(main).to_contain_text("written in several ways")
    expect(main).to_contain_text(re.compile(r"\d+ same text, another label"))
    main.get_by_role("button", name=re.compile(r"Import \d+ rows$")).click()
    expect(main.get_by_role("heading", name="Überblick")).to_be_visible()
    settled(page)
    first = stored(server)
    assert {row.label for row in first} == {
        "bug",
        "documentation",
        "improvement",
        "integration",
        "new_feature",
    }, "one bug of three"
    assert {FORMULA, IMAGE} <= {row.text for row in first} and first[0].id == "1"

    page.get_by_role("radio", name="Labels").click()
    settled(page)
    expect(main).to_contain_text("A definition goes into the starting prompt")
    expect(main).not_to_contain_text("edits are saved at once")
    merge = page.get_by_role("menuitem", name="Merge…")
    for _ in range(10):  # a table that is still being drawn hears no click
        page.get_by_test_id("stDataFrame").locator(".dvn-scroller").first.click(position=FIRST_MENU)
        page.wait_for_timeout(500)
        if merge.count():
            break
    merge.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Merge into").click()
    page.get_by_role("option", name="improvement").click()
    settled(page)
    expect(dialog).to_contain_text("will have the label “improvement”")
    press(dialog, "Merge")
    expect(dialog).to_have_count(0)
    settled(page)
    merged = stored(server)
    assert {row.label for row in merged} == {row.label for row in first} - {"bug"}

    go(page, "Review")
    press(page, "Find labels in doubt")
    page.locator(".st-key-decisions").wait_for()
    settled(page)
    for done, key in enumerate("skxgskxgsk", 1):
        decided(page, key, done)
    reviewed = stored(server)
    assert reviewed != merged
    for left in (9, 8, 7, 6, 5, 4, 3, 2, 1):
        decided(page, "u", left)
    page.keyboard.press("u")
    expect(main).to_contain_text(
        re.compile(r"\d+ rows to decide")
    )  # none is decided any more; till then the page may tell of one
    settled(page)
    assert stored(server) == merged, "undone"
    for back in range(1, 11):
        decided(page, "y", back)
    assert stored(server) == reviewed, "redone"

    go(page, "Dataset")
    page.get_by_role("radio", name="Rows").click()
    settled(page)
    press(page, "Export")
    with page.expect_download() as taken:
        press(page, "Download .csv")
    raw = taken.value.path().read_bytes()
    page.keyboard.press("Escape")
    page.get_by_role("radio", name="Import data").click()
    settled(page)
    upload(page, taken.value.suggested_filename, raw)
    page.get_by_role("radio", name=re.compile("^Update")).click()
    settled(page)
    expect(main).to_contain_text(
        f"Nothing would change: all {len(reviewed)} rows are there as the file has them"
    )
    expect(main.get_by_role("button", name="Nothing to update")).to_be_disabled()
    assert stored(server) == reviewed
