import pytest

from core.errors import Conflict, DataError, NotFound
from core.store.records import Change, RowQuery
from core.store.rows.label_set_changes import carried
from core.store.store import Store
from core.types import Dataset, Example, LabelSet

LABELS = LabelSet(("bug", "Bug report", "idea", "docs"), {"bug": "It fails.", "docs": "About the manual."})
ROWS = (
    Example("r0", "t0", "bug"),
    Example("r1", "t1", "Bug report"),
    Example("r2", "t2", "idea", excluded=True),
    Example("r3", "t3", "idea"),
    Example("r4", "t4", "bug", note="n"),
)


@pytest.fixture
def labelled(store: Store) -> str:
    return store.datasets.add(Dataset("labelled", LABELS, ROWS), "test")


def content(store: Store, dataset_id: str) -> tuple:
    stored = store.datasets.get(dataset_id)
    return stored.examples, stored.labels


def labels(store: Store, dataset_id: str) -> list[str]:
    return [example.label for example in store.datasets.get(dataset_id).examples]


def test_a_renamed_label_keeps_its_rows_its_place_and_its_definition(store: Store, labelled: str):
    set_id = store.labels.rename(labelled, "bug", " defect ", who="Ann", why="as the team says")
    assert labels(store, labelled) == ["defect", "Bug report", "idea", "idea", "defect"]
    assert store.datasets.info(labelled).labels == LabelSet(
        ("defect", "Bug report", "idea", "docs"), {"defect": "It fails.", "docs": "About the manual."}
    )
    (entry,) = store.edits.history(labelled)
    assert (entry.change_set, entry.who, entry.why, entry.field, entry.before, entry.after, entry.rows) == (
        set_id,
        "Ann",
        "as the team says",
        "label set",
        "bug, Bug report, idea, docs",
        "defect, Bug report, idea, docs",
        2,
    )
    assert store.edits.upcoming(labelled) == ("“bug” renamed “defect” (2 rows).", "")
    assert [(e.field, e.before, e.after) for e in store.edits.history(labelled, "r4")] == [
        ("label", "bug", "defect")
    ]
    assert {row.edits for row in store.rows.page(labelled).rows} == {0}, "no row was corrected"


def test_a_label_may_be_renamed_to_itself_in_another_case(store: Store, labelled: str):
    store.labels.rename(labelled, "bug", "BUG")
    assert labels(store, labelled)[0] == "BUG" and store.labels.rename(labelled, "BUG", "BUG") == ""


def test_a_label_without_rows_is_renamed_too(store: Store, labelled: str):
    store.labels.rename(labelled, "docs", "documentation")
    assert store.datasets.info(labelled).labels.definitions["documentation"] == "About the manual."


@pytest.mark.parametrize(
    ("gone", "into", "names", "definition"),
    [
        (("Bug report",), "bug", ("bug", "idea", "docs"), "It fails."),
        (("bug", "Bug report"), "Bug report", ("Bug report", "idea", "docs"), "It fails."),
        (("Bug report", "bug"), "defect", ("defect", "idea", "docs"), "It fails."),
        (("idea", "bug"), "docs", ("Bug report", "docs"), "About the manual."),
    ],
)
def test_labels_are_merged_into_one_of_them_another_or_a_new_one(
    store: Store, labelled: str, gone: tuple, into: str, names: tuple, definition: str
):
    store.labels.merge(labelled, gone, into)
    stored = store.datasets.info(labelled).labels
    assert (stored.names, stored.definitions[into]) == (names, definition)
    before = [example.label for example in ROWS]
    assert labels(store, labelled) == [into if label in gone else label for label in before]


def test_a_deleted_label_leaves_its_rows_to_another_or_excluded(store: Store, labelled: str):
    before = content(store, labelled)
    store.labels.delete(labelled, "idea", into="docs")
    assert labels(store, labelled) == ["bug", "Bug report", "docs", "docs", "bug"]
    store.edits.undo(labelled)
    store.labels.delete(labelled, "idea")
    assert [example.excluded for example in store.datasets.get(labelled).examples] == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert store.datasets.info(labelled).labels.names == ("bug", "Bug report", "docs")
    assert store.edits.upcoming(labelled)[0] == "“idea” deleted, its rows excluded (1 row)."
    store.edits.undo(labelled)
    assert content(store, labelled) == before


@pytest.mark.parametrize("bulk", [False, True])
def test_a_row_that_is_taken_in_again_brings_its_deleted_label_back(store: Store, labelled: str, bulk: bool):
    store.labels.delete(labelled, "idea")
    if bulk:
        store.edits.change_all(labelled, RowQuery(excluded=True), "excluded", False)
    else:
        store.edits.change(labelled, [Change("r3", "excluded", False)])
    assert store.datasets.info(labelled).labels.names == ("bug", "Bug report", "docs", "idea")
    store.edits.undo(labelled)
    assert store.datasets.info(labelled).labels.names == ("bug", "Bug report", "docs")


def test_a_row_that_gets_another_label_as_it_is_taken_in_does_not(store: Store, labelled: str):
    store.labels.delete(labelled, "idea")
    store.edits.change(labelled, [Change("r3", "excluded", False), Change("r3", "label", "bug")])
    assert store.datasets.info(labelled).labels.names == ("bug", "Bug report", "docs")


