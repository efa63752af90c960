"""Whatever is done in whatever order: undo and redo walk through exactly the states there were."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DataError
from core.store.records import Change, RowQuery
from core.store.store import Store
from core.types import Example
from tests.core.store.building import dataset
from tests.core.store.test_update import Difference, Planned

LABEL = st.sampled_from(("bug", "improvement", "new", "newer"))
ROW = st.sampled_from(("r0", "r1", "r2", "r3"))
QUERY = st.builds(
    RowQuery,
    labels=st.sets(LABEL, max_size=2).map(tuple),
    excluded=st.sampled_from((None, True, False)),
    edited=st.sampled_from((None, True, False)),
    search=st.sampled_from(("", "number 1")),
)
STORABLE = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
FIELD = st.one_of(
    st.tuples(st.just("label"), LABEL),
    st.tuples(st.just("note"), st.just("") | st.text(STORABLE, max_size=5)),
    st.tuples(st.sampled_from(("excluded", "canonical")), st.booleans()),
    st.tuples(st.just("review"), st.sampled_from(("", "kept", "gap"))),
)
DEED = st.one_of(
    st.just(("undo",)),
    st.just(("undo",)),
    st.just(("redo",)),
    st.tuples(st.just("change"), st.lists(st.tuples(ROW, FIELD), min_size=1, max_size=3)),
    st.tuples(st.just("change_all"), QUERY, FIELD),
    st.tuples(st.just("update"), st.sampled_from(("n0", "n1", "n2")), LABEL, ROW),
    st.tuples(st.just("rename"), LABEL, LABEL),
    st.tuples(st.just("merge"), st.lists(LABEL, max_size=2), LABEL),
    st.tuples(st.just("delete"), LABEL, st.one_of(st.none(), LABEL)),
    st.tuples(st.just("define"), st.dictionaries(LABEL, st.sampled_from(("", "text")), max_size=2)),
)


def do(store: Store, dataset_id: str, deed: tuple) -> str:
    """The id of the change set, "" for none."""
    try:
        match deed:
            case ("change", wanted):
                present = {example.id for example in store.datasets.get(dataset_id).examples}
                return store.edits.change(
                    dataset_id, [Change(row, *field) for row, field in wanted if row in present]
                )
            case ("change_all", query, (field, value)):
                return store.edits.change_all(dataset_id, query, field, value)
            case ("update", example_id, label, row):
                text = next(
                    example.text for example in store.datasets.get(dataset_id).examples if example.id == row
                )
                changed = (
                    Difference(row, "text", text, text + "."),
                    Difference(row, "source", "test", "other"),
                )
                return store.edits.update(
                    dataset_id, Planned((Example(example_id, "t", label),), changed[: 1 + (text[-1] != ".")])
                )
            case (method, *given_):
                return getattr(store.labels, method)(dataset_id, *given_)
    except DataError:
        return ""
    raise AssertionError(deed)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(DEED, max_size=12))
def test_undoing_all_and_redoing_all_gives_the_same_rows_and_labels(store: Store, deeds: list):
    dataset_id = store.datasets.add(dataset(4), "test")

    def content() -> tuple:
        stored = store.datasets.get(dataset_id)
        rows = store.rows.page(dataset_id).rows
        return stored.examples, stored.labels, [(row.review, row.edits, row.position) for row in rows]

    states, place = [content()], 0  # what an undo stack in plain Python would hold
    for deed in deeds:
        version = store.datasets.version(dataset_id)
        if deed == ("undo",):
            assert (store.edits.undo(dataset_id) is None) == (place == 0)
            place = max(0, place - 1)
        elif deed == ("redo",):
            assert (store.edits.redo(dataset_id) is None) == (place == len(states) - 1)
            place = min(len(states) - 1, place + 1)
        elif do(store, dataset_id, deed):
            place += 1
            states[place:] = [content()]
            assert states[place] != states[place - 1] and store.datasets.version(dataset_id) == version + 1
        examples, labels, _ = now = content()
        assert now == states[place]
        assert {e.label for e in examples if not e.excluded} <= set(labels.names)
        assert set(labels.definitions) <= set(labels.names)
        assert (
            all(store.edits.upcoming(dataset_id)[0] for _ in range(place > 0))
            and store.edits.history(dataset_id) is not None
        )
    while store.edits.undo(dataset_id):
        place -= 1
        assert content() == states[place]
    assert place == 0
    while store.edits.redo(dataset_id):
        place += 1
        assert content() == states[place]
    assert place == len(states) - 1
