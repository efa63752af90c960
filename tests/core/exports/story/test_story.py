"""The story of a run, without a page: its score in words, its chapters, and that texts stay texts."""

from __future__ import annotations

from dataclasses import replace

from core.exports.story.chapters import Chapter, Entering, chapter_of
from core.exports.story.markup import StoryMarkup
from core.exports.story.score import score_of
from core.types import LabelSet, Objective
from core.wording import right_in_words
from tests.core.exports.report.telling import LABELS, nothing_better, report_run, rows_of, without_result


def chapter(number: int, made=None) -> Chapter:
    made = made or report_run()
    before = made.steps[number - 1] if number else None
    entering = Entering(before.prompt, before.validation) if before else None
    return chapter_of(made.steps[number], entering, {row.id: row for row in made.dataset.examples})


def test_the_score_is_told_as_people_say_it():
    score = score_of(report_run(test=(3, 7)))
    assert score.change == "27 → 63 of 90 right"
    assert score.moves == "36 mistakes fixed, none new" and score.luck == "Not luck (p < 0.0001)"
    assert [(bar.title, bar.value) for bar in score.bars] == [
        ("Starting prompt", "27 of 90"),
        ("Best prompt, step 1", "63 of 90"),
    ]
    assert score.majority_in_words == "30 of 90 right, more than the starting prompt"
    assert score.rows == "90 test rows that no step had seen"


def test_the_most_frequent_label_says_whom_it_beats():
    assert score_of(report_run(test=(2, 3))).majority_in_words == "30 of 90 right, more than either prompt"
    assert score_of(report_run(test=(5, 7))).majority_in_words == "30 of 90 right"


def test_where_rows_are_not_as_many_shares_are_compared():
    made = report_run()
    few, many = made.steps[0].validation.metrics, made.steps[1].validation.metrics
    assert right_in_words(replace(few, n=60, accuracy=0.45), many) == "45 % → 70 % right"


def test_runs_that_prove_nothing_say_no_more_than_they_know():
    nothing = score_of(nothing_better(report_run()))
    assert nothing.change == "27 of 90 right" and not nothing.moves and not nothing.luck
    untested = score_of(report_run(test=None))
    assert untested.change == "27 → 63 of 90 right" and untested.luck.startswith(
        "Not proven: these rows picked"
    )
    assert untested.rows == "90 validation rows, which picked the prompt"
    stopped = score_of(without_result(report_run(), "stopped", "stopped", steps=1))
    assert stopped.change == "27 of 90 right" and len(stopped.bars) == 1
    unmeasured = score_of(without_result(report_run(), "failed", "error", steps=0))
    assert unmeasured.bars == () and unmeasured.change == ""


def test_another_objective_has_its_figures_in_words():
    made = report_run()
    balanced = replace(made, result=replace(made.result, objective=Objective("balanced")))
    assert score_of(balanced).objective == "balanced accuracy: 30.0 % → 70.0 %"


def test_a_chapter_has_the_mistakes_the_rule_and_what_it_changed():
    first = chapter(1)
    assert (first.number, first.verdict, first.gain) == (1, "kept", "27 → 63 of 90 right")
    assert [row.label for row in first.rows] == [] or all(row.predicted != row.label for row in first.rows)
    [edit] = first.edits
    assert edit.outcome == "kept" and edit.lines[0].text == "Anything about a guide is docs."
    assert (edit.fixed, edit.broke) == (36, 0)
    assert len(first.fixed) == 36 and not first.broke
    second = chapter(2)
    assert second.verdict == "refused" and second.edits[0].outcome == "refused" and len(second.broke) == 18


def test_mistakes_that_the_edits_speak_of_come_first_and_each_kind_once():
    made = report_run()
    shown = tuple(
        f"train-{label}-{n}" for label in LABELS for n in (5, 6)
    )  # of every ten the last six are wrong
    step = replace(made.steps[1], reflection=replace(made.steps[1].reflection, shown=shown))
    rows = chapter_of(step, None, {row.id: row for row in made.dataset.examples}).rows
    assert [row.label for row in rows[:3]] == ["docs", "bug", "idea"] and len(rows) == 6


def test_the_start_of_a_step_that_nobody_knows_is_left_out():
    made = report_run()
    old = replace(made.steps[1], reflection=None, trials=(), batch=None)  # as the first version stored some
    told = chapter_of(old, None, {})
    assert told.rows == () and told.edits == () and told.before is None and told.gain == "63 of 90 right"


def test_texts_and_labels_are_never_markup():
    evil = "<img src=x onerror=alert(1)>"
    rows = tuple(replace(row, text=evil + row.text) for row in rows_of(each=12))
    made = report_run(examples=rows, said=evil)
    drawn = StoryMarkup().chapter(chapter(2, made), LabelSet(LABELS)) + StoryMarkup().score(
        score_of(made), "good"
    )
    assert "&lt;img" in drawn and "<img" not in drawn


def test_every_chapter_can_be_drawn_with_its_matrices():
    markup = StoryMarkup()
    assert markup.chapter(chapter(0), LabelSet(LABELS)).count("<table") == 1
    assert markup.chapter(chapter(1), LabelSet(LABELS)).count("<table") == 2
