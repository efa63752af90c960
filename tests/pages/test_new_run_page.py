"""The form of a new run: defaults that work, what will happen, one start."""

from __future__ import annotations

import re
import threading
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from core.data.splits import split
from core.samples import sample
from core.services.datasets import import_sample
from core.store.store import Store
from core.types import Branch
from core.workspace import Workspace
from pages.ui.run_start import SAME_MOMENT, RecentStarts, Start
from tests.pages.conftest import APP
from tests.pages.made import dataset_of, wait_for_runs

PAGE = "tune/new_run.py"


def opened(app: AppTest) -> AppTest:
    app.run().switch_page(PAGE).run()
    assert not app.exception
    return app


def start_button(app: AppTest) -> Button:
    return next(button for button in app.button if button.label == "Start the run")


def texts(app: AppTest) -> str:
    return "\n".join(
        element.value for kind in (app.caption, app.markdown, app.error) for element in kind
    ).replace("\\", "")


def test_without_data_the_sample_is_one_press_away(app: AppTest, store: Store):
    opened(app)
    app.button(key="use_sample").click().run()
    assert not app.exception
    assert [info.name for info in store.datasets.all()] == ["GitHub issues"]
    assert not start_button(app).disabled


def test_the_split_shown_is_the_split_of_the_rows(app: AppTest, store: Store):
    dataset = dataset_of(store, "github_issues")
    opened(app)
    rows = [row for row in split(store.datasets.get(dataset).examples, 0) if not row.excluded]
    table = app.dataframe[0].value
    for column, part in (("Training", "train"), ("Validation", "validation"), ("Test", "test")):
        here = [row.label for row in rows if row.split == part]
        assert list(table[column]) == [len(here), *(here.count(label) for label in table[""].iloc[1:])]


def test_a_call_cap_says_what_it_leaves_before_the_start(app: AppTest, store: Store):
    dataset_of(store, "github_issues")
    opened(app)
    assert not app.warning
    app.number_input(key="new_calls").set_value(150).run()
    [warning] = [each.value.replace("\\", "") for each in app.warning]
    assert (
        "7 of 104 validation rows and 25 of 104 test rows" in warning
        and "cannot be told from luck" in warning
    )
    assert "7 of 104" in "".join(each.proto.body for each in app.get("html"))


def test_a_cap_on_calls_is_in_the_estimate(app: AppTest, store: Store):
    dataset_of(store, "github_issues")
    opened(app)
    free = int(re.search(r"about ([\d,]+) lightweight", texts(app))[1].replace(",", ""))
    assert free > 1_000
    app.number_input(key="new_calls").set_value(600).run()
    assert "600 lightweight" in texts(app) and "as capped" in texts(app)


def test_caps_too_small_for_a_step_are_refused_in_a_sentence(app: AppTest, store: Store):
    dataset_of(store, "github_issues")
    opened(app)
    app.number_input(key="new_calls").set_value(5).run()
    assert "too few" in app.error[0].value
    assert start_button(app).disabled


def test_offline_models_say_that_they_are_none(app: AppTest, store: Store):
    dataset_of(store)
    opened(app)
    assert texts(app).count("No language model") == 2


def test_of_scored_answers_the_scorer_is_named_as_it_was_chosen(app: AppTest, folder):
    workspace = Workspace(folder)
    import_sample(workspace, sample("orders"))
    workspace.close()
    assert "Answers are scored by “the same but for case and spaces”." in texts(opened(app))


def test_a_missing_key_is_one_sentence_that_names_the_variable(app: AppTest, store: Store):
    dataset_of(store)
    opened(app)
    app.selectbox(key="new_heavyweight").select("anthropic:claude-sonnet-5-5").run()
    assert "ANTHROPIC_API_KEY" in texts(app)
    assert start_button(app).disabled
    app.button(key="new_run settings").click().run()
    assert not app.exception and app.title[0].value == "Settings"


def test_starting_makes_one_run_and_opens_it(app: AppTest, store: Store):
    dataset = dataset_of(store)
    opened(app)
    app.number_input(key="new_iterations").set_value(3)
    app.number_input(key="new_seed").set_value(7)
    start_button(app).click().run()
    assert not app.exception
    [run] = store.runs.all(dataset)
    assert (run.settings.iterations, run.settings.seed, run.settings.lightweight) == (3, 7, "offline:reader")
    assert app.title[0].value == "Runs"
    assert app.session_state["run"] == run.id


