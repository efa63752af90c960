"""What has become of a run's rows, and what an old reply says by a new label set."""

from __future__ import annotations

from dataclasses import replace

from core.metrics.changed_labels import Changes, changed_rows_in_words, changes_since, read_by
from core.types import Example, Outcome, Prediction

LABELS = ("bug", "wish")
THEN = [Example(f"r{n}", f"text {n}", "bug" if n < 4 else "wish") for n in range(8)]


def changed(now: list[Example], labels: tuple[str, ...] = LABELS) -> Changes:
    return changes_since(THEN, now, labels)


def test_unchanged_rows_count_as_no_change_whatever_their_notes_and_order():
    assert (
        changed([replace(row, note="new", canonical=True, split="test") for row in reversed(THEN)])
        == Changes()
    )
    assert Changes().count == 0


def test_each_kind_of_change_is_told_by_id():
    now = [
        replace(THEN[0], label="wish"),
        replace(THEN[1], excluded=True),
        replace(THEN[2], text="other"),
        *THEN[4:],
        Example("new", "text", "bug"),
    ]
    found = changed(now)
    assert (found.relabelled, found.excluded, found.reworded, found.gone, found.added) == (
        ("r0",),
        ("r1",),
        ("r2",),
        ("r3",),
        ("new",),
    )
    assert found.count == 4, "no run has read an added row"
    assert changes_since([replace(THEN[0], excluded=True)], [THEN[0]], LABELS).included == ("r0",)


def test_changed_rows_and_which_of_them_were_read_are_a_sentence():
    five = Changes(relabelled=("a", "b", "c", "d", "e"))
    said = [changed_rows_in_words(five, read, "test") for read in ([], ["a", "z"], ["a", "b"])]
    assert said == ["5 rows, no test row", "5 rows, 1 of them a test row", "5 rows, 2 of them test rows"]
    assert changed_rows_in_words(Changes(gone=("a",)), ["a"], "test") == "1 row, a test row"


def test_a_row_with_two_changes_counts_once():
    assert changed([replace(THEN[0], label="wish", excluded=True), *THEN[1:]]).count == 1


def test_a_renamed_label_is_one_change_and_no_row_of_it_is_relabelled():
    found = changed(
        [replace(row, label="defect" if row.label == "bug" else "wish") for row in THEN], ("defect", "wish")
    )
    assert found == Changes(renamed=(("bug", "defect"),)) and found.count == 1


def test_a_merged_label_is_one_change_and_rows_moved_elsewhere_count_besides():
    now = [replace(row, label="idea" if row.id == "r0" else "wish") for row in THEN]
    found = changed(now, ("wish", "idea"))
    assert found.renamed == (("bug", "wish"),) and found.relabelled == ("r0",) and found.count == 2


def test_rows_of_a_deleted_label_that_went_here_and_there_are_no_renaming():
    now = [
        replace(row, label=("wish", "idea")[n % 2]) if row.label == "bug" else row
        for n, row in enumerate(THEN)
    ]
    found = changed(now, ("wish", "idea"))
    assert found.renamed == () and len(found.relabelled) == 4


def test_a_label_outside_the_set_is_no_new_name():
    assert (
        changed(
            [replace(row, label="odd" if row.label == "bug" else "wish") for row in THEN], ("wish",)
        ).renamed
        == ()
    )


# ---- old replies


def test_an_old_reply_says_the_new_name_of_its_label():
    said = Prediction("r0", Outcome.LABEL, "bug", "bug")
    assert read_by(said, ("defect",), {"bug": "defect"}).label == "defect"
    assert read_by(said, LABELS, {}) is said


def test_a_label_that_was_unknown_then_is_read_once_it_is_in_the_set():
    said = Prediction("r0", Outcome.UNKNOWN_LABEL, said="Defect")
    assert read_by(said, LABELS, {}) is said
    now = read_by(said, ("defect", "wish"), {})
    assert now.outcome is Outcome.LABEL and now.label == "defect"


def test_unreadable_replies_and_failed_calls_stay_what_they_are():
    for outcome in (Outcome.UNREADABLE, Outcome.FAILED):
        said = Prediction("r0", outcome, said="bug")
        assert read_by(said, LABELS, {"bug": "wish"}) is said


def test_a_first_label_is_neither_a_correction_nor_a_label_renamed():
    then = [Example(f"u{n}", f"text {n}", "", excluded=True) for n in range(4)]
    now = [replace(row, label="bug", excluded=False) for row in then[:3]] + then[3:]
    found = changes_since(then, now, LABELS)
    assert (found.relabelled, found.renamed, found.included) == ((), (), ("u0", "u1", "u2"))
