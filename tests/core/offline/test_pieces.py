"""The piece that the offline reader answers, and why: its reason is true of the text."""

from __future__ import annotations

import pytest

from core.offline.pieces import PieceRules, chosen_piece


@pytest.mark.parametrize(
    ("text", "rules", "answer", "reason"),
    [
        ("order WB-12 please", PieceRules(), "WB-12", "It is the first piece with a digit."),
        ("I lost the number.", PieceRules(shapes=("AA-11",)), "I", "the first one is a guess"),
        ("I lost the number.", PieceRules(shapes=("AA-11",), last=True), "number", "the last one is a guess"),
        (
            "from WB-12 or 7",
            PieceRules(beginnings=("WB-",)),
            "WB-12",
            "It is the first piece that begins as asked.",
        ),
    ],
)
def test_a_reason_is_true_of_the_text(text, rules, answer, reason):
    chosen, said = chosen_piece(text, rules)
    assert chosen == answer and reason in said
