import threading
from collections.abc import Callable

import pytest

from core.errors import Conflict, DataError, NotFound, UsageError
from core.store.records import Change, Row, RowQuery
from core.store.store import Store
from tests.core.store.building import Clock, dataset


def row(store: Store, dataset_id: str, example_id: str) -> Row:
    return next(row for row in store.rows.page(dataset_id).rows if row.id == example_id)


def test_all_four_fields_change_at_once_and_the_row_has_one_new_version(store: Store, dataset_id: str):
    values = {"label": " improvement ", "note": " why ", "excluded": True, "canonical": True}
    store.edits.change(dataset_id, [Change("r0", field, value) for field, value in values.items()])
    changed = row(store, dataset_id, "r0")
    assert (changed.label, changed.note, changed.excluded, changed.canonical, changed.version) == (
        "improvement",
        " why ",
        True,
        True,
        2,
    )
    assert row(store, dataset_id, "r1").version == 1
    assert store.datasets.info(dataset_id).version == 2
    assert store.rows.counts(dataset_id).noted == 1


def test_the_history_tells_who_when_what_and_why(store: Store, dataset_id: str, clock: Clock):
    first = store.edits.change(dataset_id, [Change("r0", "label", "improvement")], who="Ann", why="misread")
    clock.time += 60
    store.edits.change(dataset_id, [Change("r1", "excluded", True), Change("r0", "note", "n")], who="Bob")
    note, excluded, label = store.edits.history(dataset_id)
    assert (label.change_set, label.who, label.why, label.when) == (first, "Ann", "misread", clock.time - 60)
    assert (label.example_id, label.field, label.before, label.after, label.undone) == (
        "r0",
        "label",
        "bug",
        "improvement",
        False,
    )
    assert (excluded.field, excluded.before, excluded.after) == ("excluded", False, True)
    assert (note.who, note.before, note.after) == ("Bob", "", "n")
    assert store.edits.history(dataset_id, "r0") == (note, label)
    assert store.edits.history(dataset_id, limit=1) == (note,)
    store.edits.undo(dataset_id)
    assert [entry.undone for entry in store.edits.history(dataset_id)] == [True, True, False]


def test_a_change_of_a_row_that_was_changed_since_is_refused_and_none_is_made(store: Store, dataset_id: str):
    store.edits.change(dataset_id, [Change("r1", "note", "first", seen_version=1)])
    with pytest.raises(Conflict, match="Row “r1” was changed since you looked at it"):
        store.edits.change(
            dataset_id,
            [Change("r0", "note", "x", seen_version=1), Change("r1", "label", "bug", seen_version=1)],
        )
    assert row(store, dataset_id, "r0").note == ""
    store.edits.change(
        dataset_id,
        [Change("r1", "note", "second", seen_version=2), Change("r1", "canonical", True, seen_version=2)],
    )
    assert row(store, dataset_id, "r1").note == "second"


def test_what_changes_nothing_leaves_no_trace(store: Store, dataset_id: str):
    assert (
        store.edits.change(dataset_id, [Change("r0", "label", "bug"), Change("r0", "excluded", False)]) == ""
    )
    assert store.edits.change(dataset_id, []) == ""
    assert store.edits.history(dataset_id) == ()
    assert store.datasets.info(dataset_id).version == 1


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        (Change("r0", "label", "  "), DataError, "label of row “r0” is empty"),
        (Change("r0", "label", "Bug "), DataError, "“Bug” cannot be told from “bug”"),
        (Change("r0", "label", "ｂug"), DataError, "cannot be told from “bug”"),
        (Change("r0", "note", "\ud800"), DataError, "The note holds half of a character"),
        (Change("zz", "label", "bug"), NotFound, "no row “zz”"),
        (Change("r0", "text", "x"), UsageError, "“text” of a row cannot be changed"),
        (Change("r0", "excluded", "yes"), UsageError, "“excluded” of a row cannot be changed to this"),
        (Change("r0", "review", "maybe"), UsageError, "“review” of a row cannot be changed to this"),
        (Change("r0", "review", True), UsageError, "“review” of a row cannot be changed to this"),
        (Change("r0", "label", True), UsageError, "“label” of a row cannot be changed to this"),
    ],
)
def test_changes_that_cannot_be_meant_are_refused_whole(
    store: Store, dataset_id: str, change: Change, error: type, sentence: str
):
    with pytest.raises(error, match=sentence):
        store.edits.change(dataset_id, [Change("r1", "note", "not made"), change])
    assert row(store, dataset_id, "r1").note == ""
    assert store.edits.history(dataset_id) == ()


