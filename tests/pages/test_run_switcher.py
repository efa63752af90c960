"""The box that runs are chosen in: named, filtered, starred, noted; benchmark runs kept aside."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import Stopped
from core.jobs.run_job import Work, execute_run
from core.store.records import RunStatus
from core.store.runs.owners import new_owner
from core.store.store import Store
from core.types import Settings
from pages.ui.runs.filter import RunFilter
from tests.pages.conftest import open_page
from tests.pages.made import dataset_of, events, failing_after, run_of

PAGE = "tune/runs.py"


def opened(app: AppTest, **address: str) -> AppTest:
    return open_page(app, PAGE, **address)


def listed(app: AppTest) -> list[str]:
    """The runs that the box offers, by name."""
    return [option.split(" · ")[0] for option in app.selectbox(key="run").options]


def shown(app: AppTest, store: Store) -> str:
    """The run that is opened, by name."""
    return store.runs.get(app.session_state["run"]).name


@pytest.fixture
def dataset(store: Store) -> str:
    return dataset_of(store)


@pytest.fixture
def runs(store: Store, dataset: str) -> dict[str, str]:
    """Three of them, by name."""
    found = {"Plain": run_of(store, dataset, "Plain")}
    early = failing_after(2, Stopped("enough"))
    found["Stopped early"] = run_of(
        store, dataset, "Stopped early", Settings(lightweight="ollama:tiny"), early
    )
    found["Best of all"] = run_of(store, dataset, "Best of all", Settings(heavyweight="openai:big"))
    store.runs.describe(found["Plain"], note="the one with **short** rules")
    store.runs.describe(found["Best of all"], starred=True)
    return found


def of_benchmark(store: Store, dataset: str, name: str = "Of a benchmark") -> str:
    run_id = store.runs.create(dataset, Settings(), name, benchmark=store.benchmarks.create("Bench", "{}"))
    execute_run(
        store,
        run_id,
        new_owner(),
        lambda rows, settings, run_id, on_progress: Work(events(rows, settings), dict),
    )
    return run_id


def test_the_box_names_each_run_with_its_figures_status_star_and_note(app: AppTest, runs: dict[str, str]):
    opened(app, run=runs["Plain"])
    assert app.selectbox(key="run").options == [
        "★ Best of all · validation 60 → 100 %",
        "Stopped early · validation 60 → 100 % · stopped",
        "Plain · validation 60 → 100 % · the one with **short** rules",
    ]


def test_two_runs_of_one_name_can_be_told_apart(app: AppTest, store: Store, runs: dict[str, str]):
    store.runs.rename(runs["Stopped early"], "Plain")
    store.runs.describe(runs["Plain"], note="")
    again = run_of(store, store.runs.get(runs["Plain"]).dataset_id, "Plain")
    opened(app, run=runs["Plain"])
    assert len(set(app.selectbox(key="run").options)) == 4
    app.selectbox(key="run").select(again).run()
    assert app.session_state["run"] == again


@pytest.mark.parametrize(
    ("key", "value", "names"),
    [
        ("runs_status", [RunStatus.STOPPED], ["★ Best of all", "Stopped early"]),
        ("runs_models", ["ollama:tiny"], ["★ Best of all", "Stopped early"]),
    ],
)
def test_a_filter_keeps_what_fits(
    app: AppTest, runs: dict[str, str], key: str, value: list, names: list[str]
):
    opened(app, run=runs["Best of all"])
    (app.button_group(key=key) if key == "runs_status" else app.multiselect(key=key)).set_value(value).run()
    assert not app.exception and listed(app) == names, "the opened one stays"
    assert any(block.proto.popover.label == "Filter: 1" for block in app.get("popover"))


def test_starred_ones_alone_and_back(app: AppTest, runs: dict[str, str]):
    opened(app)
    app.toggle(key="runs_starred").set_value(True).run()
    assert listed(app) == ["★ Best of all"]
    app.button(key="runs_all").click().run()
    assert len(listed(app)) == 3


def test_another_run_is_opened_from_the_box(app: AppTest, store: Store, runs: dict[str, str]):
    opened(app)
    app.selectbox(key="run").select(runs["Plain"]).run()
    assert shown(app, store) == "Plain" and app.query_params["run"] == runs["Plain"]


def test_a_deep_link_opens_a_run_that_the_filter_hides(app: AppTest, store: Store, runs: dict[str, str]):
    opened(app, run=runs["Plain"])
    app.toggle(key="runs_starred").set_value(True).run()
    assert not app.exception and shown(app, store) == "Plain"
    assert listed(app) == ["★ Best of all", "Plain"]


def test_a_star_is_given_and_taken(app: AppTest, store: Store, runs: dict[str, str]):
    opened(app, run=runs["Plain"])
    app.button(key="star").click().run()
    assert store.runs.get(runs["Plain"]).starred and app.button(key="star").label == "★ Starred"
    app.button(key="star").click().run()
    assert not store.runs.get(runs["Plain"]).starred and app.button(key="star").label == "☆ Star"


def test_a_note_is_kept_shown_and_never_markup(app: AppTest, store: Store, runs: dict[str, str]):
    run_id = runs["Stopped early"]
    opened(app, run=run_id)
    app.text_area(key="note_of_" + run_id).input("**loud** ![x](http://x/y.png) :material/home:")
    next(button for button in app.button if button.label == "Keep the note").click().run()
    assert (
        not app.exception and store.runs.get(run_id).note == "**loud** ![x](http://x/y.png) :material/home:"
    )
    shown = next(caption.value for caption in app.caption if "loud" in caption.value)
    assert "\\*\\*loud\\*\\*" in shown and "\\!\\[x\\]" in shown and "\\:material/home" in shown


def test_benchmark_runs_are_hidden_unless_asked_for(
    app: AppTest, store: Store, dataset: str, runs: dict[str, str]
):
    bench = of_benchmark(store, dataset)
    opened(app)
    assert "Of a benchmark" not in listed(app) and shown(app, store) == "Best of all", (
        "the newest of the others is opened"
    )
    app.toggle(key="runs_benchmarks").set_value(True).run()
    assert listed(app)[0] == "Of a benchmark"
    opened(app, run=bench)
    assert shown(app, store) == "Of a benchmark"


def test_with_benchmark_runs_alone_one_of_them_is_opened(app: AppTest, store: Store, dataset: str):
    for name in ("First", "Second"):
        of_benchmark(store, dataset, name)
    opened(app)
    assert shown(app, store) == "Second" and listed(app) == ["Second"]


def test_compare_takes_the_opened_run_and_the_best_of_the_others(app: AppTest, runs: dict[str, str]):
    opened(app, run=runs["Plain"])
    app.button(key="compare_run").click().run()
    assert not app.exception and app.title[0].value == "Compare"
    assert (
        app.multiselect(key="compared").value[1] == runs["Plain"]
        and len(app.multiselect(key="compared").value) == 2
    )


def test_compare_takes_the_champions_run_first(
    app: AppTest, store: Store, dataset: str, runs: dict[str, str]
):
    store.champions.adopt(
        dataset, store.steps.get(runs["Stopped early"], 0).prompt, "offline:reader", runs["Stopped early"], 0
    )
    opened(app, run=runs["Plain"])
    app.button(key="compare_run").click().run()
    assert app.multiselect(key="compared").value == [runs["Stopped early"], runs["Plain"]]


def test_all_conditions_must_hold(store: Store, runs: dict[str, str]):
    record = store.runs.get(runs["Best of all"])
    assert RunFilter(("finished",), ("openai:big",), True).lets(record)
    for other in (RunFilter(("failed",)), RunFilter(models=("openai:small",))):
        assert not other.lets(record)
    assert not RunFilter(starred=True).lets(store.runs.get(runs["Plain"]))


def test_a_link_to_a_run_of_another_dataset_opens_that_run(
    app: AppTest, store: Store, dataset: str, runs: dict[str, str]
):
    elsewhere = dataset_of(store, "github_issues")  # the newest dataset is the one that is shown
    run_of(store, elsewhere, "Elsewhere")
    opened(app, run=runs["Plain"])
    assert shown(app, store) == "Plain" and app.session_state["dataset"] == dataset
    app.selectbox(key="dataset").select(elsewhere).run()
    assert shown(app, store) == "Elsewhere", "who then chooses another dataset is not taken back"


@pytest.mark.parametrize("page", [PAGE, "use/playground.py", "start/overview.py"])
@pytest.mark.parametrize("named", [{}, {"present": "1"}])
def test_a_run_in_the_address_decides_the_dataset_of_every_page(
    app: AppTest, store: Store, dataset: str, runs: dict[str, str], page: str, named: dict[str, str]
):
    elsewhere = dataset_of(store, "github_issues")
    run_of(store, elsewhere, "Elsewhere")
    open_page(app, page, run=runs["Plain"], dataset=elsewhere, **named)
    assert app.session_state["dataset"] == dataset and app.query_params["dataset"] in (dataset, [dataset])
    assert page != PAGE or shown(app, store) == "Plain"


def test_a_link_keeps_its_step_where_another_run_was_open(app: AppTest, store: Store, runs: dict[str, str]):
    opened(app, run=runs["Plain"])
    opened(app, run=runs["Best of all"], step="2")
    assert app.query_params["step"] == "2" and app.session_state["step as chosen"] == 2


def test_the_box_of_datasets_wins_over_what_the_address_names(
    app: AppTest, store: Store, dataset: str, runs: dict[str, str]
):
    others = [dataset_of(store, "github_issues"), dataset_of(store)]
    for other in others:
        run_of(store, other, "Of " + other)
    opened(app, run=runs["Plain"])
    for other in others:
        app.selectbox(key="dataset").select(other).run()
        assert shown(app, store) == "Of " + other and app.session_state["dataset"] == other


def test_a_link_to_a_run_whose_dataset_is_gone_says_where_its_report_is(
    app: AppTest, store: Store, runs: dict[str, str], dataset: str
):
    other = dataset_of(store, "question_pairs")
    run_of(store, other, "Of the other one")
    store.datasets.delete(dataset)
    opened(app, run=runs["Plain"])
    assert shown(app, store) == "Of the other one"
    assert f"export {runs['Plain']} --format html" in app.info[0].value


def test_a_presentation_of_a_run_that_is_gone_says_so(app: AppTest, runs: dict[str, str]):
    opened(app, run="gone", present="1")
    assert "has been deleted" in app.info[0].value
