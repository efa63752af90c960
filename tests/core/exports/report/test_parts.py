"""The parts that the report is made of: drawings, changes, words."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest

from core.exports.report.accuracy import accuracy_chart
from core.exports.report.bars import count_bars, label_bars
from core.exports.report.confusion import confusion_chart, extras_of, matrix_of, most_confused, worst_of
from core.exports.report.detail import FULL
from core.exports.report.headline import doubt_in_words, headline_of
from core.exports.report.run import best_number, prompt_of_step, reading_of
from core.exports.report.story import chapters_of
from core.metrics.metrics import measure
from core.tuning.acceptance import STARTING_PROMPT
from core.types import Objective, Outcome, Prediction
from core.wording import squeezed, tight
from tests.core.exports.report.telling import LABELS, reading, report_run, rows_of, without_result


def shapes(drawing: str, tag: str, kind: str) -> list[dict[str, str]]:
    return [each.attrib for each in fromstring(drawing).iter(tag) if kind in each.get("class", "").split()]


# ---- accuracy per step


def test_kept_prompts_are_filled_and_others_hollow_each_with_its_whiskers():
    _, plot = accuracy_chart(report_run())
    assert len(shapes(plot, "circle", "kept")) == 2 and len(shapes(plot, "circle", "refused")) == 1
    assert len(shapes(plot, "line", "whisker")) == 9, "a line and two caps for each"
    assert len(shapes(plot, "line", "batch")) == 2 and len(shapes(plot, "line", "majority")) == 1


def test_marks_stand_where_their_figures_say():
    made = report_run()
    axis, plot = accuracy_chart(made)
    ticks = {each.text: float(each.get("y")) - 4 for each in fromstring(axis).iter("text")}
    (one, y1), (other, y2) = [(float(name.removesuffix(" %")), y) for name, y in list(ticks.items())[:2]]
    for circle, share in zip(shapes(plot, "circle", "mark"), (0.3, 0.7, 0.5), strict=True):
        at = one + (float(circle["cy"]) - y1) * (other - one) / (y2 - y1)
        assert at == pytest.approx(100 * share, abs=0.2)
    low, high = made.steps[1].validation.metrics.interval
    whisker = shapes(plot, "line", "whisker")[3]
    heights = [one + (float(whisker[name]) - y1) * (other - one) / (y2 - y1) for name in ("y1", "y2")]
    assert heights == pytest.approx([100 * low, 100 * high], abs=0.2)


def test_the_best_so_far_never_falls():
    _, plot = accuracy_chart(report_run(right=(7, 3, 5)))
    assert {each["y1"] for each in shapes(plot, "line", "best")} == {
        each["y2"] for each in shapes(plot, "line", "best")
    }
    assert len({each["y1"] for each in shapes(plot, "line", "best")}) == 1


def test_nothing_measured_is_no_drawing():
    assert accuracy_chart(without_result(report_run(), "queued", steps=0)) == ("", "")


def test_many_steps_leave_room_between_their_numbers():
    made = report_run()
    steps = [replace(made.steps[1], number=number) for number in range(90)]
    _, plot = accuracy_chart(replace(made, steps=tuple(steps)))
    assert 5 <= len(shapes(plot, "text", "tick")) <= 12


# ---- confusion


def test_a_matrix_shows_every_count():
    rows = rows_of(each=10)
    read = reading(rows, LABELS, 7).metrics
    matrix = matrix_of(read, LABELS, [0, 1, 2], (False, False))
    assert matrix.columns == LABELS and matrix.counts == tuple(row[:3] for row in read.confusion)
    drawing = confusion_chart(matrix, "Matrix")
    written = [each.text for each in fromstring(drawing).iter("text") if each.get("class") == "number"]
    assert written == [str(cell) for row in matrix.counts for cell in row if cell]
    assert len(shapes(drawing, "rect", "right")) == 3
    assert worst_of(matrix)[0] == ("bug", "docs", 9)


def test_replies_that_are_no_label_have_their_columns_where_there_are_any():
    rows = rows_of(each=2)
    odd = [
        Prediction(rows[0].id, Outcome.UNKNOWN_LABEL, said="x"),
        Prediction(rows[1].id, Outcome.UNREADABLE),
    ]
    read = measure(rows, odd, LABELS)
    assert extras_of([read]) == (True, True)
    matrix = matrix_of(read, LABELS, [0, 1, 2], extras_of([read]))
    assert matrix.columns[3:] == ("not in the list", "unreadable") and sum(map(sum, matrix.counts)) == 2


def test_of_many_labels_the_most_confused_are_shown_and_no_row_is_lost():
    labels = tuple(f"label {number}" for number in range(30))
    rows = rows_of(labels, each=10)
    read = reading(rows, labels, 7).metrics
    places = most_confused([read], labels, 5)
    matrix = matrix_of(read, labels, places, (False, False))
    assert len(matrix.rows) == 5 and matrix.columns[-1] == "all other labels"
    assert [sum(row) for row in matrix.counts] == [30] * 5


# ---- bars


def test_bars_are_as_long_as_their_counts():
    rows = [row for row in rows_of(each=10) if not (row.label == "docs" and row.split != "train")]
    bars = {bar.label: bar for bar in count_bars(rows, LABELS)}
    assert list(bars) == ["bug", "idea", "docs"] and (bars["docs"].value, bars["docs"].more) == ("10", "14 %")
    [bar] = list(fromstring(bars["docs"].drawing).iter("rect"))
    assert bar.get("width") == "33.33%" and bar.get("fill") == "#E69F00"


def test_a_label_is_read_better_or_worse_than_before():
    rows = rows_of(each=10)
    before, after = (reading(rows, LABELS, right).metrics for right in (3, 7))
    [bug, *_] = label_bars(before, after, LABELS)
    assert (bug.value, bug.more) == ("30 % → 70 %", "of 30")
    assert [each.get("width") for each in fromstring(bug.drawing).iter("rect")] == ["100%", "30%", "70%"]
    assert label_bars(None, after, LABELS)[0].value == "70 %"


# ---- what was said


def test_what_the_heavyweight_model_said_ends_before_its_edits_and_at_a_sentence():
    detail = replace(FULL, comment=60)
    [(_, comment)] = chapters_of(report_run(said="One thing is clear. " * 10), detail)
    assert comment == "One thing is clear. One thing is clear. One thing is clear. …"
    [(_, short)] = chapters_of(report_run(said=""), detail)
    assert short == ""


def test_a_step_that_defined_the_labels_had_read_rows_and_no_mistakes():
    made = report_run()
    [(chapter, _)] = chapters_of(made, FULL)
    steps = tuple(replace(step, batch=None) for step in made.steps)
    [(defining, _)] = chapters_of(replace(made, steps=steps), FULL)
    assert (chapter.kind, defining.kind) == ("mistake", "row")


# ---- which prompt and which reading


def test_the_reading_of_the_end_stands_for_the_best_prompt():
    made = report_run()
    confirmed = replace(
        made,
        result=replace(
            made.result, best=replace(made.result.best, evaluations={"validation": made.steps[2].validation})
        ),
    )
    assert reading_of(confirmed, 1, "validation") is made.steps[2].validation
    assert reading_of(confirmed, 2, "validation") is made.steps[2].validation
    assert reading_of(confirmed, 1, "test") is None and reading_of(confirmed, 7, "validation") is None


def test_without_a_result_the_best_kept_step_is_meant():
    made = without_result(report_run(), "stopped")
    assert best_number(made) == 1 and prompt_of_step(made, 1) == made.steps[1].candidate
    assert best_number(without_result(report_run(right=(7, 3, 5)), "stopped")) == 0
    with pytest.raises(KeyError):
        prompt_of_step(made, 9)


@pytest.mark.parametrize(
    "text", ["label number 17", "a very long name of a label", "exactly14chars", "x" * 15]
)
def test_a_squeezed_name_fits_and_keeps_both_ends(text: str):
    short = squeezed(text, 14)
    assert len(short) <= 14 and short[:5] == text[:5] and short[-4:] == text[-4:]
    assert (
        squeezed("label number 17", 14) != squeezed("label number 18", 14)
        and squeezed("exactly14chars", 14) == "exactly14chars"
    )


def test_figures_are_not_parted_by_a_line_break():
    kept_together = tight("19.2 % ± 7.5 (p = 0.04)").split(" ")
    assert [each.replace("\N{NO-BREAK SPACE}", " ") for each in kept_together] == [
        "19.2 % ± 7.5",
        "(p = 0.04)",
    ]


# ---- what counted


def test_another_objective_stands_beside_accuracy():
    made = report_run()
    before = headline_of(made).figures
    balanced = replace(made, result=replace(made.result, objective=Objective("balanced")))
    *same, added = headline_of(balanced).figures
    assert tuple(same) == tuple(before)
    assert added.title == "Balanced accuracy" and added.value.endswith("%")


def test_what_is_not_proven_of_a_prompt_is_said_to_whoever_adopts_it():
    made = report_run()
    best = made.result.best.step
    assert best and doubt_in_words(made, best) == doubt_in_words(made, 0) == ""
    assert "Not measured on the test rows" in doubt_in_words(made, best + 1)
    unsure = report_run(examples=rows_of(each=4), test=(5, 6))
    assert doubt_in_words(unsure, best).startswith("Improvement not proven on the test rows: ")
    assert "may be luck" in doubt_in_words(unsure, best)
    unread = replace(made, result=replace(made.result, test=None))
    assert doubt_in_words(unread, best).endswith("nothing is proven yet.")


# ---- what the figures leave out, or cannot know


def test_cut_off_replies_and_rows_left_out_are_said_beside_the_verdict():
    made = report_run()
    assert not any("cut off" in each or "left out" in each for each in headline_of(made).sentences)
    test = made.result.best.evaluations["test"]
    cut = replace(test, metrics=replace(test.metrics, cut_off=3))
    best = replace(made.result.best, evaluations={**made.result.best.evaluations, "test": cut})
    first = replace(
        made.steps[0],
        verdict=replace(made.steps[0].verdict, reason=STARTING_PROMPT + " 9 of 60 rows are examples."),
    )
    made = replace(made, result=replace(made.result, best=best), steps=(first, *made.steps[1:]))
    assert headline_of(made).sentences[-2:] == (
        f"3 of {test.metrics.n} replies were cut off at 500 tokens before they named a label, and count as wrong.",
        "9 of 60 rows are examples.",
    )
