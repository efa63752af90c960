"""Rows about which two prompts disagree."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.metrics.comparison import compare
from core.metrics.flips import RightSide, flips, tally
from core.types import Example, Outcome, Prediction

ROWS = [Example(f"r{n}", f"text {n}", "bug" if n < 4 else "wish") for n in range(8)]


def said(*labels: str | Outcome) -> list[Prediction]:
    return [
        Prediction(row.id, label, error="gone" if label is Outcome.FAILED else "")
        if isinstance(label, Outcome)
        else Prediction(row.id, Outcome.LABEL, label)
        for row, label in zip(ROWS, labels, strict=False)
    ]


def test_each_row_is_told_by_who_is_right():
    first, second = said("bug", "bug", "wish", "wish"), said("bug", "wish", "bug", "other")
    assert tally(ROWS, first, second) == {
        RightSide.BOTH: 1,
        RightSide.FIRST: 1,
        RightSide.SECOND: 1,
        RightSide.NEITHER: 1,
    }
    assert [(flip.example.id, flip.right) for flip in flips(ROWS, first, second)] == [
        ("r1", RightSide.FIRST),
        ("r2", RightSide.SECOND),
        ("r3", RightSide.NEITHER),
    ]


def test_two_wrong_answers_that_are_the_same_are_no_flip():
    assert flips(ROWS, said("wish"), said("wish")) == ()
    assert flips(ROWS, said(Outcome.UNREADABLE), said(Outcome.UNREADABLE)) == ()
    assert [flip.right for flip in flips(ROWS, said(Outcome.UNREADABLE), said("wish"))] == [RightSide.NEITHER]


def test_labels_outside_the_list_are_the_same_only_as_the_same_text():
    def unknown(text: str) -> list[Prediction]:
        return [Prediction("r0", Outcome.UNKNOWN_LABEL, said=text)]

    assert flips(ROWS, unknown("issue"), unknown("issue")) == ()
    assert len(flips(ROWS, unknown("issue"), unknown("error"))) == 1


def test_failed_calls_and_rows_read_once_take_no_part():
    first, second = said("bug", Outcome.FAILED, "wish"), said("wish", "bug")
    assert [flip.example.id for flip in flips(ROWS, first, second)] == ["r0"]
    assert sum(tally(ROWS, first, second).values()) == 1


@given(
    st.lists(
        st.tuples(*[st.sampled_from(["bug", "wish", Outcome.UNREADABLE, Outcome.FAILED])] * 2),
        min_size=8,
        max_size=8,
    )
)
def test_flips_and_the_verdict_count_the_same_rows(pairs: list[tuple]):
    first, second = said(*(one for one, _ in pairs)), said(*(other for _, other in pairs))
    counts, verdict = tally(ROWS, first, second), compare(ROWS, first, second)
    assert (counts[RightSide.SECOND], counts[RightSide.FIRST]) == (len(verdict.fixed), len(verdict.broke))
    assert sum(counts.values()) == verdict.n
    found = flips(ROWS, first, second)
    assert [flip.example.id for flip in found if flip.right is RightSide.SECOND] == list(verdict.fixed)
    assert [flip.example.id for flip in found if flip.right is RightSide.FIRST] == list(verdict.broke)
