"""The playground's other half: sides beside each other, drafts, what-if switches, feedback, files,
history."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.jobs.file_job import DONE, RUNNING, Upload
from core.prompts.files import PromptFile, to_json
from core.services.file_jobs import FileJobs
from core.services.playground import PromptedModel
from core.store.feedback.records import CORRECTION, POSITIVE, Feedback, FeedbackRule, State
from core.store.records import Change
from core.store.store import Store
from core.types import PROMPT_FIELDS
from core.workspace import Workspace
from pages.ui.playground.feedback import in_words
from tests.pages.conftest import choose_row, diff_of
from tests.pages.made import dataset_of
from tests.pages.test_playground_page import TOLD, alone, asked, html, opened


@pytest.fixture
def dataset(store: Store) -> str:
    """With a champion, and rules that take all feedback."""
    dataset = dataset_of(store)
    store.champions.adopt(dataset, TOLD, "offline:reader")
    for kind in (POSITIVE, CORRECTION):
        store.rules.save(FeedbackRule("", dataset, kind))
    return dataset


def label_of(app: AppTest) -> list[str]:
    bodies = [element.proto.body for element in app.get("html")]
    return [
        body.split(">")[1].removesuffix("</span")
        for body in bodies
        if "word-diff" not in body and "<style" not in body
    ]


def captions(app: AppTest) -> list[str]:
    return [caption.value.replace("\\", "") for caption in app.caption]


def button(app: AppTest, start: str):
    return next(each for each in app.button if each.key and each.key.startswith(start))


def test_another_prompt_answers_beside_the_first_and_can_be_taken_away(app: AppTest, dataset: str):
    opened(app)
    asked(app, "a crash at start")
    assert label_of(app)[0] == "bug" and len(label_of(app)) == 2
    app.button(key="less B").click().run()
    assert not app.exception and len(label_of(app)) == 1, "its own stays"
    assert [box.key for box in app.selectbox if box.label == "Prompt"] == ["whose_prompt"]


def test_one_more_prompt_leaves_the_answers_of_the_others(app: AppTest, dataset: str):
    asked(opened(app), "a crash at start")
    app.button(key="more_sides").click().run()
    assert not app.exception and len(label_of(app)) == 2 and "C has not been asked yet." in captions(app)
    app.text_area(key="playground_text").set_value("a typo").run()
    assert not html(app), "an answer never stands beside another question"


def test_what_the_rows_had_already_is_not_said_to_have_come():
    given = Feedback("f", "d", "p", 0.0, "", 1.0, "", "", State.APPLIED, why="“x” had that label already")
    assert in_words(given) == "You said: right. “x” had that label already."
    assert "in the rows of the dataset now. “x” added" in in_words(replace(given, why="“x” added as “bug”"))


def test_several_texts_and_sides_become_one_table(app: AppTest, dataset: str):
    opened(app)
    app.segmented_control(key="playground_kind").set_value("One text per line").run()
    asked(app, "typo in the tutorial\na crash at start")
    assert list(app.dataframe[0].value.columns) == ["Text", "A · Champion", "B · Starting prompt"]
    assert any("predicted differently" in caption.value for caption in app.caption)
    choose_row(app, "A · Champion", 1)
    assert not app.exception and label_of(app)[0] == "bug" and len(label_of(app)) == 2


def test_a_draft_answers_as_typed_and_shows_what_differs(app: AppTest, store: Store, dataset: str):
    alone(app)
    app.toggle(key="edit").set_value(True).run()
    field = next(area for area in app.text_area if area.label == "System prompt")
    assert field.value == TOLD.system_prompt
    field.set_value(TOLD.system_prompt.replace("crash", "banana")).run()
    assert "+- bug: banana" in diff_of(app)
    asked(app, "a banana at start")
    assert label_of(app) == ["bug"]
    assert store.champions.current(dataset).prompt == TOLD, "what it came from stays"
    app.button(key="start_over").click().run()
    assert [area.value for area in app.text_area if area.label != "Text"] == [
        getattr(TOLD, field) for field in PROMPT_FIELDS
    ]


def test_a_draft_is_scored_against_the_champion_after_its_price_was_told(
    app: AppTest, store: Store, dataset: str
):
    alone(app)
    app.toggle(key="edit").set_value(True).run()
    assert any("against the champion" in caption.value and "free" in caption.value for caption in app.caption)
    next(area for area in app.text_area if area.label == "System prompt").set_value("Classify.").run()
    app.button(key="score").click().run()
    assert not app.exception
    assert any(text.value.startswith("Against the champion: ") for text in app.text)
    next(area for area in app.text_area if area.label == "System prompt").set_value("Classify!").run()
    assert not any(text.value.startswith("Against the champion") for text in app.text), (
        "a score is of that very draft"
    )


def test_what_if_similar_rows_are_shown_with_their_similarity(app: AppTest, dataset: str):
    opened(app)
    app.segmented_control(key="what_examples").set_value("Similar rows").run()
    app.slider(key="what_k").set_value(2).run()
    asked(app, "fix bug in documentation")
    table = next(frame.value for frame in app.dataframe if "Similarity" in frame.value.columns)
    assert len(table) == 2 and list(table["Similarity"]) == sorted(table["Similarity"], reverse=True)
    assert any(caption.startswith("What if: 2 similar rows") for caption in captions(app))
    app.session_state["exact"] = True
    app.run()
    shown = [code.value for code in app.code]
    assert any(table["Text"].iloc[0] in value for value in shown), (
        "the request shown has the rows that are sent"
    )


def test_what_if_the_reply_began_otherwise(app: AppTest, dataset: str):
    opened(app)
    app.segmented_control(key="what_prefix").set_value("Another").run()
    app.text_input(key="what_prefix_text").set_value("It is: ").run()
    app.session_state["exact"] = True
    app.run()
    assert "It is:" in [code.value.strip() for code in app.code]


def test_right_is_one_press_and_what_became_of_it_is_said(app: AppTest, store: Store, dataset: str):
    asked(opened(app), "an utterly new crash")
    button(app, "right ").click().run()
    [said] = store.feedback.all(dataset)
    assert (said.score, said.state) == (1.0, State.APPLIED) and html(app), "the answer stays"
    assert any("You said: right" in caption for caption in captions(app))
    assert store.rows.one(dataset, said.example_id).label == "bug"


def test_right_can_be_undone_and_said_again(app: AppTest, store: Store, dataset: str):
    asked(opened(app), "an utterly new crash")
    rows = store.datasets.info(dataset).rows
    button(app, "right ").click().run()
    button(app, "undo ").click().run()
    [said] = store.feedback.all(dataset)
    assert said.state == State.DISCARDED and store.datasets.info(dataset).rows == rows
    button(app, "right ").click().run()
    assert not app.exception and store.feedback.all(dataset)[0].state == State.INBOX


def test_the_last_word_is_shown_and_counts_alone(app: AppTest, store: Store, dataset: str):
    asked(opened(app), "an utterly new crash")
    for press in ("right ", "wrong ", "wrong "):
        button(app, press).click().run()
    assert any("You said: wrong" in caption for caption in captions(app))
    [said] = [each for each in store.feedback.all(dataset) if each.state != State.DISCARDED]
    assert said.score == 0.0


def test_a_correction_takes_what_is_typed_at_the_press(app: AppTest, store: Store, dataset: str):
    asked(opened(app), "an utterly new crash")
    button(app, "send ").click().run()
    assert (
        any("Choose the right label" in error.value for error in app.error)
        and store.feedback.all(dataset) == ()
    )
    next(box for box in app.selectbox if box.label == "The right label").select("documentation")
    next(field for field in app.text_input if field.label.startswith("Why")).set_value("it is *about* docs")
    button(app, "send ").click().run()  # typed and pressed in one go
    [said] = store.feedback.all(dataset)
    row = store.rows.one(dataset, said.example_id)
    assert (row.text, row.label, row.note) == ("an utterly new crash", "documentation", "it is *about* docs")


def test_an_entry_of_the_history_is_opened_again_with_its_draft(app: AppTest, store: Store, dataset: str):
    alone(app)
    app.toggle(key="edit").set_value(True).run()
    next(area for area in app.text_area if area.label == "System prompt").set_value(
        "- documentation: banana"
    ).run()
    asked(app, "a banana")
    app.toggle(key="edit").set_value(False).run()
    asked(app, "another text")
    app.session_state["history"] = True
    app.run()
    table = next(frame.value for frame in app.dataframe if "Judged" in frame.value.columns)
    assert list(table["Text"]) == ["another text", "a banana"]
    choose_row(app, "Judged", 1)
    assert not app.exception
    button(app, "again ").click().run()
    assert not app.exception and app.text_area(key="playground_text").value == "a banana"
    app.session_state["exact"] = True
    app.run()
    assert app.code[0].value == "- documentation: banana" or any(
        code.value == "- documentation: banana" for code in app.code
    )


def test_an_answer_may_stand_above_and_in_the_history_at_once(app: AppTest, store: Store, dataset: str):
    asked(alone(app), "an utterly new crash")
    app.session_state["history"] = True
    app.run()
    choose_row(app, "Judged", 0)
    assert (
        not app.exception
        and len([each for each in app.button if each.key and each.key.startswith("right ")]) == 2
    )
    next(
        each
        for each in app.button
        if each.key and each.key.startswith("right ") and each.key.endswith("history")
    ).click().run()
    assert not app.exception and len(store.feedback.all(dataset)) == 1


def test_a_prompt_file_can_be_asked(app: AppTest, store: Store, dataset: str):
    alone(app)
    names = store.datasets.info(dataset).labels.names
    app.selectbox(key="whose_prompt").select("file").run()
    assert app.button(key="classify").disabled
    app.session_state["prompt_file read"] = (
        "p.json",
        to_json(PromptFile(TOLD, names, "offline:reader")).encode(),
    )
    asked(app.run(), "a crash at start")
    assert label_of(app) == ["bug"]
    app.session_state["prompt_file read"] = "p.json", b"{nonsense"
    app.run()
    assert not app.exception and app.error and app.button(key="classify").disabled


def test_a_file_stands_there_with_its_rows_and_takes_feedback(
    app: AppTest, store: Store, dataset: str, folder: Path
):
    with_file = Workspace(folder, {})
    names = store.datasets.info(dataset).labels.names
    job = FileJobs(with_file).start(
        dataset,
        Upload("evil *<b>.csv", b"text\nan utterly new crash\n,\n"),
        PromptedModel(TOLD, names, "offline:reader"),
    )
    while FileJobs(with_file).status(job).state == RUNNING:
        time.sleep(0.02)
    assert FileJobs(with_file).status(job).state == DONE
    opened(app)
    app.segmented_control(key="playground_kind").set_value("A file").run()
    assert not app.exception and "<b>" not in "".join(each.value for each in app.markdown).replace(
        "\\<b\\>", ""
    )
    app.session_state["rows " + job] = True
    app.run()
    choose_row(app, "Reason", 0)
    assert not app.exception and store.answers.page(dataset).total == 0
    button(app, "right ").click().run()
    [said] = store.feedback.all(dataset)
    assert said.prediction_id == job + "-0" and said.state == State.APPLIED
    assert store.answers.get(said.prediction_id).source == "file"
    with_file.close()


def test_shown_read_only_nothing_is_kept_or_judged(
    app: AppTest, store: Store, dataset: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    asked(alone(app), "a crash at start")
    assert label_of(app) == ["bug"] and store.answers.page(dataset).total == 0
    assert not any(each.key and each.key.startswith("right ") for each in app.button)
    app.segmented_control(key="playground_kind").set_value("A file").run()
    assert not app.exception and not app.get("file_uploader")


def test_a_prompt_chosen_for_one_dataset_is_no_choice_for_another(app: AppTest, store: Store, dataset: str):
    other = dataset_of(store)
    app.query_params["dataset"] = dataset
    opened(app)
    assert app.selectbox(key="whose_prompt").value == "champion"
    app.selectbox(key="dataset").select(other).run()
    assert not app.exception and app.selectbox(key="whose_prompt").value == "starting"


def test_examples_of_a_draft_are_chosen_by_hand_taken_from_canonical_rows_or_similar(
    app: AppTest, store: Store, dataset: str
):
    row, held_out = store.datasets.get(dataset).examples[:2]
    store.edits.change(dataset, [Change(row.id, "canonical", True), Change(held_out.id, "canonical", True)])
    store.rows.assign_splits(dataset, {held_out.id: "test"})
    opened(app)
    app.toggle(key="edit").set_value(True).run()
    [strategy] = [each for each in app.segmented_control if each.label == "Examples in the prompt"]
    strategy.set_value("fixed").run()
    [take] = [each for each in app.button if each.label == "Use the canonical rows"]
    take.click().run()
    assert not app.exception
    changes = diff_of(app)
    assert (
        f"+{row.label}: {row.text}" in changes
        and "+strategy: fixed" in changes
        and held_out.text not in changes
    )
    asked(app, "a crash at start")
    app.session_state["exact"] = True
    app.run()
    sent = [code.value for code in app.code]
    assert f"<label>{row.label}</label>" in sent and any(row.text in code for code in sent)
    [strategy] = [each for each in app.segmented_control if each.label == "Examples in the prompt"]
    strategy.set_value("similar").run()
    assert not app.exception and "+strategy: similar" in diff_of(app)
    app.button(key="start_over").click().run()
    assert not app.exception and any(caption.value == "Nothing yet." for caption in app.caption)
