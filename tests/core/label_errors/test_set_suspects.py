"""Labels in doubt where rows may have several: which is missing, which is too much, and what the set becomes."""

from __future__ import annotations

from dataclasses import replace

from core.label_errors.evidence import ModelEvidence
from core.label_errors.set_suspects import find_set_suspects, suspects_of
from core.label_errors.suspects import WORTH_A_LOOK, Suspect, find_suspects
from core.types import Example, LabelSet

WORDS = {
    "fruit": ("apple", "pear", "plum", "cherry"),
    "metal": ("iron", "copper", "zinc", "nickel"),
    "bird": ("heron", "sparrow", "magpie", "wren"),
}
KINDS = (("fruit",), ("metal",), ("bird",), ("bird", "fruit"), ("fruit", "metal"), ("bird", "metal"))


def rows(count: int = 96) -> list[Example]:
    """Texts with two words of each of their labels."""
    made = []
    for number in range(count):
        names, turn = KINDS[number % 6], number // 6
        words = [f"{WORDS[name][turn % 4]} {WORDS[name][(turn + 1 + turn // 4 % 2) % 4]}" for name in names]
        made.append(Example(f"r{number}", f"House {number}: {' '.join(words)}", "; ".join(names)))
    return made


def with_label(made: list[Example], at: int, label: str) -> list[Example]:
    return [replace(row, label=label) if number == at else row for number, row in enumerate(made)]


def by_id(found: tuple[Suspect, ...]) -> dict[str, Suspect]:
    return {suspect.example_id: suspect for suspect in found}


def test_a_missing_label_and_one_too_many_come_first_each_with_its_sentence():
    made = with_label(with_label(rows(), 9, "bird"), 13, "bird; metal")  # of bird and fruit; of metal
    found = find_set_suspects(made)
    missing, too_much = by_id(found[:2])["r9"], by_id(found[:2])["r13"]
    assert missing.label == "bird" and missing.suggested == "bird; fruit"
    assert too_much.label == "bird; metal" and too_much.suggested == "metal"
    [sentence] = missing.reasons
    assert sentence.startswith("fruit is probably missing: judged from the other rows it looks like fruit (")
    assert "; all 23 other rows with “" in sentence
    [sentence] = too_much.reasons
    assert sentence.startswith("bird is probably too much: ") and "labelled not bird" in sentence
    assert min(missing.doubt, too_much.doubt) > WORTH_A_LOOK
    assert all(each.doubt < WORTH_A_LOOK for each in found[2:]) and len(found) == len(made)


def test_wrong_labels_are_exchanged_and_a_row_keeps_one_at_least():
    made = with_label(rows(), 6, "metal")  # of fruit
    found = by_id(find_set_suspects(made, evidence=ModelEvidence(votes={"r6": "fruit"})))["r6"]
    assert found.suggested == "fruit"
    assert sorted(each.split(":")[0] for each in found.reasons) == [
        "fruit is probably missing",
        "metal is probably too much",
    ]
    # every prompt denies its one label, and no two agree on another
    said = {"r0": ("metal", "bird", "metal", "bird")}
    found = by_id(find_set_suspects(rows(), evidence=ModelEvidence(missed=said)))["r0"]
    assert found.suggested in ("bird", "metal")


def test_predictions_of_prompts_count_label_by_label():
    made = with_label(rows(), 9, "bird")  # of bird and fruit
    against, unasked, agreed = (
        by_id(find_set_suspects(made, evidence=ModelEvidence(missed=said)))["r9"]
        for said in ({"r9": ("bird; fruit", "fruit", "fruit; metal")}, {}, {"r9": ("bird", "bird; metal")})
    )
    assert agreed.doubt < unasked.doubt < against.doubt
    [sentence] = [each for each in against.reasons if each.startswith("fruit")]
    assert sentence.startswith("fruit is probably missing: all 3 prompt versions predict fruit; ")


def test_the_same_text_with_another_set_is_a_twin_and_the_label_between_them_is_doubted():
    made = [*rows(), Example("twin", "house 9, magpie, heron; CHERRY plum", "bird")]
    text = next(row.text for row in made if row.id == "r9")
    made[-1] = replace(made[-1], text=text.upper() + "!")
    found = by_id(find_set_suspects(made))
    assert found["twin"].twins == ("r9",) and found["r9"].twins == ("twin",)
    assert found["twin"].suggested == "bird; fruit" and found["twin"].doubt > found["r9"].doubt
    assert "fruit is probably missing: the same text is also labelled fruit" in found["twin"].reasons[0]


def test_rows_of_one_set_or_none_have_nothing_in_doubt():
    assert find_set_suspects([]) == ()
    assert find_set_suspects([Example(str(n), f"text {n}", "a; b") for n in range(9)]) == ()


def test_where_rows_have_one_label_the_search_is_as_it_was():
    made = [replace(row, label=row.label.replace("; ", "-")) for row in rows(36)]
    assert suspects_of(made, LabelSet(("bird",))) == find_suspects(made)
