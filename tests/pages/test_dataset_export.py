"""A dataset taken away in every format, and the same rows when it is brought back."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.data.formats.registry import export_formats, open_file
from core.data.importing.columns import guess_columns
from core.data.importing.mapping import to_dataset
from core.store.records import Change
from core.store.store import Store
from pages.ui.dataset import dataset_menu
from tests.pages.made import dataset_of


def handed_over(app: AppTest, monkeypatch: pytest.MonkeyPatch, chosen: str) -> tuple[str, bytes]:
    """File name and content of what the page's button would hand over."""
    calls: list[dict] = []
    real = dataset_menu.st.download_button

    def kept(label, **more):
        calls.append(more)
        return real(label, **more)

    monkeypatch.setattr(dataset_menu.st, "download_button", kept)
    app.run().switch_page("data/dataset.py").run()
    app.selectbox(key="export_format").set_value(chosen).run()
    assert not app.exception
    return calls[-1]["file_name"], calls[-1]["data"]()


def test_every_format_is_offered_in_words(app: AppTest, store: Store):
    dataset_of(store)
    app.run().switch_page("data/dataset.py").run()
    offered = app.selectbox(key="export_format").options
    assert offered == [format.title for format in export_formats().values()] and offered[:3] == [
        "CSV",
        "TSV",
        "Excel",
    ]
    assert all("/" in format.media_type for format in export_formats().values())


@pytest.mark.parametrize("chosen", export_formats())
def test_what_is_taken_away_comes_back_as_it_was(
    app: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch, chosen: str
):
    dataset = dataset_of(store)
    rows = store.datasets.get(dataset).examples
    store.edits.change(
        dataset,
        [
            Change(rows[0].id, "note", '=HYPERLINK("http://x")\nof two lines, "quoted"'),
            Change(rows[1].id, "excluded", True),
            Change(rows[2].id, "canonical", True),
        ],
    )
    name, raw = handed_over(app, monkeypatch, chosen)
    assert name.endswith(export_formats()[chosen].ending) and "/" not in name
    table = open_file(raw, name)
    back = to_dataset(table, table.known or guess_columns(table), "back").dataset
    kept = [
        (row.id, row.text, row.label, row.note, row.excluded, row.canonical, row.split)
        for row in store.datasets.get(dataset).examples
    ]
    assert [
        (row.id, row.text, row.label, row.note, row.excluded, row.canonical, row.split)
        for row in back.examples
    ] == kept


def test_a_name_becomes_a_safe_file_name():
    assert (
        dataset_menu.file_name("../a b/“c”", ".csv") == "a_b__c.csv"
        and dataset_menu.file_name("…", ".json") == "dataset.json"
    )
