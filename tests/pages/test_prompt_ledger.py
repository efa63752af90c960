"""The rules of a run's prompt on its page: where they came from, what is measured of them, what is done with
that."""

from __future__ import annotations

from dataclasses import replace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.metrics.comparison import mistakes_in_words
from core.services import prompt_rules
from core.store.store import Store
from core.types import Step
from core.workspace import Workspace
from pages.ui.wording import percent
from tests.pages.conftest import choose_row, diff_of
from tests.pages.made import BAD_EDIT, GOOD_EDIT, dataset_of, run_of
from tests.pages.test_runs_page import opened, said

GOOD, BAD = GOOD_EDIT.replace.strip(), BAD_EDIT.replace.strip()


def rules_table(app: AppTest):
    return next(frame.value for frame in app.dataframe if "Rule" in frame.value.columns)


def at_rules(app: AppTest, run_id: str, **more: str) -> AppTest:
    return opened(app, run=run_id, view="rules", **more)


@pytest.fixture
def run_id(store: Store) -> str:
    return run_of(store, dataset_of(store), name="First")


def press_in_dialog(app: AppTest, opener: str, button: str) -> AppTest:
    """Both at once: a browser would draw the dialog alone again, here any other run closes it."""
    app.button(key=opener).click().run()
    app.button(key=opener).click()
    app.button(key=button).click()
    app.run()
    assert not app.exception
    return app.run()


def findings(store: Store, folder, run_id: str) -> prompt_rules.RuleMeasurements:
    result = store.runs.get(run_id).result
    workspace = Workspace(folder)
    try:
        return prompt_rules.measurements(
            workspace, prompt_rules.rules(workspace, run_id, result.best.step, result.best.prompt)
        )
    finally:
        workspace.close()


# ---- what is shown


def test_rules_stand_in_the_order_of_the_prompt_with_origin_figures_and_tokens(
    app: AppTest, store: Store, run_id: str
):
    at_rules(app, run_id)
    table = rules_table(app)
    prompt = store.runs.get(run_id).result.best.prompt
    assert list(table["Rule"]) == [line.strip() for line in prompt.system_prompt.split("\n") if line.strip()]
    assert table["From"].iloc[0] == "Start" and table["From"].iloc[-1] == "Step 1"
    compared = store.steps.get(run_id, 1).trials[0].verdict.comparison
    assert (table["Fixed"].iloc[-1], table["New mistakes"].iloc[-1]) == (
        len(compared.fixed),
        len(compared.broke),
    )
    assert table["Tokens"].sum() > 0 and "Worth" not in table and "$ per 1,000" not in table
    assert "tokens of prompt" in said(app)


def test_a_refused_step_shows_the_rules_that_it_tried(app: AppTest, run_id: str):
    at_rules(app, run_id, step="2")
    assert list(rules_table(app)["Rule"])[-1] == BAD and list(rules_table(app)["From"])[-1] == "Step 2"
    choose_row(app, "Rule", len(rules_table(app)) - 1)
    assert "and was refused." in said(app)


def test_a_chosen_rule_tells_its_story_and_opens_the_step_it_came_from(
    app: AppTest, store: Store, run_id: str
):
    at_rules(app, run_id)
    choose_row(app, "Rule", len(rules_table(app)) - 1)
    compared = store.steps.get(run_id, 1).trials[0].verdict.comparison
    assert "From step 1" in said(app) and "has not been measured" in said(app)
    assert (
        f"When it was tried: {mistakes_in_words(len(compared.fixed), len(compared.broke))}, on {compared.n} rows."
        in said(app)
    )
    rows = next(frame.value for frame in app.dataframe if "What" in frame.value.columns)
    assert {role for roles in rows["What"] for role in roles} <= {
        "written for",
        "fixed when tried",
        "new when tried",
    }
    assert sum("fixed when tried" in roles for roles in rows["What"]) == len(compared.fixed)
    app.button(key="open_step").click().run()
    assert not app.exception
    assert app.selectbox(key="step").value == 1 and app.session_state["view"] == "steps"


