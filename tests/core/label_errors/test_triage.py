"""Stubborn mistakes, sorted; every case small enough to be judged by eye."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.label_errors.suspects import Suspect
from core.label_errors.triage import DOUBT, Triaged, TriageKind, triage
from core.similarity.tfidf import Similarity
from core.types import Example, Outcome, Prediction

ROW = Example("r", "the striped zebra ran away at noon", "bug")
DOUBTED = Suspect("r", "bug", "wish", 0.8, ("Two similar rows are labelled wish",))


def says(letters: str, row: str = "r") -> tuple[Prediction, ...]:
    """One letter a prompt version, oldest first: b(ug), w(ish), i(dea), d(ocs), ? unreadable, u(nknown
    label), x failed."""
    made = {
        "b": dict(outcome=Outcome.LABEL, label="bug"),
        "w": dict(outcome=Outcome.LABEL, label="wish"),
        "i": dict(outcome=Outcome.LABEL, label="idea"),
        "d": dict(outcome=Outcome.LABEL, label="docs"),
        "?": dict(outcome=Outcome.UNREADABLE),
        "-": dict(outcome=Outcome.UNREADABLE, error="Cut off."),
        "u": dict(outcome=Outcome.UNKNOWN_LABEL, said="defect"),
        "x": dict(outcome=Outcome.FAILED, error="No answer."),
    }
    return tuple(Prediction(row, **made[letter]) for letter in letters)


def one(
    letters: str, suspect: Suspect | None = None, others: tuple[Example, ...] = (), **more
) -> Triaged | None:
    found = triage([ROW, *others], {"r": says(letters)}, [suspect] if suspect else [], **more)
    assert all(each.example_id == "r" for each in found) and len(found) < 2
    return found[0] if found else None


def near(*labels: str) -> tuple[Example, ...]:
    return tuple(
        Example(f"n{at}", f"the striped zebra ran away {word}", label)
        for at, (label, word) in enumerate(
            zip(labels, ("late", "early", "today", "twice", "again"), strict=False)
        )
    )


# ---- which rows are stubborn mistakes


@pytest.mark.parametrize(
    ("letters", "stubborn"),
    [
        ("w", True),
        ("b", False),
        ("wb", True),
        ("wbb", False),
        ("wwb", True),
        ("x", False),
        ("xw", True),
        ("bx", False),
        ("", False),
        ("?", True),
    ],
)
def test_a_mistake_is_stubborn_when_half_of_the_versions_that_answered_made_it(letters: str, stubborn: bool):
    assert (one(letters) is not None) == stubborn


def test_excluded_rows_and_rows_nobody_has_read_are_not_sorted():
    assert triage([replace(ROW, excluded=True)], {"r": says("ww")}, []) == ()
    assert triage([ROW], {}, []) == () == triage([], {"r": says("w")}, [])


def test_those_missed_most_often_come_first():
    rows = [Example(name, f"words of {name}", "bug") for name in ("one", "three", "two")]
    read = {"one": says("w", "one"), "three": says("www", "three"), "two": says("wwb", "two")}
    found = triage(rows, read, [])
    assert [(each.example_id, each.missed, each.read) for each in found] == [
        ("three", 3, 3),
        ("two", 2, 3),
        ("one", 1, 1),
    ]


# ---- fixable


def test_what_some_version_got_right_is_fixable():
    found = one("bww")
    assert (found.kind, found.evidence) == (
        TriageKind.FIXABLE,
        ("1 of 3 prompt versions got it right", "Of 3 prompt versions 2 predict wish"),
    )


def test_what_is_read_right_in_similar_rows_is_fixable():
    others = near("bug", "bug", "bug")
    read = {"r": says("ww"), "n0": says("wb", "n0"), "n1": says("b", "n1"), "n2": says("bw", "n2")}
    [found] = [each for each in triage([ROW, *others], read, []) if each.example_id == "r"]
    assert (found.kind, found.evidence[0]) == (
        TriageKind.FIXABLE,
        "2 similar rows labelled bug are predicted right, so this one can be learned",
    )


def test_what_nothing_speaks_against_is_for_the_prompt_to_learn():
    found = one("ww")
    assert found.kind is TriageKind.FIXABLE
    assert found.evidence == (
        "Nothing speaks clearly against the label: a rule, a note or an example may teach it",
        "All 2 prompt versions predict wish",
    )


# ---- mislabelled


def test_two_of_three_versions_that_give_the_suggested_label_are_enough():
    assert (
        one("bww", DOUBTED).kind
        is one("iww", DOUBTED).kind
        is one("?wwxw", DOUBTED).kind
        is TriageKind.MISLABELLED
    )
    assert one("bbww", DOUBTED).kind is TriageKind.FIXABLE


def test_what_a_suspect_says_already_is_not_said_twice():
    found = one("ww", replace(DOUBTED, reasons=("All 2 prompt versions missed it, 2 of them predict wish",)))
    assert found.evidence == (
        "Chance that the label is wrong: 80 %",
        "All 2 prompt versions missed it, 2 of them predict wish",
    )


def test_a_doubted_label_that_every_version_contradicts_alike_is_mislabelled():
    found = one("ww", DOUBTED)
    assert (found.kind, found.suggested) == (TriageKind.MISLABELLED, "wish")
    assert found.evidence == (
        "Chance that the label is wrong: 80 %",
        "Two similar rows are labelled wish",
        "All 2 prompt versions predict wish",
    )


@pytest.mark.parametrize(
    ("letters", "suspect", "reviewed"),
    [
        ("wb", DOUBTED, {}),
        ("wi", DOUBTED, {}),
        ("ii", DOUBTED, {}),
        ("w?", DOUBTED, {}),
        ("ww", replace(DOUBTED, doubt=DOUBT - 0.01), {}),
        ("ww", replace(DOUBTED, label="idea"), {}),
        ("ww", DOUBTED, {"r": "kept"}),
        ("ww", None, {}),
    ],
    ids=[
        "half were right",
        "they disagree",
        "they say another",
        "half unread",
        "little doubt",
        "relabelled since",
        "kept",
        "no suspect",
    ],
)
def test_a_row_is_not_mislabelled_where(letters: str, suspect: Suspect | None, reviewed: dict[str, str]):
    found = one(letters, suspect, reviewed=reviewed)
    assert found.kind is not TriageKind.MISLABELLED and found.suggested == ""


def test_just_enough_doubt_is_enough():
    assert one("w", replace(DOUBTED, doubt=DOUBT)).kind is TriageKind.MISLABELLED


# ---- definition gap


def test_a_row_reviewed_as_a_gap_is_one_whatever_else_is_known():
    for letters in ("wb", "ww", "??"):
        found = one(letters, DOUBTED, reviewed={"r": "gap"})
        assert (
            found.kind is TriageKind.GAP
            and found.evidence[0] == "A reviewer finds the definitions unclear here"
        )


def test_versions_that_contradict_each_other_show_a_gap():
    found = one("wiw")
    assert (found.kind, found.evidence) == (
        TriageKind.GAP,
        ("Of 3 prompt versions 2 predict wish and 1 predicts idea",),
    )
    assert one("wiwwdii").evidence == (
        "Of 7 prompt versions 3 predict wish, 3 predict idea and 1 predicts docs",
    )


def test_similar_rows_labelled_both_ways_show_a_gap():
    found = one("ww", others=near("bug", "wish", "wish", "bug"))
    assert (found.kind, found.evidence[0]) == (
        TriageKind.GAP,
        "Of the 4 most similar rows 2 are labelled bug and 2 wish",
    )


@pytest.mark.parametrize(
    "labels", [("bug", "wish", "wish"), ("bug", "bug", "wish"), ("idea", "idea", "bug", "bug")]
)
def test_a_single_row_or_a_label_that_nobody_said_shows_no_gap(labels):
    assert one("ww", others=near(*labels)).kind is TriageKind.FIXABLE


def test_rows_that_are_not_similar_show_no_gap():
    others = [
        Example(f"o{n}", f"nothing alike {n}", label)
        for n, label in enumerate(("bug", "wish", "wish", "bug"))
    ]
    assert one("ww", others=tuple(others)).kind is TriageKind.FIXABLE


def test_one_text_with_two_labels_is_a_gap_even_if_a_version_was_right():
    twin = Example("t", "The striped zebra ran away at noon.", "wish")
    found = one("wb", replace(DOUBTED, twins=("t",)), (twin,))
    assert (found.kind, found.evidence[0]) == (
        TriageKind.GAP,
        "The same text is also labelled wish: no prompt can get both right",
    )


@pytest.mark.parametrize("change", [{"label": "bug"}, {"excluded": True}])
def test_a_twin_that_agrees_by_now_or_is_left_out_is_no_conflict(change):
    twin = replace(Example("t", "The striped zebra ran away at noon.", "wish"), **change)
    assert one("wb", replace(DOUBTED, twins=("t", "gone")), (twin,)).kind is TriageKind.FIXABLE


# ---- unreadable


def test_replies_that_cannot_be_read_are_called_so():
    found = one("??w")
    assert (found.kind, found.evidence) == (TriageKind.UNREADABLE, ("2 of 3 replies could not be read",))
    assert one("?").evidence == ("The only reply could not be read",)


def test_replies_that_were_cut_off_are_called_so():
    assert one("?-w").evidence == (
        "2 of 3 replies could not be read",
        "1 of 3 replies reached the length limit: allow longer replies",
    )


def test_labels_outside_the_list_are_named():
    found = one("uu?", DOUBTED)
    assert found.kind is TriageKind.UNREADABLE
    assert found.evidence == (
        "1 of 3 replies could not be read",
        "2 of 3 replies named a label that is not in the list, such as “defect”",
    )


def test_half_of_the_replies_is_not_most_of_them():
    assert one("?w").kind is not TriageKind.UNREADABLE


# ---- the whole


def test_given_likeness_is_used_and_rows_it_holds_besides_do_not_count():
    others = near("bug", "wish", "wish", "bug")
    left_out = replace(others[3], excluded=True)
    rows = [ROW, *others[:3], left_out]
    found = triage(rows, {"r": says("ww")}, [], likeness=Similarity(rows))
    assert found[0].kind is TriageKind.FIXABLE, "the second bug is excluded"
    assert triage([ROW, *others], {"r": says("ww")}, [], likeness=Similarity(rows))[0].kind is TriageKind.GAP


def test_the_five_rows_most_like_it_are_asked_and_not_those_less_like_it():
    far = tuple(Example(f"f{n}", f"the striped zebra ran home for tea number {n}", "bug") for n in range(10))
    assert one("ww", others=(*near("wish", "wish", "wish", "wish", "wish"), *far)).kind is TriageKind.FIXABLE
    assert one("ww", others=(*near("wish", "wish", "wish"), *far)).kind is TriageKind.GAP


def test_of_very_many_rows_those_missed_most_are_compared(monkeypatch):
    monkeypatch.setattr("core.label_errors.triage.MOST_COMPARED", 1)
    monkeypatch.setattr("core.label_errors.triage.AT_ONCE", 1)
    often, seldom = ROW, Example("s", "the striped zebra ran away at nine", "bug")
    found = triage(
        [seldom, often, *near("bug", "wish", "wish", "bug")], {"s": says("w", "s"), "r": says("ww")}, []
    )
    assert [(each.example_id, each.kind) for each in found] == [
        ("r", TriageKind.GAP),
        ("s", TriageKind.FIXABLE),
    ]


def test_texts_are_not_compared_where_nothing_needs_it():
    class Never:
        def among(self, *_):
            raise AssertionError("looked for neighbours")

    for letters in ("wb", "wi", "??"):
        assert triage([ROW], {"r": says(letters)}, [DOUBTED], likeness=Never())
    assert triage([ROW], {"r": says("ww")}, [DOUBTED], likeness=Never())[0].kind is TriageKind.MISLABELLED


@given(
    st.lists(st.sampled_from("bwi?ux"), max_size=6).map("".join),
    st.floats(0, 1),
    st.sampled_from(("", "kept", "gap")),
)
def test_every_stubborn_mistake_has_one_kind_and_evidence(letters: str, doubt: float, review: str):
    answered = letters.replace("x", "")
    found = one(letters, replace(DOUBTED, doubt=doubt), near("bug", "wish"), reviewed={"r": review})
    assert (found is not None) == bool(answered and 2 * answered.count("b") <= len(answered))
    if found is not None:
        assert found.evidence and all(found.evidence) and found.kind in TriageKind
        assert found.missed == len(answered) - answered.count("b")
        assert found.kind is not TriageKind.MISLABELLED or (
            doubt >= DOUBT and 3 * answered.count("w") >= 2 * len(answered) and review == ""
        )
