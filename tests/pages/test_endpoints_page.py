"""Settings, Endpoints: listed, added, changed, removed and tested, with the rest of models.toml left alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.llm.catalogue.profiles import load_profiles
from core.store.store import Store
from core.types import Settings
from tests.fakes import wire
from tests.fakes.server import FakeServer
from tests.pages.conftest import open_page, words_of
from tests.pages.made import dataset_of, run_of
from tests.pages.test_settings_page import choose, everything, opened, said

KEY = "gsk_OfTheServerOnly000000001"
OURS = '# Our prices.\n[prices."openai:x"]\ninput = 1\noutput = 1\n'
LOCAL = """
[endpoints.local]
base_url = "http://127.0.0.1:8000/v1"
"""


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(key=KEY) as running:
        yield running


def write(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "models.toml").write_text(text)


def fill(app: AppTest, of: str, /, **values: str) -> AppTest:
    for key, value in values.items():
        kind = app.text_area if key == "headers" else app.text_input
        kind(key=f"endpoint {key} of {of}").input(value)
    next(button for button in app.button if button.label == ("Save" if of else "Add")).click().run()
    assert not app.exception
    return app


def written(folder: Path) -> str:
    return (folder / "models.toml").read_text()


def test_an_endpoint_is_added_and_can_be_chosen(
    app: AppTest, folder: Path, server: FakeServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SERVER_KEY", KEY)
    write(folder, OURS)
    opened(app, "Endpoints")
    fill(app, "", name="mine", base_url=server.openai_url, key_variable="SERVER_KEY")
    assert written(folder) == OURS + (
        f'\n[endpoints.mine]\nbase_url = "{server.openai_url}"\nkey_variable = "SERVER_KEY"\n'
    )
    app.selectbox(key="endpoint").select("").run()
    fill(app, "", name="mine", base_url=server.openai_url, key_variable="SERVER_KEY")
    assert not app.error, "pressed twice, it is saved once"
    [row] = next(each.value for each in app.dataframe if "Address" in each.value.columns).to_dict("records")
    assert row == {
        "Endpoint": "mine",
        "Address": server.openai_url,
        "Format": "OpenAI, chat completions",
        "Key variable": "SERVER_KEY",
        "Key": "set",
    }
    opened(app, "Custom rules")
    app.text_area(key="rules").input(written(folder) + '[models."mine:model"]\nnote = "ours"\n')
    app.button(key="save_rules").click().run()
    choose(opened(app), "mine:model")
    assert f"calls go to {server.openai_url}" in said(app).replace("\u2060", "")
    app.button(key="test_lightweight").click().run()
    assert server.counts["200"] == 1 and KEY not in everything(app)


def test_what_is_wrong_is_one_sentence_and_nothing_is_written(app: AppTest, folder: Path):
    write(folder, OURS + LOCAL)
    opened(app, "Endpoints")
    app.selectbox(key="endpoint").select("").run()
    assert "Type a name" in said(fill(app, ""))
    assert "Type the server's address" in said(fill(app, "", name="mine"))
    shown = said(fill(app, "", name="My server", base_url="https://x/v1"))
    assert "A name has small letters" in shown and "models.toml, " not in shown
    fill(app, "", name="mine", base_url="https://x/v1", key_variable=KEY)
    assert "never the key itself" in said(app) and written(folder) == OURS + LOCAL
    fill(app, "", name="local", key_variable="")
    assert "There is an endpoint local already" in said(app) and written(folder) == OURS + LOCAL
    fill(app, "", name="mine", headers="no pair")
    assert "no ':'" in said(app) and written(folder) == OURS + LOCAL
    fill(app, "", name="mine", headers="api-key: $MY_KEY\nx-team: ours", query="api-version=1&v=2")
    assert written(folder).endswith(
        '[endpoints.mine]\nbase_url = "https://x/v1"\nheaders = {api-key = "$MY_KEY", x-team = "ours"}\n'
        'query = {api-version = "1", v = "2"}\n'
    )


def test_what_the_form_does_not_know_stays(app: AppTest, folder: Path):
    more = 'structured = "response_format"\nlimits = {tries = 3}\nprices."m" = {input = 1, output = 2}\n'
    write(folder, OURS + LOCAL + more + "\n# the end\n[models]\n")
    opened(app, "Endpoints")
    app.number_input(key="endpoint input of local").set_value(0.5)
    app.number_input(key="endpoint output of local").set_value(1.5)
    app.number_input(key="endpoint concurrency of local").set_value(2)
    fill(app, "local", base_url="http://127.0.0.1:9000/v1")
    profiles = load_profiles(folder)
    [endpoint] = profiles.endpoints
    assert (endpoint.url, endpoint.limits) == ("http://127.0.0.1:9000/v1", {"tries": 3, "concurrency": 2})
    assert endpoint.price == {"input": 0.5, "output": 1.5} and "local:m" in profiles.prices
    assert profiles.of("local:x").structured == "response_format"
    assert written(folder).startswith(OURS) and written(folder).endswith("# the end\n[models]\n")


def test_an_endpoint_is_removed_unless_its_models_are_spoken_of(app: AppTest, folder: Path):
    write(folder, OURS + LOCAL)
    (folder / "limits.toml").write_text('["local:x"]\ntries = 3\n')
    opened(app, "Endpoints")
    app.button(key="remove_endpoint").click().run()
    assert "still speaks of local:x" in said(app) and written(folder) == OURS + LOCAL
    (folder / "limits.toml").unlink()
    app.button(key="remove_endpoint").click().run()
    assert written(folder).rstrip() == OURS.rstrip() and not app.exception


def test_rules_that_are_being_typed_are_not_lost(app: AppTest, folder: Path):
    write(folder, OURS + LOCAL)
    opened(app, "Custom rules")
    app.text_area(key="rules").input(OURS + LOCAL + "# more").run()
    opened(app, "Endpoints")
    fill(app, "local", key_variable="LOCAL_KEY")
    opened(app, "Custom rules")
    assert app.text_area(key="rules").value.endswith("# more")
    app.button(key="save_rules").click().run()
    assert "changed since you opened it" in said(app) and "LOCAL_KEY" in written(folder)


def test_a_test_says_what_it_can_do_and_writes_it(
    app: AppTest, folder: Path, server: FakeServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LOCAL_KEY", KEY)
    write(folder, f'[endpoints.local]\nbase_url = "{server.openai_url}"\nkey_variable = "LOCAL_KEY"\n')
    server.answer = lambda messages: wire.Said("heron", "length" if "Count" in messages[-1][1] else "stop")
    opened(app, "Endpoints")
    assert "about 6 short calls" in said(app)
    app.button(key="test_endpoint").click().run()
    assert "Type the name of a model" in said(app) and server.counts["requests"] == 0
    app.text_input(key="capabilities of local").input("m").run()
    assert "price unknown" in said(app) and server.counts["requests"] == 0
    app.button(key="test_endpoint").click().run()
    assert "The system text is heeded" in said(app) and 0 < server.counts["requests"] <= 8
    app.button(key="use_capabilities").click().run()
    assert not app.exception
    assert load_profiles(folder).own_models == {
        "local:m": {
            "system_role": "system",
            "length_parameter": "max_tokens",
            "structured": "",
            "prefill": False,
        }
    }


def test_a_run_says_where_its_models_are_called(app: AppTest, folder: Path, store: Store):
    write(folder, LOCAL)
    run_of(store, dataset_of(store), settings=Settings(lightweight="local:x"))
    words = words_of(open_page(app, "tune/runs.py", view="steps")).replace("\\", "").replace("\u2060", "")
    assert "local:x is called at http://127.0.0.1:8000/v1" in words and words.count("is called at") == 1


def test_read_only_has_no_button_to_press(
    app: AppTest, folder: Path, server: FakeServer, monkeypatch: pytest.MonkeyPatch
):
    Store.open(folder / "whetstone.db").close()
    write(folder, f'[endpoints.local]\nbase_url = "{server.openai_url}"\n')
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    opened(app, "Endpoints")
    assert app.button(key="test_endpoint").disabled
    assert next(button for button in app.button if button.label == "Save").disabled
