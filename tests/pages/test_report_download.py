"""The report, taken from the page of runs: made when it is asked for, and only then."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from core.store.runs.owners import new_owner
from core.store.store import Store
from core.types import Settings
from pages.ui.runs import head
from tests.core.exports.report.reading import seen
from tests.pages.made import dataset_of, run_of

PAGE = "tune/runs.py"


def offered(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What the page's button would hand over."""
    calls: list[dict] = []
    real = head.st.download_button

    def kept(label, data, file_name=None, mime=None, **more):
        calls.append({"label": label, "data": data, "file_name": file_name, "mime": mime, **more})
        return real(label, data, file_name, mime, **more)

    monkeypatch.setattr(head.st, "download_button", kept)
    app.run().switch_page(PAGE).run()
    assert not app.exception
    return [call for call in calls if call["key"] == "download_report"]


def test_the_report_is_made_on_demand_and_is_about_the_run(
    app: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
):
    made: list[str] = []
    monkeypatch.setattr(
        "core.exports.report.page.report", lambda told: made.append(told.run_id) or "<p>the report</p>"
    )
    run_id = run_of(store, dataset_of(store, "github_issues"))
    [call] = offered(app, monkeypatch)
    assert made == [], "drawing the page costs nothing"
    assert (call["label"], call["file_name"], call["mime"], call["on_click"]) == (
        "Report",
        f"report-{run_id}.html",
        "text/html",
        "ignore",
    )
    assert call["data"]() == b"<p>the report</p>" and made == [run_id]


def test_the_report_says_what_the_page_says(app: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch):
    run_of(store, dataset_of(store, "github_issues"))
    [call] = offered(app, monkeypatch)
    page = seen(call["data"]().decode())
    shown = page.text("result")
    drawn = "".join(element.proto.body for element in app.get("html"))
    bars = re.findall(r"<b>(\d+ %)</b>", drawn)
    assert len(bars) == 2 and all(bar in shown for bar in bars), "the test score"
    assert app.subheader[0].value in shown


def test_a_run_without_a_step_has_no_report_yet(app: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch):
    run_id = store.runs.create(dataset_of(store), Settings(), "Live")
    store.leases.claim(run_id, new_owner())
    assert offered(app, monkeypatch) == []
