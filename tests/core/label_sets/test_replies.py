"""Which labels a reply names where it may name several."""

from __future__ import annotations

import pytest

from core.errors import CallFailed
from core.label_sets.replies import predict_set
from core.types import Finish, Outcome, Reply

LABELS = ("billing", "bug", "Food, drink")


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ("It is both. <label>bug; billing</label>", "billing; bug"),
        ("<label>bug</label>", "bug"),
        ("<label>bug", "bug"),  # the server leaves the stop out
        ("<label>Bug, BILLING</label>", "billing; bug"),
        ("<label>Food, drink; bug</label>", "Food, drink; bug"),
        ("<label>bug</label>, <label>billing</label>", "billing; bug"),
        ("Not <label>bug</label> but this:\n<label>billing</label>", "billing"),
        ("<label>billing</label> and <label>bug", "billing; bug"),
        ('<label>["bug", "billing"]</label>', "billing; bug"),
        ("<label>\n- bug\n- billing\n</label>", "billing; bug"),
        ("<think><label>bug</label></think><label>billing</label>", "billing"),
        ("bug; billing", "billing; bug"),  # nothing but labels needs no tag
    ],
)
def test_labels_are_read_in_every_usual_form(reply, label):
    read = predict_set("1", Reply(reply), LABELS, tagged=True)
    assert (read.outcome, read.label) == (Outcome.LABEL, label)


def test_what_is_no_label_is_said_and_never_given():
    mixed = predict_set("1", Reply("<label>bug; zebra</label>"), LABELS, tagged=True)
    assert (mixed.outcome, mixed.label, mixed.said) == (Outcome.LABEL, "bug", "bug; zebra")
    none = predict_set("1", Reply("<label>zebra</label>"), LABELS, tagged=True)
    assert (none.outcome, none.label, none.said) == (Outcome.UNKNOWN_LABEL, "", "zebra")
    part = predict_set("1", Reply("<label>bugs and more</label>"), LABELS, tagged=True)
    assert part.outcome is Outcome.UNKNOWN_LABEL


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply("It is a bug, I think."), Outcome.UNREADABLE),
        (Reply("<label></label>"), Outcome.UNREADABLE),
        (Reply("<label>bug; bill", Finish.LENGTH), Outcome.UNREADABLE),
        (Reply("I cannot.", Finish.REFUSAL), Outcome.FAILED),
        (Reply(""), Outcome.FAILED),
        (CallFailed("no reply"), Outcome.FAILED),
    ],
)
def test_other_outcomes_are_those_of_every_reply(reply, outcome):
    read = predict_set("1", reply, LABELS, tagged=True)
    assert (read.outcome, read.label) == (outcome, "")
