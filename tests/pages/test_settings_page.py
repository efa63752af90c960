"""The settings: keys that are never shown, models that are tested, rules and limits that are checked before
they are written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.llm.catalogue.limits import load_limits
from core.llm.layers.reply_cache import ReplyCache
from core.store.records import Change, RunStatus
from core.store.rows.old_changes import UNDOABLE
from core.store.store import Store
from core.types import Reply, Usage
from tests.fakes import acts
from tests.fakes.server import FakeServer
from tests.pages.made import dataset_of, wait_for_runs

PAGE = "start/settings.py"
KEY = "sk-proj-Zx81Qm7TtuwRk02LpVd9"
LUNA = "openai:gpt-6-luna"


@pytest.fixture
def server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    with FakeServer(key=KEY) as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.openai_url)
        yield running


def opened(app: AppTest, part: str = "Keys") -> AppTest:
    app.run().switch_page(PAGE)
    app.query_params["part"] = app.session_state["part"] = part
    app.run()
    assert not app.exception
    return app


def everything(app: AppTest) -> str:
    """All that reached the browser."""
    return "\n".join(str(element.proto) for element in app.main) + str(app.sidebar)


def said(app: AppTest) -> str:
    kinds = (app.caption, app.markdown, app.error, app.warning, app.success, app.info, app.toast)
    return "\n".join(element.value for kind in kinds for element in kind).replace("\\", "")


def states(app: AppTest) -> dict[str, list[str]]:
    table = app.dataframe[0].value
    return {provider: list(state) for provider, state in zip(table["Provider"], table["State"], strict=True)}


def type_key(app: AppTest, key: str, whose: str = "OPENAI_API_KEY") -> AppTest:
    app.selectbox(key="typing_for").select(whose)
    app.text_input(key="typing_key").input(key)
    next(button for button in app.button if button.label == "Use it").click().run()
    assert not app.exception
    return app


def choose(app: AppTest, model: str, role: str = "lightweight") -> AppTest:
    app.selectbox(key="new_" + role).select(model).run()
    assert not app.exception
    return app


def press_test(app: AppTest, role: str = "lightweight") -> AppTest:
    app.button(key="test_" + role).click().run()
    assert not app.exception
    return app


# ---- keys


def test_without_keys_it_says_which_variables_are_missing(app: AppTest):
    opened(app)
    assert states(app)["OpenAI"] == ["missing"] and states(app)["Ollama"] == []
    assert "OPENAI_API_KEY" in list(app.dataframe[0].value["Key"])


def test_keys_are_told_by_where_they_come_from_and_never_by_their_text(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    app.secrets["ANTHROPIC_API_KEY"] = "sk-ant-OfTheFile987654"
    opened(app)
    type_key(app, "AIzaTypedHere123456", "GEMINI_API_KEY")
    found = states(app)
    assert (found["OpenAI"], found["Anthropic"], found["Gemini"]) == (
        ["in the environment"],
        ["in secrets.toml"],
        ["typed, this session"],
    )
    shown = everything(app)
    for key in (KEY, "sk-ant-OfTheFile987654", "AIzaTypedHere123456"):
        assert key not in shown and key[-6:] not in shown and key[:10] not in shown


def test_a_key_of_secrets_toml_opens_models(app: AppTest):
    app.secrets["ANTHROPIC_API_KEY"] = "sk-ant-OfTheFile987654"
    choose(opened(app), "anthropic:claude-haiku-5-5")
    assert "needs a key" not in said(app)


def test_a_typed_key_is_gone_after_forgetting(app: AppTest):
    type_key(opened(app), KEY)
    assert app.text_input(key="typing_key").value == ""
    type_key(app, "")
    assert not app.error, "the second of two presses finds the field empty"
    app.button(key="forget_keys").click().run()
    assert states(app)["OpenAI"] == ["missing"] and "typed_keys" not in app.session_state


def test_what_cannot_be_a_key_is_refused_in_a_sentence(app: AppTest):
    type_key(opened(app), "")
    assert "Type the key first" in said(app) and "on Settings" not in said(app)
    type_key(opened(app), "sk proj with blanks")
    assert "copy it again" in said(app) and states(app)["OpenAI"] == ["missing"]


def test_a_typed_key_is_of_one_session_only(app: AppTest, folder: Path):
    type_key(opened(app), KEY)
    assert states(opened(AppTest.from_file(app._script_path, default_timeout=30)))["OpenAI"] == ["missing"]
    assert all(KEY.encode() not in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_run_started_from_the_session_uses_its_key(app: AppTest, store: Store, server: FakeServer):
    dataset = dataset_of(store, "github_issues")
    type_key(opened(app), KEY)
    app.switch_page("tune/new_run.py").run()
    app.selectbox(key="new_lightweight").select(LUNA)
    app.number_input(key="new_calls").set_value(60)
    app.number_input(key="new_iterations").set_value(1).run()
    next(button for button in app.button if button.label == "Start the run").click().run()
    assert not app.exception
    wait_for_runs(store)
    [run] = store.runs.all(dataset)
    assert run.status == RunStatus.FINISHED and server.counts["401"] == 0 and server.counts["requests"] > 0


# ---- models


def test_a_test_shows_what_came_back_and_what_it_took(app: AppTest, server: FakeServer):
    server.always = acts.Act(text="ready <b>now</b>")
    press_test(choose(type_key(opened(app), KEY), LUNA))
    assert "ready <b>now</b>" in [code.value for code in app.code]
    assert "20 tokens in, 10 out" in said(app) and "under $0.0001" in said(app)
    assert any('"model": "gpt-6-luna"' in code.value for code in app.code), "the exact request"
    assert server.counts["requests"] == 1 and KEY not in everything(app)


def test_a_failed_test_is_one_sentence_without_the_key(app: AppTest, server: FakeServer):
    server.key = "another"
    press_test(choose(type_key(opened(app), KEY), LUNA))
    assert "key" in app.error[0].value and KEY not in everything(app)
    assert KEY[:8] not in everything(app)


def test_a_result_never_stands_beside_another_model(app: AppTest, server: FakeServer):
    press_test(choose(type_key(opened(app), KEY), LUNA))
    assert "tokens in" in said(app)
    choose(app, "anthropic:claude-haiku-5-5")
    assert "tokens in" not in said(app)


def test_offline_models_need_no_test(app: AppTest):
    opened(app)
    assert app.button(key="test_lightweight").disabled and app.button(key="test_heavyweight").disabled


def test_a_model_that_has_stopped_is_marked_before_it_is_chosen(app: AppTest):
    app.run().switch_page(PAGE)
    app.session_state["new_lightweight"] = (
        "openai:o1-mini"  # as typed in: AppTest can only select what is listed
    )
    app.run()
    assert not app.exception and "stopped answering on 2025-10-27" in said(app)


def models(app: AppTest):
    return next(frame.value for frame in app.dataframe if "Priced as" in frame.value.columns)


def test_the_table_has_prices_ends_and_roles(app: AppTest):
    rows = models(opened(app, "Models")).set_index("Model")
    luna = rows.loc[LUNA]
    assert (luna["Input"], luna["Output"], luna["Priced as"], luna["Suggested as"]) == (
        0.10,
        0.50,
        "gpt-6-luna",
        "lightweight",
    )
    assert rows.loc["openai:gpt-6.2-sol", "Priced as"] == "unknown"
    assert rows.loc["anthropic:claude-haiku-4-5", "Start of the reply"] == "prefill"
    assert "openai:o1-mini" not in rows.index


def test_models_that_have_stopped_are_shown_on_demand_with_a_mark(app: AppTest):
    opened(app, "Models")
    app.toggle(key="model_retired").set_value(True).run()
    rows = models(app).set_index("Model")
    assert (
        list(rows.loc["openai:o1-mini", "State"]) == ["stopped"]
        and str(rows.loc["openai:o1-mini", "Retires on"]) == "2025-10-27"
    )


def test_the_table_can_be_narrowed_to_providers(app: AppTest):
    opened(app, "Models")
    app.pills(key="model_providers").set_value(["anthropic"]).run()
    assert all(name.startswith("anthropic:") for name in models(app)["Model"])


# ---- rules


def test_rules_are_checked_before_they_are_written(app: AppTest, folder: Path):
    opened(app, "Custom rules")
    app.text_area(key="rules").input("[modls.x]\na = 1")
    app.button(key="save_rules").click().run()
    assert "unknown key 'modls'" in said(app) and not (folder / "models.toml").exists()


def test_saved_rules_hold_at_once(app: AppTest, folder: Path):
    opened(app, "Custom rules")
    app.button(key="put_example").click().run()
    app.button(key="save_rules").click().run()
    assert not app.error and (folder / "models.toml").is_file()
    choose(opened(app), "openai-compatible:my-model")
    assert "$0.20 in, $0.80 out" in said(app) and "your price" in said(app)


def test_rules_that_somebody_else_changed_are_not_overwritten(app: AppTest, folder: Path):
    opened(app, "Custom rules")
    theirs = '[prices."openai:x"]\ninput = 1\noutput = 1\n'
    (folder / "models.toml").write_text(theirs)
    app.text_area(key="rules").input("# mine")
    app.button(key="save_rules").click().run()
    assert "changed since" in said(app) and (folder / "models.toml").read_text() == theirs
    app.button(key="reload_rules").click().run()
    assert app.text_area(key="rules").value == theirs


def test_a_broken_file_is_a_sentence_and_can_be_mended_here(app: AppTest, folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "models.toml").write_text("[models")
    opened(app)
    assert "not valid TOML" in said(app)
    opened(app, "Custom rules")
    app.text_area(key="rules").input("")
    app.button(key="save_rules").click().run()
    assert "not valid TOML" not in said(app) and not (folder / "models.toml").exists()


# ---- limits


def save(app: AppTest, label: str = "Save") -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


def test_limits_are_saved_for_one_model_and_shown(app: AppTest, folder: Path):
    opened(app, "Limits")
    app.selectbox(key="limits_of").select(LUNA).run()
    app.number_input(key=f"limit requests_per_minute of {LUNA}").set_value(500.0)
    save(app)
    assert load_limits(folder, ()) == {LUNA: {"requests_per_minute": 500.0}}
    table = next(
        frame.value for frame in app.dataframe if "Requests per minute" in frame.value.columns
    ).set_index("Model")
    assert table.loc[LUNA, "Requests per minute"] == 500 and table.loc[LUNA, "Timeout of a try"] == 60
    save(app, "Reset to default")
    assert load_limits(folder, ()) == {}


def test_what_only_the_file_can_set_stays(app: AppTest, folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "limits.toml").write_text("[others]\ntries = 4\n")
    opened(app, "Limits")
    app.number_input(key="limit concurrency of ").set_value(7)
    save(app)
    assert load_limits(folder, ()) == {"": {"tries": 4, "concurrency": 7}}


def test_a_wrong_limits_file_is_a_sentence(app: AppTest, folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "limits.toml").write_text("[others]\nspeed = 4\n")
    opened(app, "Limits")
    assert "unknown key 'speed'" in said(app)


# ---- cache and workspace


def test_the_cache_is_counted_and_cleared(app: AppTest, folder: Path):
    kept = ReplyCache(folder / "cache")
    for name in "abc":
        kept.set(name, Reply("ready", usage=Usage(10, 5), cost_usd=0.5))

    async def answered() -> None:
        kept.count_hit(1.25)

    asyncio.run(answered())
    kept.close()
    opened(app, "Cache")
    assert [metric.value for metric in app.metric][:1] + [metric.value for metric in app.metric][2:] == [
        "3",
        "1",
        "$1.25",
    ]
    app.button(key="clear_cache").click().run()
    assert app.metric[0].value == "0" and app.metric[3].value == "$0.00"


def test_a_workspace_that_cannot_be_opened_says_so_on_every_page(app: AppTest, folder: Path):
    folder.mkdir()
    (folder / "whetstone.db").write_bytes(b"no database at all " * 300)
    app.run()
    assert not app.exception and "restore it from a backup" in app.error[0].value


def test_a_cache_that_was_damaged_says_so(app: AppTest, folder: Path):
    (folder / "cache").mkdir(parents=True)
    (folder / "cache" / "cache.db").write_bytes(b"this is no database at all" * 100)
    opened(app, "Cache")
    assert "damaged" in app.warning[0].value and app.metric[0].value == "0"


def test_the_workspace_is_named_without_a_password(app: AppTest, folder: Path):
    opened(app, "Workspace")
    values = list(app.dataframe[0].value["Value"])
    assert str(folder.resolve()) in values and str(folder.resolve() / "whetstone.db") in values


def test_read_only_changes_and_spends_nothing(app: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    choose(opened(app), LUNA)
    assert app.button(key="test_lightweight").disabled and app.text_input(key="typing_key").disabled
    opened(app, "Custom rules")
    assert app.button(key="save_rules").disabled and app.text_area(key="rules").disabled
    opened(app, "Limits")
    assert next(button for button in app.button if button.label == "Save").disabled
    app.session_state["smaller"] = True
    opened(app, "Workspace")
    assert any("read-only" in value for value in app.dataframe[0].value["Value"])
    assert "smaller_go" not in {button.key for button in app.button}


def test_settings_are_those_of_a_new_run(app: AppTest, store: Store):
    """A model that was tested here is the one that is set up there."""
    dataset_of(store)
    choose(opened(app), "openai:gpt-6.1-sol", "heavyweight")
    app.switch_page("tune/new_run.py").run()
    assert app.selectbox(key="new_heavyweight").value == "openai:gpt-6.1-sol"


@pytest.fixture
def old_changes(store: Store) -> int:
    """How many changes of the history are 100 days old and needed by nothing."""
    dataset_id = dataset_of(store, "github_issues")
    row = store.datasets.get(dataset_id).examples[0].id
    for n in range(UNDOABLE + 2):
        store.edits.change(dataset_id, [Change(row, "note", f"Note {n}")])
    with store._database.write() as connection:
        connection.exec_driver_sql("update change_sets set at = at - 100 * 86400")
    return 2


def test_how_long_the_history_is_kept_is_changed_with_its_outcome_in_sight(
    app: AppTest, store: Store, old_changes: int
):
    opened(app, "Workspace")
    assert "The history of changes is kept for ever." in said(app)
    app.number_input(key="history_days").set_value(200).run()
    assert "nothing is deleted now" in said(app) and app.button(key="history_save").label == "Save"
    app.number_input(key="history_days").set_value(30)
    app.button(
        key="history_save"
    ).click().run()  # typed and pressed in one go: this button did not say "delete"
    assert store.old_changes.days() is None and store.old_changes.older_than(30).sets == old_changes
    assert "2 changes** older than that will be deleted at once, after being written to a file in" in said(
        app
    )
    save = app.button(key="history_save")
    assert save.label == "Save and delete 2 changes"
    app.session_state["history_keep"] = True
    save.click().run()
    assert "The history of changes is kept for 30 days." in said(app) and not app.exception
    assert store.old_changes.days() == 30 and store.old_changes.older_than(30).sets == 0
    assert "2 changes deleted, kept in" in said(app) and app.session_state["history_keep"] is False


def test_the_room_is_shown_and_made_smaller(app: AppTest, store: Store, folder: Path, old_changes: int):
    opened(app, "Workspace")
    room = app.table[0].value
    assert room["Part"][0] == "database" and room["Room"][0].endswith("MB")
    app.session_state["room_tables"] = app.session_state["smaller"] = True
    app.run()
    assert "history of changes" in list(app.table[1].value["What it is"])
    assert app.checkbox(key="smaller_replies").disabled
    assert app.button(key="smaller_go").label == "Give back what is free"
    assert app.checkbox(key="smaller_history").check().run().checkbox[0].label == "History of changes: 2"
    app.number_input(key="smaller_days").set_value(1)
    app.button(key="smaller_go").click().run()  # pressed before its number was that of one day
    assert store.old_changes.older_than(1).sets == old_changes
    app.button(key="smaller_go").click().run()
    assert f"2 deleted, kept in {folder / 'removed'}. The files are" in said(app) and not app.exception
    assert store.old_changes.older_than(1).sets == 0 and len(list((folder / "removed").iterdir())) == 1
    assert app.session_state["smaller"] is False


def test_the_dataset_page_cleans_up_what_has_become_old(
    app: AppTest, store: Store, folder: Path, old_changes: int
):
    store.old_changes.set_days(30)
    app.run().switch_page("data/dataset.py").run()
    assert not app.exception and store.old_changes.older_than(30).sets == 0
    assert len(list((folder / "removed").iterdir())) == 1
