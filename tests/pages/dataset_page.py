"""The dataset page as its tests drive it."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest

from core.store.records import Row, RowQuery
from core.store.store import Store
from core.types import Dataset, Example, LabelSet
from tests.pages.conftest import edit_table

PAGE = "data/dataset.py"


def rows(n: int = 6, labels: tuple[str, ...] = ("bug", "improvement"), name: str = "issues") -> Dataset:
    return Dataset(
        name,
        LabelSet(labels),
        tuple(Example(f"r{i}", f"Text number {i}", labels[i % len(labels)]) for i in range(n)),
    )


def opened(app: AppTest) -> AppTest:
    app.run()
    app.switch_page(PAGE).run()
    assert not app.exception
    return app


def edit(app: AppTest, dataset_id: str, cells: dict[int, dict[str, object]]) -> AppTest:
    number = app.session_state["editor number"] if "editor number" in app.session_state else 0
    edit_table(app, f"rows_{dataset_id}_{number}", cells)
    assert not app.exception
    return app


def stored(store: Store, dataset_id: str, row: int = 0) -> Row:
    return store.rows.page(dataset_id, RowQuery()).rows[row]


def said(app: AppTest) -> list[str]:
    return [each.value.replace("\\", "") for each in [*app.error, *app.warning, *app.info]]


def turn(app: AppTest, view: str) -> AppTest:
    """To another view of the page."""
    app.session_state["next data"] = view
    app.run()
    assert not app.exception
    return app


def editor_of(app: AppTest, column: str):
    """The editor that has this column."""
    return next(each for each in app.data_editor if column in each.value.columns)


def press_in_table(app: AppTest, column: str, place: int, label: str) -> AppTest:
    """Presses a button in a row, as a browser would: AppTest itself cannot."""
    tree, editor = app._tree, editor_of(app, column)
    of_the_others = tree.get_widget_states

    def states():
        sent = of_the_others()
        pressed = sent.widgets.add(id=editor.proto.button_click_widgets[column])
        pressed.string_trigger_value.data = json.dumps({"row": place, "label": label})
        return sent

    tree.get_widget_states = states
    return app.run()
