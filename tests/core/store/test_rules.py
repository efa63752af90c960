"""Rules: which feedback they take, what they would have done, and that they never reach what is held out."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DataError, NotFound, UsageError
from core.store.feedback.records import INBOX, Feedback, FeedbackRule, RuleEffect, ServedPrediction, State
from core.store.feedback.rule_decisions import leaves_nothing, rule_of_kind, takes
from core.store.store import Store
from core.types import Dataset, Example, LabelSet, Settings
from tests.core.store.building import dataset

BUG, DOCS = "bug", "documentation"
ANSWER = ServedPrediction("p", "d", 0.0, "text", BUG, "label", model="m1", prompt_key="k1")
PRAISE = Feedback("f", "d", "p", 0.0, "", 1.0, "", "", State.NEW, key="user-score")
CORRECTED = replace(PRAISE, score=None, correction=DOCS)


# ---- kept


def test_a_dataset_without_rules_of_its_own_takes_both_kinds_straight(store: Store, dataset_id: str):
    assert [
        (rule.kind, rule.on, rule.way, rule.least, rule.share) for rule in store.rules.all(dataset_id)
    ] == [("positive", True, "straight", 1.0, 1.0), ("correction", True, "straight", 1.0, 1.0)]


def test_rules_keep_their_order_and_the_last_one_may_go(store: Store, dataset_id: str):
    positive, correction = store.rules.all(dataset_id)
    assert store.rules.save(replace(positive, way=INBOX, labels=(BUG,))) == positive.id
    new = store.rules.save(FeedbackRule("", dataset_id, "positive", least=0.5))
    assert [rule.id for rule in store.rules.all(dataset_id)] == [positive.id, correction.id, new]
    assert store.rules.all(dataset_id)[0].labels == (BUG,)
    for rule in store.rules.all(dataset_id):
        store.rules.delete(rule.id)
    assert store.rules.all(dataset_id) == (), "nobody wants any: the standing ones do not come back"
    with pytest.raises(NotFound):
        store.rules.delete(new)


def test_a_rule_is_asked_before_the_one_of_its_kind_above_it(store: Store, dataset_id: str):
    positive, correction = (rule.id for rule in store.rules.all(dataset_id))
    new = store.rules.save(FeedbackRule("", dataset_id, "positive", labels=(BUG,)))
    store.rules.advance(new)
    assert [rule.id for rule in store.rules.all(dataset_id)] == [new, positive, correction]
    for first in (new, correction):
        store.rules.advance(first)
    assert [rule.id for rule in store.rules.all(dataset_id)] == [new, positive, correction], (
        "the first stays the first"
    )
    store.rules.advance(positive)
    assert [rule.id for rule in store.rules.all(dataset_id)] == [positive, new, correction]
    with pytest.raises(NotFound):
        store.rules.advance("gone")


RULES = st.builds(
    FeedbackRule,
    st.just("r"),
    st.just("d"),
    st.sampled_from(["positive", "negative", "correction"]),
    st.booleans(),
    least=st.sampled_from([0.0, 0.5, 1.0]),
    most=st.sampled_from([None, 0.5, 1.0]),
    models=st.sampled_from([(), ("m1",), ("m1", "m2")]),
    labels=st.sampled_from([(), (BUG,), (BUG, DOCS)]),
    share=st.sampled_from([0.0, 0.5, 1.0]),
    keys=st.sampled_from([(), ("k",)]),
)
FEEDBACKS = st.builds(
    lambda score, correction, key: replace(
        PRAISE, score=None if correction else score, correction=correction, key=key
    ),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from(["", BUG, DOCS]),
    st.sampled_from(["k", "other"]),
)


@given(RULES, RULES, FEEDBACKS, st.sampled_from(["m1", "m2", "m3"]))
def test_a_rule_behind_one_that_leaves_nothing_never_decides(
    earlier: FeedbackRule, later: FeedbackRule, said: Feedback, model: str
):
    answer = replace(ANSWER, model=model)
    if leaves_nothing(earlier, later) and takes(later, said, answer):
        assert takes(earlier, said, answer)


def test_a_rule_that_takes_all_leaves_nothing_and_a_narrow_one_does(dataset_id: str):
    everything, narrow = (
        FeedbackRule("a", dataset_id, "positive", least=0.5),
        FeedbackRule("b", dataset_id, "positive", labels=(BUG,)),
    )
    assert leaves_nothing(everything, narrow) and not leaves_nothing(narrow, everything)
    assert leaves_nothing(narrow, replace(narrow, models=("m1",)))
    for other in ({"on": False}, {"share": 0.9}, {"kind": "correction"}, {"least": 1.5}, {"keys": ("k",)}):
        assert not leaves_nothing(replace(everything, **other), narrow)


def test_a_standing_rule_may_be_deleted_before_any_was_saved(store: Store, dataset_id: str):
    other = store.datasets.add(dataset(), "test")
    store.rules.delete(store.rules.all(dataset_id)[0].id)
    assert [rule.kind for rule in store.rules.all(dataset_id)] == ["correction"] and len(
        store.rules.all(other)
    ) == 2


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "praise"}, {"way": "round"}, {"least": float("inf")}, {"share": 1.5}, {"share": float("nan")}],
)
def test_a_rule_that_means_nothing_is_refused(store: Store, dataset_id: str, wrong: dict):
    with pytest.raises(UsageError):
        store.rules.save(replace(FeedbackRule("", dataset_id, "positive"), **wrong))


# ---- what they take


@pytest.mark.parametrize(
    ("rule", "taken"),
    [
        ({}, True),
        ({"on": False}, False),
        ({"kind": "correction"}, False),
        ({"least": 1.1}, False),
        ({"least": -5.0}, True),
        ({"models": ("m1", "m2")}, True),
        ({"models": ("m2",)}, False),
        ({"prompts": ("k1",)}, True),
        ({"prompts": ("k2",)}, False),
        ({"labels": (BUG,)}, True),
        ({"labels": (DOCS,)}, False),
        ({"keys": ("user-score",)}, True),
        ({"keys": ("other",)}, False),
        ({"share": 0.0}, False),
        ({"models": ("m1",), "labels": (DOCS,)}, False),
    ],
)
def test_a_rule_takes_what_all_its_filters_mean(rule: dict, taken: bool):
    assert takes(replace(FeedbackRule("r", "d", "positive"), **rule), PRAISE, ANSWER) is taken


def test_a_correction_is_filtered_by_the_label_its_row_would_get():
    assert takes(FeedbackRule("r", "d", "correction", labels=(DOCS,)), CORRECTED, ANSWER)
    assert not takes(FeedbackRule("r", "d", "correction", labels=(BUG,)), CORRECTED, ANSWER)


def test_a_share_is_chosen_by_the_id_the_same_every_time():
    rule = FeedbackRule("r", "d", "positive", share=0.3)
    taken = {n for n in range(4_000) if takes(rule, replace(PRAISE, prediction_id=f"id {n}"), ANSWER)}
    assert 1_100 < len(taken) < 1_300
    assert taken == {n for n in range(4_000) if takes(rule, replace(PRAISE, prediction_id=f"id {n}"), ANSWER)}
    assert taken < {
        n
        for n in range(4_000)
        if takes(replace(rule, share=0.6), replace(PRAISE, prediction_id=f"id {n}"), ANSWER)
    }


def test_the_first_rule_that_takes_it_decides(store: Store, dataset_id: str):
    positive, _ = store.rules.all(dataset_id)
    store.rules.save(replace(positive, models=("m2",)))
    store.rules.save(FeedbackRule("", dataset_id, "positive", way=INBOX))
    for id_, model in (("p1", "m1"), ("p2", "m2")):
        store.answers.add(ServedPrediction(id_, dataset_id, 0.0, "text of " + id_, BUG, "label", model=model))
    assert store.feedback.give(dataset_id, "p1", score=1.0).state is State.INBOX
    assert store.feedback.give(dataset_id, "p2", score=1.0).state is State.APPLIED


# ---- what they would have done


def test_a_preview_tells_what_a_rule_would_have_done_and_changes_nothing(store: Store):
    rows = (Example("a", "known", BUG, split="train"), Example("t", "sealed", BUG, split="test"))
    dataset_id = store.datasets.add(Dataset("titles", LabelSet((BUG, DOCS)), rows), "test")
    store.runs.create(dataset_id, Settings())
    positive, correction = store.rules.all(dataset_id)
    for rule in (positive, replace(correction, way=INBOX)):
        store.rules.save(rule)
    said = {}
    corrected = (
        ("known", DOCS),
        ("sealed", DOCS),
        ("new", DOCS),
        ("New ", DOCS),
        ("new", BUG),
        ("known", BUG),
        ("odd", "question"),
    )
    for text, correct in corrected:
        id_ = "p" + str(len(said))
        store.answers.add(ServedPrediction(id_, dataset_id, 0.0, text, BUG, "label", model="m1"))
        said[id_] = store.feedback.give(dataset_id, id_, correction=correct)
    store.answers.add(ServedPrediction("praised", dataset_id, 0.0, "praised", BUG, "label"))
    store.feedback.give(dataset_id, "praised", score=1.0)
    store.feedback.give(dataset_id, "unknown", correction=DOCS)
    before, states = store.datasets.get(dataset_id), store.feedback.counts(dataset_id)
    found = store.feedback.preview(FeedbackRule("", dataset_id, "correction"))
    told = {each.feedback.prediction_id: each.effect for each in found.taken}
    assert told == {
        "p0": RuleEffect.UPDATE,
        "p1": RuleEffect.INBOX,
        "p2": RuleEffect.ADD,
        "p3": RuleEffect.SAME,
        "p4": RuleEffect.UPDATE,
        "p5": RuleEffect.SAME,
        "p6": RuleEffect.INBOX,
    }
    assert found.looked_at == 8 and found.taken[0].feedback.prediction_id == "p6", "newest first"
    assert (found.count(RuleEffect.ADD), found.count(RuleEffect.INBOX)) == (1, 2)
    assert "held out" in next(each.why for each in found.taken if each.feedback.prediction_id == "p1")
    assert (
        store.feedback.preview(FeedbackRule("", dataset_id, "correction", way=INBOX)).count(RuleEffect.INBOX)
        == 7
    )
    assert store.feedback.preview(FeedbackRule("", dataset_id, "correction", models=("m2",))).taken == ()
    (praise,) = store.feedback.preview(FeedbackRule("", dataset_id, "positive", on=False)).taken
    assert praise.effect is RuleEffect.ALREADY
    assert (store.datasets.get(dataset_id), store.feedback.counts(dataset_id)) == (before, states)


# ---- never into what is held out

TEXTS = ("train row", "validation row", "test row", "first new text", "second new text")
HELD = ("validation", "test")
posts = st.lists(
    st.tuples(
        st.sampled_from(TEXTS),
        st.sampled_from([str.upper, str.title, lambda text: "  " + text + " ", str]),
        st.sampled_from((BUG, DOCS)),
        st.sampled_from(("praise", BUG, DOCS, "question")),
        st.booleans(),
        st.sampled_from(("", "a note")),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    posts, st.sampled_from(("straight", INBOX)), st.sampled_from(("straight", INBOX)), st.integers(0, 2**32)
)
def test_feedback_never_gets_into_the_held_out_parts_of_a_dataset_with_runs(
    store: Store, said, praised: str, corrected: str, seed: int
):
    """Whatever is said, in whatever order and case, before or after its prediction: rules leave held-out rows
    as they are, and of new rows none is held out; a person who accepts may correct a label there, and no
    more."""
    from core.errors import DataError

    rows = [Example(name, name + " row", BUG, split=name) for name in ("train", *HELD)]
    dataset_id = store.datasets.add(Dataset("titles", LabelSet((BUG, DOCS)), tuple(rows)), "test")
    store.runs.create(dataset_id, Settings())
    for rule in store.rules.all(dataset_id):
        store.rules.save(replace(rule, way=praised if rule.kind == "positive" else corrected))
    for number, (text, shaped, label, what, early, note) in enumerate(said):
        answer = ServedPrediction(f"{dataset_id} {number}", dataset_id, 0.0, shaped(text), label, "label")
        given = {"score": 1.0} if what == "praise" else {"correction": what}
        acts = [
            lambda answer=answer: store.answers.add(answer),
            lambda answer=answer, given=given, note=note: store.feedback.give(
                dataset_id, answer.id, note=note, **given
            ),
        ]
        for act in reversed(acts) if early else acts:
            try:
                act()
            except DataError as refused:
                assert "question" in str(refused) and corrected == "straight"
    held = [row for row in store.datasets.get(dataset_id).examples if row.split in HELD]
    assert held == rows[1:]
    assert {row.split for row in store.datasets.get(dataset_id).examples} <= {"train", *HELD}
    waiting = list(store.feedback.all(dataset_id, State.INBOX))
    random.Random(seed).shuffle(waiting)
    for each in waiting:
        store.feedback.apply(each.id)
    after = store.datasets.get(dataset_id).examples
    assert [(row.id, row.text, row.split) for row in after if row.split in HELD] == [
        (row.id, row.text, row.split) for row in rows[1:]
    ]
    assert all(row.split == "train" for row in after if row.source == "feedback")
    while store.edits.undo(dataset_id):
        pass
    assert store.datasets.get(dataset_id).examples == tuple(rows), "and all of it can be taken back"


# ---- scores that call a prediction wrong


def negative(store: Store, dataset_id: str, way: str, **more: object) -> None:
    store.rules.save(replace(rule_of_kind(dataset_id, "negative"), way=way, **more))


def test_a_text_whose_prediction_is_called_wrong_becomes_a_row_to_be_labelled(store: Store, dataset_id: str):
    negative(store, dataset_id, "straight")
    store.answers.add(ServedPrediction("new", dataset_id, 0.0, "a new text", BUG, "label"))
    given = store.feedback.give(dataset_id, "new", score=0.0, note="not a bug")
    assert (given.state, given.why) == (State.APPLIED, "“a new text” added, to be labelled")
    row = store.rows.one(dataset_id, given.example_id)
    assert (row.label, row.excluded, row.note, row.source) == ("", True, "not a bug", "feedback")
    assert store.edits.undo(dataset_id) and store.feedback.get(given.id).state is State.DISCARDED


def test_a_row_with_the_label_that_is_called_wrong_is_for_a_person_who_must_choose(
    store: Store, dataset_id: str
):
    negative(store, dataset_id, "straight", keys=("thumb",))
    known, other = store.datasets.get(dataset_id).examples[:2]
    for row in (known, other):
        store.answers.add(ServedPrediction(row.id, dataset_id, 0.0, row.text, BUG, "label"))
    assert store.feedback.give(dataset_id, known.id, score=-1.0).state is State.NEW, "the rule names a key"
    asked = store.feedback.give(dataset_id, known.id, score=-1.0, key="thumb")
    assert (asked.state, asked.why) == (
        State.INBOX,
        "its text is a row with the label that is called wrong",
    )
    assert store.feedback.proposed_label(asked.id) == ""
    with pytest.raises(DataError, match="which label is right"):
        store.feedback.apply(asked.id)
    assert store.feedback.apply(asked.id, "improvement").state is State.APPLIED
    same = store.feedback.give(dataset_id, other.id, score=-1.0, key="thumb")
    assert same.state is State.APPLIED and same.why.endswith("has another label already")


def test_scores_of_any_scale_have_a_lowest_and_a_highest(store: Store, dataset_id: str):
    toxic = replace(rule_of_kind("d", "negative"), least=0.8, most=None, keys=("toxicity",))
    clean = replace(rule_of_kind("d", "positive"), least=0.0, most=0.1, keys=("toxicity",))
    for score, taken in ((0.05, [False, True]), (0.5, [False, False]), (0.9, [True, False])):
        post = replace(PRAISE, score=score, key="toxicity")
        assert [takes(rule, post, ANSWER) for rule in (toxic, clean)] == taken
    for least, most in ((1.0, 0.0), (float("nan"), None), (None, None)):
        with pytest.raises(UsageError):
            negative(store, dataset_id, "inbox", least=least, most=most)


# ---- answers that are no labels


def test_a_free_answer_goes_into_the_rows_whatever_it_is(store: Store, dataset_id: str):
    for id_ in ("one", "two"):
        store.answers.add(ServedPrediction(id_, dataset_id, 0.0, "text " + id_, "WB-1", "label", free=True))
    assert store.feedback.give(dataset_id, "one", score=1.0).state is State.APPLIED
    assert store.feedback.give(dataset_id, "two", correction="wb-1").state is State.APPLIED
    early = store.feedback.give(dataset_id, "three", correction="any answer")
    assert early.state is State.WAITING, "of a prediction that is not known yet the others tell"
    labels = {row.text: row.label for row in store.datasets.get(dataset_id).examples}
    assert (labels["text one"], labels["text two"]) == ("WB-1", "wb-1")
