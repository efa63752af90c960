"""Rows of a run that wait for a person: canonical ones that are wrong, held-back ones with a key each."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.store.records import Change
from core.store.store import Store
from core.types import HeldBack, Result
from pages.ui.row_panel.table import whole_lines
from tests.pages.conftest import open_page, words_of
from tests.pages.made import dataset_of, run_of

PAGE = "tune/runs.py"
WHY = "Judged from the other rows it reads as [bug](x)"


def run_with_rows(store: Store, canonical: bool = True) -> tuple[str, list[str]]:
    """The dataset, and the ids of two rows that were held back; the first row is canonical and wrong."""
    dataset = dataset_of(store, "github_issues")
    rows = store.datasets.get(dataset).examples
    first, *_ = rows
    if canonical:
        store.edits.change(dataset, [Change(first.id, "canonical", True)])
    held = [row for row in rows if row.label == "improvement" and not row.note and not row.excluded][:2]

    def ends(events):
        for event in events:
            yield (
                event
                if isinstance(event, Result)
                else replace(
                    event,
                    canonical_wrong=(first.id,) if canonical else (),
                    held_back=tuple(HeldBack(row.id, row.label, "bug", 0.8, (WHY,)) for row in held),
                )
            )

    run_of(store, dataset, ends=ends)
    return dataset, [row.id for row in held]


def opened(app: AppTest) -> AppTest:
    return open_page(app, PAGE, view="rows")


def test_both_lists_are_on_the_page_with_reasons(app: AppTest, store: Store):
    run_with_rows(store)
    opened(app)
    canonical, held = [frame.value for frame in app.dataframe if "Text" in frame.value][-2:]
    assert len(canonical) == 1 and len(held) == 2
    assert list(held["Reason"]) == [WHY, WHY] and [list(each) for each in held["Suggested"]] == [
        ["bug"],
        ["bug"],
    ]
    assert "2 of 2 rows to decide" in words_of(app)


@pytest.mark.parametrize(
    ("button", "decided", "fields"),
    [
        ("review_keep", "trusted", {"review": "kept", "label": "improvement"}),
        ("review_relabel", "relabelled", {"review": "kept", "label": "bug"}),
        ("review_exclude", "left out", {"excluded": True, "label": "improvement"}),
    ],
)
def test_one_key_decides_a_row_and_the_next_run_heeds_it(app: AppTest, store: Store, button, decided, fields):
    dataset, (first, second) = run_with_rows(store)
    opened(app)
    app.button(key=button).click().run()
    row = store.rows.one(dataset, first)
    assert {name: getattr(row, name) for name in fields} == fields
    assert "1 of 2 rows to decide" in words_of(app)
    [held] = [frame.value for frame in app.dataframe if "Decided" in frame.value]
    assert held["Decided"].tolist() == [decided, ""]
    app.button(key=button).click().run()
    assert {name: getattr(store.rows.one(dataset, second), name) for name in fields} == fields
    assert "Every row held back is decided" in words_of(app)
    [stored] = [each for each in store.datasets.get(dataset).examples if each.id == first]
    assert stored.reviewed is ("review" in fields)


def test_a_cell_holds_whole_lines_of_a_long_text():
    cells = pd.Series(["short", "word " * 100, ["a label"]])
    shown = whole_lines(cells, st.column_config.TextColumn(width=316), 62)
    assert shown[0] == "short" and shown[2] == ["a label"] and shown[1].endswith("…") and len(shown[1]) <= 150
    assert list(whole_lines(cells, None, 62)) == list(cells), "a column without a width of its own"


def test_without_such_rows_the_page_says_so(app: AppTest, store: Store):
    run_of(store, dataset_of(store))
    opened(app)
    said = words_of(app)
    assert "none was held back for its label" in said and "Review looks at the labels of all rows" in said
    assert "from before canonical rows were recorded" in words_of(app)


def test_read_only_nothing_can_be_decided(app: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch):
    run_with_rows(store)
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    opened(app)
    assert not {"review_keep", "review_exclude"} & {button.key for button in app.button}
    assert "Keep trusts the label" not in words_of(app)