def test_a_new_label_joins_the_label_set_and_leaves_it_when_undone(store: Store, dataset_id: str):
    store.edits.change(dataset_id, [Change("r0", "label", "“new” 🦊")])
    assert store.datasets.info(dataset_id).labels.names == ("bug", "improvement", "“new” 🦊")
    assert store.edits.undo(dataset_id) == "Undone: “Text number 0” from “bug” to ““new” 🦊”."
    assert store.datasets.info(dataset_id).labels.names == ("bug", "improvement")
    store.edits.redo(dataset_id)
    assert store.datasets.get(dataset_id).labels.names == ("bug", "improvement", "“new” 🦊")
    assert row(store, dataset_id, "r0").label == "“new” 🦊"


def test_of_a_scored_answer_nothing_but_the_case_can_change(store: Store, dataset_id: str):
    scored = store.datasets.add(dataset(), "test", scorer="exact")
    store.edits.change(scored, [Change("r0", "label", "BUG")])
    store.edits.change_all(scored, RowQuery(labels=("improvement",)), "label", "Bug")
    assert row(store, scored, "r0").label == "BUG" and row(store, scored, "r1").label == "Bug"
    with pytest.raises(DataError, match="cannot be told from"):
        store.edits.change(dataset_id, [Change("r0", "label", "BUG")])


def test_a_definition_is_taken_back_before_the_label_that_it_defines(store: Store, dataset_id: str):
    store.edits.change(dataset_id, [Change("r0", "label", "new")])
    store.datasets.set_definitions(dataset_id, {"new": "a definition"})
    assert store.datasets.info(dataset_id).labels.definitions == {"new": "a definition"}
    store.edits.undo(dataset_id)
    labels = store.datasets.info(dataset_id).labels
    assert (labels.names, labels.definitions) == (("bug", "improvement", "new"), {"bug": "It fails."})
    store.edits.undo(dataset_id)
    assert store.datasets.info(dataset_id).labels.names == ("bug", "improvement")


def test_a_review_is_a_change_like_any_other_but_no_correction(store: Store, dataset_id: str):
    store.edits.change(dataset_id, [Change("r0", "review", "kept", seen_version=1)], who="Ann")
    assert (
        row(store, dataset_id, "r0").review,
        row(store, dataset_id, "r0").edits,
        row(store, dataset_id, "r0").version,
    ) == ("kept", 0, 2)
    assert [(e.who, e.field, e.before, e.after) for e in store.edits.history(dataset_id)] == [
        ("Ann", "review", "", "kept")
    ]
    store.edits.change(dataset_id, [Change("r0", "label", "improvement", seen_version=2)])
    assert (row(store, dataset_id, "r0").review, row(store, dataset_id, "r0").edits) == ("kept", 1)
    store.edits.undo(dataset_id)
    assert store.edits.undo(dataset_id) == "Undone: “Text number 0” kept as it is."
    assert (row(store, dataset_id, "r0").review, row(store, dataset_id, "r0").edits) == ("", 0)
    store.edits.change(
        dataset_id,
        [Change("r1", "review", "gap"), Change("r1", "note", "n"), Change("r1", "canonical", True)],
    )
    assert (row(store, dataset_id, "r1").review, row(store, dataset_id, "r1").edits) == ("gap", 2)
    store.edits.undo(dataset_id)
    assert (row(store, dataset_id, "r1").review, row(store, dataset_id, "r1").edits) == ("", 0)


def test_undo_goes_back_step_by_step_and_redo_forward_until_something_new_is_done(
    store: Store, dataset_id: str
):
    for note in ("one", "two", "three"):
        store.edits.change(dataset_id, [Change("r0", "note", note)])
    assert store.edits.undo(dataset_id) == "Undone: the note of “Text number 0”."
    store.edits.undo(dataset_id)
    assert row(store, dataset_id, "r0").note == "one"
    assert store.edits.redo(dataset_id) == "Redone: the note of “Text number 0”."
    assert row(store, dataset_id, "r0").note == "two"
    store.edits.change(dataset_id, [Change("r1", "excluded", True), Change("r2", "excluded", True)])
    assert store.edits.redo(dataset_id) is None, "three was overtaken"
    assert store.edits.undo(dataset_id) == "Undone: changes of 2 rows."
    assert store.edits.undo(dataset_id) == "Undone: the note of “Text number 0”."
    assert row(store, dataset_id, "r0").note == "one"


def test_someone_who_saw_a_row_before_an_undo_is_told(store: Store, dataset_id: str):
    store.edits.change(dataset_id, [Change("r0", "note", "x")])
    store.edits.undo(dataset_id)
    with pytest.raises(Conflict):
        store.edits.change(dataset_id, [Change("r0", "note", "y", seen_version=2)])


def test_nobody_undoes_or_redoes_what_another_did_in_between(store: Store, dataset_id: str):
    assert store.edits.turns(dataset_id) == ("", "")
    mine = store.edits.change(dataset_id, [Change("r0", "note", "mine")])
    theirs = store.edits.change(dataset_id, [Change("r0", "note", "theirs")])
    assert store.edits.turns(dataset_id) == (theirs, "")
    with pytest.raises(Conflict, match="Undo would now be of something else"):
        store.edits.undo(dataset_id, mine)
    assert row(store, dataset_id, "r0").note == "theirs"
    assert store.edits.undo(dataset_id, theirs) and store.edits.undo(dataset_id, mine)
    assert store.edits.turns(dataset_id) == ("", mine)
    with pytest.raises(Conflict, match="Redo would now be of something else"):
        store.edits.redo(dataset_id, theirs)
    assert store.edits.redo(dataset_id, mine) and row(store, dataset_id, "r0").note == "mine"


