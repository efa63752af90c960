"""Stubborn mistakes of rows with several labels, sorted label by label."""

from __future__ import annotations

from core.label_errors.set_triage import triage_dataset
from core.label_errors.suspects import Suspect
from core.label_errors.triage import Triaged, TriageKind
from core.types import Dataset, Example, LabelSet, Outcome, Prediction

SEVERAL = LabelSet(("bird", "fruit", "metal"), several=True)
ROWS = (
    Example("a", "wren and plum", "bird"),
    Example("b", "zinc by the pear", "fruit; metal"),
    Example("c", "heron", "bird"),
)
DOUBT = Suspect("a", "bird", "bird; fruit", 0.8, ("fruit is probably missing: “plum”",))


def sorted_rows(readings: dict[str, tuple[str, ...]], labels: LabelSet = SEVERAL) -> dict[str, Triaged]:
    read = {
        row: [Prediction(row, outcome=Outcome.LABEL, label=label) for label in given]
        for row, given in readings.items()
    }
    found = triage_dataset(Dataset("rows", labels, ROWS), read, [DOUBT])
    return {each.example_id: each for each in found}


def test_a_doubted_label_that_most_versions_give_is_mislabelled_whatever_else_they_give():
    found = sorted_rows({"a": ("bird; fruit", "fruit; metal", "fruit")})["a"]
    assert found.kind is TriageKind.MISLABELLED and found.suggested == "bird; fruit"
    assert found.evidence[1] == "fruit is probably missing: “plum”"
    assert (found.missed, found.read) == (3, 3)


def test_versions_that_miss_one_label_in_different_sets_do_not_make_the_definition_unclear():
    found = sorted_rows({"b": ("fruit", "bird; fruit", "fruit; metal"), "c": ("bird", "bird", "metal")})
    assert found["b"].kind is TriageKind.FIXABLE and found["b"].suggested == "" and "c" not in found
    assert found["b"].evidence == (
        "1 of 3 prompt versions got it right",
        "Of 3 prompt versions 2 predict not metal",
    )
    whole = sorted_rows({"b": ("fruit", "bird; fruit", "fruit")}, LabelSet(("bird",)))
    assert whole["b"].kind is TriageKind.GAP
