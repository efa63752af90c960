"""The dashboard in this process, each test with a workspace of its own and no keys."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from core.store.store import Store

APP = str(Path(__file__).resolve().parents[2] / "pages" / "router.py")
sys.path.append(str(Path(APP).parent))  # as streamlit_app.py does


@pytest.fixture(scope="session", autouse=True)
def packages_scanned_once() -> Iterator[None]:
    """Every AppTest looks through all installed packages for components, which takes longer than many a page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests)
        )
        yield


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The workspace of the test."""
    monkeypatch.setenv("WHETSTONE_WORKSPACE", str(tmp_path / "workspace"))
    for name in (
        "WHETSTONE_DATABASE_URL",
        "WHETSTONE_READ_ONLY",
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "GEMINI_API_KEY",
    ):
        monkeypatch.delenv(name, raising=False)
    st.cache_resource.clear()
    yield tmp_path / "workspace"
    st.cache_resource.clear()  # closes the workspace, and with it the runs of the test


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """The store that the pages see."""
    with Store.open(folder / "whetstone.db") as opened:
        yield opened


@pytest.fixture
def app(folder: Path) -> AppTest:
    """Not run yet."""
    return AppTest.from_file(APP, default_timeout=30)


def open_page(app: AppTest, page: str, **address: str) -> AppTest:
    """The page as a link opens it."""
    app.run().switch_page(page)
    app.query_params.pop("present", None)  # in it what is read-only opens
    for key, value in address.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def diff_of(app: AppTest) -> str:
    """The lines of all differences on the page, each after its sign."""
    bodies = [each.proto.body for each in app.get("html") if "word-diff" in each.proto.body]
    lines = re.findall(r"<i>(.?)</i><\w+>(.*?)</(?:ins|del|span)></div>", "\n".join(bodies), re.DOTALL)
    return "\n".join(sign + unescape(re.sub(r"</?mark>", "", text)) for sign, text in lines)


def words_of(app: AppTest) -> str:
    """All that the page says in words."""
    kinds = (
        app.markdown,
        app.caption,
        app.text,
        app.info,
        app.success,
        app.warning,
        app.error,
        app.subheader,
    )
    return "\n".join(element.value for kind in kinds for element in kind)


def edit_table(app: AppTest, key: str, cells: dict[int, dict[str, object]]) -> AppTest:
    """Edits cells of a data editor as a browser would: AppTest itself can only assign the state, which calls
    no callback."""
    tree, editor = app._tree, app.data_editor(key=key)
    of_the_others = tree.get_widget_states

    def states():
        sent = of_the_others()
        edited = {"edited_rows": cells, "added_rows": [], "deleted_rows": []}
        sent.widgets.add(id=editor.proto.id, string_value=json.dumps(edited))
        return sent

    tree.get_widget_states = states
    return app.run()


def choose_row(app: AppTest, column: str, place: int) -> AppTest:
    """Chooses a row of the table that has this column, as a browser would: AppTest itself cannot select."""
    tree, table = app._tree, next(frame for frame in app.dataframe if column in frame.value.columns)
    opens = "open" in table.value.columns  # in the panel, by its button, which a click on any cell presses
    of_the_others = tree.get_widget_states

    def states():
        sent = of_the_others()
        if opens:
            pressed = sent.widgets.add(id=table.proto.button_click_widgets["open"])
            pressed.string_trigger_value.data = json.dumps({"row": place, "label": ""})
            return sent
        selection = {"selection": {"rows": [place], "columns": [], "cells": []}}
        sent.widgets.add(id=table.proto.id, string_value=json.dumps(selection))
        return sent

    tree.get_widget_states = states
    return app.run()
