"""Runs beside each other, out of a store: figures against scikit-learn and scipy on the stored
predictions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score

from core.errors import NotFound, Stopped
from core.samples import sample
from core.services.compare.basis import (
    ComparedRun,
    ComparisonBasis,
    ground,
    serving,
    serving_of,
    settings_that_differ,
    side,
)
from core.services.compare.words import headline, verdict
from core.services.datasets import import_sample
from core.store.records import Change, RunRecord
from core.types import Evaluation, Example, Objective, Outcome, Prediction, Result, Settings, Step
from core.workspace import Workspace
from tests.pages.made import failing_after, run_of


@pytest.fixture
def dataset(workspace: Workspace) -> str:
    return import_sample(workspace, sample("github_issues"))


def weaker(right: int):
    """Of every ten rows the best prompt reads so many rightly, on every part."""

    def ends(made: Iterator[Step | Result]) -> Iterator[Step | Result]:
        for event in made:
            if isinstance(event, Step) and event.number == 1:
                yield replace(event, validation=lowered(event.validation, right))
            elif isinstance(event, Result):
                yield replace(
                    event,
                    best=replace(
                        event.best,
                        evaluations={
                            part: lowered(read, right) for part, read in event.best.evaluations.items()
                        },
                    ),
                )
            else:
                yield event

    return ends


def lowered(read: Evaluation, right: int) -> Evaluation:
    return replace(
        read,
        predictions=tuple(
            each if place % 10 < right else replace(each, outcome=Outcome.UNREADABLE, label="")
            for place, each in enumerate(read.predictions)
        ),
    )


def best_of(workspace: Workspace, run_id: str, name: str = "") -> ComparedRun:
    record: RunRecord = workspace.store.runs.get(run_id)
    step = workspace.store.steps.get(run_id, record.result.best.step if record.result else record.steps - 1)
    return side(
        name or record.name,
        record,
        step,
        step.candidate or step.prompt,
        workspace.store.runs.snapshot(run_id),
    )


def at(workspace: Workspace, run_id: str, number: int) -> ComparedRun:
    runs, step = workspace.store.runs, workspace.store.steps.get(run_id, number)
    return side(
        f"step {number}", runs.get(run_id), step, step.candidate or step.prompt, runs.snapshot(run_id)
    )


def right_rows(found: ComparedRun, part: str) -> tuple[set[str], dict[str, str]]:
    truth = {row.id: row.label for row in found.dataset.examples}
    said = {
        each.example_id: each.label
        for each in found.readings[part].predictions
        if each.outcome is not Outcome.FAILED
    }
    return {row for row, label in said.items() if label == truth[row]}, said


@pytest.mark.parametrize("part", ["validation", "test"])
def test_figures_and_verdict_are_those_of_scikit_learn_and_scipy(
    workspace: Workspace, dataset: str, part: str
):
    sides = [
        best_of(workspace, run_of(workspace.store, dataset, f"Run {n}", ends=weaker(right)))
        for n, right in enumerate((4, 6))
    ]
    on = ground(sides)
    truth = {row.id: row.label for row in sides[0].dataset.examples}
    for place, each in enumerate(sides):
        right, said = right_rows(each, part)
        figures = on.figures(part, place)
        assert figures.accuracy == pytest.approx(
            accuracy_score([truth[row] for row in said], list(said.values()))
        )
        assert figures.interval == pytest.approx(
            tuple(binomtest(len(right), len(said)).proportion_ci(method="wilson"))
        )
    first, second = (right_rows(each, part)[0] for each in sides)
    found = on.compared(part, 0, 1)
    assert (set(found.fixed), set(found.broke)) == (second - first, first - second) and found.fixed
    assert found.p == pytest.approx(binomtest(len(second - first), len(second ^ first)).pvalue)
    assert on.notices == () and on.claim == "test"


def test_the_answer_is_one_sentence(workspace: Workspace, dataset: str):
    store = workspace.store
    named = (("Low", 3), ("High", 7), ("Same", 7))
    low, high, same = (
        best_of(workspace, run_of(store, dataset, name, ends=weaker(right))) for name, right in named
    )
    assert headline([low, high], ground([low, high]), "test").startswith(
        "High is better than Low on 104 test rows: "
    )
    assert headline([high, low], ground([high, low]), "validation").startswith(
        "Low is worse than High on 104 validation rows: no mistake fixed, "
    )
    assert headline([high, same], ground([high, same]), "test") == (
        "High and Same may be equally good on 104 test rows. "
        "From High to Same: no mistake fixed, none new; no difference."
    )
    assert headline([low, high, same], ground([low, high, same]), "test") == (
        "High is better than Low on the 104 test rows that they share; its lead over Same may be luck."
    )
    three = [high, same, replace(same, name="Third")]
    assert headline(three, ground(three), "test") == (
        "High, Same and Third may be equally good on the 104 test rows that they share: High is right most often, "
        "which may be luck."
    )


def test_test_rows_count_only_for_the_prompts_that_the_run_read_them_with(workspace: Workspace, dataset: str):
    run_id = run_of(workspace.store, dataset)
    assert [set(at(workspace, run_id, number).readings) for number in range(3)] == [
        {"validation", "test"},
        {"validation", "test"},
        {"validation"},
    ]
    on = ground([at(workspace, run_id, 1), at(workspace, run_id, 2)])
    assert (
        on.claim == "validation" and on.compared("test", 0, 1) is None and verdict(None) == "Not read by both"
    )


def test_an_interrupted_run_is_compared_by_what_it_has(workspace: Workspace, dataset: str):
    whole = best_of(workspace, run_of(workspace.store, dataset, "Whole"))
    half = best_of(
        workspace, run_of(workspace.store, dataset, "Half", ends=failing_after(1, Stopped("enough")))
    )
    on = ground([whole, half])
    assert (half.step, on.claim) == (0, "validation")
    assert headline([whole, half], on, on.claim).startswith("Half is worse than Whole on 104 validation rows")


# ---- rows and labels that differ


def test_relabelled_rows_are_judged_by_the_latest_labels_and_it_is_said(workspace: Workspace, dataset: str):
    before = best_of(workspace, run_of(workspace.store, dataset, "Before"))
    wrong = next(
        each
        for each in before.readings["validation"].predictions
        if each.label != _truth(before)[each.example_id]
    )
    workspace.store.edits.change(dataset, [Change(wrong.example_id, "label", wrong.label)])
    after = best_of(workspace, run_of(workspace.store, dataset, "After"))
    on = ground([before, after])
    assert on.notices[0] == "Rows have changed between Before and After: 1 row relabelled."
    assert "labels of After" in on.notices[1]
    own = before.readings["validation"].metrics
    assert on.figures("validation", 0).correct == own.correct + 1 and on.figures("validation", 0).n == own.n


def test_rows_left_out_or_deleted_since_count_for_nobody(workspace: Workspace, dataset: str):
    before = best_of(workspace, run_of(workspace.store, dataset, "Before"))
    gone = before.readings["validation"].predictions[0].example_id
    workspace.store.edits.change(dataset, [Change(gone, "excluded", True)])
    after = best_of(workspace, run_of(workspace.store, dataset, "After"))
    on = ground([before, after])
    assert on.figures("validation", 0).n == before.readings["validation"].metrics.n - 1
    assert gone not in {each.example_id for read in on.answers["validation"] for each in read}
    assert gone not in {row.id for row in on.rows} and "1 row left out" in on.notices[0]


def test_a_renamed_label_is_the_same_label(workspace: Workspace, dataset: str):
    before = best_of(workspace, run_of(workspace.store, dataset, "Before"))
    workspace.store.labels.rename(dataset, "bug", "defect")
    after = best_of(workspace, run_of(workspace.store, dataset, "After"))
    on = ground([before, after])
    assert on.figures("validation", 0).correct == before.readings["validation"].metrics.correct
    assert "label bug now called defect" in on.notices[0] and "defect" in on.labels


def test_other_rows_read_are_told_and_only_common_ones_are_compared(workspace: Workspace, dataset: str):
    whole = best_of(workspace, run_of(workspace.store, dataset, "Whole"))
    read = whole.readings["validation"]
    failed = Prediction(read.predictions[2].example_id, Outcome.FAILED, error="no answer")
    fewer = replace(
        whole,
        name="Fewer",
        readings={"validation": replace(read, predictions=(failed, *read.predictions[3:]))},
    )
    on = ground([whole, fewer])
    assert on.compared("validation", 0, 1).n == len(read.predictions) - 3 == len(on.common("validation"))
    assert on.notices == (
        "Not all have scored the same validation rows (Whole 104, Fewer 101): verdicts count the rows that both sides have scored, "
        "101 for all.",
    )


def test_sides_without_a_common_row_have_nothing_to_compare(workspace: Workspace, dataset: str):
    whole = best_of(workspace, run_of(workspace.store, dataset, "Whole"))
    blind = replace(whole, name="Blind", readings={})
    on = ground([whole, blind])
    for sides in ([whole, blind], [whole, blind, blind]):
        assert "nothing to compare" in headline(sides, ground(sides), "validation")
    assert on.figures("validation", 1) is None and on.compared("validation", 0, 1) is None


# ---- settings and costs


def test_only_settings_that_differ_are_told(workspace: Workspace, dataset: str):
    store = workspace.store
    one = best_of(workspace, run_of(store, dataset, settings=Settings(seed=1, max_calls=500)))
    other = best_of(workspace, run_of(store, dataset, settings=Settings(seed=2, strategy="rewrite")))
    assert dict(settings_that_differ([one, other])) == {
        "Strategy": ("edit", "rewrite"),
        "Seed": ("1", "2"),
        "Cap on lightweight calls": ("500", "none"),
    }
    assert settings_that_differ([one, one]) == ()


def test_two_prompts_to_start_from_are_told_apart(workspace: Workspace, dataset: str):
    start = best_of(workspace, run_of(workspace.store, dataset)).prompt
    told = [Settings(), Settings(start=start), Settings(start=replace(start, system_prompt="Other"))]
    sides = [best_of(workspace, run_of(workspace.store, dataset, settings=each)) for each in told]
    assert dict(settings_that_differ(sides)) == {
        "Started from": ("the label set alone", "a given prompt (a)", "a given prompt (b)")
    }


def test_a_cap_on_calls_makes_steps_carry_what_others_said_until_the_last_reading(
    workspace: Workspace, dataset: str
):
    run_id = run_of(workspace.store, dataset, settings=Settings(max_calls=100))
    assert [at(workspace, run_id, number).carried for number in range(3)] == [False, False, True]


def test_every_prompt_of_a_run_has_its_cost_in_use(workspace: Workspace, dataset: str):
    run_id = run_of(workspace.store, dataset)
    found = serving(workspace.store, run_id, workspace.model_context())
    assert [point.step for point in found] == [0, 1, 2]
    assert found[0].tokens.input < found[1].tokens.input < found[2].tokens.input, "each edit has added a line"
    with pytest.raises(NotFound):
        serving(workspace.store, "nowhere", workspace.model_context())
    record, shared = workspace.store.runs.get(run_id), workspace.model_context()
    assert serving_of(workspace, record, shared) is serving_of(workspace, record, shared), (
        "steps unpacked once"
    )


def _truth(found: ComparedRun) -> dict[str, str]:
    return {row.id: row.label for row in found.dataset.examples}


def test_a_prompt_that_guesses_is_not_called_better(workspace: Workspace, dataset: str):
    """Always “ham” fixes twelve rows of ham and breaks none: ahead, and no better prompt."""
    run = best_of(workspace, run_of(workspace.store, dataset), "A")
    sides = [run, replace(run, name="B")]
    labels = ("ham", "spam")
    rows = tuple(Example(f"r{n}", f"text {n}", labels[n >= 20], split="test") for n in range(24))
    before = tuple(Prediction(row.id, Outcome.LABEL, labels[n < 12]) for n, row in enumerate(rows))
    wrong = tuple(replace(each, label="ham") if n >= 20 else each for n, each in enumerate(before))
    after = tuple(Prediction(row.id, Outcome.LABEL, "ham") for row in rows)
    on = ComparisonBasis(rows, labels, {"validation": ((), ()), "test": (wrong, after)}, ())
    assert headline(sides, on, "test") == (
        "B is ahead on 24 test rows (12 mistakes fixed, none new, p = 0.0005), but not called better, "
        "since it never answers “spam”, the label of 4 rows."
    )
    balanced = replace(
        on, objective=Objective("balanced"), answers={**on.answers, "test": (before, rows_right(rows))}
    )
    words = headline(sides, balanced, "test")
    assert "balanced accuracy +80.0 points" in words and "against 50.0 %, p = 0.12" in words, (
        "four rows prove little"
    )


def rows_right(rows: tuple[Example, ...]) -> tuple[Prediction, ...]:
    return tuple(Prediction(row.id, Outcome.LABEL, row.label) for row in rows)
