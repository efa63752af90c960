"""The report as a whole: what it says of every way in which a run can end."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from core.exports.report.page import LARGEST, report
from core.exports.report.run import ReportRun
from core.tuning.acceptance import claim
from core.types import Edit, Example, FewShot, LabelSet, Shot, Spend
from tests.core.exports.report.reading import Seen, seen
from tests.core.exports.report.telling import (
    GOOD,
    LABELS,
    nothing_better,
    report_run,
    rows_of,
    without_result,
)

SECTIONS = [
    "question",
    "result",
    "steps",
    "confusion",
    "story",
    "prompt",
    "wrong",
    "costs",
    "method",
    "settings",
]


def read(made: ReportRun) -> Seen:
    return seen(report(made))


def test_the_sections_stand_in_their_order():
    assert [each.get("id") for each in read(report_run()).kinds("section")] == SECTIONS


def test_a_better_prompt_is_told_with_its_intervals_and_the_paired_verdict():
    made = report_run()
    page = read(made)
    assert "Better than the starting prompt" in page.text("header")
    result = page.text("result")
    for scored in (made.result.baseline, made.result.best):
        figures = scored.evaluations["test"].metrics
        low, high = figures.interval
        assert f"{100 * figures.accuracy:.1f} % ± {50 * (high - low):.1f}" in result
    assert (
        "+40.0 points" in result
        and f"On 90 test rows that no step had seen: {made.result.test.reason}." in result
    )


def test_no_improvement_is_a_proud_result():
    page = read(nothing_better(report_run()))
    assert "No improvement found" in page.text("header")
    assert "none of 2 steps did better on the validation rows" in page.text("result")
    assert "Best prompt" not in page.text("result") and "new since the starting prompt" not in page.text(
        "prompt"
    )


def test_a_prompt_that_does_worse_on_the_test_rows_is_not_praised():
    page = read(report_run(test=(7, 3)))
    assert "Worse than the starting prompt on the test rows" in page.text("header")
    assert "\N{MINUS SIGN}40.0 points" in page.text("result") and "keep the starting prompt" in page.text(
        "result"
    )


def test_a_difference_that_may_be_luck_is_called_so():
    few = [row for row in rows_of(each=4)]
    page = read(report_run(examples=few, test=(5, 6)))
    assert "Improvement not proven" in page.text("header") and "may be luck" in page.text("result")
    assert re.search(r"more labelled rows \(about \d+ test rows instead of 12\)", page.text("result"))


def test_a_proven_difference_that_is_no_improvement_is_not_called_luck():
    run = report_run(test=(3, 7))
    weak = claim(run.result.test.comparison, weak="it never answers “spam”")
    page = read(replace(run, result=replace(run.result, test=weak)))
    assert "not called an improvement" in page.text("header") and "whether it is luck" not in page.text(
        "result"
    )


def test_without_a_test_part_nothing_is_claimed():
    rows = [row for row in rows_of() if row.split != "test"]
    page = read(report_run(examples=rows))
    assert "There are no test rows, so nothing is proven yet." in page.text("header")
    assert "slightly optimistic: these rows picked the prompt" in page.text("result")
    assert "there were no test rows" in page.text("method") and "nothing can be proven" in page.text(
        "question"
    )


@pytest.mark.parametrize(
    ("status", "reason", "error", "title", "words"),
    [
        ("stopped", "stopped", "", "Stopped before its end", "Stopped on request."),
        ("interrupted", "interrupted", "", "Interrupted before its end", "closed before the run ended"),
        (
            "failed",
            "error",
            "The key was refused: check OPENAI_API_KEY.",
            "This run failed",
            "The key was refused",
        ),
        ("running", "", "", "This run is under way", "of 2 steps so far"),
        ("queued", "", "", "This run has not begun", ""),
    ],
)
def test_a_run_without_a_result_claims_nothing(status: str, reason: str, error: str, title: str, words: str):
    page = read(without_result(report_run(), status, reason, error))
    assert title in page.text("header") and words in page.text("result")
    assert "The test rows have not been read, so nothing is proven yet." in page.text("result")
    assert "sealed and have not been used" in page.text("method") and "sealed, not used yet" in page.text(
        "question"
    )
    assert "70.0 % ±" in page.text("result") and "validation rows" in page.text("result"), (
        "what it stood on by then"
    )


@pytest.mark.parametrize("status", ["failed", "queued", "stopped"])
def test_a_run_that_measured_nothing_has_a_report_too(status: str):
    page = read(without_result(report_run(), status, "error", steps=0))
    assert [each.get("id") for each in page.kinds("section")] == [
        "question",
        "result",
        "prompt",
        "costs",
        "method",
        "settings",
    ]
    assert "measured" in page.text("result") and "%" not in page.text("result")


def test_a_run_that_was_stopped_with_a_result_says_what_resuming_would_bring():
    made = report_run(test=None, status="stopped", stop_reason="stopped")
    assert "reads the test rows at its end" in read(made).text("result")


def test_a_run_of_no_step_has_nothing_to_compare():
    made = nothing_better(report_run())
    page = read(replace(made, steps=made.steps[:1]))
    assert "Only the starting prompt was measured" in page.text("header") and page.texts.get("story") is None


def test_the_story_tells_each_kept_step_and_lists_the_others():
    page = read(report_run())
    story = page.text("story")
    assert "The labels follow a house rule." in story and "<edit>" not in story
    assert GOOD.replace.strip() in story and "36 mistakes fixed, none new" in story.lower()
    assert "Tried and not kept" in story and "2 refused 50.0 %" in story
    assert story.index("Step 1") < story.index("Tried and not kept")


def test_the_final_prompt_stands_there_whole_with_its_new_lines_marked():
    made = report_run()
    page = read(made)
    prompt = made.result.best.prompt
    for text in (prompt.system_prompt, prompt.user_prompt_prefix, prompt.user_prompt_suffix):
        assert " ".join(text.split()) in page.text("prompt")
    assert [each["class"] for each in page.kinds("span") if each.get("class") == "line plus"] != []


def test_mistakes_are_of_validation_rows_and_the_test_rows_stay_sealed():
    page = read(report_run())
    wrong = page.text("wrong")
    assert (
        "27 mistakes in 90 validation rows" in wrong
        and "predicted as" in wrong
        and "ticket validation" in wrong
    )
    for section in SECTIONS:
        assert "ticket test" not in page.text(section)


def test_every_kept_step_has_a_matrix_that_is_chosen_without_script():
    page = read(report_run())
    chosen = [each for each in page.kinds("input")]
    assert [each["type"] for each in chosen] == ["radio", "radio"] and [
        "checked" in each for each in chosen
    ] == [False, True]
    assert {each["for"] for each in page.kinds("label")} == {each["id"] for each in chosen}
    assert [each.get("class") for each in page.kinds("svg")].count("matrix") == 3, (
        "the start beside the one chosen"
    )


def test_money_is_told_by_role_and_never_guessed():
    page = read(report_run())
    assert "cost $0.0812 and took 2 min 5 s" in page.text("costs") and "$0.0312" in page.text("costs")
    unknown = {"lightweight": Spend(10, cost_usd=None), "heavyweight": Spend(1, cost_usd=0.05)}
    assert "cost at least $0.0500" in read(report_run(spend=unknown)).text("costs")
    both = {"lightweight": Spend(10, cost_usd=None)}
    assert "cost an unknown amount" in read(report_run(spend=both)).text("costs")
    free = {"lightweight": Spend(10, cost_usd=0.0)}
    assert "cost nothing" in read(report_run(spend=free)).text("costs")


def test_failed_calls_are_said_to_be_unscored():
    page = read(report_run(spend={"lightweight": Spend(10, 0, 7)}))
    assert "never scored (7 calls failed in this run)" in page.text("method")


def test_equal_texts_with_different_labels_are_counted():
    rows = [
        *rows_of(),
        Example("a", "The same text", "bug", split="train"),
        Example("b", "the  SAME text", "docs", split="train"),
    ]
    assert "2 rows have the same text as another row and a different label" in read(
        report_run(examples=rows)
    ).text("question")
    assert "No text stands there twice" in read(report_run()).text("question")


def test_few_rows_are_not_judged():
    assert "too few rows to judge the labels by" in read(report_run(examples=rows_of(each=2))).text(
        "question"
    )


def test_wrong_labels_are_in_doubt_and_marked_among_the_mistakes():
    rows = list(rows_of())
    place = next(i for i, row in enumerate(rows) if row.id == "validation-bug-9")
    rows[place] = replace(rows[place], text="ticket validation 9 about docs, docs docs, word9")
    page = read(report_run(examples=rows))
    assert "About 1 label of 270 looks doubtful" in page.text("question")
    assert "label in doubt" in page.text("wrong") and "is itself in doubt" in page.text("wrong")


def test_a_long_run_with_many_labels_stays_small_and_says_that_it_is_shortened():
    labels = LabelSet(tuple(f"label number {number}" for number in range(60)))
    made = report_run(
        examples=rows_of(labels.names, each=4, text="word " * 200), labels=labels, said="Long words. " * 400
    )
    kept, many = made.steps[1], []
    trial = replace(
        kept.trials[0],
        edit=Edit("system_prompt", "", "\n".join(f"A rule of some length, number {n}." for n in range(80))),
    )
    for number in range(1, 400):
        reflection = replace(kept.reflection, reply="A very long thought. " * 200)
        many.append(replace(kept, number=number, reflection=reflection, trials=(trial,) * 12))
    shots = FewShot("similar", 8, tuple(Shot("word " * 20_000, name) for name in labels.names))
    best = replace(made.result.best, step=399, prompt=replace(made.result.best.prompt, few_shot=shots))
    html = report(replace(made, steps=(made.steps[0], *many), result=replace(made.result, best=best)))
    assert len(html.encode()) < LARGEST
    page = seen(html)
    assert "shortened to keep the file small" in page.text("settings")
    assert "more kept steps left out here" in page.text("story")


def test_half_a_character_does_not_stop_the_file_from_being_written():
    rows = [replace(row, text=row.text + " \ud83d") for row in rows_of()]
    html = report(report_run(examples=rows))
    assert "\N{REPLACEMENT CHARACTER}" in html and html.encode("utf-8")


def test_the_same_run_gives_the_same_report():
    assert report(report_run()) == report(report_run())


def test_labels_keep_their_colours():
    page = read(report_run())
    chips = [each["style"] for each in page.kinds("i") if (each.get("style") or "").startswith("background")]
    assert chips[: len(LABELS)] == ["background:#0072B2", "background:#E69F00", "background:#009E73"]


def test_of_many_labels_the_report_says_how_many_are_shown():
    labels = LabelSet(tuple(f"label number {number}" for number in range(24)))
    page = read(report_run(examples=rows_of(labels.names, each=12), labels=labels))
    assert "Of 24 labels the 16 with the most mistakes are shown." in page.text("confusion")
    assert "are shown" not in read(report_run()).text("confusion")