def test_definitions_are_written_one_by_one_and_taken_back(store: Store, labelled: str):
    store.labels.define(labelled, {"idea": " A wish. ", "docs": ""}, who="Ann")
    assert store.datasets.info(labelled).labels.definitions == {"bug": "It fails.", "idea": "A wish."}
    assert [(e.who, e.field, e.before, e.after, e.what) for e in store.edits.history(labelled)] == [
        ("Ann", "definition", "", "A wish.", "the definition of “idea”"),
        ("Ann", "definition", "About the manual.", "", "the definition of “docs”"),
    ]
    assert store.labels.define(labelled, {"idea": "A wish."}) == ""
    assert store.edits.undo(labelled) == "Undone: the definition of “idea”, “docs”."
    assert store.datasets.info(labelled).labels == LABELS
    store.edits.redo(labelled)
    assert store.datasets.info(labelled).labels.definitions == {"bug": "It fails.", "idea": "A wish."}


def test_every_deed_is_undone_and_redone_exactly(store: Store, labelled: str):
    states = [content(store, labelled)]
    for deed in (
        lambda: store.labels.rename(labelled, "bug", "defect"),
        lambda: store.edits.change(
            labelled, [Change("r1", "label", "defect"), Change("r3", "label", "brand new")]
        ),
        lambda: store.labels.merge(labelled, ("defect", "Bug report"), "failure"),
        lambda: store.labels.define(labelled, {"failure": "Fails.", "brand new": "New."}),
        lambda: store.labels.delete(labelled, "failure"),
        lambda: store.labels.merge(labelled, ("brand new",), "idea"),
    ):
        assert deed()
        states.append(content(store, labelled))
    for earlier in reversed(states[:-1]):
        store.edits.undo(labelled)
        assert content(store, labelled) == earlier
    for later in states[1:]:
        store.edits.redo(labelled)
        assert content(store, labelled) == later
    assert store.edits.redo(labelled) is None


@pytest.mark.parametrize(
    ("method", "given", "sentence"),
    [
        ("rename", ("none", "x"), "The label “none” is not in the label set"),
        ("rename", ("bug", " "), "The label is empty"),
        ("rename", ("bug", "idea"), "There is a label “idea” already: merge “bug” into it"),
        ("rename", ("bug", "Idea"), "There is a label “idea” already"),
        ("rename", ("bug", "a\0"), "NUL"),
        ("merge", (("bug", "none"), "idea"), "“none” is not in the label set"),
        ("merge", (("bug",), "Idea"), "“Idea” cannot be told from “idea”"),
        ("merge", (("bug",), ""), "The label is empty"),
        ("delete", ("none",), "“none” is not in the label set"),
        ("delete", ("bug", "none"), "“none” is not in the label set: choose another"),
        ("delete", ("bug", "bug"), "“bug” is not in the label set: choose another"),
        ("define", ({"none": "x"},), "“none” is not in the label set: define one of its labels"),
        ("define", ({"bug": "\ud800"},), "A definition holds half of a character"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_changes(
    store: Store, labelled: str, method: str, given: tuple, sentence: str
):
    before = content(store, labelled)
    with pytest.raises(DataError, match=sentence):
        getattr(store.labels, method)(labelled, *given)
    assert content(store, labelled) == before and store.edits.history(labelled) == ()
    with pytest.raises(NotFound, match="no such dataset"):
        store.labels.delete("gone", "bug")


def test_the_only_label_cannot_be_deleted(store: Store):
    one = store.datasets.add(Dataset("one", LabelSet(("a",)), (Example("1", "t", "a"),)), "test")
    with pytest.raises(DataError, match="“a” is the only label"):
        store.labels.delete(one, "a")


def test_labels_or_rows_that_somebody_changed_meanwhile_are_not_overwritten(store: Store, labelled: str):
    seen = store.datasets.info(labelled).version
    store.labels.define(labelled, {"bug": "Something else."})
    for deed in (
        lambda: store.labels.define(labelled, {"bug": "Mine."}, seen_version=seen),
        lambda: store.labels.rename(labelled, "bug", "defect", seen_version=seen),
        lambda: store.labels.merge(labelled, ("idea", "bug"), "docs", seen_version=seen),
        lambda: store.labels.delete(labelled, "bug", seen_version=seen),
    ):
        with pytest.raises(Conflict, match="The label “bug” was changed since you looked at it"):
            deed()
    assert store.labels.define(labelled, {"docs": "Mine."}, seen_version=seen), "nobody touched that one"
    seen = store.datasets.info(labelled).version
    store.edits.change(labelled, [Change("r3", "label", "docs")])
    with pytest.raises(Conflict, match="Row “r3” was changed since"):
        store.labels.merge(labelled, ("docs",), "Bug report", seen_version=seen)
    seen = store.datasets.info(labelled).version
    store.edits.undo(labelled)
    with pytest.raises(Conflict, match="Row “r3” was changed since"):
        store.labels.delete(labelled, "idea", into="docs", seen_version=seen)


def test_what_a_label_set_got_from_elsewhere_survives_an_undo():
    """Only where an older Whetstone wrote definitions past the history."""
    before, after = LabelSet(("a", "b"), {"a": "A"}), LabelSet(("c", "b"), {"c": "A"})
    now = LabelSet(("c", "b", "new"), {"c": "A", "b": "B", "new": "N"})
    assert carried(now, after, before) == LabelSet(("a", "b", "new"), {"a": "A", "b": "B", "new": "N"})
    assert carried(after, after, before) == before
