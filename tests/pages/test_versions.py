"""Versions on Dataset › History, and the tree of branches on Runs."""

from __future__ import annotations

import shlex

from streamlit.testing.v1 import AppTest

from core.store.records import Change
from core.store.store import Store
from core.types import Branch, Settings
from tests.pages.conftest import open_page
from tests.pages.dataset_page import opened, rows, said, turn
from tests.pages.made import dataset_of, run_of


def texts(app: AppTest) -> str:
    return "\n".join(each.value.replace("\\", "") for each in [*app.markdown, *app.caption])


def name(app: AppTest, dataset_id: str, version: str) -> AppTest:
    app.text_input(key=f"version_name_{dataset_id}").set_value(version)
    next(each for each in app.button if each.label == "Save the name").click().run()
    assert not app.exception
    return app


def test_a_version_is_named_compared_and_removed(app: AppTest, store: Store):
    dataset_id = store.datasets.add(rows(), "a test")
    turn(opened(app), "history")
    assert "Give the dataset as it is a name" in texts(app)
    name(app, dataset_id, "**gold**")
    assert [each.name for each in store.versions.all(dataset_id)] == ["**gold**"]
    assert "Nothing changed." in texts(app)
    name(app, dataset_id, "")
    assert said(app) == [], "the second of two presses finds the field empty"
    name(app, dataset_id, "**GOLD**")
    assert said(app) == ["There is a version “**gold**” already: choose another name."]
    store.edits.change(dataset_id, [Change("r0", "label", "improvement"), Change("r1", "excluded", True)])
    store.datasets.version(dataset_id)
    app.run()
    assert "1 row relabelled, 1 row excluded." in texts(app)
    table = next(each.value for each in app.dataframe if "What" in each.value and "Who" not in each.value)
    assert table.values.tolist() == [
        ["Text number 0", "Label", "bug", "improvement"],
        ["Text number 1", "Excluded", "", ""],
    ]
    app.button(key="version_remove_now").click().run()
    assert not app.exception and store.versions.all(dataset_id) == ()


def test_the_command_of_a_version_takes_any_name_as_one_word(app: AppTest, store: Store):
    named = """it's $HOME "before" 🎉"""
    store.versions.add(store.datasets.add(rows(), "a test"), named)
    turn(opened(app), "history")
    assert shlex.split(app.code[-1].value)[3:] == ["tune", "issues@" + named]


def test_a_run_is_started_on_a_version_and_what_branches_off_keeps_it(app: AppTest, store: Store):
    dataset_id = dataset_of(store)
    gold = store.versions.add(dataset_id, "gold")
    store.edits.change(dataset_id, [Change(store.datasets.get(dataset_id).examples[0].id, "excluded", True)])
    turn(opened(app), "history")
    app.button(key="version_run").click().run()
    app.switch_page("tune/new_run.py").run()  # as the button has, which AppTest forgets
    assert (
        "What will happen on** Five topics, a handful of rows, version “gold”" in texts(app)
        and not app.exception
    )
    assert "left out" not in texts(app), "the row that is excluded today was not, then"
    next(each for each in app.button if each.label == "Start the run").click().run()
    [run] = store.runs.all(dataset_id)
    assert not any(row.excluded for row in store.runs.snapshot(run.id).examples)

    went_back = run_of(store, dataset_id, "Went back", then=store.versions.dataset(gold))
    current = run_of(store, dataset_id, "Current")
    for chosen, version in ((went_back, gold.id), (current, "")):
        open_page(app, "tune/runs.py", run=chosen, view="steps")
        app.button(key="run_from").click().run()
        app.switch_page("tune/new_run.py").run()
        assert app.selectbox(key="version").value == version
    assert "1 row left out." in texts(app)
    app.session_state["starting"] = "step"
    app.run()
    app.selectbox(key="start_run").set_value(went_back).run()
    assert app.selectbox(key="version").value == gold.id
    app.selectbox(key="version").set_value("").run()
    assert app.selectbox(key="version").value == "" and not app.exception


def test_the_tree_opens_its_runs(app: AppTest, store: Store):
    dataset_id = dataset_of(store)
    first = run_of(store, dataset_id, "First")
    store.versions.add(dataset_id, "gold")
    open_page(app, "tune/runs.py", run=first)
    assert not [each for each in app.button if (each.key or "").startswith("tree_")], "no branch, no tree"
    branch = run_of(store, dataset_id, "Branch", Settings(branch=Branch(first, 1)))
    app.run()
    labels = [each.label.replace("\\", "") for each in app.button if (each.key or "").startswith("tree_")]
    assert labels[0].startswith("**First: ") and labels[1].lstrip("└\xa0").startswith("Branch, from step 1: ")
    app.button(key=f"tree_{branch}").click().run()
    assert app.session_state["run"] == branch and not app.exception
    app.session_state["next view"] = "steps"
    app.run()
    assert "rows of version “gold”" in texts(app)