def test_undo_in_one_dataset_leaves_others_alone(store: Store, dataset_id: str):
    other = store.datasets.add(dataset(), "test")
    store.edits.change(dataset_id, [Change("r0", "note", "here")])
    store.edits.change(other, [Change("r0", "note", "there")])
    store.edits.undo(dataset_id)
    assert (row(store, dataset_id, "r0").note, row(store, other, "r0").note) == ("", "there")


def test_two_threads_that_edit_the_same_rows_lose_nothing(open_store: Callable[..., Store]):
    one, two = open_store(), open_store()  # two stores on one file: as two processes would
    dataset_id = one.datasets.add(dataset(50), "test")
    failures: list[BaseException] = []
    ready = threading.Barrier(4)

    def edit(store: Store, field: str, value: str | bool) -> None:
        try:
            ready.wait()
            for n in range(50):
                store.edits.change(dataset_id, [Change(f"r{n}", field, value)], who=field)
        except BaseException as error:
            failures.append(error)

    jobs = [(one, "label", "new"), (one, "note", "seen"), (two, "excluded", True), (two, "canonical", True)]
    threads = [threading.Thread(target=edit, args=job) for job in jobs]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not failures
    stored = one.datasets.get(dataset_id)
    assert all(
        (e.label, e.note, e.excluded, e.canonical) == ("new", "seen", True, True) for e in stored.examples
    )
    assert stored.version == 1 + 200
    assert len(two.edits.history(dataset_id, limit=10_000)) == 200
    while one.edits.undo(dataset_id):
        pass
    assert one.datasets.get(dataset_id).examples == dataset(50).examples


def test_two_who_correct_the_same_rows_overwrite_nothing_unseen(open_store: Callable[..., Store]):
    """Each says which version it saw. Whatever was acknowledged is in force or was seen by who changed it
    next."""
    stores = [open_store(), open_store()]  # two stores on one file: as two processes would
    dataset_id = stores[0].datasets.add(dataset(80), "test")
    made: dict[str, list[tuple[int, str]]] = {
        f"r{n}": [] for n in range(80)
    }  # (version it led to, note) of each acknowledged change
    refused, failures, ready = [0, 0], [], threading.Barrier(2)

    def edit(number: int) -> None:
        seen = {
            each.id: each.version for each in stores[number].rows.page(dataset_id, RowQuery(size=200)).rows
        }
        ready.wait()
        try:
            for n in range(80) if number else reversed(range(80)):
                note, example_id = f"{number} on {n}", f"r{n}"
                try:
                    stores[number].edits.change(
                        dataset_id, [Change(example_id, "note", note, seen[example_id])], who=str(number)
                    )
                    made[example_id].append((seen[example_id] + 1, note))
                except Conflict as conflict:
                    assert f"Row “{example_id}” was changed since you looked at it" in str(conflict)
                    refused[number] += 1
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=edit, args=(number,)) for number in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not failures
    assert sum(refused) == 80, "both saw version 1 of every row: one of the two is refused"
    stored = {each.id: each for each in stores[0].rows.page(dataset_id, RowQuery(size=200)).rows}
    for example_id, acknowledged in made.items():
        assert [(stored[example_id].version, stored[example_id].note)] == acknowledged
    entries = stores[1].edits.history(dataset_id, limit=1_000)
    assert sorted((e.example_id, e.before, e.after) for e in entries) == sorted(
        (i, "", a[0][1]) for i, a in made.items()
    )


def test_of_many_who_change_what_they_saw_one_wins_each_round(store: Store, dataset_id: str):
    """A counter kept in a note: with seen versions, every increment counts."""

    def increment() -> None:
        done = 0
        while done < 20:
            seen = row(store, dataset_id, "r0")
            try:
                store.edits.change(
                    dataset_id, [Change("r0", "note", str(int(seen.note or 0) + 1), seen.version)]
                )
                done += 1
            except Conflict:
                continue

    threads = [threading.Thread(target=increment) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert row(store, dataset_id, "r0").note == "60"


def test_a_row_whose_label_was_kept_is_reviewed_for_whoever_reads_the_rows(store: Store, dataset_id: str):
    before = store.datasets.get(dataset_id)
    store.edits.change(dataset_id, [Change("r1", "review", "kept"), Change("r2", "review", "gap")])
    after = store.datasets.get(dataset_id)
    assert [row.id for row in after.examples if row.reviewed] == ["r1"]
    assert after.examples == before.examples, "a review makes no other row"
