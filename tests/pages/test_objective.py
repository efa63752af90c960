"""What counts in a run: chosen before it, named with its figures after it."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core.metrics.metrics import evaluation
from core.store.records import Ending, RunStatus
from core.store.store import Store
from core.types import (
    Comparison,
    Dataset,
    Decision,
    Example,
    LabelSet,
    Objective,
    Outcome,
    Prediction,
    Prompt,
    Result,
    Scored,
    Settings,
    Step,
    Verdict,
)
from pages.ui.new_run.objective import automatic_in_words
from tests.pages.made import dataset_of
from tests.pages.test_new_run_page import opened, start_button, texts

LABELS = ("sincere", "in*sincere")


def rows(sincere: int, insincere: int, split: str = "validation") -> tuple[Example, ...]:
    labels = [LABELS[0]] * sincere + [LABELS[1]] * insincere
    return tuple(Example(f"{split}{n}", f"{split} {n}", label, split=split) for n, label in enumerate(labels))


def test_the_automatic_choice_is_named_with_its_reason():
    assert automatic_in_words(rows(30, 10)) == (
        "Accuracy, since labels are even enough: the most frequent has 3.0 times the rows of the rarest (more than 3.5 is uneven)."
    )
    assert automatic_in_words(rows(90, 10)) == (
        "Balanced accuracy, since accuracy would reward guessing: the most frequent has 9.0 times the rows of the rarest "
        "(more than 3.5 is uneven)."
    )


def test_an_objective_and_a_floor_are_chosen_for_a_run(app: AppTest, store: Store):
    dataset_of(store)
    opened(app)
    assert "Accuracy, since labels are even enough" in texts(app)
    app.selectbox(key="new_objective").set_value("recall").run()
    app.selectbox(key="new_objective_label").set_value("bug").run()
    app.number_input(key="new_objective_floor").set_value(75).run()
    app.multiselect(key="new_floor_labels").set_value(["integration"]).run()
    app.number_input(key="new_floor_integration").set_value(40).run()
    app.number_input(key="new_iterations").set_value(1).run()
    assert not app.exception
    start_button(app).click().run()
    (run,) = store.runs.all()
    assert run.settings.objective == Objective("recall", "bug", 0.75, (), (("integration", 0.4),))


def test_left_to_the_rows_the_choice_is_stored_with_the_run(app: AppTest, store: Store):
    dataset_of(store)
    opened(app)
    app.number_input(key="new_iterations").set_value(1).run()
    start_button(app).click().run()
    (run,) = store.runs.all()
    assert run.settings.objective == Objective("accuracy", chosen=True)


def test_every_confusion_has_a_cost(app: AppTest, store: Store):
    dataset_of(store)
    opened(app)
    app.selectbox(key="new_objective").set_value("costs").run()
    assert not app.exception
    app.number_input(key="new_iterations").set_value(1).run()
    start_button(app).click().run()
    costs = store.runs.all()[0].settings.objective.costs
    assert ("bug", "", 1.0) in costs and ("bug", "integration", 1.0) in costs and len(costs) == 5 * 5


def guessing_run(store: Store) -> str:
    """A finished run whose best prompt always answers “sincere”, which it calls better."""
    validation, test = rows(20, 5), rows(40, 8, "test")
    dataset_id = store.datasets.add(Dataset("questions", LabelSet(LABELS), (*validation, *test)), "test")
    run_id = store.runs.create(dataset_id, Settings(objective=Objective("balanced", chosen=True)))

    def read(part: tuple[Example, ...], good: int):
        answers = [LABELS[0]] * good + [LABELS[1]] * 12 + [LABELS[0]] * len(part)
        return evaluation(
            part,
            [Prediction(row.id, Outcome.LABEL, label) for row, label in zip(part, answers, strict=False)],
            LABELS,
        )

    start, best = Prompt("start", "", ""), Prompt("best", "", "")
    before = {"validation": read(validation, 2), "test": read(test, 2)}
    after = {
        part: evaluation(each, [Prediction(row.id, Outcome.LABEL, LABELS[0]) for row in each], LABELS)
        for part, each in (("validation", validation), ("test", test))
    }
    better = Verdict(
        Decision.ACCEPTED, "12 mistakes fixed, none new; not luck (p = 0.0005)", Comparison(48, (), (), 0.01)
    )
    result = Result(
        Scored(start, 0, before),
        Scored(best, 1, after),
        better,
        "iterations",
        {"test": 48},
        0.8,
        Objective("balanced", chosen=True),
    )
    assert store.leases.claim(run_id, "me")
    verdict = Verdict(Decision.ACCEPTED, "12 mistakes fixed, none new")
    store.steps.save(run_id, Step(0, start, start, None, before["validation"], None, verdict))
    store.steps.save(run_id, Step(1, best, best, None, after["validation"], None, verdict))
    store.leases.finish(run_id, "me", Ending(RunStatus.FINISHED, "iterations", result))
    return run_id


def test_a_prompt_that_never_gives_a_label_is_not_recommended(app: AppTest, store: Store):
    guessing_run(store)
    app.run()
    page = "\n".join(each.value for kind in (app.caption, app.markdown) for each in kind).replace("\\", "")
    assert not app.exception
    assert "Not called an improvement, since it never answers “in*sincere”" in page
    assert "Next: adopt" not in page
    app.switch_page("tune/runs.py").run()
    assert not app.exception
    page = "\n".join(each.value for kind in (app.caption, app.markdown) for each in kind).replace("\\", "")
    assert "Judged by balanced accuracy" in page and "→ 50.0 %" in page
    [warning] = [each.value.replace("\\", "") for each in app.warning]
    assert "not recommended: it never answers “in*sincere”, the label of 13 rows" in warning
    assert not app.success
