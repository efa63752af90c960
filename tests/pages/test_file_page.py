"""The playground's files: how one went, by which prompt; what stands in the way of one, and what a batch does."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.jobs.file_job import RUNNING, Upload
from core.services.file_jobs import FileJobs
from core.services.playground import PromptedModel
from core.store.store import Store
from core.workspace import Workspace
from tests.pages.made import dataset_of
from tests.pages.test_batches import words_of
from tests.pages.test_playground_page import TOLD, opened

CONTENT = b"Mail,n\na crash at start,1\nzzz qqq,2\n,3\n"


@pytest.fixture
def dataset(store: Store) -> str:
    dataset = dataset_of(store)
    store.champions.adopt(dataset, TOLD, "offline:reader")
    return dataset


def files(app: AppTest) -> AppTest:
    app.session_state["playground_kind"] = "A file"
    return opened(app)


def with_upload(app: AppTest, model: str) -> AppTest:
    files(app)
    next(box for box in app.selectbox if box.label == "Lightweight model").select(model).run()
    app.get("file_uploader")[0].set_value(("mails.csv", CONTENT, "text/csv")).run()
    assert not app.exception
    return app


def test_a_classified_file_says_how_it_went_and_by_which_prompt(
    app: AppTest, store: Store, dataset: str, folder: Path
):
    workspace = Workspace(folder, {})
    names = store.datasets.info(dataset).labels.names
    side = PromptedModel(TOLD, names, "offline:reader", name="Run 1, step 3")
    job = FileJobs(workspace).start(dataset, Upload("mails.csv", CONTENT), side)
    while FileJobs(workspace).status(job).state == RUNNING:
        time.sleep(0.02)
    workspace.close()
    said = words_of(files(app))
    assert "3 rows · offline:reader · Run 1, step 3 · free" in said
    assert "2 of 3 rows with a label." in said and "1 row without a text, not asked." in said
    assert "In 1 of these no word or rule of the prompt decides" in said
    bars = "".join(each.proto.body for each in app.get("html"))
    assert all(f">{name}</span>" in bars for name in names)
    app.session_state["rows " + job] = True
    app.run()
    assert list(app.dataframe[0].value["Label"][2]) == ["(not asked)"]


def test_a_file_is_for_one_prompt_and_the_others_come_back_after_it(app: AppTest, dataset: str):
    prompts = [box.key for box in opened(app).selectbox if box.label == "Prompt"]
    assert len(prompts) == 2
    assert [box.key for box in files(app).selectbox if box.label == "Prompt"] == prompts[:1]
    app.segmented_control(key="playground_kind").set_value("One text").run()
    assert [box.key for box in app.selectbox if box.label == "Prompt"] == prompts


def test_buttons_that_cannot_be_pressed_say_why_and_lead_to_the_settings(app: AppTest, dataset: str):
    with_upload(app, "openai:gpt-6-luna")
    assert app.button(key="classify_file").disabled and app.button(key="send_batch").disabled
    app.segmented_control(key="playground_kind").set_value("One text").run()
    assert app.button(key="classify").disabled
    app.button(key="classify settings").click().run()
    assert not app.exception and "Settings" in [title.value for title in app.title]


def test_what_a_batch_does_stands_where_one_can_be_sent(app: AppTest, dataset: str):
    assert "within 24 hours" in words_of(with_upload(app, "openai:gpt-6-luna"))
    assert "file settings" in [button.key for button in app.button]
    next(box for box in app.selectbox if box.label == "Lightweight model").select("offline:reader").run()
    assert "send_batch" not in [button.key for button in app.button] and "24 hours" not in words_of(app)
