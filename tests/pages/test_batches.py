"""Batches on the playground: how far each is, what is next, and its buttons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.jobs.file_job import Upload
from core.services.batches.batches import BatchJobs
from core.services.batches.order import order_of_upload
from core.services.playground import PromptedModel
from core.store.store import Store
from core.workspace import Workspace
from tests.fakes.server import FakeServer
from tests.pages.conftest import words_of as marked_up
from tests.pages.made import dataset_of
from tests.pages.test_playground_page import TOLD, opened

KEY = "sk-test-Zx81Qm7TtuwRk02LpVd9"
CONTENT = b"text,desk\nan utterly new crash,1\na typo in the tutorial,2\n,3\n"


@pytest.fixture
def server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    with FakeServer(key=KEY) as running:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", running.openai_url)
        running.batches.looks = None
        yield running


@pytest.fixture
def batch(server: FakeServer, store: Store, folder: Path) -> str:
    """Under way, of a file with a name that is markup."""
    dataset = dataset_of(store)
    side = PromptedModel(TOLD, store.datasets.info(dataset).labels.names, "openai:gpt-6-luna")
    workspace = Workspace.open(folder)
    order = order_of_upload(Upload("evil *<b>.csv", CONTENT), side, False, dataset)
    sent = BatchJobs(workspace).submit(order)
    workspace.close()
    return sent.batch.id


def words_of(app: AppTest) -> str:
    return re.sub(r"\\(\W)", r"\1", marked_up(app))


def files(app: AppTest) -> AppTest:
    opened(app)
    app.segmented_control(key="playground_kind").set_value("A file").run()
    assert not app.exception
    return app


def test_a_batch_is_watched_fetched_and_deleted(app: AppTest, server: FakeServer, batch: str, store: Store):
    files(app)
    assert "evil \\*\\<b\\>" in marked_up(app) and "· batch · under way" in words_of(app)
    assert "Then press Fetch results." in words_of(app) and "at the very most" in words_of(app)
    server.batches.fate = lambda custom_id, body: "400" if "typo" in str(body["messages"][-1]) else ""
    server.batches.finish()
    app.button(key="fetch batch " + batch).click().run()
    said = words_of(app)
    assert not app.exception and "· batch · done" in said
    assert "1 text without an answer, the file says why: send the file again; only these are sent." in said
    assert "1 call failed: openai:gpt-6-luna refuses the request (400): said 400." in said
    assert len(app.get("download_button")) == 1 and store.batches.figures(batch).done == 1
    app.button(key="delete batch " + batch).click().run()
    assert not app.exception and store.batches.all() == () and "evil" not in words_of(app)


def test_a_batch_is_cancelled_and_what_the_provider_says_stands_on_its_card(
    app: AppTest, server: FakeServer, batch: str, store: Store, monkeypatch: pytest.MonkeyPatch
):
    files(app)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-another-key-0000000")
    server.key = "sk-test-only-this-key-000000"
    app.button(key="fetch batch " + batch).click().run()
    assert "refuses the key (401)" in words_of(app) and not app.exception
    server.key = KEY
    app.button(key="cancel batch " + batch).click().run()
    assert not app.exception and "refuses the key" not in words_of(app)
    assert store.batches.get(batch).cancelled and "· batch · cancelled" in words_of(app)


def test_a_cancelled_batch_whose_key_is_lost_is_given_up(
    app: AppTest, server: FakeServer, batch: str, store: Store
):
    files(app)
    server.key = "sk-test-only-this-key-000000"
    app.button(key="cancel batch " + batch).click().run()
    said = words_of(app)
    assert "refuses the key (401)" in said and "cannot be asked any more: press Give up." in said
    app.button(key="give up batch " + batch).click().run()
    said = words_of(app)
    assert not app.exception and "· batch · cancelled" in said and "at the very most" in said
    assert said.count("Given up while it was under way") == 1
    app.button(key="delete batch " + batch).click().run()
    assert not app.exception and store.batches.all() == ()


def test_in_a_workspace_shown_read_only_it_is_only_looked_at(
    app: AppTest, server: FakeServer, batch: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    files(app)
    assert "under way" in words_of(app) and app.button(key="fetch batch " + batch).disabled
    assert app.button(key="cancel batch " + batch).disabled and server.batches.made["batch_0"].looked == 0
