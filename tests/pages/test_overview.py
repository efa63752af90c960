"""The overview: the first visit, and the one next step in every state."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.store.records import Ending, RunStatus
from core.store.store import Store
from core.types import Decision, Prompt, Settings, Verdict
from tests.core.store.building import baseline, dataset, result, step
from tests.pages.made import wait_for_runs

PAGE = "start/overview.py"
BETTER = Verdict(Decision.ACCEPTED, "9 mistakes fixed, none new; not luck (p = 0.004)")


@pytest.fixture
def dataset_id(store: Store) -> str:
    return store.datasets.add(dataset(), "a test")


def ended(
    store: Store,
    dataset_id: str,
    status: RunStatus = RunStatus.FINISHED,
    test: Verdict | None = BETTER,
    best: float = 0.75,
    benchmark: str = "",
    prompt: str = "Better",
) -> str:
    run_id = store.runs.create(dataset_id, Settings(), benchmark=benchmark)
    assert store.leases.claim(run_id, "me")
    store.steps.save(run_id, baseline())
    store.steps.save(run_id, step(1, best))
    made = result(best=best)
    made = replace(made, test=test, best=replace(made.best, prompt=Prompt(prompt, "a", "b")))
    done = made if status is RunStatus.FINISHED else None
    store.leases.finish(run_id, "me", Ending(status, "iterations", done))
    return run_id


def opened(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def shown(app: AppTest) -> str:
    return " | ".join(
        each.value for each in [*app.title, *app.markdown, *app.caption, *app.subheader]
    ).replace("\\", "")


def test_the_first_visit_says_what_it_does_and_has_one_button(app):
    opened(app)
    assert labels(app) == ["Tune the sample", "Bring your own data"]
    assert "no language model" in shown(app)


def test_the_sample_is_tuned_at_one_press_and_watched(app, store):
    opened(app).button(key="tune_sample").click().run()
    assert not app.exception and not app.error
    [run] = store.runs.all()
    assert run.dataset_name == "GitHub issues" and app.session_state["run"] == run.id
    assert app.title[0].value != "GitHub issues"  # the runs page
    wait_for_runs(store)
    assert store.runs.get(run.id).status is RunStatus.FINISHED
    app.switch_page(PAGE).run()
    assert not app.exception and app.title[0].value == "GitHub issues" and len(app.metric) == 3


def test_own_data_leads_to_the_import(app):
    opened(app).button(key="bring_own").click().run()
    assert not app.exception and app.title[0].value == "Bring labelled text"


def test_rows_without_a_run_are_to_be_tuned(app, store, dataset_id):
    assert labels(opened(app))[:2] == ["Tune offline", "Choose models"]
    assert "No run yet" in shown(app)


def test_a_better_prompt_is_adopted_at_one_press(app, store, dataset_id):
    run_id = ended(store, dataset_id)
    assert "+40.0 points on the test rows" in shown(opened(app))
    app.button(key="next_Adopt it").click().run()
    assert not app.exception
    assert store.champions.current(dataset_id).run_id == run_id
    assert "Try it" in labels(app)
    [champion] = [each for each in app.expander if "Champion prompt" in each.label]
    said = [each.value for each in champion.caption]
    assert said.index("History") < said.index("System prompt") and "User prompt prefix" not in said


def test_where_a_champion_is_in_use_a_better_prompt_is_compared_with_it(app, store, dataset_id):
    first = ended(store, dataset_id, best=0.6)
    store.champions.adopt(dataset_id, Prompt("Better", "a", "b"), "offline:reader", first, 1)
    ended(store, dataset_id, best=0.75, prompt="Another")
    assert "+0.0 points on the test rows, from the champion in use" in shown(opened(app))
    store.champions.adopt(dataset_id, Prompt("By hand", "", ""), "offline:reader")
    ended(store, dataset_id, best=0.8, prompt="A third")
    assert "+40.0 points on the test rows, from the starting prompt" in shown(app.run())


def test_the_best_run_is_recommended_by_name_though_a_benchmark_came_after_it(app, store, dataset_id):
    """Fault: a benchmark's run at 77.9 % was recommended, unnamed, though another stood at 83.7 %."""
    best = ended(store, dataset_id, best=0.9)
    later = store.benchmarks.create("Pairs", "{}")
    ended(store, dataset_id, best=0.7, benchmark=later)
    assert f"Next: adopt the best prompt, {store.runs.get(best).name} step 1" in shown(opened(app))
    app.button(key="next_Adopt it").click().run()
    assert store.champions.current(dataset_id).run_id == best and "Try it" in labels(app)


