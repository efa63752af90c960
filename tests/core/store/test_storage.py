"""How much room the database takes, and giving it back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.errors import StoreError
from core.store.store import Store
from tests.core.store.building import Clock, dataset
from tests.core.store.conftest import SERVER
from tests.core.store.test_answers import served

MEGABYTE = 1_000_000


def test_tables_are_counted_with_their_indexes_the_largest_first(store: Store, dataset_id: str):
    store.datasets.add(dataset(5_000, "many"), "a test")
    tables = store.storage.tables()
    assert (tables[0].name, tables[0].rows) == ("examples", 5_006)
    assert tables[0].bytes > MEGABYTE  # 500 kB of rows, and indexes that find them
    assert {each.name for each in tables} >= {"meta", "changes", "answers", "served_calls"}
    assert store.storage.bytes() >= tables[0].bytes


def test_compacting_gives_back_what_is_free(store: Store, dataset_id: str, clock: Clock):
    texts = [served(dataset_id, f"p{n}", text=f"{n} " + "words " * 200) for n in range(2_000)]
    store.answers.add_all(texts)
    clock.time += 10 * 86_400
    store.retention.remove(store.retention.oldest(1), 1)
    before = store.storage.bytes()
    assert SERVER or store.storage.free_bytes() > MEGABYTE
    store.storage.compact()
    assert store.storage.bytes() < before - MEGABYTE
    assert store.storage.free_bytes() == 0 and store.datasets.info(dataset_id).rows == 6


def test_a_store_that_is_only_read_is_measured_and_not_compacted(
    open_store: Callable[..., Store], store: Store
):
    shown = open_store(read_only=True)
    assert shown.storage.bytes() > 0 and shown.storage.tables()
    with pytest.raises(StoreError, match="open for reading only"):
        shown.storage.compact()
