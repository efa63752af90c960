"""The page that puts runs beside each other: what a prompt costs in use, neighbour examples, champions."""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core.costs.prompt_costs import PromptCost
from core.metrics.call_tokens import Tokens
from core.services import neighbour_trial
from core.services.compare.basis import side
from core.services.leak_meter import LeakRequest, meter
from core.store.store import Store
from core.types import Settings
from core.workspace import Workspace
from pages.ui.compare.charts import Point, accuracy_of_runs
from pages.ui.compare.cost import Costs, knee_in_words
from tests.pages.compare_page import answer, dataset, opened, pair, said
from tests.pages.made import run_of

__all__ = ["dataset", "pair"]


def test_without_a_price_the_chart_is_of_tokens_and_says_so(
    app: AppTest, store: Store, dataset: str, pair: tuple[str, str]
):
    opened(app)
    assert "These models cost nothing, so this is tokens, not money." in said(app)
    run_of(store, dataset, "Unpriced", Settings(lightweight="openai-compatible:own"))
    opened(app, runs=f"{pair[0]},{store.runs.all(dataset)[0].id}")
    assert "The price of openai-compatible:own is not known" in said(app)


def test_a_refused_prompt_is_not_called_the_best():
    def point(step: int, kept: bool, accuracy: float) -> Point:
        used = PromptCost(step, kept, 0, 50, accuracy, (0.0, 1.0), Tokens(100.0 + step, 10.0), True)
        return Point(SimpleNamespace(letter="B"), used, 100.0 + step)

    points = point(0, True, 0.4), point(5, True, 0.7), point(7, False, 0.8)
    words = knee_in_words(Costs(points, "tokens", ""))
    assert words.startswith("B step 5, 70.0 %") and "step 7" not in words


@pytest.mark.parametrize(("share", "anchor"), [(0.017, "left"), (0.7, "center"), (0.99, "right")])
def test_the_words_of_the_dotted_line_stay_inside_the_chart(share: float, anchor: str):
    read = SimpleNamespace(accuracy=0.6, interval=(0.5, 0.9), n=60)
    run = SimpleNamespace(index=0, title="A · Low", color="#000000", mark="circle")
    basis = SimpleNamespace(shown=lambda part, index: read, labels=("a",), graded=False)
    [words] = accuracy_of_runs([run], basis, share).layout.annotations
    assert words.xanchor == anchor


def test_a_price_makes_it_money(app: AppTest, store: Store, dataset: str):
    for name in ("One", "Two"):
        run_of(store, dataset, name, Settings(lightweight="openai:gpt-5-nano"))
    opened(app)
    assert "per 1,000 classifications" in said(app) and "not money" not in said(app)
    assert re.search(r"\n\$\d\.\d\d per 1,000", said(app))
    # Fault: marks at $0 were cut in half by the edge of the chart.
    charts = [json.loads(each.proto.spec) for each in app.get("plotly_chart")]
    [axis] = [chart["layout"]["xaxis"] for chart in charts if "dollars" in str(chart["layout"]["xaxis"])]
    assert axis["range"][0] < 0


def test_a_prompt_is_adopted_and_the_one_before_comes_back(
    app: AppTest, store: Store, dataset: str, pair: tuple[str, str]
):
    opened(app)
    for run_id in pair:
        app.text_input(key="why" + run_id).input(f"Reason {run_id}")
        app.button(key="adopt" + run_id).click().run()
        assert not app.exception
    assert store.champions.current(dataset).run_id == pair[1] and "Champion: step 1 of High" in said(app)
    assert f"Reason {pair[0]}" in said(app) and "in place of number 1" in said(app)
    app.button(key="back_0").click().run()
    assert store.champions.current(dataset).prompt == store.steps.get(pair[0], 0).prompt
    assert "Champion: step 0 of Low" in said(app)
    assert [each.why for each in store.champions.history(dataset)] == [
        "Back to number 1",
        f"Reason {pair[1]}",
        f"Reason {pair[0]}",
    ]


def test_read_only_compares_and_changes_nothing(
    app: AppTest, store: Store, dataset: str, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
):
    for run_id in pair:
        store.champions.adopt(dataset, store.steps.get(run_id, 0).prompt, "offline:reader", run_id, 0)
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    opened(app)
    assert answer(app).startswith("High is better")
    assert (
        "adopt" + pair[1] not in {button.key for button in app.button} and app.button(key="back_0").disabled
    )


