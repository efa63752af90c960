"""A workspace that is damaged, newer or gone: one sentence on the pages, and no exception. `make soak ATTACKS=faults` tries
more of them, on every page, over HTTP and with the commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.store.store import Store
from tests.pages.conftest import words_of
from tests.pages.made import dataset_of, run_of
from tests.soak.faults import named

DAMAGED = "damaged or no Whetstone database: restore it from a backup"


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("cut off in the middle", DAMAGED),
        ("table gone", DAMAGED),
        ("folder in its place", "is a folder: name a file in it, or restore the file from a backup"),
        ("newer schema", "written by a newer Whetstone (schema 99, this one knows"),
        ("records garbled", "A stored record is damaged: restore the workspace from a backup"),
        ("folder gone", "was removed or replaced while Whetstone was open"),
        ("database replaced", "was removed or replaced while Whetstone was open"),
    ],
)
def test_a_workspace_that_cannot_be_used_is_one_sentence(
    app: AppTest, folder: Path, fault: str, sentence: str
):
    with Store.open(folder / "whetstone.db") as store:
        run_of(store, dataset_of(store))
    strike = named(fault)
    if strike.while_open:
        app.run()
    strike.strike(folder)
    for page in ("tune/runs.py", "start/settings.py"):
        app.switch_page(page).run() if app.title else app.run()
        assert not app.exception and sentence in words_of(app).replace("\\", "")
        assert len(app.error) == 1


def test_a_cache_that_cannot_be_used_is_told_where_money_is_spent(app: AppTest, folder: Path):
    with Store.open(folder / "whetstone.db") as store:
        dataset_of(store)
    named("cache is a file").strike(folder)
    app.run().switch_page("tune/new_run.py").run()
    assert not app.exception and any("replies are not kept" in each.value for each in app.sidebar.warning)


def test_a_part_of_a_page_that_goes_wrong_while_it_looks_again_is_one_sentence():
    def page() -> None:
        import streamlit as st

        from core.errors import StoreError
        from pages.ui import shell

        def look() -> None:
            raise StoreError("The database is away")

        shell.fragment(look, every=5.0)()
        st.caption("The rest of the page")

    drawn = AppTest.from_function(page).run(timeout=60)
    assert not drawn.exception and [each.value for each in drawn.error] == ["The database is away"]
    assert [each.value for each in drawn.caption] == ["The rest of the page"]


def test_every_part_that_is_drawn_by_itself_has_its_sentences():
    pages = Path(__file__).parents[2] / "pages"
    guilty = {path.name for path in pages.rglob("*.py") if "st.fragment" in path.read_text(encoding="utf-8")}
    assert guilty == {"shell.py"}
