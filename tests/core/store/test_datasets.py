from dataclasses import replace

import pytest

from core.errors import Conflict, DataError, NotFound
from core.store.store import Store
from core.types import Dataset, Example, LabelSet, Prompt, Settings
from tests.core.store.building import PROMPT, Clock, dataset

NAMES = [
    "../../x",
    "C:\\con",
    "🦊 fox",
    "Robert'); DROP TABLE datasets;--",
    '“quoted” "twice"',
    "é" * 300,
    "{0} %s %(x)s",
    "<img src=x>",
    "שלום",
    "a\nb",
]


def test_a_dataset_comes_back_as_it_went_in(store: Store):
    given = Dataset(
        "all fields",
        LabelSet(("bug", "NA", "001"), {"bug": "fails"}),
        (
            Example(
                "b", "second in the alphabet, first in order", "NA", "a note", True, True, "test", "file.csv"
            ),
            Example("a", " spaces stay \n", "001"),
            Example("c", "x" * 1_000_000, "bug", split="train"),
        ),
    )
    stored = store.datasets.get(store.datasets.add(given, "upload"))
    assert replace(stored, id="", version=0) == given


@pytest.mark.parametrize("name", NAMES)
def test_names_are_only_data(store: Store, name: str):
    dataset_id = store.datasets.add(dataset(name=name), origin=name)
    assert store.datasets.find(name) == dataset_id
    info = store.datasets.info(dataset_id)
    assert (info.name, info.origin) == (name, name)
    assert name not in dataset_id and dataset_id.isalnum()


def test_names_that_no_database_can_hold_are_refused_in_words(store: Store):
    for name in ("half \ud800 a character", "nul \0"):
        with pytest.raises(DataError, match="cannot be stored: remove it"):
            store.datasets.add(dataset(name=name), "test")
    with pytest.raises(DataError, match="no name"):
        store.datasets.add(dataset(name="  "), "test")
    with pytest.raises(DataError, match="Row 2 holds half of a character"):
        rows = (Example("a", "fine", "bug"), Example("b", "\udfff", "bug"))
        store.datasets.add(Dataset("x", LabelSet(("bug",)), rows), "test")
    assert store.datasets.all() == ()
    with pytest.raises(NotFound):
        store.datasets.info("\ud800")


def test_a_taken_name_gets_a_number(store: Store):
    ids = [store.datasets.add(dataset(name="same"), "test") for _ in range(3)]
    assert [info.name for info in store.datasets.all()] == ["same", "same (2)", "same (3)"]
    assert [info.id for info in store.datasets.all()] == ids
    assert store.datasets.rename(ids[2], "same (2)") == "same (2) (2)"
    assert store.datasets.rename(ids[0], " same ") == "same", "its own name is not taken"


def test_a_dataset_without_rows_is_stored(store: Store):
    dataset_id = store.datasets.add(dataset(0), "typed")
    assert store.datasets.info(dataset_id).rows == 0
    assert store.datasets.get(dataset_id).examples == ()
    assert store.rows.counts(dataset_id).labels == {"bug": 0, "improvement": 0}


def test_labels_that_only_rows_have_join_the_label_set(store: Store):
    given = Dataset("x", LabelSet(("bug",)), (Example("a", "t", "new"), Example("b", "t", "bug")))
    assert store.datasets.info(store.datasets.add(given, "test")).labels.names == ("bug", "new")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (Example("r0", "t", "bug"), "The id “r0” is used by two rows"),
        (Example("", "t", "bug"), "Row 7 has no id"),
        (Example("z", "t", " "), "Row 7 has no label"),
        (Example("z", "t", "bug", split="dev"), "Row 7 has the split “dev”"),
    ],
)
def test_rows_that_cannot_be_kept_are_refused_with_their_number(store: Store, row: Example, sentence: str):
    with pytest.raises(DataError, match=sentence):
        store.datasets.add(replace(dataset(), examples=(*dataset().examples, row)), "test")
    assert store.datasets.all() == ()


def test_the_list_counts_rows_and_knows_champions(store: Store, clock: Clock):
    first = store.datasets.add(
        replace(dataset(), examples=(*dataset().examples, Example("x", "t", "bug", excluded=True))), "upload"
    )
    clock.time += 5
    second = store.datasets.add(dataset(2), "sample")
    store.champions.adopt(second, PROMPT, "offline:reader")
    one, two = store.datasets.all()
    assert (one.rows, one.excluded, one.champion, one.origin) == (7, 1, False, "upload")
    assert (two.rows, two.excluded, two.champion, two.created) == (2, 0, True, clock.time)
    assert store.datasets.info(first) == one


def test_definitions_are_replaced_and_make_a_new_version(store: Store, dataset_id: str):
    before = store.datasets.info(dataset_id).version
    store.datasets.set_definitions(dataset_id, {"improvement": " could be better ", "bug": " "})
    info = store.datasets.info(dataset_id)
    assert info.labels.definitions == {"improvement": "could be better"}
    assert info.version > before
    with pytest.raises(DataError, match="“other” is not in the label set"):
        store.datasets.set_definitions(dataset_id, {"other": "x"})


def test_deleting_a_dataset_leaves_no_rows_and_keeps_its_runs(store: Store, dataset_id: str):
    store.champions.adopt(dataset_id, PROMPT, "m")
    run_id = store.runs.create(dataset_id, Settings())
    store.leases.claim(run_id, "me")
    with pytest.raises(Conflict, match="stop the run first"):
        store.datasets.delete(dataset_id)
    store.leases.mark_interrupted(now=1e12)
    store.datasets.delete(dataset_id)
    assert store.datasets.all() == () and store.champions.history(dataset_id) == ()
    with pytest.raises(NotFound):
        store.rows.page(dataset_id)
    assert store.runs.get(run_id).dataset_name == "issues"
    assert len(store.runs.snapshot(run_id).examples) == 6


@pytest.mark.parametrize(
    "act",
    [
        lambda store: store.datasets.get("x"),
        lambda store: store.datasets.info("x"),
        lambda store: store.datasets.rename("x", "y"),
        lambda store: store.datasets.delete("x"),
        lambda store: store.datasets.set_definitions("x", {}),
        lambda store: store.rows.page("x"),
        lambda store: store.rows.counts("x"),
        lambda store: store.edits.undo("x"),
        lambda store: store.rows.assign_splits("x", {}),
        lambda store: store.champions.adopt("x", PROMPT, "m"),
        lambda store: store.runs.create("x", Settings()),
    ],
)
def test_a_dataset_that_is_not_there_is_said_to_be_missing(store: Store, act):
    with pytest.raises(NotFound, match="no such dataset"):
        act(store)


def test_champions_are_kept_as_a_history_latest_first(store: Store, dataset_id: str, clock: Clock):
    assert store.champions.current(dataset_id) is None
    store.champions.adopt(dataset_id, PROMPT, "offline:reader")
    clock.time += 60
    better = Prompt("Better", "a", "b")
    store.champions.adopt(dataset_id, better, "openai:x", "run", 3)
    current, first = store.champions.history(dataset_id)
    assert store.champions.current(dataset_id) == current
    assert (current.prompt, current.model, current.run_id, current.step, current.adopted) == (
        better,
        "openai:x",
        "run",
        3,
        clock.time,
    )
    assert (first.prompt, first.run_id) == (PROMPT, "")
