"""The same complaint typed twice is one group; two fillings of one template are two."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.similarity import duplicates
from core.similarity.duplicates import group_near_duplicates
from tests.work import assert_linear

TOPICS = (
    "The app crashes when I open the settings page",
    "I was charged twice for my subscription this month",
    "My order never arrived and nobody answers my emails",
    "How do I cancel my hotel booking?",
    "Support Mistral as a model provider",
    "Add Redis as a chat message store",
    "Please reset my password",
    "What kind of glue holds on old rubber boots?",
    "Question 1: How do vaccines work?\nQuestion 2: In what way does a vaccine protect the body?",
    "Is there a student discount?",
    "Dashboard takes 40 seconds to open a run with many steps",
    "Zwei Rechnungen im selben Monat",
    "注文した商品がまだ届いていません",
)


def together(one: str, other: str) -> bool:
    """Whether two texts share a group, among other texts."""
    groups = group_near_duplicates([one, *(topic for topic in TOPICS if topic not in (one, other)), other])
    return groups[0] == groups[-1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Please reset my password", "  please  RESET my password!!"),
        ("Please reset my password", "\ufeffPlease reset my pass\u00adword\u200b"),
        ("caf\u00e9 closed today", "cafe\u0301 closed today"),
        ("ﬁx the “quoted” thing", 'fix the "quoted" thing'),
        ("The app crashes when I open the settings page", "The app crashes when I open settings page."),
        (
            "I was charged twice for my subscription this month",
            "I was charged twice for my subscripton this month",
        ),
        (
            "My order never arrived and nobody answers my emails",
            "my order never arrived, and nobody answered my emails",
        ),
        (
            "Why do all cyclists think a red light is just a suggestion",
            "Why do all cyclists think red lights are just a suggestion?",
        ),
    ],
)
def test_the_same_in_nearly_the_same_words_is_one_group(one, other):
    assert together(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Support Mistral as a model provider", "Support Cohere as a model provider"),
        ("Add Redis as a chat message store", "Add Cassandra as a chat message store"),
        ("How do I cancel my hotel booking?", "How do I cancel my flight booking?"),
        ("Please reset my password", "Please reset my PIN"),
        ("!!!", "???"),
        ("👍", "👎"),
        ("注文した商品がまだ届いていません", "返品したいのですがどうすればよいですか"),
    ],
)
def test_two_fillings_of_one_template_are_two_groups(one, other):
    assert not together(one, other)


def test_numbers_count_up_in_order_of_appearance():
    assert group_near_duplicates(["b", "a", "B", "completely different", "A!"]) == [0, 1, 0, 2, 1]
    assert group_near_duplicates([]) == [] and group_near_duplicates(["", " ", "\n"]) == [0, 0, 0]


def test_planted_copies_are_found_in_thousands_of_rows():
    texts = natural(4_000)
    copies = []
    for i in range(0, 4_000, 20):
        words = texts[i].split()
        copies.append(" ".join([*words[:3], "the", *words[3:]]) + "!")
    groups = group_near_duplicates(texts + copies)
    found = sum(groups[i * 20] == groups[4_000 + i] for i in range(200))
    assert found >= 198
    assert len(set(groups[:4_000])) >= 3_990


def test_templated_files_do_not_become_one_giant_group():
    rng = random.Random(0)
    verbs, nouns, places = (words(n, rng) for n in (20, 100, 30))
    texts = [
        f"Please {rng.choice(verbs)} the {rng.choice(nouns)} of my account in {rng.choice(places)} as soon as you can, thanks"
        for _ in range(3_000)
    ]
    largest = Counter(group_near_duplicates(texts)).most_common(1)[0][1]
    assert largest <= 3_000 / 20 + 1


def test_a_chain_of_neighbours_is_cut_unless_the_texts_are_equal():
    chain = [" ".join(f"word{j}" for j in range(i, i + 12)) for i in range(60)]
    assert max(Counter(group_near_duplicates(chain)).values()) <= 5
    assert set(group_near_duplicates(["same text", "Same text!"] * 100)) == {0}


def test_the_work_grows_with_the_number_of_rows():
    texts = natural(400)
    assert_linear(lambda rows: lambda: group_near_duplicates(texts[:rows]), 200)


def test_the_search_multiplies_no_more_than_its_bound_however_many_rows_there_are(monkeypatch):
    products, chunk = set(), duplicates._chunk

    def counted(vectors, parts, common, start):
        products.add(sum(uses**2 for uses in Counter(parts.indices.tolist()).values()))
        return chunk(vectors, parts, common, start)

    monkeypatch.setattr(duplicates, "_chunk", counted)
    monkeypatch.setattr(duplicates, "_PRODUCTS", 50_000)
    for rows in (1_000, 2_000):
        group_near_duplicates(natural(rows))
    assert len(products) == 2 and 10_000 < min(products) and max(products) <= 50_000


def test_of_long_texts_only_so_many_letters_are_compared(monkeypatch):
    letters, ends = [], duplicates.text_ends

    def counted(keys, most):
        cut = list(ends(keys, most))
        letters.append(sum(map(len, cut)))
        return cut

    monkeypatch.setattr(duplicates, "text_ends", counted)
    monkeypatch.setattr(duplicates, "_LETTERS", 20_000)
    texts = [" ".join(natural(200)), "x" * 50_000, "y " * 25_000, "x" * 50_000 + "!"]
    assert sum(map(len, texts)) > 150_000
    assert group_near_duplicates(texts) == [0, 1, 2, 1]
    assert letters[0] <= 20_000 + len(texts)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=15), max_size=12), st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_the_order_and_never_crash(texts, rng):
    texts = [*texts, "half a pair \ud800"]
    groups = group_near_duplicates(texts)
    order = list(range(len(texts)))
    rng.shuffle(order)
    shuffled = group_near_duplicates([texts[i] for i in order])
    for a, i in enumerate(order):
        for b, j in enumerate(order):
            assert (shuffled[a] == shuffled[b]) == (groups[i] == groups[j])


def words(n: int, rng: random.Random) -> list[str]:
    return ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(3, 9))) for _ in range(n)]


def natural(n: int) -> list[str]:
    """Texts of 6 to 14 made-up words, common and rare as in a language."""
    rng = random.Random(1)
    vocabulary = words(5_000, rng)
    weights = [1 / (i + 1) for i in range(5_000)]
    return [" ".join(rng.choices(vocabulary, weights, k=rng.randint(6, 14))) for _ in range(n)]


def filled(templates: int, count: int) -> list[str]:
    """So many texts of each template, which differ in a number."""
    return [
        " ".join(f"w{t}x{word}q{(t * 7 + word * 13) % 97}" for word in range(12)) + f" {n}"
        for t in range(templates)
        for n in range(count)
    ]


def pairs_of(texts: list[str]) -> int:
    vectors = duplicates.char_tfidf((3, 4), lowercase=False).fit_transform(texts)
    return len(duplicates._pairs(vectors)[0])


def test_texts_of_one_template_are_held_together_by_no_more_ties_than_twice_the_rows():
    assert 100 < pairs_of(filled(5, 100)) <= 2 * 500  # were all of them held: 5 times half of 100 times 99


def test_ties_that_are_left_out_change_no_group(monkeypatch: pytest.MonkeyPatch):
    chance = random.Random(3)
    texts = [*filled(3, 60), *(f"{text} {chance.random():.3f}" for text in TOPICS * 4), *filled(1, 20)]
    monkeypatch.setattr(duplicates, "_AT_ONCE", 20_000)  # many chunks, so that the tree grows
    groups = group_near_duplicates(texts)
    monkeypatch.setattr(duplicates, "_tree", lambda count, *pairs: pairs)
    assert groups == group_near_duplicates(texts) and 4 < len(set(groups)) < len(texts)


def test_rows_are_read_as_often_as_there_is_work_not_once_for_every_thousand(monkeypatch: pytest.MonkeyPatch):
    read: list[int] = []
    chunk = duplicates._chunk

    def counted(vectors, parts, common, rows):
        read.append(parts.shape[0] - rows[0])
        return chunk(vectors, parts, common, rows)

    monkeypatch.setattr(duplicates, "_chunk", counted)
    group_near_duplicates([f"{n:x} {n * n:x}" for n in range(1_500)])
    once = sum(read)
    group_near_duplicates([f"{n:x} {n * n:x}" for n in range(3_000)])
    assert sum(read) - once <= 2.1 * once