def test_benchmark_runs_are_folded_and_what_is_not_known_is_no_none(app, store, dataset_id):
    own = ended(store, dataset_id, best=0.9)
    waiting = store.runs.create(dataset_id, Settings(), "Waiting")
    store.runs.describe(waiting, note="no figures yet")
    store.leases.claim(waiting, "me")
    store.leases.finish(waiting, "me", Ending(RunStatus.STOPPED, "stopped"))
    ended(store, dataset_id, best=0.7, benchmark=store.benchmarks.create("Pairs", "{}"))
    opened(app)
    [table] = [each for each in app.dataframe if "Lightweight model" in each.value.columns]
    assert list(table.value["Run"]) == ["Waiting", store.runs.get(own).name]
    assert table.proto.placeholder == "–" and "Those of benchmarks and migrations" in shown(app)


def test_no_proof_of_an_improvement_is_said(app, store, dataset_id):
    ended(
        store,
        dataset_id,
        test=Verdict(Decision.UNDECIDED, "1 mistake fixed, none new; may be luck (p = 1.0)"),
    )
    said = shown(opened(app))
    assert "Improvement not proven on the test rows" in said
    assert "1 mistake fixed, none new; may be luck (p = 1.0)." in said
    assert "See the mistakes" in labels(app) and "Adopt it" not in labels(app)


@pytest.mark.parametrize(
    "status, words",
    [
        (RunStatus.INTERRUPTED, "was interrupted"),
        (RunStatus.STOPPED, "was stopped"),
        (RunStatus.FAILED, "failed"),
    ],
)
def test_a_run_that_ended_early_is_to_be_resumed(app, store, dataset_id, status, words):
    ended(store, dataset_id, status)
    assert f"Run 1 {words} after 1 step" in shown(opened(app)) and "Resume it" in labels(app)


def test_a_run_under_way_is_watched(app, store, dataset_id):
    run_id = store.runs.create(dataset_id, Settings())
    assert store.leases.claim(run_id, "me")
    store.steps.save(run_id, baseline())
    assert "Run 1 is under way" in shown(opened(app))
    assert app.progress and "Watch it" in labels(app)


def test_other_datasets_and_runs_are_listed(app, store, dataset_id):
    store.datasets.add(dataset(name="<b>other</b>"), "a test")
    ended(store, dataset_id)
    ended(store, dataset_id)
    app.query_params["dataset"] = dataset_id
    opened(app)
    assert [table.value.iloc[:, 1].tolist() for table in app.dataframe] == [
        ["Run 2", "Run 1"],
        ["<b>other</b>"],
    ]


def test_a_deep_link_opens_its_dataset(app, store, dataset_id):
    other = store.datasets.add(dataset(name="other"), "a test")
    assert opened(app).title[0].value == "other", "without a name in the address the newest"
    assert app.query_params["dataset"] == other, "which is then written there: another may come"
    app.query_params["dataset"] = dataset_id
    assert opened(app).title[0].value == "issues"


def test_a_link_to_a_dataset_that_is_gone_shows_another(app, store, dataset_id):
    app.query_params["dataset"] = "gone"
    assert opened(app).title[0].value == "issues"


def test_a_read_only_workspace_spends_nothing(app, store, dataset_id, monkeypatch):
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    opened(app)
    assert app.button(key="next_Tune offline").disabled and not app.button(key="next_Choose models").disabled