def tried(store: Store, run_id: str):
    """Of step 0, by a workspace of its own."""
    step, rows = store.steps.get(run_id, 0), store.runs.snapshot(run_id)
    of = side("A", store.runs.get(run_id), step, step.prompt, rows)
    with TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        found = neighbour_trial.run(workspace, of, neighbour_trial.neighbour_prompts(of, (2, 4, 8)))
        workspace.close()
    return found


def test_neighbour_examples_are_priced_tried_and_adopted(
    app: AppTest, store: Store, dataset: str, pair: tuple[str, str]
):
    opened(app)
    app.button(key="ask_neighbours").click().run()
    assert not app.exception and "312 calls, free" in said(app), "three numbers of examples on 104 rows"
    app.session_state["neighbours tried"] = {
        (pair[0], 0): tried(store, pair[0])
    }  # AppTest presses no button inside a dialog
    app.run()
    assert not app.exception
    lines = [text.value for text in app.text if "neighbours:" in text.value]
    assert [line.split(":")[0] for line in lines] == [
        f"A step 0 with {count} neighbours" for count in (2, 4, 8)
    ]
    assert all("mistakes fixed" in line or "mistake fixed" in line for line in lines), lines
    app.button(key=f"adopt_{pair[0]}_4").click().run()
    champion = store.champions.current(dataset)
    assert (champion.prompt.few_shot.strategy, champion.prompt.few_shot.k) == ("similar", 4)
    assert "Champion: step 0 of Low with 4 neighbours" in said(app)
    held_out = {row.text for row in store.runs.snapshot(pair[0]).examples} - {
        shot.text for shot in champion.prompt.few_shot.examples
    }
    read = {each.example_id for each in store.steps.get(pair[0], 0).validation.predictions}
    assert {row.text for row in store.runs.snapshot(pair[0]).examples if row.id in read} <= held_out


def test_read_only_spends_nothing_on_neighbours(
    app: AppTest, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    opened(app)
    app.button(key="ask_neighbours").click().run()
    assert app.button(key="neighbours_now").disabled and "read-only" in said(app)


# ---- the leak meter


def test_the_leak_meter_is_priced_and_shows_both_scores_and_the_sentence(
    app: AppTest, store: Store, dataset: str, pair: tuple[str, str]
):
    opened(app)
    app.button(key="ask_neighbours").click().run()
    assert "At most 208 calls, free" in said(app) and "Embeddings are free." in said(app), (
        "104 rows, each twice at most"
    )
    assert not app.button(key="leak_now").disabled and not scores(app)
    app.session_state["leaks measured"] = {
        (pair[0], 0, 4, "offline:svd"): leak(store, pair[0])
    }  # as pressed: see above
    app.button(key="ask_neighbours").click().run()
    assert not app.exception
    assert [label for label, value in scores(app) if "%" in value] == ["Protected", "Near duplicates shown"]
    assert "No leak: none of 104 validation rows" in said(app)
    app.button_group(key="leak_k").set_value(8).run()
    app.button(key="ask_neighbours").click().run()
    assert "At most 208 calls, free" in said(app) and not scores(app), "of another number nothing is known"


def scores(app: AppTest) -> list[tuple[str, str]]:
    return [
        (metric.label, metric.value)
        for metric in app.metric
        if metric.label in ("Protected", "Near duplicates shown")
    ]


def leak(store: Store, run_id: str):
    """Of step 0 with 4 neighbours, by a workspace of its own."""
    step, rows = store.steps.get(run_id, 0), store.runs.snapshot(run_id)
    with TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        found = meter(workspace, LeakRequest(side("A", store.runs.get(run_id), step, step.prompt, rows), 4))
        workspace.close()
    return found


def test_a_leak_meter_without_a_key_says_so(app: AppTest, pair: tuple[str, str]):
    opened(app)
    app.button(key="ask_neighbours").click().run()
    app.selectbox(key="leak_by").set_value("openai:text-embedding-3-small").run()
    app.button(key="ask_neighbours").click().run()
    assert not app.exception
    assert (
        app.button(key="leak_now").disabled
        and "OPENAI_API_KEY" in said(app)
        and "At most 208" not in said(app)
    )


def test_read_only_measures_no_leak(app: AppTest, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    opened(app)
    app.button(key="ask_neighbours").click().run()
    assert app.button(key="leak_now").disabled and "At most 208" not in said(app)
