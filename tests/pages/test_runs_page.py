"""The page of runs: every state a run can be in, the chosen step, and what can be done to a run."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import ModelRefused, Stopped
from core.metrics.metrics import is_mistake
from core.prompts.render import render
from core.store.records import Change, RunStatus
from core.store.runs.owners import new_owner
from core.store.store import Store
from core.types import Branch, Progress, Result, Settings
from tests.pages.conftest import choose_row, diff_of, open_page, words_of
from tests.pages.made import dataset_of, failing_after, reading, run_of

PAGE = "tune/runs.py"


def opened(app: AppTest, **address: str) -> AppTest:
    app.session_state["story"] = "Mistakes"
    return open_page(app, PAGE, **address)


def said(app: AppTest) -> str:
    return words_of(app)


def test_without_runs_the_page_says_what_to_do_and_does_it(app: AppTest, store: Store):
    dataset_of(store)
    opened(app)
    assert "No run yet" in said(app)
    app.button(key="set_up").click().run()
    assert app.title[0].value == "New run"


def test_a_finished_run_shows_its_figures_and_its_verdict_in_words(app: AppTest, store: Store):
    dataset = dataset_of(store, "github_issues")
    run_id = run_of(store, dataset)
    result = store.runs.get(run_id).result
    opened(app)
    assert result.best.step > 0 and result.test is not None
    assert "Better than the starting prompt" in said(app)
    before, after = (each.evaluations["test"].metrics for each in (result.baseline, result.best))
    drawn = "".join(element.proto.body for element in app.get("html"))
    assert f"{before.correct} → {after.correct} of {after.n} right" in drawn and "Not luck (p" in drawn


def test_a_run_that_found_nothing_says_so_proudly(app: AppTest, store: Store):
    def nothing_better(events):
        for event in events:
            yield replace(event, best=event.baseline) if isinstance(event, Result) else event

    run_of(store, dataset_of(store, "github_issues"), ends=nothing_better)
    opened(app)
    assert "No improvement found" in said(app) and "none of 2 steps did better" in said(app)


def test_cut_off_replies_are_said_with_the_way_to_a_run_with_longer_ones(app: AppTest, store: Store):
    def cut(events):
        for event in events:
            if isinstance(event, Result):
                read = event.best.evaluations["test"]
                read = replace(read, metrics=replace(read.metrics, cut_off=3))
                event = replace(
                    event, best=replace(event.best, evaluations={**event.best.evaluations, "test": read})
                )
            yield event

    models = Settings("openai:gpt-6-luna", "openai:gpt-6.1-sol")
    run_of(store, dataset_of(store, "github_issues"), settings=models, ends=cut)
    opened(app)
    [notice] = [each for each in app.warning if each.proto.title == "Replies were cut off"]
    assert "replies were cut off at 500 tokens before they named a label (test rows)" in notice.value.replace(
        "\\", ""
    )
    app.button(key="run_with_longer").click().run()
    assert app.title[0].value == "New run"
    assert app.number_input(key="new_reply_tokens").value == 2_000
    assert app.selectbox(key="new_lightweight").value == "openai:gpt-6-luna"
    assert app.selectbox(key="new_heavyweight").value == "openai:gpt-6.1-sol"


def test_labels_changed_since_a_run_rescore_it_at_once(app: AppTest, store: Store):
    dataset = dataset_of(store, "github_issues")
    run_id = run_of(store, dataset)
    opened(app)
    assert not [each for each in app.info if each.proto.title == "By today's labels"]
    result = store.runs.get(run_id).result
    wrong = next(
        each
        for each in result.best.evaluations["test"].predictions
        if each.label and each.label != store.rows.one(dataset, each.example_id).label
    )
    store.edits.change(dataset, [Change(wrong.example_id, "label", wrong.label)])
    app.run()
    [told] = [each for each in app.info if each.proto.title == "By today's labels"]
    before, after = (each.evaluations["test"].metrics for each in (result.baseline, result.best))
    shown = told.value.replace("\\", "")
    assert f"By the labels of the run {before.correct} → {after.correct} of {after.n} right" in shown
    assert "Story, Steps, Rules and When to answer are by the labels of the run" in shown
    today = re.search(r"By today's labels \d+ → (\d+) of", shown)
    assert today and int(today[1]) == after.correct + 1
    open_page(app, "start/overview.py")
    assert "on the test rows by the labels of the run)" in words_of(app)
    assert today[0] in words_of(app) and "Better on the test rows" not in words_of(app)


def test_a_run_whose_caps_allowed_no_step_claims_nothing_about_steps(app: AppTest, store: Store):
    def no_step(events):
        for event in events:
            if isinstance(event, Result):
                yield replace(event, best=event.baseline, stop_reason="cap")
            elif event.number == 0:
                yield event

    run_of(store, dataset_of(store, "github_issues"), ends=no_step)
    opened(app)
    assert "Only the starting prompt was measured" in said(app) and "A cap was reached" in said(app)


def test_a_stopped_run_says_how_to_go_on(app: AppTest, store: Store):
    run_of(store, dataset_of(store), ends=failing_after(1, Stopped("enough")))
    opened(app)
    assert app.warning[0].proto.title == "Stopped" and "Resume it" in app.warning[0].value


def test_a_failed_run_gives_its_reason_and_can_be_resumed(app: AppTest, store: Store):
    dataset = dataset_of(store)
    run_id = run_of(
        store, dataset, ends=failing_after(1, ModelRefused("The key was refused: check OPENAI_API_KEY."))
    )
    opened(app)
    assert "The key was refused" in app.error[0].value.replace("\\", "")
    app.button(key="resume").click().run()
    assert not app.exception
    assert store.runs.get(run_id).status in (RunStatus.RUNNING, RunStatus.FINISHED)


def test_a_run_whose_process_died_is_shown_as_interrupted(app: AppTest, store: Store):
    dataset = dataset_of(store)
    run_id = store.runs.create(dataset, Settings(), "Lost")
    store.leases.claim(run_id, new_owner())
    store.leases.mark_interrupted(older_than_seconds=-1)
    opened(app)
    assert app.warning[0].proto.title == "Interrupted"
    assert app.button(key="resume")


def test_a_running_run_shows_what_it_does_and_can_be_stopped(app: AppTest, store: Store):
    dataset = dataset_of(store)
    run_id, owner = store.runs.create(dataset, Settings(), "Live"), new_owner()
    store.leases.claim(run_id, owner)
    store.leases.heartbeat(run_id, owner, Progress("Step 1: measuring", 3, 12), {})
    opened(app)
    assert "Step 1 of 8 · measuring, 3 of 12 done" in app.get("progress")[0].proto.text.replace("\\", "")
    app.button(key="stop").click().run()
    assert store.runs.get(run_id).stop_requested
    assert app.button(key="stop").disabled


def test_a_deep_link_opens_that_step_of_that_run(app: AppTest, store: Store):
    dataset = dataset_of(store)
    first = run_of(store, dataset, name="First")
    run_of(store, dataset, name="Second")
    opened(app, run=first, step="1")
    assert app.session_state["run"] == first and app.session_state["view"] == "steps"
    assert app.selectbox(key="step").value == 1


def test_a_link_to_a_run_that_is_gone_says_so(app: AppTest, store: Store):
    run_of(store, dataset_of(store), name="Here")
    opened(app, run="gone")
    assert "has been deleted" in app.info[0].value


def test_changing_the_run_forgets_the_step_of_the_other(app: AppTest, store: Store):
    dataset = dataset_of(store)
    first = run_of(store, dataset, name="First")
    second = run_of(store, dataset, name="Second")
    opened(app, run=first, step="1")
    app.session_state["run"] = second
    app.run()
    assert app.selectbox(key="step").value == "best"


def test_the_prompt_of_a_step_becomes_champion(app: AppTest, store: Store):
    dataset = dataset_of(store)
    run_id = run_of(store, dataset)
    opened(app, run=run_id, step="0")
    app.button(key="adopt").click().run()
    champion = store.champions.current(dataset)
    assert champion.prompt == store.steps.get(run_id, 0).prompt
    assert (champion.run_id, champion.step, champion.model) == (run_id, 0, "offline:reader")
    assert "adopt" not in {button.key for button in app.button}
    assert "It is the first of this dataset" in said(app), "where the button was is the way back"
    assert "on Overview" in said(app)


def test_a_prompt_is_exported_in_the_format_chosen(app: AppTest, store: Store):
    run_id = run_of(store, dataset_of(store))
    opened(app, run=run_id, step="1")
    app.session_state["export_format"] = "python-openai"
    app.button(key="export").click().run()
    assert not app.exception and "def ask_openai(text):" in app.code[-1].value
    assert f"From step 1 of {store.runs.get(run_id).name}." in app.code[-1].value


def test_what_can_be_done_with_a_prompt_is_one_row_everywhere(app: AppTest, store: Store):
    run_id = run_of(store, dataset_of(store))
    opened(app, run=run_id, step="1")
    app.button(key="open_playground").click().run()
    app.switch_page("use/playground.py").run()
    name = store.runs.get(run_id).name
    assert app.selectbox(key="whose_prompt").value == "prompt opened"
    assert f"Step 1 of {name}" in app.selectbox(key="whose_prompt").options
    app.toggle(key="edit").set_value(True).run()
    assert not app.exception
    field = next(area for area in app.text_area if area.label == "System prompt")
    assert field.value == store.steps.get(run_id, 1).candidate.system_prompt
    field.set_value(field.value + "\n- A rule of mine.").run()
    app.button(key="adopt_draft").click().run()
    champion = store.champions.current(store.runs.get(run_id).dataset_id)
    assert champion.prompt.system_prompt.endswith("\n- A rule of mine.") and champion.run_id == ""
    assert "run_from_draft" in {button.key for button in app.button}


def test_a_run_is_renamed_and_its_name_is_never_markup(app: AppTest, store: Store):
    run_id = run_of(store, dataset_of(store))
    opened(app)
    app.text_input(key="name_of_" + run_id).input("**bold** ![x](http://x/y.png)")
    next(button for button in app.button if button.label == "Rename").click().run()
    assert store.runs.get(run_id).name == "**bold** ![x](http://x/y.png)"
    assert "**bold** ![x]" in app.selectbox(key="run").options[0], "options of a box are plain text"


def test_deleting_asks_first(app: AppTest, store: Store):
    run_id = run_of(store, dataset_of(store))
    opened(app)
    assert app.button(key="delete").disabled
    app.checkbox(key="sure_" + run_id).check().run()
    app.button(key="delete").click().run()
    assert store.runs.all() == ()
    assert "No run yet" in said(app)


def test_read_only_shows_a_run_and_changes_nothing(
    app: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
):
    run_of(store, dataset_of(store))
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    opened(app, view="steps")
    assert not [
        each for each in app.button if each.key in ("star", "delete", "stop", "resume", "adopt", "run_from")
    ]


@pytest.mark.parametrize("tab", ["Edits", "Prompt", "Heavyweight model"])
def test_each_part_of_a_step_is_told(app: AppTest, store: Store, tab: str):
    run_id = run_of(store, dataset_of(store))
    opened(app, run=run_id, step="1")
    app.session_state["story"] = tab
    app.run()
    assert not app.exception
    step = store.steps.get(run_id, 1)
    if tab == "Heavyweight model":
        assert step.reflection.reply in [element.value for element in app.code]
    if tab == "Edits":
        assert step.reflection.edits[0].replace.strip() in diff_of(app)
        assert "Tried on " in said(app) and "The heavyweight model read " in said(app)
        app.session_state["moved_1_0"] = True
        app.run()
        assert not app.exception and any("Correct" in frame.value.columns for frame in app.dataframe)
    if tab == "Prompt":
        assert (step.candidate or step.prompt).system_prompt in [element.value for element in app.code]


@pytest.mark.parametrize("defines", [False, True])
def test_a_step_says_whether_mistakes_were_read_or_rows_to_define(app: AppTest, store: Store, defines: bool):
    run_id = run_of(store, dataset_of(store))
    step = store.steps.get(run_id, 1)
    if defines:
        store.steps.save(run_id, replace(step, batch=None))
    opened(app, run=run_id, step="1")
    app.session_state["story"] = "Heavyweight model"
    app.run()
    assert not app.exception
    [words] = [each.value for each in app.caption if each.value.startswith("Its own words")]
    assert re.search(r"reading \d+ (row|mistake)", words)[1] == ("row" if defines else "mistake")


def test_mistakes_are_shown_with_the_models_reasons(app: AppTest, store: Store):
    dataset = dataset_of(store, "github_issues")
    run_id = run_of(store, dataset)
    opened(app, run=run_id, step="0")
    rows = {row.id: row for row in store.runs.snapshot(run_id).examples}
    read = store.steps.get(run_id, 0).validation
    wrong = [each for each in read.predictions if is_mistake(each, rows[each.example_id].label)]
    table = next(frame.value for frame in app.dataframe if "Model's reason" in frame.value.columns)
    assert sorted(table["Text"]) == sorted(rows[each.example_id].text for each in wrong)
    assert set(table["Model's reason"]) == {each.reason or each.reply for each in wrong}


# ---- nothing hidden


def test_a_chosen_mistake_shows_what_was_sent_and_what_came_back(app: AppTest, store: Store):
    dataset = dataset_of(store, "github_issues")
    run_id = run_of(store, dataset)
    opened(app, step="1")
    app.session_state["panel_tabs"] = "Request and reply"
    choose_row(app, "Model's reason", 2)
    assert not app.exception
    step, rows = store.steps.get(run_id, 1), {row.id: row for row in store.runs.snapshot(run_id).examples}
    text = next(frame.value for frame in app.dataframe if "Model's reason" in frame.value.columns)[
        "Text"
    ].iloc[2]
    prediction = next(each for each in step.validation.predictions if rows[each.example_id].text == text)
    shown = [code.value for code in app.code]
    messages = render(step.candidate, text)
    assert shown[0] == prediction.reply
    assert [message.content.strip() for message in messages] == shown[1 : 1 + len(messages)]
    exact = shown[1 + len(messages)]
    assert json.loads(exact)["model"] == "reader" or text in exact


def test_training_rows_show_the_prompt_that_they_were_read_with(app: AppTest, store: Store):
    run_id = run_of(store, dataset_of(store, "github_issues"))
    opened(app, step="2")
    app.segmented_control(key="reading").set_value("batch").run()
    app.session_state["panel_tabs"] = "Request and reply"
    choose_row(app, "Model's reason", 0)
    assert not app.exception
    assert app.code[1].value == store.steps.get(run_id, 1).prompt.system_prompt.strip()


def test_right_answers_can_be_looked_at_too(app: AppTest, store: Store):
    run_of(store, dataset_of(store, "github_issues"))
    opened(app, view="steps")
    before = next(len(frame.value) for frame in app.dataframe if "Model's reason" in frame.value.columns)
    app.toggle(key="all_answers").set_value(True).run()
    table = next(frame.value for frame in app.dataframe if "Model's reason" in frame.value.columns)
    assert len(table) > before and any(
        list(a) == list(b) for a, b in zip(table["Correct"], table["Predicted"], strict=True)
    )


def test_under_a_cap_it_says_that_a_reply_may_be_of_an_earlier_prompt(app: AppTest, store: Store):
    run_of(store, dataset_of(store, "github_issues"), settings=Settings(max_calls=100))
    for step in ("1", "0"):
        opened(app, step=step)
        app.session_state["panel_tabs"] = "Request and reply"
        choose_row(app, "Model's reason", 0)
        assert ("earlier step" in said(app)) == (step == "1")


def test_under_a_cap_it_says_why_a_step_and_the_end_show_different_figures(app: AppTest, store: Store):
    dataset_id = dataset_of(store, "github_issues")

    def whole_at_the_end(made):
        rows = [row for row in store.datasets.get(dataset_id).examples if row.split == "validation"]
        for event in made:
            if isinstance(event, Result):
                read = {
                    **event.best.evaluations,
                    "validation": reading(rows, ("bug", "documentation", "improvement"), 8),
                }
                event = replace(event, best=replace(event.best, evaluations=read))
            yield event

    run_of(store, dataset_id, "without a cap", ends=whole_at_the_end)
    opened(app)
    assert "all validation rows were read at the end" not in said(app)
    capped = run_of(store, dataset_id, "capped", settings=Settings(max_calls=100), ends=whole_at_the_end)
    opened(app, run=capped)
    step = store.steps.get(capped, 1).validation.metrics.accuracy
    assert f"Step 1 itself shows {100 * step:.1f} %" in said(
        app
    ) and "all validation rows were read at the end" in said(app)


def test_a_run_can_be_started_from_the_prompt_of_a_step_and_says_so(app: AppTest, store: Store):
    dataset = dataset_of(store)
    run_id = run_of(store, dataset)
    opened(app, run=run_id, step="0")
    app.button(key="run_from").click().run()
    assert app.title[0].value == "New run" and "It begins with step 0 of " in said(app).replace("\\", "")
    app.switch_page("tune/new_run.py").run()
    next(button for button in app.button if button.label == "Start the run").click().run()
    assert not app.exception
    settings = store.runs.all(dataset)[0].settings
    assert settings.start == store.steps.get(run_id, 0).prompt
    assert settings.branch == Branch(run_id, 0)
    begun = Settings(start=settings.start, branch=settings.branch)
    opened(app, run=run_of(store, dataset, "branched", settings=begun), view="steps")
    assert f"started from step 0 of run {run_id}" in said(app).replace("\\", "")
