"""Setting up a benchmark, watching it, reading its heat map, handing it on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.services.benchmark import queue
from core.services.benchmark.create import create
from core.services.benchmark.spec import BenchmarkSpec
from core.services.benchmark.table import BenchmarkTable, table
from core.store.records import RunStatus
from core.store.store import Store
from core.types import Settings
from core.workspace import Workspace
from pages.ui.benchmark.heat_map import heat_map
from tests.pages.conftest import choose_row
from tests.pages.made import dataset_of, wait_for_runs

PAGE = "tune/benchmark.py"
PAIR = ("offline:reader",), ("offline:editor",)
SHORT = Settings(iterations=1, batch_size=20)


def opened(app: AppTest) -> AppTest:
    app.run().switch_page(PAGE).run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    kinds = (app.caption, app.markdown, app.error, app.info, app.warning, app.text)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def start_button(app: AppTest):
    return next(button for button in app.button if button.label == "Start the benchmark")


@pytest.fixture
def place(folder: Path) -> Iterator[Workspace]:
    """The workspace of the pages, as another process has it open."""
    workspace = Workspace.open(folder, {})
    yield workspace
    workspace.close()


def made(place: Workspace, dataset: str, name: str = "Ready", carry: bool = True, **changes: object) -> str:
    told = {"lightweights": PAIR[0], "heavyweights": PAIR[1], "settings": SHORT} | changes
    benchmark = create(place, name, BenchmarkSpec(dataset, **told))
    if carry:
        queue.resume(place, benchmark)
        while queue.is_active(place, benchmark):
            time.sleep(0.05)
    return benchmark


# ---- setting up


def test_without_data_the_sample_is_one_press_away(app: AppTest, store: Store):
    opened(app)
    app.button(key="use_sample").click().run()
    assert not app.exception and [info.name for info in store.datasets.all()] == ["GitHub issues"]
    assert not start_button(app).disabled


def test_the_price_stands_there_before_the_start(app: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-of-the-form-0001")
    dataset_of(store, "github_issues")
    opened(app)
    assert "1 pair: 1 run" in texts(app) and "Free." in texts(app)
    app.multiselect(key="benchmark_lightweights").set_value(["offline:reader", "openai:gpt-6-luna"])
    app.multiselect(key="benchmark_heavyweights").set_value(["offline:editor", "openai:gpt-6.1-sol"])
    app.number_input(key="benchmark_seeds").set_value(3).run()
    assert "4 pairs, 3 seeds each: 12 runs, 2 at a time, all on the same rows." in texts(app)
    assert (
        "$" in texts(app) and "test rows that no step sees" in texts(app) and not start_button(app).disabled
    )
    app.number_input(key="benchmark_usd").set_value(0.02).run()
    assert "no more than $0.24 in all" in texts(app)


def test_models_whose_key_is_missing_are_said(app: AppTest, store: Store):
    dataset_of(store)
    opened(app)
    app.multiselect(key="benchmark_heavyweights").set_value(
        ["offline:editor", "anthropic:claude-sonnet-5-5", "mystery:x"]
    ).run()
    assert "ANTHROPIC_API_KEY" in texts(app) and "There is no provider" in texts(app)
    assert start_button(app).disabled and "all models can be called" in texts(app)


def test_what_cannot_be_meant_is_one_sentence(app: AppTest, store: Store):
    dataset_of(store)
    opened(app)
    app.number_input(key="benchmark_calls").set_value(5).run()
    assert "too few" in app.error[0].value and start_button(app).disabled
    app.number_input(key="benchmark_calls").set_value(None)
    app.multiselect(key="benchmark_lightweights").set_value([]).run()
    assert "at least one lightweight" in app.error[0].value and start_button(app).disabled


def test_a_cap_in_dollars_without_a_price_is_refused(
    app: AppTest, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-of-the-form-0001")
    dataset_of(store)
    opened(app)
    app.multiselect(key="benchmark_lightweights").set_value(["openai:strange"])
    app.number_input(key="benchmark_usd").set_value(1.0).run()
    assert "no price for openai:strange" in texts(app) and start_button(app).disabled


def test_started_it_is_watched_and_its_map_fills(app: AppTest, store: Store):
    dataset = dataset_of(store, "github_issues")
    opened(app)
    app.text_input(key="benchmark_name").set_value("Mine *now*")
    app.number_input(key="benchmark_iterations").set_value(2)
    app.number_input(key="benchmark_seeds").set_value(2).run()
    start_button(app).click().run()
    assert not app.exception
    [record] = store.benchmarks.all()
    assert record.name == "Mine *now*" and app.session_state["benchmark"] == record.id
    assert app.subheader[0].value == r"Mine \*now\*"
    assert len(store.runs.all(dataset)) == 2
    wait_for_runs(store)
    app.run()
    app.run()
    assert not app.exception
    shown = next(frame for frame in app.dataframe if "Verdict" in frame.value.columns).value
    assert list(shown.columns)[:7] == ["Lightweight", "Heavyweight", "Start", "Test", "±", "Gain", "Verdict"]
    assert list(shown["State"]) == ["finished"] and "Finished" in texts(app)
    run = store.runs.get(store.runs.all(dataset)[0].id)
    assert run.benchmark == record.id and run.settings.iterations == 2


def test_the_form_of_a_read_only_workspace_starts_nothing(
    app: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
):
    dataset_of(store)
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    opened(app)
    assert start_button(app).disabled and "read-only" in texts(app)


# ---- watching and reading


def test_figures_on_the_page_are_those_of_the_table(app: AppTest, store: Store, place: Workspace):
    benchmark = made(place, dataset_of(store, "github_issues"))
    opened(app)
    [cell] = table(place, benchmark).cells.values()
    shown = next(frame for frame in app.dataframe if "Verdict" in frame.value.columns).value
    assert shown["Test"][0] == pytest.approx(100 * cell.test.accuracy) and shown["Gain"][0] == pytest.approx(
        100 * cell.gain
    )
    assert shown["Verdict"][0] == cell.verdict.reason and shown["Calls"][0] == cell.calls["lightweight"]
    assert {button.label for button in app.get("download_button")} == {"CSV", "JSON"}


def test_a_pair_that_failed_says_why(app: AppTest, store: Store, place: Workspace):
    made(place, dataset_of(store), heavyweights=("offline:editor", "offline:nobody", "openai:gpt-6.1-sol"))
    opened(app)
    [error] = app.error
    assert "no offline model" in texts(app) and "OPENAI_API_KEY" in error.value.replace("\\", "")
    assert "Finished with failures" in texts(app) and not app.button(key="benchmark_again").disabled
    app.button(key="benchmark_again").click().run()
    wait_for_runs(store)
    app.run()
    assert not app.exception and len(store.runs.all()) == 3


def test_one_that_waits_is_gone_on_with(app: AppTest, store: Store, place: Workspace):
    benchmark = made(place, dataset_of(store), carry=False)
    opened(app)
    assert "Waiting to go on" in texts(app)
    app.button(key="benchmark_go_on").click().run()
    wait_for_runs(store)
    app.run()
    app.run()
    assert not app.exception and [run.status for run in store.runs.all(benchmark=benchmark)] == [
        RunStatus.FINISHED
    ]
    assert "Finished" in texts(app)


def test_one_that_another_process_carries_on_can_be_stopped(app: AppTest, store: Store, place: Workspace):
    benchmark = made(place, dataset_of(store), carry=False, seeds=tuple(range(3)))
    first = store.runs.all(benchmark=benchmark)[-1]
    assert store.leases.claim(first.id, "elsewhere:1:x")
    opened(app)
    assert "Running" in texts(app) and "0 of 3 runs done" in str(
        [element.proto for element in app.get("progress")]
    )
    app.button(key="benchmark_stop").click().run()
    assert not app.exception
    assert store.runs.get(first.id).stop_requested
    assert [run.status for run in store.runs.all(benchmark=benchmark)[:2]] == [RunStatus.STOPPED] * 2
    assert app.button(key="benchmark_stop").disabled


def test_a_click_on_a_pair_opens_its_run(app: AppTest, store: Store, place: Workspace):
    other = dataset_of(store, "github_issues")
    dataset = dataset_of(store)
    app.query_params["benchmark"] = made(place, dataset)
    app.query_params["dataset"] = other
    opened(app)
    choose_row(app, "Verdict", 0)
    assert not app.exception
    assert app.title[0].value == "Runs" and app.session_state["run"] == store.runs.all(dataset)[0].id
    assert app.session_state["dataset"] == dataset


def test_a_pair_with_several_seeds_offers_its_runs(app: AppTest, store: Store, place: Workspace):
    dataset = dataset_of(store)
    made(place, dataset, seeds=(0, 1))
    opened(app)
    choose_row(app, "Verdict", 0)
    assert not app.exception
    assert [button.label for button in app.button if button.label == "Open the run"] == ["Open the run"] * 2
    assert "Seed 1" in texts(app)


def test_a_link_opens_its_benchmark_and_one_that_is_gone_says_so(
    app: AppTest, store: Store, place: Workspace
):
    dataset = dataset_of(store)
    older = made(place, dataset, "Older", carry=False)
    made(place, dataset, "Newer", carry=False)
    app.query_params["benchmark"] = older
    opened(app)
    assert app.subheader[0].value == "Older"
    listed = next(frame for frame in app.dataframe if "Benchmark" in frame.value.columns).value
    assert list(listed["Benchmark"]) == ["Newer", "Older"] and list(listed["Finished"]) == ["0 of 1 run"] * 2
    fresh = AppTest.from_file(app._script_path, default_timeout=30)
    fresh.query_params["benchmark"] = "gone"
    opened(fresh)
    assert fresh.subheader[0].value == "Newer" and "no longer exists" in texts(fresh)


def test_the_benchmarks_of_the_chosen_dataset_are_shown_and_another_one_brings_its_own(
    app: AppTest, store: Store, place: Workspace
):
    topics, issues, bare = (
        dataset_of(store, name) for name in ("five_topics", "github_issues", "question_pairs")
    )
    for dataset, name in ((topics, "Of topics"), (issues, "Of issues")):
        made(place, dataset, name, carry=False)
    opened(app)
    assert app.session_state["dataset"] == bare and start_button(app), "it has none yet"
    choose_row(app, "Finished", 1)
    assert app.subheader[0].value == "Of topics" and app.session_state["dataset"] == topics
    app.selectbox(key="dataset").select(issues).run()
    assert not app.exception and app.subheader[0].value == "Of issues"
    listed = next(frame for frame in app.dataframe if "Benchmark" in frame.value.columns).value
    assert list(listed["Benchmark"]) == ["Of issues", "Of topics"]
    app.selectbox(key="dataset").select(bare).run()
    app.selectbox(key="dataset").select(topics).run()
    assert not app.exception and app.subheader[0].value == "Of topics"
    store.datasets.delete(issues)
    choose_row(app.run(), "Finished", 1)
    assert app.subheader[0].value == "Of issues" and "has been deleted" in texts(app)
    assert app.session_state["dataset"] == topics


def test_new_leads_to_the_form_and_back(app: AppTest, store: Store, place: Workspace):
    made(place, dataset_of(store), carry=False)
    opened(app)
    app.button(key="new_benchmark").click().run()
    assert start_button(app) and app.query_params["benchmark"] in ("new", ["new"])
    app.button(key="back").click().run()
    assert not app.exception and app.subheader[0].value == "Ready"


@pytest.mark.parametrize("with_runs", [True, False])
def test_it_is_renamed_and_deleted(app: AppTest, store: Store, place: Workspace, with_runs: bool):
    benchmark = made(place, dataset_of(store))
    opened(app)
    app.text_input(key="name_of_" + benchmark).set_value("Other")
    next(button for button in app.button if button.label == "Rename").click().run()
    assert store.benchmarks.get(benchmark).name == "Other" and app.subheader[0].value == "Other"
    assert app.button(key="benchmark_delete").disabled
    app.checkbox(key="with_runs_" + benchmark).set_value(with_runs)
    app.checkbox(key="sure_" + benchmark).check().run()
    app.button(key="benchmark_delete").click().run()
    assert (
        not app.exception
        and store.benchmarks.all() == ()
        and len(store.runs.all()) == (0 if with_runs else 1)
    )
    assert start_button(app), "the form is what is left"


def test_read_only_everything_is_seen_and_nothing_can_be_done(
    app: AppTest, store: Store, place: Workspace, monkeypatch: pytest.MonkeyPatch
):
    dataset = dataset_of(store)
    made(place, dataset, heavyweights=("offline:editor", "offline:nobody"), seeds=(0, 1))
    waiting = made(place, dataset, "Waiting", carry=False)
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    app.query_params["benchmark"] = waiting
    opened(app)
    assert app.button(key="benchmark_go_on").disabled
    app.session_state["benchmark"] = next(
        record.id for record in store.benchmarks.all() if record.id != waiting
    )
    app.run()
    assert app.button(key="benchmark_again").disabled and "no offline model" in texts(app)


# ---- the map


def shown(figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations]


def test_the_map_has_a_cell_per_pair_and_says_what_has_no_figure(store: Store, place: Workspace):
    found = table(
        place,
        made(place, dataset_of(store, "github_issues"), heavyweights=("offline:editor", "offline:nobody")),
    )
    good = found.cells["offline:reader", "offline:editor"]
    figure = heat_map(found, "Test accuracy", "#000000")
    assert list(figure.data[1].z[0]) == [good.test.accuracy, None]
    half = 50 * (good.test.interval[1] - good.test.interval[0])
    assert shown(figure) == [f"<b>{100 * good.test.accuracy:.1f} %</b><br>± {half:.1f}", "failed"]
    assert shown(heat_map(found, "Gain", "#000000"))[0].startswith(
        f"<b>{100 * good.gain:+.1f}</b><br>points<br>p "
    )
    assert (
        shown(heat_map(found, "Cost", "#000000"))[0] == f"<b>free</b><br>{sum(good.calls.values()):,} calls"
    )
    assert "offline model" in figure.data[2].hovertext[1] and list(figure.data[2].customdata) == ["0", "1"]


def test_names_are_data_on_the_map(store: Store, place: Workspace):
    found: BenchmarkTable = table(
        place, made(place, dataset_of(store), carry=False, heavyweights=("x:<b>y</b>",))
    )
    figure = heat_map(found, "Test accuracy", "#000000")
    assert (
        figure.layout.xaxis.ticktext == ("&lt;b&gt;y&lt;/b&gt;<br>x",)
        and "<b>y" not in figure.data[2].hovertext[0]
    )
