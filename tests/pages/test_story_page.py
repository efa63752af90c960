"""The story of a run on its page, and presenter mode."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import ModelRefused
from core.store.store import Store
from core.types import Prompt, Settings, Step
from tests.pages.conftest import open_page, words_of
from tests.pages.made import dataset_of, failing_after, run_of

PAGE = "tune/runs.py"


def presented(app: AppTest, **address: str) -> AppTest:
    return open_page(app, PAGE, present="1", **address)


def drawn(app: AppTest) -> str:
    return "".join(element.proto.body for element in app.get("html"))


def address(app: AppTest, key: str) -> str:
    value = app.query_params.get(key, "")
    return value[0] if isinstance(value, list) else value


def keys_of(app: AppTest) -> set[str]:
    return {button.key for button in app.button}


@pytest.fixture
def run_id(store: Store) -> str:
    return run_of(store, dataset_of(store, "github_issues"))


def test_the_story_opens_at_the_step_that_brought_most(app: AppTest, run_id: str):
    open_page(app, PAGE)
    assert "Step 1" in words_of(app) and "mistakes fixed" in drawn(app)
    assert "Most of it came with step 1: " in drawn(app)
    assert "Anything about docs is documentation" in drawn(app)


def test_no_step_brought_most_where_none_gained(app: AppTest, store: Store):
    def gaining_nothing(made):
        start = None
        for event in made:
            start = start or event.validation
            yield replace(event, validation=start) if isinstance(event, Step) else event

    run_of(store, dataset_of(store, "github_issues"), ends=gaining_nothing)
    open_page(app, PAGE)
    assert "Step 1" in words_of(app) and "Most of it came" not in drawn(app)
    assert not [each for each in app.markdown if "Brought the most" in each.value]


def test_an_export_begins_with_the_text_and_has_a_model_for_every_format(app: AppTest, run_id: str):
    open_page(app, PAGE)
    app.button(key="export_story").click().run()
    assert "{{text}}" in app.code[-1].value
    app.session_state["export_format"] = "openai-batch"
    app.button(key="export_story").click().run()
    assert not app.info and '"custom_id"' in app.code[-1].value
    assert "Tuned for offline" in words_of(app)


def test_back_and_next_go_from_step_to_step_and_to_the_best_prompt(app: AppTest, run_id: str):
    presented(app, step="2")
    assert any("stSidebar" in each.proto.body for each in app.get("html")), (
        "hidden: Streamlit leaves it, empty"
    )
    app.button(key="story_back").click().run()
    assert address(app, "step") == "1"
    for _ in range(2):
        app.button(key="story_next").click().run()
    assert address(app, "step") == "end" and "Try a sentence" in words_of(app)
    app.button(key="story_next").click().run()  # there is nothing after it
    assert address(app, "step") == "end" and not app.exception


def test_the_start_shows_the_prompt_that_the_run_was_given(app: AppTest, store: Store):
    own = Prompt("Sort issues.", "Issue: ", "", "")
    run_of(store, dataset_of(store, "github_issues"), settings=Settings(start=own))
    presented(app, step="0")
    assert "Start: the prompt that the run was given" in [each.value for each in app.subheader]
    assert '<pre class="prompt"' in drawn(app)


def test_a_sentence_is_classified_by_both_prompts(app: AppTest, run_id: str):
    presented(app, step="end")
    app.text_input(key="story_text").set_value("fix bug in the docs")
    next(button for button in app.button if button.label == "Classify").click().run()
    assert drawn(app).count('class="answer"') == 2 and not app.exception


def test_playing_goes_through_the_steps_from_the_start(app: AppTest, run_id: str):
    presented(app)
    app.button(key="story_play").click().run()
    assert "Start" in words_of(app) and app.button(key="story_play").label == "Pause"
    app.button(key="story_play").click().run()
    assert app.button(key="story_play").label == "Play"


def test_presenting_shows_no_control_that_is_disabled_and_no_sidebar(
    app: AppTest, run_id: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    presented(app)
    widgets = [*app.button, *app.text_input, *app.selectbox]
    assert widgets and not any(widget.disabled for widget in widgets)
    assert not app.sidebar.selectbox and "leave_presenting" in keys_of(app)
    app.button(key="leave_presenting").click().run()
    assert "present" not in app.query_params and app.sidebar.selectbox


def test_a_read_only_workspace_opens_on_the_story(app: AppTest, run_id: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    app.run()
    assert address(app, "present") == "1" and "mistakes fixed" in drawn(app)
    app.button(key="leave_presenting").click().run()
    app.switch_page("start/overview.py").run()  # and the other pages are there
    assert app.title[0].value == "GitHub issues"


def test_a_run_that_failed_after_its_start_has_a_story_too(app: AppTest, store: Store):
    ends = failing_after(1, ModelRefused("The key was refused: check it."))
    run_of(store, dataset_of(store, "github_issues"), ends=ends)
    presented(app)
    assert "The key was refused" in words_of(app).replace("\\", "") and not app.exception


def test_a_run_of_nothing_says_how_to_get_a_story(app: AppTest, store: Store):
    run_of(store, dataset_of(store), ends=failing_after(0, ModelRefused("No.")), settings=Settings())
    presented(app)
    assert "Nothing to present yet" in words_of(app)


def test_a_step_chosen_on_steps_after_the_story_stays_chosen(app: AppTest, store: Store):
    dataset = dataset_of(store)
    for _ in range(2):
        run_of(store, dataset)
    open_page(app, "tune/runs.py", view="story", step="2")
    app.segmented_control(key="view").set_value("steps").run()
    app.selectbox(key="step").set_value(1).run()
    for page in ("tune/compare.py", "tune/runs.py"):
        app.query_params.clear()
        app.switch_page(page).run()
    assert app.selectbox(key="step").value == 1
