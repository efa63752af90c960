"""The playground: text in, label and reason out, the request in sight."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.prompts.render import render
from core.prompts.starting_prompt import starting_prompt
from core.store.store import Store
from core.types import Dataset, Example, LabelSet, Prompt, Result, Settings, TextTemplate
from pages.ui.row_panel.state import OPENED
from tests.pages.conftest import choose_row
from tests.pages.made import dataset_of, run_of

PAGE = "use/playground.py"
TOLD_LABELS = ("bug", "documentation")
TOLD = starting_prompt(
    LabelSet(
        ("bug", "documentation"), {"documentation": "docs, documentation, tutorial", "bug": "crash, error"}
    )
)


def opened(app: AppTest) -> AppTest:
    app.run().switch_page(PAGE).run()
    assert not app.exception
    return app


def alone(app: AppTest) -> AppTest:
    """With one prompt only."""
    app.session_state["play_sides"] = "A"
    return opened(app)


def asked(app: AppTest, text: str) -> AppTest:
    app.text_area(key="playground_text").input(text).run()
    app.button(key="classify").click().run()
    assert not app.exception
    return app


def html(app: AppTest) -> str:
    return "".join(body for body in (each.proto.body for each in app.get("html")) if "<style" not in body)


def test_without_data_it_says_where_to_begin(app: AppTest, store: Store):
    opened(app)
    app.button(key="to_overview").click().run()
    assert not app.exception and "Playground" not in [title.value for title in app.title]


def test_the_champion_labels_a_text_and_gives_its_reason(app: AppTest, store: Store):
    dataset = dataset_of(store)
    store.champions.adopt(dataset, TOLD, "offline:reader")
    asked(opened(app), "address bug in documentation")
    assert app.selectbox(key="whose_prompt").value == "champion"
    assert ">documentation</span>" in html(app)
    assert any("documentation" in text.value for text in app.text)


def test_a_text_of_several_fields_has_a_box_for_each(app: AppTest, store: Store):
    form = TextTemplate(("issue_title", "body"), "{issue_title}: {body}")
    rows = tuple(Example(f"r{n}", f"{n}: text", TOLD_LABELS[n % 2]) for n in range(4))
    dataset = store.datasets.add(Dataset("mail", LabelSet(TOLD_LABELS), rows, template=form), "test")
    store.champions.adopt(dataset, TOLD, "offline:reader")
    alone(app)
    title, body = app.text_area
    assert (title.label, body.label) == ("Issue title", "Body")
    title.input("a crash {body}")
    body.input(" at start ").run()
    app.button(key="classify").click().run()
    assert not app.exception and ">bug</span>" in html(app)
    assert [each.text for each in store.answers.page(dataset).answers] == ["a crash {body}: at start"]


def test_the_exact_request_is_shown_before_it_is_sent(app: AppTest, store: Store):
    dataset = dataset_of(store)
    opened(app)
    app.text_area(key="playground_text").input("Fix <b>docs</b>").run()
    app.session_state["exact"] = True
    app.run()
    shown = [code.value for code in app.code]
    messages = render(starting_prompt(store.datasets.get(dataset).labels), "Fix <b>docs</b>")
    assert [message.content.strip() for message in messages] == shown[
        : len(messages)
    ]  # st.code takes outer blanks off
    assert "Fix <b>docs</b>" in json.dumps(json.loads(shown[-1]))


def test_the_prompt_of_any_step_can_be_chosen(app: AppTest, store: Store):
    dataset = dataset_of(store)
    run_id = run_of(store, dataset)
    opened(app)
    app.selectbox(key="whose_prompt").select(run_id).run()
    app.selectbox(key="playground_step_" + run_id).select(2).run()
    app.session_state["exact"] = True
    app.run()
    assert app.code[0].value == store.steps.get(run_id, 2).candidate.system_prompt.strip()


def test_several_texts_become_a_table(app: AppTest, store: Store):
    store.champions.adopt(dataset_of(store), TOLD, "offline:reader")
    alone(app)
    app.segmented_control(key="playground_kind").set_value("One text per line").run()
    asked(app, "typo in the tutorial\n\n  a crash at start  ")
    table = app.dataframe[0].value
    assert list(table["Text"]) == ["typo in the tutorial", "a crash at start"]
    assert [list(label) for label in table["Label"]] == [["documentation"], ["bug"]]


def test_an_answer_never_stands_beside_another_text(app: AppTest, store: Store):
    store.champions.adopt(dataset_of(store), TOLD, "offline:reader")
    asked(opened(app), "a crash at start")
    assert html(app)
    app.text_area(key="playground_text").input("something else").run()
    assert not html(app)


def test_a_label_is_never_markup(app: AppTest, store: Store):
    evil = "<img src=http://x/y.png>"
    rows = tuple(
        Example(str(n), text, label) for n, (text, label) in enumerate([("crash", evil), ("docs", "b")] * 4)
    )
    dataset = store.datasets.add(Dataset("Evil", LabelSet((evil, "b")), rows), origin="test")
    prompt = Prompt("Labels: " + evil + ", b.\n- " + evil + ": crash", "", "\n<label>…</label>")
    store.champions.adopt(dataset, prompt, "offline:reader")
    asked(opened(app), "crash")
    assert "<img" not in html(app)


def test_a_missing_key_is_one_sentence(app: AppTest, store: Store):
    dataset_of(store)
    opened(app)
    model = next(box for box in app.selectbox if box.label == "Lightweight model")
    model.select("openai:gpt-6-luna").run()
    captions = "\n".join(caption.value for caption in app.caption).replace("\\", "")
    assert captions.count("OPENAI_API_KEY") == 1 and "The model cannot be asked yet" in captions
    assert app.button(key="classify").disabled
    app.session_state["exact"] = True
    app.run()
    assert not app.error and json.loads(app.code[-1].value)["model"] == "gpt-6-luna", (
        "to read it takes no key"
    )


def test_read_only_still_answers_with_the_offline_reader(
    app: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
):
    store.champions.adopt(dataset_of(store), TOLD, "offline:reader")
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    asked(opened(app), "a crash at start")
    assert ">bug</span>" in html(app)


def test_the_raw_reply_is_there_for_one_text_and_for_each_of_several(app: AppTest, store: Store):
    store.champions.adopt(dataset_of(store), TOLD, "offline:reader")
    asked(alone(app), "a crash at start")
    assert any("<label>bug</label>" in code.value for code in app.code)
    app.segmented_control(key="playground_kind").set_value("One text per line").run()
    asked(app, "typo in the tutorial\na crash at start")
    assert not any("<label>" in code.value for code in app.code)
    choose_row(app, "Reason", 0)
    assert any("<label>documentation</label>" in code.value for code in app.code)


def test_the_best_prompt_stands_beside_the_starting_one_and_a_row_to_try_asks_both(
    app: AppTest, store: Store
):
    dataset = dataset_of(store)
    assert opened(app).button(key="classify") and "whose_prompt B" not in app.session_state
    store.champions.adopt(dataset, TOLD, "offline:reader")
    opened(app)
    assert [app.selectbox(key="whose_prompt" + slot).value for slot in ("", " B")] == ["champion", "starting"]
    app.button(key="example_0").click().run()
    assert not app.exception and html(app).count("</span>") == 2
    assert app.text_area(key="playground_text").value in {row.text for row in store.rows.page(dataset).rows}


def test_without_a_champion_it_opens_on_the_run_that_is_best_not_on_the_newest(app: AppTest, store: Store):
    dataset, found_nothing = (
        dataset_of(store, "github_issues"),
        lambda made: (_stayed(event) for event in made),
    )
    best = run_of(store, dataset, "Better")
    run_of(store, dataset, "Newest", ends=found_nothing)
    box = opened(app).selectbox(key="whose_prompt")
    assert box.value == best and box.options[:2] == ["Better", "Newest"]


def _stayed(event):
    """The result of a run that kept its starting prompt."""
    return replace(event, best=event.baseline) if isinstance(event, Result) else event


def test_benchmark_runs_are_folded_beside_others(app: AppTest, store: Store):
    dataset = dataset_of(store)
    run_of(store, dataset, "Mine")
    bench = store.runs.create(dataset, Settings(), "Pair", benchmark=store.benchmarks.create("B", "{}"))
    store.leases.claim(bench, "me")
    store.steps.save(bench, store.steps.get(store.runs.all(dataset)[1].id, 0))
    opened(app)
    offered = app.selectbox(key="whose_prompt").options
    assert "Mine" in offered and "Pair" not in offered


def test_an_answer_whose_text_is_a_row_opens_the_row(app: AppTest, store: Store):
    dataset = dataset_of(store)
    row = store.datasets.get(dataset).examples[0]
    asked(alone(app), "no row has this text")
    assert not [each for each in app.button if each.key.startswith("row ")]
    asked(app, row.text)
    next(each for each in app.button if each.key.startswith("row ")).click().run()
    assert not app.exception and app.session_state[OPENED].row_id == row.id