def test_a_rule_is_data_and_never_markup(app: AppTest, store: Store):
    evil = "**bold** $x$ :material/home: <script>alert(1)</script> [link](http://x)"

    def spoiled(events):
        for event in events:
            if isinstance(event, Step) and event.number == 1:
                prompt = replace(event.prompt, system_prompt=event.prompt.system_prompt + "\n" + evil)
                event = replace(event, prompt=prompt, candidate=prompt)
            yield event

    run_id = run_of(store, dataset_of(store), ends=spoiled)
    at_rules(app, run_id, step="1")
    assert evil in list(rules_table(app)["Rule"])
    choose_row(app, "Rule", list(rules_table(app)["Rule"]).index(evil))
    assert evil in [code.value for code in app.code]
    assert not [
        element
        for kind in (app.markdown, app.caption, app.info, app.warning)
        for element in kind
        if "bold" in element.value
    ]


# ---- what is measured


def test_the_price_comes_first_and_then_each_rule_is_measured_and_kept(
    app: AppTest, store: Store, folder, run_id: str
):
    at_rules(app, run_id)
    app.button(key="ablate_all").click().run()
    rows = store.runs.get(run_id).result.split_sizes["validation"]
    can_go = len(rules_table(app)) - 1
    assert f"{rows * (can_go + 1)} calls, free" in said(app)
    assert findings(store, folder, run_id).ablations == () and "Worth" not in rules_table(app)
    press_in_dialog(app, "ablate_all", "ablate_now")
    made = findings(store, folder, run_id)
    table = rules_table(app)
    assert len(made.ablations) == len(table) and [worth[0] for worth in table["Worth"]] == [
        each.worth for each in made.ablations
    ]
    last = made.ablations[-1]
    assert table["Without it"].iloc[-1] == f"{percent(last.before)} → {percent(last.after)}"
    assert table["Would break"].iloc[-1] == len(last.verdict.comparison.broke)
    assert table["Would fix"].iloc[-1] == len(last.verdict.comparison.fixed)
    choose_row(app, "Rule", len(table) - 1)
    assert "Without it: " in said(app) and not [button for button in app.button if button.key == "ablate_one"]


def test_one_rule_can_be_measured_alone(app: AppTest, store: Store, folder, run_id: str):
    at_rules(app, run_id)
    choose_row(app, "Rule", len(rules_table(app)) - 1)
    press_in_dialog(app, "ablate_one", "ablate_now")
    [only] = findings(store, folder, run_id).ablations
    assert only.rule.text == GOOD


def test_what_the_prompt_cannot_do_without_is_not_offered_to_be_measured(app: AppTest, run_id: str):
    at_rules(app, run_id)
    choose_row(app, "Rule", 0)
    app.button(key="ablate_one").click().run()
    assert "cannot do without it" in said(app) and not [
        button for button in app.button if button.key == "ablate_now"
    ]


def test_the_shortest_prompt_is_shown_with_its_diff_and_can_be_adopted(
    app: AppTest, store: Store, folder, run_id: str
):
    at_rules(app, run_id)
    app.button(key="simplify").click().run()
    assert "At most " in said(app)
    press_in_dialog(app, "simplify", "simplify_now")
    found = findings(store, folder, run_id).simplified
    assert GOOD in [rule.text for rule in found.removed], (
        "the offline reader does not understand it, so nothing is lost"
    )
    assert "may be luck" in said(app).replace("\\", "") and found.verdict.reason in said(app)
    assert "−" + GOOD in diff_of(app)
    app.button(key="adopt_simplified").click().run()
    dataset = store.runs.get(run_id).dataset_id
    champion = store.champions.current(dataset)
    assert (champion.prompt, champion.run_id, champion.step) == (found.prompt, run_id, 1)
    assert "adopt_simplified" not in {button.key for button in app.button}
    app.segmented_control(key="rules_of").set_value("champion").run()
    assert GOOD not in list(rules_table(app)["Rule"])


def test_read_only_shows_what_was_found_and_offers_nothing_that_cannot_be_asked(
    app: AppTest, store: Store, folder, run_id: str, monkeypatch: pytest.MonkeyPatch
):
    at_rules(app, run_id)
    press_in_dialog(app, "ablate_all", "ablate_now")
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    st.cache_resource.clear()
    app.run()
    assert not app.exception and "Worth" in rules_table(app)
    assert not {"ablate_all", "simplify", "ablate_one"} & {button.key for button in app.button}
