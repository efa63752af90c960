from __future__ import annotations

import random

from core.data.importing.report import Contradiction, new_spellings, row_report, spellings, unite_labels
from core.similarity.minhash import group_by_words
from core.types import Dataset, Example, LabelSet


def rows(*pairs: tuple[str, str], several: bool = False) -> Dataset:
    examples = tuple(Example(f"r{n}", text, label) for n, (text, label) in enumerate(pairs))
    return Dataset("odd", LabelSet((), several=several), examples)


def test_what_is_odd_is_found_with_its_rows():
    found = row_report(
        rows(
            ("The page crashes", "bug"),
            ("the page crashes!", "bug"),
            ("The page crashes.", "idea"),
            (" ", "bug"),
            ("Dark mode", "Idea"),
            ("Please add a dark mode to the settings page of the app", "idea"),
            ("Please add a dark mode to the settings page of the apps", "idea"),
            ("word " * 400, "idea"),
        )
    )
    assert found.rows == 8 and found.labels == (("idea", 4), ("bug", 3), ("Idea", 1)) and found.thorough
    assert (
        found.empty == ("r3",)
        and found.repeats == (("r0", "r1"),)
        and found.near == (("r5", "r6"),)
        and found.long == ("r7",)
    )
    assert found.contradictions == (
        Contradiction("The page crashes", (("r0", "bug"), ("r1", "bug"), ("r2", "idea"))),
    )
    assert found.spellings == (("idea", "Idea"),) and found.rare == (("idea", 4), ("bug", 3), ("Idea", 1))


def test_labels_of_rows_with_several_count_one_by_one():
    found = row_report(
        rows(*[("Text", "bug; idea")] * 4, ("Other", "bug"), ("More", "Idea; bug"), several=True)
    )
    assert found.labels == (("bug", 6), ("idea", 4), ("Idea", 1))
    assert found.spellings == (("idea", "Idea"),) and found.rare == (("idea", 4), ("Idea", 1))


def test_nothing_is_odd_about_nothing():
    found = row_report(rows())
    assert (found.rows, found.labels, found.near, found.long) == (0, (), (), ())


def test_spellings_are_one_where_case_space_or_hyphen_differ_and_the_most_frequent_leads():
    assert spellings({"New feature": 2, "new_feature": 5, "new-feature": 1, "bug": 3}) == (
        ("new_feature", "New feature", "new-feature"),
    )
    assert spellings({"-1": 3, "1": 4, "+1": 2}) == (), "a sign is no separator"


def test_labels_that_a_dataset_has_lead_over_new_spellings_and_are_not_given_up():
    assert new_spellings({"BUG": 9, "Bug": 2, "bug": 1, "idea": 3}, ("bug", "other")) == (
        ("bug", "BUG", "Bug"),
    )
    assert new_spellings({"BUG": 9, "bug": 1}, ("bug", "BUG")) == (), "kept apart there, kept apart here"
    assert new_spellings({"New": 1, "new": 2}, ("bug",)) == (("new", "New"),)


def test_labels_are_united_with_their_definition():
    labels = LabelSet(("Bug", "bug", "idea"), {"Bug": "It breaks.", "idea": "A wish."})
    dataset = Dataset("d", labels, rows(("a", "Bug"), ("b", "bug"), ("c", "idea")).examples)
    united = unite_labels(dataset, [("bug", "Bug")])
    assert [row.label for row in united.examples] == ["bug", "bug", "idea"]
    assert united.labels == LabelSet(("bug", "idea"), {"bug": "It breaks.", "idea": "A wish."})


def test_among_very_many_texts_those_that_share_most_words_are_found():
    rng = random.Random(3)
    words = [f"w{n}" for n in range(5_000)]
    texts = [" ".join(rng.sample(words, 12)) for _ in range(3_000)]
    planted = [text + " more" for text in texts[:200]]
    groups = group_by_words([*texts, *planted, "", ""])
    assert all(groups[at] == groups[3_000 + at] for at in range(200))
    assert len(set(groups)) == 3_002, "and no others, nor those without words"
