"""What people say of predictions, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import Conflict, DataError, NotFound, UsageError
from core.store.feedback.records import INBOX, FeedbackRule, ServedPrediction, State
from core.store.records import Change, RowQuery
from core.store.store import Store
from core.types import Dataset, Example, LabelSet, Settings
from tests.core.store.building import Clock, dataset

BUG, DOCS = "bug", "documentation"


@pytest.fixture
def issues(store: Store) -> str:
    """A dataset with a row in each split, and one that is to be right in any case."""
    rows = (
        Example("a", "fix the build", BUG, split="train"),
        Example("v", "fix the tests", BUG, split="validation"),
        Example("t", "fix the guide", BUG, split="test"),
        Example("c", "the guide is wrong", DOCS, canonical=True, split="train"),
    )
    return store.datasets.add(Dataset("titles", LabelSet((BUG, DOCS)), rows), "test")


def served(store: Store, dataset_id: str, text: str, label: str = BUG, id_: str = "") -> str:
    id_ = id_ or "on " + text
    store.answers.add(
        ServedPrediction(
            id_, dataset_id, 0.0, text, label, "label" if label else "unreadable", model="m1", prompt_key="k1"
        )
    )
    return id_


def rows(store: Store, dataset_id: str) -> dict[str, tuple[str, str, str, str]]:
    return {
        row.text: (row.label, row.note, row.split, row.source)
        for row in store.datasets.get(dataset_id).examples
    }


def inbox(store: Store, dataset_id: str, kind: str) -> None:
    rule = next(rule for rule in store.rules.all(dataset_id) if rule.kind == kind)
    store.rules.save(replace(rule, way=INBOX))


# ---- into the rows


def test_a_positive_score_adds_the_row_as_it_was_answered(store: Store, issues: str, clock: Clock):
    said = store.feedback.give(
        issues, served(store, issues, "crash at start"), score=1.0, who="Ann", note="well done"
    )
    assert said == store.feedback.get(said.id)
    assert (said.state, said.at, said.who, said.score, said.correction) == (
        State.APPLIED,
        clock(),
        "Ann",
        1.0,
        "",
    )
    assert rows(store, issues)["crash at start"] == (BUG, "", "train", "feedback"), (
        "praise is no note of the row"
    )
    assert store.feedback.of_row(issues, said.example_id) == (said,)


def test_a_correction_adds_the_row_with_the_right_label_and_its_why_as_the_note(store: Store, issues: str):
    said = store.feedback.give(
        issues,
        served(store, issues, "typo in the docs"),
        correction="Documentation ",
        note="Docs come first.",
    )
    assert rows(store, issues)["typo in the docs"] == (DOCS, "Docs come first.", "train", "feedback")
    assert said.correction == DOCS, "read as the label set writes it"


def test_low_scores_and_praise_without_a_label_change_nothing(store: Store, issues: str):
    before = store.datasets.get(issues)
    low = store.feedback.give(issues, served(store, issues, "one"), score=0.0)
    silent = store.feedback.give(issues, served(store, issues, "two", label=""), score=1.0)
    assert (low.state, silent.state) == (State.NEW, State.NEW) and store.datasets.get(issues) == before
    assert store.feedback.give(issues, "on two", correction=BUG).state is State.APPLIED


def test_a_text_that_is_a_row_updates_it_with_history_and_undo(store: Store, issues: str):
    said = store.feedback.give(
        issues, served(store, issues, "  Fix the  BUILD"), correction=DOCS, note="why", who="Ann"
    )
    assert said.example_id == "a" and rows(store, issues)["fix the build"] == (DOCS, "why", "train", "")
    assert store.datasets.info(issues).rows == 4
    label, note = sorted(store.edits.history(issues, "a"), key=lambda entry: entry.field)
    assert (label.before, label.after, label.who, note.after) == (BUG, DOCS, "Ann", "why")
    assert said.id in label.why and said.prediction_id in label.why and "feedback" in label.what
    assert store.edits.undo(issues) == "Undone: feedback: “Fix the BUILD” from “bug” to “documentation”."
    assert rows(store, issues)["fix the build"] == (BUG, "", "train", "")
    assert (
        store.feedback.get(said.id).state is State.DISCARDED and store.feedback.counts(issues)["applied"] == 0
    )
    assert store.edits.redo(issues) and store.feedback.get(said.id).state is State.APPLIED
    assert rows(store, issues)["fix the build"] == (DOCS, "why", "train", "")


def test_a_row_that_feedback_added_is_undone_and_redone_like_any_change(store: Store, issues: str):
    said = store.feedback.give(issues, served(store, issues, "new one"), score=1.0, who="Ann")
    (entry,) = store.edits.history(issues, said.example_id)
    assert (entry.field, entry.who, entry.undone) == ("added", "Ann", False) and said.id in entry.why
    assert store.edits.upcoming(issues)[0] == "feedback: “new one” added as “bug”."
    store.edits.undo(issues)
    assert "new one" not in rows(store, issues) and store.edits.history(issues)[0].undone
    store.edits.redo(issues)
    assert rows(store, issues)["new one"] == (BUG, "", "train", "feedback")
    assert store.rows.page(issues, RowQuery(sources=("feedback",))).total == 1
    store.edits.undo(issues)
    again = store.feedback.give(issues, served(store, issues, "new one", id_="second"), correction=DOCS)
    assert rows(store, issues)["new one"][0] == DOCS and again.state is State.APPLIED


def test_what_the_rows_say_already_changes_no_version(store: Store, issues: str):
    version = store.datasets.version(issues)
    said = store.feedback.give(issues, served(store, issues, "fix the build"), score=1.0)
    assert (said.state, said.example_id, store.datasets.version(issues)) == (State.APPLIED, "a", version)
    assert store.edits.history(issues) == ()


def test_a_row_is_found_by_its_text_after_an_import_has_changed_that(store: Store, issues: str):
    from core.data.importing.update import FieldChange, UpdatePlan

    store.edits.update(issues, UpdatePlan((), (FieldChange("a", "text", "fix the build", "mend it"),), 0, ()))
    store.feedback.give(issues, served(store, issues, "mend it"), correction=DOCS)
    assert rows(store, issues)["mend it"][0] == DOCS and store.datasets.info(issues).rows == 4
    store.edits.undo(issues)
    store.edits.undo(issues)
    store.feedback.give(issues, served(store, issues, "fix the build"), correction=DOCS)
    assert rows(store, issues)["fix the build"][0] == DOCS and store.datasets.info(issues).rows == 4


def test_without_runs_a_new_row_waits_for_its_split_with_the_others(store: Store):
    loose = store.datasets.add(dataset(), "test")
    store.feedback.give(loose, served(store, loose, "new one"), score=1.0)
    assert rows(store, loose)["new one"][2] == ""
    empty = store.datasets.found_or_made("empty", LabelSet((BUG, DOCS)), "test")
    for text in ("one", "two"):
        store.feedback.give(empty, served(store, empty, text), score=1.0)
    assert [row.split for row in store.datasets.get(empty).examples] == ["", ""]


# ---- what rules leave to a person


def test_rules_never_touch_a_held_out_row_of_a_dataset_with_runs(store: Store, issues: str):
    store.runs.create(issues, Settings())
    for text, row in (("fix the tests", "v"), ("Fix the GUIDE", "t")):
        said = store.feedback.give(issues, served(store, issues, text), correction=DOCS)
        assert said.state is State.INBOX and "held out" in said.why
        assert store.rows.one(issues, row).label == BUG
    assert store.feedback.give(issues, "on fix the tests", score=1.0).state is State.APPLIED, (
        "it says what the row says"
    )
    accepted = store.feedback.apply(said.id, who="Ann")
    assert (
        accepted.state is State.APPLIED
        and store.rows.one(issues, "t").label == DOCS
        and store.rows.one(issues, "t").split == "test"
    )
    assert "accepted from the inbox" in store.edits.history(issues, "t")[0].why


def test_rules_do_not_overrule_a_canonical_row_or_a_reviewer(store: Store, issues: str):
    store.edits.change(issues, [Change("a", "review", "kept")])
    canonical = store.feedback.give(issues, served(store, issues, "the guide is wrong"), score=1.0)
    kept = store.feedback.give(issues, served(store, issues, "fix the build"), correction=DOCS)
    assert (
        (canonical.state, kept.state) == (State.INBOX, State.INBOX)
        and "canonical" in canonical.why
        and "reviewer" in kept.why
    )
    noted = store.feedback.give(issues, "on the guide is wrong", correction=DOCS, note="as ever")
    assert noted.state is State.APPLIED and store.rows.one(issues, "c").note == "as ever"


def test_a_new_label_is_refused_where_rules_go_straight_and_kept_for_a_person_where_they_do_not(
    store: Store, issues: str
):
    served(store, issues, "what is this?")
    with pytest.raises(DataError, match=r"“question” is none of the labels bug, documentation: .*inbox"):
        store.feedback.give(issues, "on what is this?", correction="question")
    with pytest.raises(DataError, match="“question” is none of the labels"):
        store.feedback.give(issues, "not served yet", correction="question")
    assert store.feedback.all(issues) == ()
    inbox(store, issues, "correction")
    said = store.feedback.give(issues, "on what is this?", correction=" question ")
    assert (
        said.state is State.INBOX
        and "label is new" in said.why
        and store.datasets.info(issues).labels.names == (BUG, DOCS)
    )
    store.feedback.apply(said.id)
    assert store.datasets.info(issues).labels.names == (BUG, DOCS, "question")
    store.edits.undo(issues)
    assert store.datasets.info(issues).labels.names == (BUG, DOCS)


def test_the_inbox_is_accepted_changed_or_discarded_once(store: Store, issues: str):
    for kind in ("positive", "correction"):
        inbox(store, issues, kind)
    one, two, three = (
        store.feedback.give(issues, served(store, issues, text), score=1.0)
        for text in ("one", "two", "three")
    )
    assert store.feedback.counts(issues) == {"waiting": 0, "new": 0, "inbox": 3, "applied": 0, "discarded": 0}
    assert store.feedback.all(issues, State.INBOX) == (three, two, one)
    store.feedback.apply(one.id, who="Bo")
    store.feedback.apply(two.id, label="DOCUMENTATION")
    gone = store.feedback.discard(three.id, who="Bo")
    assert (rows(store, issues)["one"][0], rows(store, issues)["two"][0], "three" in rows(store, issues)) == (
        BUG,
        DOCS,
        False,
    )
    assert gone.state is State.DISCARDED and "Bo" in gone.why and store.edits.history(issues)[-1].who == "Bo"
    for again in (lambda: store.feedback.apply(one.id), lambda: store.feedback.discard(one.id)):
        with pytest.raises(Conflict, match="in the rows already"):
            again()
    assert store.feedback.apply(three.id).state is State.APPLIED, "a person may think again"
    with pytest.raises(NotFound):
        store.feedback.apply("nothing")


def test_what_has_no_label_needs_one_to_be_accepted(store: Store, issues: str):
    said = store.feedback.give(issues, served(store, issues, "mumble", label=""), score=1.0)
    with pytest.raises(DataError, match="no label"):
        store.feedback.apply(said.id)
    assert store.feedback.apply(said.id, label=DOCS).state is State.APPLIED


# ---- said again, said early, said wrongly


def test_feedback_on_an_unknown_prediction_waits_and_is_carried_out_when_that_arrives(
    store: Store, issues: str
):
    first = store.feedback.give(issues, "later", score=1.0)
    second = store.feedback.give(issues, "later", correction=DOCS, note="after all")
    assert (first.state, second.state) == (State.WAITING, State.WAITING) and "late text" not in rows(
        store, issues
    )
    with pytest.raises(Conflict, match="not known yet"):
        store.feedback.apply(first.id)
    served(store, issues, "late text", id_="later")
    assert rows(store, issues)["late text"] == (DOCS, "after all", "train", "feedback"), (
        "in the order in which they were said"
    )
    assert [each.state for each in store.feedback.on(issues, ["later"])["later"]] == [
        State.APPLIED,
        State.APPLIED,
    ]
    served(store, issues, "late text", id_="later")
    assert store.feedback.counts(issues)["applied"] == 2


def test_a_new_label_that_waited_goes_to_the_inbox_whatever_the_rule(store: Store, issues: str):
    store.rules.save(FeedbackRule("", issues, "correction", way=INBOX, models=("m9",)))
    said = store.feedback.give(issues, "later", correction="question")
    served(store, issues, "late text", id_="later")
    assert store.feedback.get(said.id).state is State.INBOX and store.datasets.info(issues).labels.names == (
        BUG,
        DOCS,
    )


def test_what_was_said_last_said_again_is_there_once(store: Store, issues: str):
    on = served(store, issues, "one")
    first = store.feedback.give(issues, on, score=1)
    assert store.feedback.give(issues, on, score=1.0) == first
    corrected = store.feedback.give(issues, on, correction=DOCS)
    assert store.feedback.give(issues, on, correction="documentation") == corrected
    back = store.feedback.give(issues, on, score=1.0)
    assert back.id != first.id and rows(store, issues)["one"][0] == BUG, "the last word stands"
    assert store.feedback.counts(issues)["applied"] == 3


def test_a_key_is_there_once_whatever_was_said_in_between(store: Store, issues: str):
    on = served(store, issues, "one")
    first = store.feedback.give(issues, on, score=1.0, key="k")
    store.feedback.give(issues, on, correction=DOCS)
    assert store.feedback.give(issues, on, score=1.0, key="k") == replace(first)
    assert rows(store, issues)["one"][0] == DOCS
    with pytest.raises(Conflict, match="key “k” was used"):
        store.feedback.give(issues, on, score=0.0, key="k")
    other = store.feedback.give(issues, served(store, issues, "two"), score=1.0, key="k")
    assert other.key == "k" and other.id != first.id


def test_feedback_goes_to_the_dataset_of_its_prediction_only(store: Store, issues: str):
    other = store.datasets.add(dataset(), "test")
    on = served(store, issues, "one")
    with pytest.raises(Conflict, match="another dataset"):
        store.feedback.give(other, on, score=1.0)
    early = store.feedback.give(other, "early", score=1.0)
    served(store, issues, "two", id_="early")
    assert store.feedback.get(early.id).state is State.WAITING and "two" not in rows(store, issues)


@pytest.mark.parametrize(
    ("said", "error", "why"),
    [
        ({}, UsageError, "either a score or a correction"),
        ({"score": 1.0, "correction": BUG}, UsageError, "either a score or a correction"),
        ({"correction": "  "}, UsageError, "either a score or a correction"),
        ({"score": float("nan")}, DataError, "A score is a number"),
        ({"score": "1"}, DataError, "A score is a number"),
        ({"correction": "a\0b"}, DataError, "NUL"),
        ({"score": 1.0, "note": "\ud800"}, DataError, "lone surrogate"),
        ({"score": 1.0, "key": "\0"}, DataError, "NUL"),
    ],
)
def test_feedback_that_means_nothing_is_refused_in_a_sentence(
    store: Store, issues: str, said: dict, error: type, why: str
):
    on = served(store, issues, "one")
    with pytest.raises(error, match=why):
        store.feedback.give(issues, on, **said)
    assert store.feedback.all(issues) == ()


def test_how_much_is_new_since_a_time_counts_what_is_in_force(store: Store, issues: str, clock: Clock):
    store.feedback.give(issues, served(store, issues, "one"), score=1.0)
    then = clock()
    clock.time = then + 10
    store.feedback.give(issues, served(store, issues, "two"), score=1.0)
    store.feedback.give(issues, served(store, issues, "fix the build"), correction=DOCS)
    assert (store.feedback.rows_since(issues, 0.0), store.feedback.rows_since(issues, then)) == (3, 2)
    store.edits.undo(issues)
    assert store.feedback.rows_since(issues, then) == 1


def test_a_read_only_store_takes_no_feedback(store: Store, issues: str, open_store):
    from core.errors import StoreError

    served(store, issues, "one")
    with pytest.raises(StoreError, match="reading only"):
        open_store(read_only=True).feedback.give(issues, "on one", score=1.0)
