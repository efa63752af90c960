"""Served predictions in the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from core.errors import Conflict, DataError, NotFound, UsageError
from core.similarity.neighbours import Neighbour
from core.store.feedback.records import ServedCall, ServedPrediction, State
from core.store.store import Store
from core.types import Message, Request, Usage
from tests.core.store.building import Clock


def served(dataset_id: str, id_: str = "p1", **more: object) -> ServedPrediction:
    return replace(
        ServedPrediction(
            id_,
            dataset_id,
            0.0,
            "Text: " + id_,
            "bug",
            "label",
            "bug",
            "It fails.",
            "offline:reader",
            "k1",
            "api",
        ),
        **more,
    )


def test_an_answer_comes_back_as_it_was_given_with_the_time_filled_in(
    store: Store, dataset_id: str, clock: Clock
):
    store.answers.add(served(dataset_id, cost_usd=0.25))
    assert store.answers.get("p1") == served(dataset_id, at=clock(), cost_usd=0.25)
    store.answers.add(served(dataset_id, "p2", at=7.0))
    assert store.answers.get("p2").at == 7.0
    assert list(store.answers.some(["p2", "gone", "p1"])) in (["p1", "p2"], ["p2", "p1"])
    with pytest.raises(NotFound, match="no prediction “gone”"):
        store.answers.get("gone")


def test_the_same_answer_again_is_there_once_and_another_one_under_its_id_is_refused(
    store: Store, dataset_id: str
):
    store.answers.add(served(dataset_id, cost_usd=0.1))
    store.answers.add(served(dataset_id, cost_usd=0.0, at=99.0))  # what it cost and when is no other answer
    assert store.answers.get("p1").cost_usd == 0.1 and store.answers.page(dataset_id).total == 1
    for other in (
        served(dataset_id, label="improvement"),
        served(dataset_id, text="Another"),
        served(dataset_id, prompt_key="k2"),
    ):
        with pytest.raises(Conflict, match="“p1” is taken by another answer"):
            store.answers.add_all([served(dataset_id, "p9"), other])
    assert store.answers.some(["p9"]) == {}, "all or none"


def test_a_failed_call_gives_way_to_an_answer_on_the_same_text(store: Store, dataset_id: str):
    store.answers.add(served(dataset_id, label="", outcome="failed", said="", reason=""))
    store.answers.add(served(dataset_id))
    assert store.answers.get("p1").label == "bug" and store.answers.page(dataset_id).total == 1
    store.answers.add(served(dataset_id, "p2", label="", outcome="failed", said="", reason=""))
    with pytest.raises(Conflict):
        store.answers.add(served(dataset_id, "p2", text="Another"))


def test_pages_are_newest_first_with_or_without_feedback(store: Store, dataset_id: str):
    store.answers.add_all([served(dataset_id, f"p{n}") for n in range(7)])
    store.feedback.give(dataset_id, "p3", score=0.0)
    first, last = store.answers.page(dataset_id, size=3), store.answers.page(dataset_id, size=3, page=99)
    assert [each.id for each in first.answers] == ["p6", "p5", "p4"] and (first.total, first.page) == (7, 1)
    assert [each.id for each in last.answers] == ["p0"] and last.page == 3
    assert [each.id for each in store.answers.page(dataset_id, with_feedback=True).answers] == ["p3"]
    without = store.answers.page(dataset_id, with_feedback=False)
    assert without.total == 6 and "p3" not in {each.id for each in without.answers}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"id": ""}, "1 to 200 characters"),
        ({"id": "x" * 201}, "1 to 200 characters"),
        ({"id": "a\0b"}, "NUL"),
        ({"text": " \n"}, "no text"),
        ({"text": "half \ud800"}, "lone surrogate"),
    ],
)
def test_what_cannot_be_stored_is_refused_in_a_sentence(store: Store, dataset_id: str, wrong: dict, why: str):
    with pytest.raises(DataError, match=why):
        store.answers.add(served(dataset_id, **wrong))


def test_what_a_model_said_is_kept_whatever_it_is(store: Store, dataset_id: str):
    store.answers.add(served(dataset_id, said="a\0b \ud800", reason="half \udfff", id="../../etc/passwd"))
    kept = store.answers.get("../../etc/passwd")
    assert kept.said.startswith("a") and "\0" not in kept.said and kept.reason.startswith("half ")


def test_answers_feedback_and_rules_go_with_their_dataset(
    store: Store, dataset_id: str, open_store: Callable[..., Store]
):
    store.answers.add(served(dataset_id))
    said = store.feedback.give(dataset_id, "p1", score=1.0)
    store.rules.save(replace(store.rules.all(dataset_id)[0], way="inbox"))
    store.datasets.delete(dataset_id)
    assert store.answers.some(["p1"]) == {}
    for ask in (
        lambda: store.feedback.get(said.id),
        lambda: store.feedback.counts(dataset_id),
        lambda: store.rules.all(dataset_id),
        lambda: store.answers.page(dataset_id),
        lambda: store.answers.add(served(dataset_id)),
        lambda: store.feedback.give(dataset_id, "p1", score=1.0),
    ):
        with pytest.raises(NotFound):
            ask()


def test_a_dataset_that_is_found_or_made_is_made_once(store: Store, dataset_id: str):
    labels = store.datasets.info(dataset_id).labels
    assert store.datasets.found_or_made("issues", labels, "library") == dataset_id
    made = store.datasets.found_or_made("new", labels, "library")
    assert (
        store.datasets.found_or_made("new", labels, "library") == made and store.datasets.info(made).rows == 0
    )
    assert store.datasets.version(made) == 1


# ---- how they came about, and how long they are kept


def test_the_call_is_kept_beside_the_answer_and_goes_with_it(store: Store, dataset_id: str):
    call = ServedCall(
        Request((Message("user", "The build fails"),)),
        "<label>bug</label>",
        (Neighbour("Builds fail", "bug", 0.5),),
        Usage(7, 3),
        0.25,
    )
    store.answers.add_all([served(dataset_id), served(dataset_id, "p2")], {"p1": call})
    assert store.answers.call("p1") == call and store.answers.call("p2") is None
    found = store.answers.page(dataset_id, search="p2")
    assert found.total == 1 and store.answers.page(dataset_id, search="TEXT: P").total == 2
    store.datasets.delete(dataset_id)
    assert store.answers.call("p1") is None


def test_what_is_older_than_the_user_says_goes_and_what_was_made_of_it_stays(
    store: Store, dataset_id: str, clock: Clock
):
    day = 86_400.0
    for id_, correction in (("p1", "bug"), ("p2", "brand new"), ("p3", "")):
        store.answers.add(served(dataset_id, id_, text="text " + id_))
        if correction:
            rule = next(each for each in store.rules.all(dataset_id) if each.kind == "correction")
            store.rules.save(replace(rule, way="inbox" if id_ == "p2" else "straight"))
            store.feedback.give(dataset_id, id_, correction=correction)
    clock.time += 3 * day
    store.answers.add(served(dataset_id, "p4"))
    assert store.retention.days() is None and store.retention.due() is None, "for ever, by default"
    store.retention.set_days(2)
    assert store.retention.older_than(2) == 2 and store.retention.due() == 2
    assert store.retention.remove(store.retention.oldest(2), 2) == 2
    assert set(store.answers.some(["p1", "p2", "p3", "p4"])) == {"p2", "p4"}, "the inbox is not emptied"
    assert store.feedback.all(dataset_id)[-1].state is State.APPLIED
    assert any(row.text == "text p1" for row in store.datasets.get(dataset_id).examples)
    clock.time += 2.5 * day
    assert store.retention.oldest(2) == ("p4",)
    for wrong in (0, -1, 10**9):
        with pytest.raises(UsageError):
            store.retention.set_days(wrong)
