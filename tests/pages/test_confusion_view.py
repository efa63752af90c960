"""Clicking through a run: marks that open their step, the confusion matrix with the rows behind each cell,
one edit for one cell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sklearn.metrics import confusion_matrix
from streamlit.testing.v1 import AppTest

from core.errors import CapReached
from core.metrics.confusion import MatrixCell, cells_of, mistakes_by_size
from core.services.runs import start_run
from core.store.store import Store
from core.studies.cell_edit.edit import ProposedEdit
from core.types import Evaluation, Reflection, Request, Settings
from core.workspace import Workspace
from pages.ui.charts import LARGE
from pages.ui.row_panel.state import OPENED
from pages.ui.runs.confusion import cell_edit
from tests.pages.conftest import choose_row
from tests.pages.made import dataset_of, run_of, wait_for_runs
from tests.pages.test_runs_page import opened, said

NEW_RUN = "tune/new_run.py"


@pytest.fixture
def run_id(store: Store) -> str:
    """Three steps whose readings are made by hand."""
    return run_of(store, dataset_of(store, "github_issues"))


@pytest.fixture
def tuned(folder: Path, store: Store) -> Iterator[str]:
    """A real run of the offline pair, one step long."""
    dataset = dataset_of(store, "github_issues")
    workspace = Workspace.open(folder, {})
    run_id = start_run(workspace, dataset, Settings(iterations=1))
    wait_for_runs(store)
    yield run_id
    workspace.close()


def chart(app: AppTest, key: str):
    """Its message to the browser."""
    return next(
        each.proto
        for each in app.get("plotly_chart")
        if f"-{key}-" in each.proto.id or each.proto.id.endswith("-" + key)
    )


def spec(app: AppTest, key: str) -> dict:
    return json.loads(chart(app, key).spec)


def marked(app: AppTest, key: str) -> list[str]:
    """What is drawn as chosen: larger in the one chart, framed in the other."""
    found = []
    for trace in spec(app, key)["data"]:
        look = trace.get("marker", {}).get("opacity" if key == "confusion" else "size")
        found += (
            [name for name, how in zip(trace["customdata"], look, strict=True) if how in (1, LARGE)]
            if isinstance(look, list)
            else []
        )
    return found


def click(app: AppTest, key: str, *names: str) -> AppTest:
    """On marks of a chart, as a browser would tell of it: AppTest itself cannot select. Without names: a
    second click takes it back."""
    tree, proto = app._tree, chart(app, key)
    of_the_others = tree.get_widget_states

    def states():
        sent = of_the_others()
        points = [{"curve_number": 1, "point_index": 0, "customdata": name} for name in names]
        selection = {"selection": {"points": points, "point_indices": [], "box": [], "lasso": []}}
        sent.widgets.add(id=proto.id, string_value=json.dumps(selection))
        return sent

    tree.get_widget_states = states
    app.run()
    assert not app.exception
    return app


def texts(app: AppTest) -> list[str]:
    """Of the answers that are listed."""
    return [
        text
        for frame in app.dataframe
        if "Model's reason" in frame.value.columns
        for text in frame.value["Text"]
    ]


def rows_in(store: Store, run_id: str, read: Evaluation, cell: MatrixCell) -> list[str]:
    dataset = store.runs.snapshot(run_id)
    found = cells_of(dataset.examples, read.predictions, dataset.labels.names)
    return sorted(row.text for row in dataset.examples if found.get(row.id) == cell)


def cell_list(app: AppTest):
    return next(each for each in app.selectbox if each.label == "Rows of")


# ---- marks of the chart


def test_a_click_on_a_mark_opens_its_step_and_the_address_names_it(app: AppTest, run_id: str):
    opened(app, view="steps")
    click(app, "accuracy", "2")
    assert app.session_state["step"] == 2 and app.query_params["step"] == "2"
    assert "Step 2: refused" in said(app)


def test_a_click_does_not_draw_the_chart_anew(app: AppTest, run_id: str):
    opened(app, view="steps")
    before = chart(app, "accuracy").id
    click(app, "accuracy", "2")
    assert chart(app, "accuracy").id == before, (
        "another id would be another chart: a flicker, and the click forgotten"
    )
    app.run()
    assert chart(app, "accuracy").id == before


def test_a_step_chosen_from_the_list_is_marked_in_the_chart(app: AppTest, run_id: str):
    opened(app, view="steps")
    assert marked(app, "accuracy") == ["1"], "the best so far"
    app.selectbox(key="step").set_value(2).run()
    assert marked(app, "accuracy") == ["2"]
    click(app, "accuracy", "0")
    app.selectbox(key="step").set_value(2).run()
    assert marked(app, "accuracy") == ["2"] and "Step 2: refused" in said(app)


def test_a_second_click_on_a_mark_goes_back_to_the_best(app: AppTest, run_id: str):
    opened(app, view="steps")
    click(app, "accuracy", "2")
    click(app, "accuracy")
    assert "Step 1: kept" in said(app) and "step" not in app.query_params
    assert marked(app, "accuracy") == ["1"]


def test_a_click_on_what_was_chosen_elsewhere_takes_it_back(app: AppTest, run_id: str):
    """The browser sends it as a click on a mark that is not selected yet."""
    opened(app, step="2", cell="0-1")
    click(app, "accuracy", "2")
    assert "step" not in app.query_params and marked(app, "accuracy") == ["1"]
    click(app, "confusion", "0-1")
    assert "cell" not in app.query_params and marked(app, "confusion") == []


def test_refused_candidates_are_hollow_and_batches_have_their_intervals(
    app: AppTest, run_id: str, store: Store
):
    opened(app, view="steps")
    traces = {trace.get("name"): trace for trace in spec(app, "accuracy")["data"]}
    assert traces["refused"]["marker"]["symbol"] == "circle-open" and traces["refused"]["customdata"] == ["2"]
    assert traces["kept"]["customdata"] == ["0", "1"]
    batch = store.steps.figures(run_id)[1].batch
    assert traces["training rows"]["y"][0] == pytest.approx(100 * batch.accuracy)
    assert traces["training rows"]["error_y"]["array"][0] == pytest.approx(
        100 * (batch.interval[1] - batch.accuracy)
    )


# ---- cells


def test_a_deep_link_opens_the_cell_of_the_step(app: AppTest, run_id: str, store: Store):
    opened(app, step="1", cell="0-1")
    assert (
        sorted(texts(app))
        == rows_in(store, run_id, store.steps.get(run_id, 1).validation, MatrixCell(0, 1))
        != []
    )
    assert marked(app, "confusion") == ["0-1"]


def test_a_click_on_a_cell_lists_its_rows_and_a_second_one_all_mistakes_again(
    app: AppTest, run_id: str, store: Store
):
    opened(app, step="1")
    everything, before = texts(app), chart(app, "confusion").id
    click(app, "confusion", "1-2")
    assert chart(app, "confusion").id == before
    assert (
        sorted(texts(app))
        == rows_in(store, run_id, store.steps.get(run_id, 1).validation, MatrixCell(1, 2))
        != []
    )
    assert app.query_params["cell"] == "1-2" and cell_list(app).value == "1-2"
    click(app, "confusion")
    assert texts(app) == everything and "cell" not in app.query_params


def test_the_same_choice_can_be_made_from_a_list_biggest_first(app: AppTest, run_id: str, store: Store):
    opened(app, step="2")
    read, labels = store.steps.get(run_id, 2).validation, store.runs.snapshot(run_id).labels.names
    sizes = mistakes_by_size(read.metrics.confusion)
    (biggest, count), options = sizes[0], cell_list(app).options
    assert options[0] == "All mistakes"
    assert options[1] == f"{labels[biggest.row]} predicted as {labels[biggest.column]}: {count}"
    assert len(options) == 1 + len(sizes) + len(labels), "the diagonal can be looked at, too"
    cell_list(app).set_value(str(biggest)).run()
    assert len(texts(app)) == count and marked(app, "confusion") == [str(biggest)]


def test_the_cell_stays_chosen_from_step_to_step_with_the_rows_of_each(
    app: AppTest, run_id: str, store: Store
):
    opened(app, step="1", cell="0-1")
    click(app, "accuracy", "0")
    assert sorted(texts(app)) == rows_in(
        store, run_id, store.steps.get(run_id, 0).validation, MatrixCell(0, 1)
    )


def test_right_answers_of_a_cell_need_no_edit(app: AppTest, run_id: str):
    opened(app, step="1", cell="0-0")
    assert texts(app) and "propose_edit" not in {button.key for button in app.button}


def test_a_cell_that_is_not_there_is_no_cell(app: AppTest, run_id: str):
    opened(app, step="1", cell="77-78")
    assert cell_list(app).value == "" and "cell" not in app.query_params


@pytest.mark.parametrize("other", [0, 1])
def test_the_difference_is_recomputed_with_scikit_learn(app: AppTest, run_id: str, store: Store, other: int):
    opened(app, step="2")
    app.selectbox(key="difference 1").set_value(other).run()
    labels, truth = (
        store.runs.snapshot(run_id).labels.names,
        {row.id: row.label for row in store.runs.snapshot(run_id).examples},
    )
    before, after = (
        confusion_matrix(
            [truth[each.example_id] for each in read.predictions],
            [each.label for each in read.predictions],
            labels=labels,
        )
        for read in (store.steps.get(run_id, number).validation for number in (other, 2))
    )
    drawn = [
        [int(cell.replace("−", "-") or 0) for cell in row]
        for row in spec(app, "confusion")["data"][0]["text"]
    ]
    assert drawn == (after - before).tolist() and any(any(row) for row in drawn)


def test_row_shares_are_of_the_correct_label(app: AppTest, run_id: str, store: Store):
    opened(app, step="1")
    app.segmented_control(key="cells").set_value("row shares").run()
    row = store.steps.get(run_id, 1).validation.metrics.confusion[0]
    assert spec(app, "confusion")["data"][0]["text"][0][0] == f"{100 * row[0] / sum(row):.0f} %"


def test_a_row_opens_beside_the_table_with_what_was_sent_and_its_neighbours(app: AppTest, run_id: str):
    opened(app, step="1", cell="0-1")
    for tab, words in (("Request and reply", "Reply, to the letter"), ("Similar rows", "")):
        app.session_state["panel_tabs"] = tab
        choose_row(app, "Model's reason", 0)
        assert not app.exception and words in said(app)
    assert any("Similarity" in frame.value.columns for frame in app.dataframe)


def test_a_label_changed_in_the_panel_rescores_the_run_at_once(app: AppTest, store: Store, run_id: str):
    """The mistake is none any more, on the page and in the figure of the best prompt."""
    opened(app, step="1")
    before = texts(app)
    choose_row(app, "Model's reason", 0)
    table = app.session_state[OPENED]
    predicted = table.context.answers[0].predictions[table.row_id].label
    labels = store.datasets.info(table.dataset_id).labels.names
    app.button(key=f"panel_label_{1 + labels.index(predicted)}").click().run()
    assert not app.exception and len(texts(app)) == len(before) - 1
    assert "Scored by today's labels" in said(app)
    read = store.runs.get(run_id).result.best.evaluations["validation"].metrics
    now = (
        f"By today's labels the best prompt of Run 1 has {read.correct + 1} of {read.n} validation rows right"
    )
    assert f"{now} instead of {read.correct}" in app.success[0].value
    app.button(key="panel_undo").click().run()
    assert len(texts(app)) == len(before)


# ---- one edit for one cell


def biggest_cell(store: Store, run_id: str, number: int) -> str:
    return str(mistakes_by_size(store.steps.get(run_id, number).validation.metrics.confusion)[0][0])


def test_an_edit_is_priced_asked_for_and_measured(app: AppTest, store: Store, tuned: str):
    opened(app, run=tuned, step="0", cell=biggest_cell(store, tuned, 0))
    assert "At most 1 heavyweight and" in said(app) and "lightweight calls, free" in said(app)
    app.button(key="propose_edit").click().run()
    assert not app.exception and not app.error
    assert "mistakes of this kind fixed" in said(app) and "On all" in said(app).replace("\\", "")
    assert "adopt_edit" in {button.key for button in app.button}


def test_the_prompt_with_the_edit_can_become_champion_or_begin_a_run(app: AppTest, store: Store, tuned: str):
    opened(app, run=tuned, step="0", cell=biggest_cell(store, tuned, 0))
    app.button(key="propose_edit").click().run()
    candidate = app.session_state[cell_edit.RESULT][1].candidate
    app.button(key="adopt_edit").click().run()
    dataset = store.runs.get(tuned).dataset_id
    assert store.champions.current(dataset).prompt == candidate
    assert store.champions.current(dataset).run_id == "", "no step of a run has this prompt"
    app.button(key="run_from_edit").click().run()
    assert app.title[0].value == "New run" and "It begins with step 0 of Run 1" in said(app).replace("\\", "")
    app.switch_page(NEW_RUN).run()  # AppTest does not follow a switch
    next(button for button in app.button if button.label == "Start the run").click().run()
    newest = store.runs.all(dataset)[0]
    assert newest.id != tuned and newest.settings.start == candidate


def test_a_start_that_was_taken_along_can_be_left(app: AppTest, store: Store, tuned: str):
    opened(app, run=tuned, step="0", cell=biggest_cell(store, tuned, 0))
    app.button(key="propose_edit").click().run()
    app.button(key="run_from_edit").click().run()
    app.switch_page(NEW_RUN).run()
    assert "It begins with" in said(app)
    app.button(key="usual_start").click().run()
    assert app.title[0].value == "New run" and "It begins with" not in said(app)


def test_what_goes_wrong_is_one_sentence(
    app: AppTest, store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch
):
    def capped(*_: object) -> ProposedEdit:
        raise CapReached("The cap of 3 heavyweight calls is reached: raise it to go on.")

    opened(app, step="1", cell="0-1")
    monkeypatch.setattr(cell_edit.edit_study, "run", capped)
    app.button(key="propose_edit").click().run()
    assert [each.value.replace("\\", "") for each in app.error] == [
        "The cap of 3 heavyweight calls is reached: raise it to go on."
    ]
    app.run()
    assert not app.error


def test_a_refused_edit_is_told_with_its_reason_and_nothing_to_adopt(
    app: AppTest, run_id: str, monkeypatch: pytest.MonkeyPatch
):
    refused = ProposedEdit(
        Reflection(Request(()), "I see nothing.", ()),
        problem="The reply holds no <edit> block: there is nothing to try.",
    )
    monkeypatch.setattr(cell_edit.edit_study, "run", lambda *_: refused)
    opened(app, step="1", cell="0-1")
    app.button(key="propose_edit").click().run()
    assert app.warning[0].proto.title == "Nothing was measured" and "there is nothing to try" in said(app)
    assert "adopt_edit" not in {button.key for button in app.button}


def test_read_only_shows_cells_and_asks_nothing(app: AppTest, run_id: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    opened(app, step="1", cell="0-1")
    assert texts(app) and app.button(key="propose_edit").disabled


def test_a_model_that_cannot_be_called_is_told_at_the_button(app: AppTest, store: Store):
    run_of(store, dataset_of(store, "github_issues"), settings=Settings(heavyweight="openai:gpt-5"))
    opened(app, step="1", cell="0-1")
    assert app.button(key="propose_edit").disabled and "key" in app.button(key="propose_edit").help
