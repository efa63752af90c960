"""Past runs by today's labels: hand-made runs whose figures can be counted on fingers, and real ones that
must come out as they did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.importing.mapping import import_dataset
from core.metrics.changed_labels import CorrectCount, RunCount
from core.metrics.metrics import evaluation
from core.metrics.replay import Replay, Rescored, replay
from core.types import Decision, Example, Outcome, Prediction, Prompt, Result, Scored, Settings, Step, Verdict
from core.workspace import Workspace

LABELS = ("bug", "wish")
ROWS = [Example(f"v{n}", f"text {n}", "bug" if n < 5 else "wish", split="validation") for n in range(10)]
TEST = [Example(f"t{n}", f"test {n}", "bug" if n < 2 else "wish", split="test") for n in range(4)]
START = Prompt("start", "", "")


def prompt(number: int) -> Prompt:
    return Prompt(f"prompt {number}", "", "") if number else START


def says(rows: Sequence[Example], letters: str) -> list[Prediction]:
    """One letter a row: b(ug), w(ish), ? unreadable, x failed, d: says "defect", which is unknown."""
    made = {
        "b": dict(outcome=Outcome.LABEL, label="bug"),
        "w": dict(outcome=Outcome.LABEL, label="wish"),
        "?": dict(outcome=Outcome.UNREADABLE),
        "x": dict(outcome=Outcome.FAILED, error="No answer."),
        "d": dict(outcome=Outcome.UNKNOWN_LABEL, said="defect"),
    }
    return [Prediction(row.id, **made[letter]) for row, letter in zip(rows, letters, strict=True)]


def step(
    number: int,
    letters: str,
    standing: int | None = None,
    decision: Decision | None = None,
    rows: Sequence[Example] = ROWS,
) -> Step:
    """A step whose candidate says so of the validation rows. Without `standing` it was kept, else the run
    went on with that prompt."""
    kept = standing is None
    verdict = Verdict(decision or (Decision.ACCEPTED if kept else Decision.REJECTED), "so it was")
    read = evaluation(rows, says(rows, letters), LABELS)
    return Step(number, prompt(number if kept else standing), prompt(number), None, read, None, verdict)


def result(steps: Sequence[Step], best: int, tests: tuple[str, str] | None = None) -> Result:
    def scored(number: int, letters: str) -> Scored:
        read = {"validation": next(each.validation for each in steps if each.number == number)}
        return Scored(
            prompt(number),
            number,
            read | ({"test": evaluation(TEST, says(TEST, letters), LABELS)} if tests else {}),
        )

    first, last = tests or ("", "")
    return Result(scored(0, first), scored(best, last), None, "iterations", {}, 0.5)


BASELINE = step(0, "bbbbbbbbbb")  # 5 of 10
FIRST = step(1, "bbbbbwwbbb")  # 7
SECOND = step(2, "bbbbbwwwbb")  # 8
REFUSED = step(3, "wbbbbwwwbb", standing=2)  # 7
STEPS = [BASELINE, FIRST, SECOND, REFUSED]


def replayed(
    now: Sequence[Example],
    steps: Sequence[Step] = STEPS,
    best: int | None = 2,
    labels: tuple[str, ...] = LABELS,
) -> Replay:
    return replay(steps, None if best is None else result(steps, best), ROWS, now, labels)


def relabelled(**labels: str) -> list[Example]:
    return [replace(row, label=labels.get(row.id, row.label)) for row in ROWS]


# ---- nothing changed


def test_with_unchanged_rows_every_figure_is_what_it_was():
    same = replayed(ROWS)
    assert [each.validation for each in same.steps] == [
        Rescored(CorrectCount(n, 10), CorrectCount(n, 10)) for n in (5, 7, 8, 7)
    ]
    assert (same.winner_then, same.winner_now, same.changes.count) == (2, 2, 0)
    assert same.in_words == "No label and no exclusion has changed since this run started."


def test_of_scored_answers_the_full_score_is_right():
    """Beside a mean score the count alone would be a second measure without a name."""
    count = RunCount(None, CorrectCount(19, 50), None, "test", graded=True)
    assert count.in_words() == "19 of 50 test rows right (full score)"


def test_changes_that_touch_nothing_that_was_read_change_nothing():
    then = [*ROWS, Example("train", "never read", "bug")]
    now = [*ROWS, Example("train", "never read", "wish")]
    again = replay(STEPS, result(STEPS, 2), then, now, LABELS)
    assert again.in_words == (
        "Changed since this run began: 1 row, no validation row. The result stands: 5 → 8 of 10 validation rows right: "
        "3 mistakes fixed, none new."
    )


@given(st.data())
def test_unchanged_labels_give_the_stored_accuracies_and_the_same_winner(data):
    count = data.draw(st.integers(1, 12))
    rows = [
        Example(f"v{n}", f"text {n}", data.draw(st.sampled_from(LABELS)), excluded=data.draw(st.booleans()))
        for n in range(count)
    ]
    used = [row for row in rows if not row.excluded]
    steps = []
    for number in range(data.draw(st.integers(1, 5))):
        letters = "".join(
            data.draw(st.lists(st.sampled_from("bw?xd"), min_size=len(used), max_size=len(used)))
        )
        standing = data.draw(st.sampled_from((None, number - 1))) if number else None
        steps.append(step(number, letters, standing, data.draw(st.sampled_from((None, *Decision))), used))
    best = data.draw(st.sampled_from((None, *(each.number for each in steps))))
    again = replay(steps, None if best is None else result(steps, best), rows, rows, LABELS)
    for each, stored in zip(again.steps, steps, strict=True):
        assert (
            each.validation.now.accuracy
            == each.validation.then.accuracy
            == stored.validation.metrics.accuracy
        )
        assert each.validation.now.n == stored.validation.metrics.n
    assert again.winner_now == again.winner_then
    assert best is None or again.winner_then == best


@pytest.mark.parametrize(
    "settings", [Settings(iterations=3), Settings(max_calls=300), Settings(iterations=2, strategy="rewrite")]
)
def test_a_real_run_by_the_labels_it_had_comes_out_as_it_did(settings: Settings, tmp_path: Path):
    from core.data.splits import split
    from core.samples import sample
    from core.tuning.tune import tune

    dataset = import_dataset(sample("github_issues").path.read_bytes(), "issues").dataset
    rows = split(dataset.examples, settings.seed)
    workspace = Workspace.open(tmp_path, {})
    try:
        *steps, ended = tune(replace(dataset, examples=rows), workspace.session(settings), settings)
    finally:
        workspace.close()
    again = replay(steps, ended, rows, rows, dataset.labels.names)
    assert again.winner_then == again.winner_now == ended.best.step
    for each, stored in zip(again.steps, steps, strict=True):
        for kept, now in ((stored.validation, each.validation), (stored.batch, each.batch)):
            assert (kept is None) == (now is None)
            assert kept is None or now.now.accuracy == now.then.accuracy == kept.metrics.accuracy
    assert again.champion.now.accuracy == ended.best.evaluations["test"].metrics.accuracy
    assert again.comparison == ended.test.comparison


# ---- other labels


def test_other_labels_move_the_figures_of_every_step():
    again = replayed(relabelled(v8="bug", v9="bug"))
    assert [each.validation.now for each in again.steps] == [
        CorrectCount(7, 10),
        CorrectCount(9, 10),
        CorrectCount(10, 10),
        CorrectCount(9, 10),
    ]
    assert [each.validation.then for each in again.steps] == [
        CorrectCount(5, 10),
        CorrectCount(7, 10),
        CorrectCount(8, 10),
        CorrectCount(7, 10),
    ]
    assert again.in_words == (
        "Changed since this run began: 2 rows, 2 of them validation rows. By today's labels 7 → 10 of 10 validation rows "
        "right: 3 mistakes fixed, none new. By the labels of the run 5 → 8 of 10 right: 3 mistakes fixed, none new."
    )


def test_the_paired_verdict_against_the_baseline_is_by_the_labels_now():
    again = replayed(relabelled(v5="bug"))
    assert again.steps[0].comparison is None
    assert (again.steps[2].comparison.fixed, again.steps[2].comparison.broke) == (("v6", "v7"), ("v5",))
    assert again.comparison == again.steps[2].comparison


def test_a_step_that_the_run_went_on_with_may_have_won():
    again = replayed(relabelled(v7="bug"))  # 8 and 7 of 10
    assert (again.winner_then, again.winner_now) == (2, 1)
    assert again.in_words.startswith(
        "Changed since this run began: 1 row, a validation row. By today's labels 6 → 7 of 10"
    )
    assert again.in_words.endswith("By today's labels step 1 would have won.")


def test_a_refused_step_may_have_won():
    again = replayed(relabelled(v0="wish"))
    assert (again.winner_then, again.winner_now) == (2, 3)
    assert not again.steps[3].kept


def test_the_starting_prompt_may_have_won():
    again = replayed(relabelled(v5="bug", v6="bug", v7="bug"))
    assert again.winner_now == 0 and "the starting prompt would have won" in again.in_words


def test_an_equal_is_no_winner():
    assert replayed(relabelled(v7="bug"), [BASELINE, FIRST, step(2, "bbbbbwwwwb")]).winner_now == 2  # 8 to 8


def test_of_two_that_are_equally_ahead_the_one_that_was_kept_wins():
    rival = step(3, "bbbbbwwbbb", standing=2)
    assert replayed(relabelled(v7="bug"), [BASELINE, FIRST, SECOND, rival]).winner_now == 1


def test_a_refused_step_that_was_ahead_even_then_is_not_put_first_by_the_labels():
    odd = step(3, "bbbbbwwwwb", standing=2)  # 9 of 10, refused for another reason
    assert replayed(relabelled(v9="bug"), [BASELINE, FIRST, SECOND, odd]).winner_now == 2


def test_a_damaged_step_takes_no_part():
    damaged = replace(REFUSED, verdict=Verdict(Decision.UNDECIDED, "3 of 10 calls failed"))
    assert replayed(relabelled(v0="wish"), [BASELINE, FIRST, SECOND, damaged]).winner_now == 2


# ---- rows that are not scored


def test_excluded_deleted_and_reworded_rows_are_left_out():
    now = [replace(ROWS[0], excluded=True), replace(ROWS[1], text="another question"), *ROWS[3:]]
    again = replayed(now)
    assert again.steps[2].validation == Rescored(CorrectCount(8, 10), CorrectCount(5, 7))
    assert again.changes.count == 3


def test_rows_whose_label_is_not_in_the_label_set_are_left_out():
    again = replayed(relabelled(v0="odd"))
    assert again.steps[0].validation.now == CorrectCount(4, 9)


def test_a_row_added_under_an_old_id_of_another_run_was_not_read_by_this_one():
    again = replay(STEPS, result(STEPS, 2), ROWS[1:], ROWS, LABELS)
    assert again.steps[0].validation.now == CorrectCount(4, 9) and again.changes.added == ("v0",)


def test_failed_calls_are_never_scored():
    steps = [BASELINE, step(1, "xxbbbwwwww")]
    again = replayed(relabelled(v0="wish"), steps, 1)
    assert again.steps[1].validation == Rescored(CorrectCount(8, 8), CorrectCount(8, 8))
    assert again.steps[1].comparison.n == 8


def test_a_step_wins_by_rows_that_both_answered():
    """Of eight rows that both answered they have seven right each; the two that the winner's calls failed on
    prove nothing."""
    steps = [BASELINE, step(1, "bbbbbwbbww"), step(2, "bbbbbwwwxx")]
    assert replayed(relabelled(v7="bug"), steps).winner_now == 2
    assert replayed(relabelled(v7="bug", v6="bug"), steps).winner_now == 1


def test_nothing_left_to_score_is_said():
    again = replayed([replace(row, excluded=True) for row in ROWS])
    assert (
        again.champion.now.accuracy is None
        and "By today's labels no validation row can be scored." in again.in_words
        and again.winner_now == 2
    )


# ---- label sets


def test_renaming_a_label_changes_no_figure():
    again = replayed(
        [replace(row, label="defect" if row.label == "bug" else "wish") for row in ROWS],
        labels=("defect", "wish"),
    )
    assert [each.validation.now for each in again.steps] == [CorrectCount(n, 10) for n in (5, 7, 8, 7)]
    assert again.changes.count == 1 and again.in_words.startswith(
        "Changed since this run began: 1 label renamed or merged. The result stands: 5 → 8 of 10"
    )


def test_after_a_merge_both_old_labels_are_right():
    again = replayed([replace(row, label="wish") for row in ROWS], labels=("wish",))
    assert [each.validation.now for each in again.steps] == [CorrectCount(10, 10)] * 4


def test_a_label_that_only_the_model_knew_is_right_once_it_is_in_the_set():
    steps = [BASELINE, step(1, "dbbbbbbbbb")]
    again = replayed(relabelled(v0="defect"), steps, 0, labels=("bug", "wish", "defect"))
    assert again.steps[1].validation == Rescored(CorrectCount(4, 10), CorrectCount(5, 10))
    assert again.winner_now == 1


# ---- the part that counts, and runs that did not end


def test_the_champion_is_judged_on_the_test_rows_where_they_were_read():
    ended = result(STEPS, 2, ("bbbb", "bbwb"))
    now = [*ROWS, *TEST[:3], replace(TEST[3], label="bug")]
    again = replay(STEPS, ended, [*ROWS, *TEST], now, LABELS)
    assert again.split == "test" and again.champion == Rescored(CorrectCount(3, 4), CorrectCount(4, 4))
    assert again.comparison.fixed == ("t2",)
    assert again.in_words == (
        "Changed since this run began: 1 row, a test row. By today's labels 3 → 4 of 4 test rows right: 1 mistake fixed, "
        "none new; may be luck (p = 1.0). By the labels of the run 2 → 3 of 4 right: 1 mistake fixed, none new; may be "
        "luck (p = 1.0)."
    )


def test_the_verdict_goes_with_the_labels():
    """Not luck by the labels of the run; by today's half of the rows that made it so are excluded."""
    rows = [Example(f"t{n}", f"test {n}", "bug", split="test") for n in range(8)]
    first, last = ({"test": evaluation(rows, says(rows, letter * 8), LABELS)} for letter in "wb")
    ended = result(STEPS, 2)
    ended = replace(
        ended,
        baseline=replace(ended.baseline, evaluations=first),
        best=replace(ended.best, evaluations={**ended.best.evaluations, **last}),
    )
    now = [replace(row, excluded=True) for row in rows[:4]] + rows[4:]
    said = replay(STEPS, ended, rows, now, LABELS).in_words
    assert "4 rows, 4 of them test rows. By today's labels 0 → 4 of 4 test rows right" in said
    assert "4 mistakes fixed, none new; may be luck (p = 0.12)" in said
    assert said.endswith("run 0 → 8 of 8 right: 8 mistakes fixed, none new; not luck (p = 0.008).")


