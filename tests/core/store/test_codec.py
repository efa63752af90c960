import json
from dataclasses import replace

import pytest

from core.errors import DataError, StoreError
from core.store.codec import decode, encode, new_id, pack, storable, unpack
from core.types import Evaluation, Metrics, Progress, Reply, Result, Settings, Spend, Step
from tests.core.store.building import baseline, dataset, evaluation, result, step


@pytest.mark.parametrize(
    "record",
    [
        baseline(),
        step(3),
        step(4, None, kept=False),
        replace(step(5), validation=None, candidate=None, batch=None),
        result(),
        replace(result(), test=None),
        dataset(),
        Settings(),
        Settings(budget_usd=0.5, start=baseline().prompt),
        Progress("x", 1, 2),
    ],
    ids=lambda record: type(record).__name__,
)
def test_records_come_back_equal_and_of_the_same_types(record):
    assert unpack(pack(record), type(record)) == record
    assert decode(encode(record), type(record)) == record


def test_texts_of_every_kind_survive():
    said = "quotes \" ' \\ \n\t {0} %s <label> 🦊 \x00 \u2028"
    assert unpack(pack(evaluation(error=said)), Evaluation).predictions[2].error == said


def test_half_a_character_in_a_reply_does_not_lose_the_step():
    broken = evaluation(error="said \ud800 this")
    assert unpack(pack(broken), Evaluation).predictions[2].error == "said ? this"
    stored = unpack(pack(replace(step(1), validation=broken)), Step)
    assert replace(stored, validation=None) == replace(step(1), validation=None)


def test_payloads_of_an_older_shape_decode_with_defaults_and_newer_ones_without_what_is_unknown():
    old = json.loads(encode(step(2)))
    del old["trials"], old["spend"], old["reflection"]["problem"], old["prompt"]["few_shot"]
    old["from_the_future"] = {"x": 1}
    read = decode(json.dumps(old), Step)
    assert (read.trials, read.spend, read.number) == ((), {}, 2)
    assert decode("{}", Settings) == Settings()
    assert decode('{"lightweight": {"api": 3}}', dict[str, Spend]) == {"lightweight": Spend(3)}


def test_numbers_that_are_not_finite_are_refused_when_stored_not_when_read():
    with pytest.raises(StoreError, match="was not stored"):
        pack(replace(result(), majority_accuracy=float("nan")))
    with pytest.raises(StoreError, match="was not stored"):
        encode(Reply("x", seconds=float("inf")))


def test_damaged_payloads_say_so():
    for payload in (b"", b"garbage", pack(step(1))[:-9]):
        with pytest.raises(StoreError, match="damaged"):
            unpack(payload, Step)
    with pytest.raises(StoreError, match="A stored record is damaged: restore"):
        decode('{"n": "many"}', Metrics)
    with pytest.raises(StoreError, match="A stored record is damaged: restore"):
        unpack(pack(Progress("x")), Result)


def test_text_that_cannot_be_stored_is_refused_by_what_it_is():
    assert storable("fine 🦊", "The name") == "fine 🦊"
    with pytest.raises(DataError, match="The name holds a NUL"):
        storable("a\0b", "The name")


def test_ids_are_short_safe_everywhere_and_do_not_repeat():
    ids = {new_id() for _ in range(5_000)}
    assert len(ids) == 5_000
    assert all(len(one) == 10 and one.isascii() and one.isalnum() and one == one.lower() for one in ids)