@pytest.mark.parametrize("first", [True, False])
def test_definitions_come_first_unless_they_are_turned_off(app: AppTest, store: Store, first: bool):
    dataset = dataset_of(store)
    opened(app)
    assert app.toggle(key="new_definitions").value is True
    app.toggle(key="new_definitions").set_value(first)
    start_button(app).click().run()
    [run] = store.runs.all(dataset)
    assert run.settings.definitions_first is first


@pytest.mark.parametrize("allowed", [False, True])
def test_canonical_rows_may_break_only_where_that_is_turned_on(app: AppTest, store: Store, allowed: bool):
    dataset = dataset_of(store)
    opened(app)
    if allowed:
        app.toggle(key="new_canonical_breaks").set_value(True)
    start_button(app).click().run()
    [run] = store.runs.all(dataset)
    assert run.settings.allow_canonical_breaks is allowed


def test_numbers_of_each_label_go_into_the_run_and_a_cap_that_cuts_them_is_said(app: AppTest, store: Store):
    dataset = dataset_of(store, "github_issues")
    opened(app)
    keys = ("new_rows_each", "new_mistakes_each", "new_correct_each")
    assert [app.number_input(key=key).value for key in keys] == [None] * 3
    app.number_input(key="new_rows_each").set_value(100)
    app.number_input(key="new_mistakes_each").set_value(10)
    app.number_input(key="new_correct_each").set_value(5).run()
    assert not app.info
    app.number_input(key="new_calls").set_value(600).run()
    assert "pays for" in app.info[0].value and "of the 100 rows of each label" in app.info[0].value
    start_button(app).click().run()
    [run] = store.runs.all(dataset)
    made = run.settings
    assert (made.rows_per_label, made.mistakes_per_label, made.correct_per_label) == (100, 10, 5)


def test_the_chosen_dataset_stays_chosen_after_the_start(app: AppTest, store: Store):
    dataset_of(store)
    other = dataset_of(store)
    opened(app)
    app.selectbox(key="dataset").select(other).run()
    start_button(app).click().run()
    assert app.title[0].value == "Runs"
    assert app.session_state["dataset"] == other
    assert [run.dataset_id for run in store.runs.all()] == [other]


def test_the_estimate_is_not_below_what_a_run_takes(app: AppTest, store: Store):
    dataset = dataset_of(store)
    opened(app)
    foreseen = int(re.search(r"about ([\d,]+) lightweight", texts(app))[1].replace(",", ""))
    start_button(app).click().run()
    [run] = store.runs.all(dataset)
    wait_for_runs(store)
    spent = store.runs.get(run.id).spend["lightweight"]
    assert 0 < spent.api + spent.cached <= foreseen


def test_a_second_press_of_the_same_button_makes_no_second_run(app: AppTest, store: Store):
    """It asks for the form once more, with a press on a button that is gone: each button starts one run."""
    dataset = dataset_of(store)
    opened(app)
    first = start_button(app).key
    start_button(app).click().run()
    app.switch_page(PAGE).run()
    assert app.title[0].value == "Runs"
    assert len(store.runs.all(dataset)) == 1
    app.session_state["start"].when -= 60
    app.switch_page(PAGE).run()
    assert app.title[0].value == "New run" and start_button(app).key != first


def test_two_presses_carried_out_at_once_make_one_run(monkeypatch: pytest.MonkeyPatch):
    """As Streamlit's fast reruns do it: the second is drawn while the first is still starting its run."""
    monkeypatch.setattr(Start, "open", lambda self: None)
    made, start = [], Start()

    def slowly() -> str:
        time.sleep(0.1)
        made.append("run")
        return "run"

    presses = [threading.Thread(target=start.carry_out, args=(slowly, "this run")) for _ in range(3)]
    for press in presses:
        press.start()
    for press in presses:
        press.join()
    assert made == ["run"]


def test_two_tabs_that_start_the_same_make_one_run_and_a_second_one_if_asked_again(
    folder: Path, store: Store
):
    dataset = dataset_of(store)
    first, second = (opened(AppTest.from_file(APP, default_timeout=30)) for _ in range(2))
    start_button(first).click().run()
    start_button(second).click().run()
    assert first.title[0].value == second.title[0].value == "Runs"
    [run] = store.runs.all(dataset)
    assert first.session_state["run"] == second.session_state["run"] == run.id
    [said] = [each.value for each in second.toast if "another tab" in each.value]
    assert len(said) <= 104, "Streamlit folds the end of a longer one away, which says what to do"
    second.session_state["start"].when -= 60
    second.switch_page(PAGE).run()
    start_button(second).click().run()
    assert len(store.runs.all(dataset)) == 2