def test_a_last_reading_stands_for_the_step_it_is_of():
    ended = result(STEPS, 2)
    better = evaluation(ROWS, says(ROWS, "bbbbbwwwww"), LABELS)
    ended = replace(ended, best=replace(ended.best, evaluations={"validation": better}))
    again = replay(STEPS, ended, ROWS, relabelled(v0="wish"), LABELS)
    assert again.champion.then == CorrectCount(10, 10) and again.winner_now == 2


def test_a_run_without_a_result_has_the_best_prompt_so_far_as_its_winner():
    assert replayed(ROWS, best=None).winner_then == 2
    assert replayed(ROWS, [BASELINE, FIRST, step(2, "bbbbbwwbbb")], None).winner_then == 2, (
        "the latest of equals"
    )
    assert replayed(relabelled(v7="bug"), best=None).winner_now == 1


def test_a_run_that_measured_nothing_says_so():
    nothing = replay([], None, ROWS, relabelled(v0="wish"), LABELS)
    assert nothing.winner_then is nothing.winner_now is nothing.champion is None
    assert nothing.in_words.endswith("There is nothing to score again: no prompt was measured.")


def test_a_step_that_was_refused_unmeasured_has_no_figures():
    unmeasured = Step(3, prompt(2), None, None, None, None, Verdict(Decision.REJECTED, "nothing to try"))
    assert replayed(relabelled(v0="wish"), [BASELINE, FIRST, SECOND, unmeasured]).steps[3].validation is None