@pytest.mark.parametrize("what", ["other settings", "the settings"])
def test_other_settings_and_the_same_ones_later_are_another_run(what: str):
    now, runs = [0.0], iter(["Run 1", "Run 2"])
    starts = RecentStarts(lambda: now[0])
    assert starts.once("a tab", "the settings", lambda: next(runs)) == ("Run 1", True)
    assert starts.once("another", "the settings", lambda: next(runs)) == ("Run 1", False)
    now[0] += SAME_MOMENT if what == "the settings" else 0
    assert starts.once("a third", what, lambda: next(runs)) == ("Run 2", True)


def test_read_only_starts_nothing(app: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch):
    dataset_of(store)
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    opened(app)
    assert start_button(app).disabled
    assert "read-only" in texts(app)


# ---- money, minutes, and what caps pay for

PAIR = {"new_lightweight": "openai:gpt-6-luna", "new_heavyweight": "openai:gpt-6.1-sol"}


@pytest.fixture
def keyed(monkeypatch: pytest.MonkeyPatch, app: AppTest) -> AppTest:
    """Nothing is called: the form only looks whether models could be."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-of-the-form-0001")
    return app


def choose_pair(app: AppTest) -> AppTest:
    for key, name in PAIR.items():
        app.selectbox(key=key).select(name)
    app.run()
    assert not app.exception
    return app


def test_the_offline_pair_is_free(app: AppTest, store: Store):
    dataset_of(store)
    assert "Free." in texts(opened(app)) and "nothing is sent" in texts(app)


def test_money_and_minutes_are_foreseen(keyed: AppTest, store: Store):
    dataset_of(store, "github_issues")
    choose_pair(opened(keyed))
    low, high = (
        float(amount) for amount in re.search(r"\$(\d+\.\d+) to \$(\d+\.\d+);", texts(keyed)).groups()
    )
    assert 0 < low < high < 10
    assert re.search(r"About \d+ min, 16 calls at a time", texts(keyed))
    assert "16 calls" in texts(keyed) and not start_button(keyed).disabled


def test_a_cap_says_how_many_steps_it_buys(keyed: AppTest, store: Store):
    dataset_of(store, "github_issues")
    choose_pair(opened(keyed))
    keyed.number_input(key="new_usd").set_value(0.4).run()
    bought = int(re.search(r"This buys about (\d+) of 8 steps", texts(keyed))[1])
    assert 0 < bought < 8
    keyed.number_input(key="new_usd").set_value(0.01).run()
    assert "before its first step" in keyed.warning[0].value


def test_a_cap_in_dollars_needs_prices_and_says_where_to_enter_them(
    keyed: AppTest, store: Store, folder: Path
):
    (folder / "models.toml").write_text('[models."openai:strange"]\nnote = "no price"\n')
    dataset_of(store)
    opened(keyed)
    keyed.selectbox(key="new_lightweight").select("openai:strange").run()
    assert "no price for openai:strange" in texts(keyed) and not start_button(keyed).disabled
    keyed.number_input(key="new_usd").set_value(1.0).run()
    assert "price of openai:strange is unknown" in texts(keyed) and start_button(keyed).disabled
    keyed.button(key="enter_price").click().run()
    assert not keyed.exception and keyed.title[0].value == "Settings"
    keyed.switch_page("start/settings.py")  # AppTest forgets where a script has switched to
    keyed.query_params["part"] = "Custom rules"
    keyed.run()
    assert '[prices."openai:strange"]' in keyed.text_area(key="rules").value
    keyed.button(key="save_rules").click().run()
    assert "not valid TOML" in texts(keyed), "a price left open is not written"


def test_what_a_model_costs_and_how_a_reply_begins_is_said_before_it_is_chosen(keyed: AppTest, store: Store):
    dataset_of(store)
    choose_pair(opened(keyed))
    assert "$0.10 in, $0.50 out per million tokens" in texts(keyed)
    assert texts(keyed).count("asked for by an instruction") == 1, "of the lightweight model"


def test_a_model_near_its_end_is_marked(keyed: AppTest, store: Store, folder: Path):
    soon = date.today() + timedelta(days=5)
    (folder / "models.toml").write_text(
        f'[models."openai:old"]\nretires = {soon}\n[models."openai:gone"]\nretires = 2026-01-01\n'
    )
    dataset_of(store)
    opened(keyed)
    keyed.selectbox(key="new_lightweight").select("openai:old").run()
    assert f"stops answering on {soon}, in 5 days" in texts(keyed)
    keyed.selectbox(key="new_lightweight").select("openai:gone").run()
    assert "stopped answering on 2026-01-01: choose another one" in texts(keyed)


def test_the_first_request_can_be_read_and_seen_as_sent_before_the_run(app: AppTest, store: Store):
    dataset_of(store, "github_issues")
    opened(app)
    assert not any("<mistake>" in each.value for each in app.code)
    app.text_input(key="new_purpose").set_value("Issues of a tool.")
    app.session_state["first_request"] = True
    app.run()
    assert not app.exception
    sent = [each.value for each in app.code if "<mistake>" in each.value]
    assert len(sent) == 2 and '"model": "editor"' in sent[1]
    assert all("<purpose>Issues of a tool.</purpose>" in each for each in sent)
    assert "As far as it is known now." in texts(app)


# ---- what it begins with

FORM = "First give a short reason in one sentence. Then end with your answer in this form: <label>the label</label>"


def begun(app: AppTest, store: Store, dataset: str):
    """The settings of the run that the form now starts."""
    start_button(app).click().run()
    assert not app.exception and not app.error
    return store.runs.all(dataset)[0].settings


def own(app: AppTest, text: str) -> AppTest:
    app.segmented_control(key="starting").set_value("own").run()
    app.text_area(key="own_prompt").set_value(text).run()
    assert not app.exception
    return app


def test_made_from_the_labels_it_offers_its_lines_to_lock_the_answer_form_first(app: AppTest, store: Store):
    dataset = dataset_of(store)
    opened(app)
    [locks] = [each for each in app.multiselect if each.label == "Locked lines"]
    assert locks.options[0] == FORM and locks.value == []
    locks.set_value([FORM]).run()
    settings = begun(app, store, dataset)
    assert (settings.start, settings.locked, settings.branch) == (None, (FORM,), None)


def test_a_pasted_prompt_is_previewed_by_field_and_as_it_is_sent_and_the_run_begins_with_it(
    app: AppTest, store: Store
):
    dataset = dataset_of(store)
    opened(app)
    app.segmented_control(key="starting").set_value("own").run()
    assert start_button(app).disabled, "there is nothing to begin with yet"
    own(app, "Sort <b>issues</b>.\n\nIssue: {{ text }}")
    assert [each.value for each in app.code][:2] == ["Sort <b>issues</b>.", "Issue: "]
    assert "a sentence that does was added" in texts(app)
    assert any("does not name any label" in each.value for each in app.warning)
    app.segmented_control(key="start_view").set_value("As it is sent").run()
    assert any(each.value.startswith("Issue: (the text to classify)") for each in app.code)
    settings = begun(app, store, dataset)
    assert settings.start.system_prompt == "Sort <b>issues</b>."
    assert settings.start.user_prompt_suffix == "\n\n" + FORM


def test_a_pasted_prompt_that_cannot_be_meant_is_one_sentence_and_starts_nothing(app: AppTest, store: Store):
    dataset_of(store)
    own(opened(app), "{{text}} for {{product}}")
    assert len(app.error) == 1 and "several placeholders" in app.error[0].value.replace("\\", "")
    assert start_button(app).disabled


def test_an_uploaded_file_stands_in_the_field(app: AppTest, store: Store):
    dataset_of(store)
    opened(app).segmented_control(key="starting").set_value("own").run()
    app.file_uploader(key="own_prompt_file").set_value(
        ("p.txt", b"\xef\xbb\xbfBug? {text}", "text/plain")
    ).run()
    assert app.text_area(key="own_prompt").value == "Bug? {text}"
    app.file_uploader(key="own_prompt_file").set_value(("p.txt", b"\xff\xfe\x00", "text/plain")).run()
    assert "not UTF-8" in app.error[0].value


def test_the_champion_and_any_step_can_be_begun_with_and_the_run_records_where(app: AppTest, store: Store):
    dataset = dataset_of(store)
    opened(app)
    assert [each.label for each in app.selectbox if each.label == "Step"] == []
    app.number_input(key="new_iterations").set_value(1)
    start_button(app).click().run()
    [first] = store.runs.all(dataset)
    wait_for_runs(store)
    step = store.steps.get(first.id, 0)
    store.champions.adopt(dataset, step.prompt, "offline:reader", first.id, 0)
    app.session_state["start"].when -= 60
    app.switch_page(PAGE).run()
    app.segmented_control(key="starting").set_value("step").run()
    app.selectbox(key="start_step_" + first.id).select(0).run()
    assert not app.exception
    settings = begun(app, store, dataset)
    assert (settings.start, settings.branch) == (step.prompt, Branch(first.id, 0))
    app.session_state["start"].when -= 60
    app.switch_page(PAGE).run()
    app.segmented_control(key="starting").set_value("champion").run()
    assert begun(app, store, dataset).branch == Branch(first.id, 0)
