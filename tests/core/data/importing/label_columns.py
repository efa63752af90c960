"""Columns made to imitate real ones, by what they are, with what is to be said of each: "passes", "warned" or
"refused", and what it looks like."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import chain

Column = Callable[[random.Random], list[str]]

NAMES = "billing refund login delivery card transfer balance limit exchange fee pin app identity country cash".split()
WORDS = "the order was late because nobody at home could open for a courier who came in rain without any notice".split()
LONG_NAMES = [
    f"Credit reporting, credit repair services, or other personal consumer reports {i}" for i in range(20)
]
SYNONYMS = ("happy glad content pleased cheerful joyful delighted sad unhappy upset gloomy miserable").split()


def labels(n: int) -> list[str]:
    return [f"{NAMES[i % len(NAMES)]}_{i}" for i in range(n)]


def each(values: Sequence[object], times: int) -> Column:
    return lambda chance: [str(value) for value in values for _ in range(times)]


def drawn(values: Sequence[object], n: int, weights: Sequence[float] | None = None) -> Column:
    """As a random sample of a larger file has them."""
    return lambda chance: list(map(str, chance.choices(values, weights, k=n)))


def all_of(values: Sequence[str], n: int) -> Column:
    """Each once at least, the others at random: the hardest that 30 rows of 20 labels can be, but for one."""
    return lambda chance: [*values, *chance.choices(values, k=n - len(values))]


def sentences(n: int, low: int = 5, high: int = 12) -> Column:
    return lambda chance: [" ".join(chance.choices(WORDS, k=chance.randint(low, high))) for _ in range(n)]


def numbers(n: int, make: Callable[[random.Random], object]) -> Column:
    return lambda chance: [str(make(chance)) for _ in range(n)]


def skewed(n: int) -> list[float]:
    return [1 / (i + 1) for i in range(n)]


def rounded_score(chance: random.Random) -> int:
    """As people give points out of 100."""
    return 5 * chance.randint(6, 20) if chance.random() < 0.8 else chance.randint(20, 100)


# name of the column, its cells, what is said, what it looks like
PASSES: dict[str, tuple[str, Column]] = {
    "two classes": ("label", drawn(["spam", "ham"], 60, [1, 4])),
    "five topics, 24 rows": ("topic", each(NAMES[:5], 5)),
    "77 intents, ten rows each": ("intent", each(labels(77), 10)),
    "150 intents, five rows each": ("intent", each(labels(150), 5)),
    "150 intents, two rows each": ("intent", each(labels(150), 2)),
    "30 rows of 20 labels": ("category", all_of(labels(20), 30)),
    "40 rows of 20 long names": ("issue", all_of(LONG_NAMES, 40)),
    "a long tail: 120 labels by Zipf, 900 rows": ("category", drawn(labels(120), 900, skewed(120))),
    "one usual label and 12 of their own": ("label", lambda chance: ["other"] * 30 + labels(12)),
    "nine pasted rows, a label each": ("label", each(labels(9), 1)),
    "class numbers 0 to 76": ("label", each(range(77), 8)),
    "class numbers 0 to 149, a sample of 600 rows": ("label", drawn(range(150), 600)),
    "class numbers 1 to 20, 30 rows": ("class", all_of([str(i) for i in range(1, 21)], 30)),
    "class numbers 0 to 27, one usual": ("label", drawn(range(28), 700, skewed(28))),
    "codes of product types": ("prdtypecode", drawn([10, 40, 50, 60, *range(1140, 2900, 77)], 600)),
    "zip-like codes of branches": ("branch", drawn([f"0{i}" for i in range(1001, 1031)], 300)),
    "stars 1 to 5": ("stars", drawn(range(1, 6), 60)),
    "stars in halves": ("rating", drawn([i / 2 for i in range(2, 11)], 60)),
    "grades 0 to 10": ("score", drawn(range(11), 60)),
    "grades 0 to 10 in halves": ("score", drawn([i / 2 for i in range(21)], 120)),
    "topics by number": ("topic", drawn([3, 7, 12, 19, 44, 105], 60)),
    "zero or one": ("label", drawn(["0.0", "1.0"], 60)),
    "-1, 0 and 1": ("sentiment", drawn([-1, 0, 1], 60)),
    "percent in tens": ("percent", drawn([f"{i} %" for i in range(0, 101, 10)], 80)),
    "languages by code": ("language", drawn("de en fr it es pt nl pl cs sv da fi".split(), 90)),
    "yes or no in sentences": ("answer", drawn(["Yes, it does say so.", "No, it does not say so."], 40)),
    "years of 40 volumes": ("volume", drawn(range(1981, 2021), 800)),
}
WARNED: dict[str, tuple[str, Column, str]] = {
    "16 of 29 rows alone": ("label", lambda chance: NAMES + ["spam"] * 13, "values that hardly repeat"),
    "emotions in free words": (
        "emotion",
        lambda chance: [f"{a} {b}" for a in SYNONYMS[:5] for b in SYNONYMS[5:]] + ["sad"] * 20,
        "values that hardly repeat",
    ),
    "short answers, some of them yes": (
        "answer",
        lambda chance: ["yes"] * 15 + sentences(30)(chance),
        "free text",
    ),
    "a sample of class numbers with gaps": ("label", drawn(range(150), 200), "numbers on a scale"),
    "evenly spread numbers 0 to 100, 2,000 rows": ("label", drawn(range(101), 2_000), "numbers on a scale"),
    "15 mean ratings": (
        "score",
        drawn([1, 1.5, 2, 2.25, 2.5, 3, 3.25, 3.5, 3.75, 4, 4.25, 4.5, 4.75, 5, 5.1], 90),
        "numbers on a scale",
    ),
    "numbers of chapters": ("label", drawn(["1.1", "1.2", "2.1", "2.2", "3.1"], 60), "numbers on a scale"),
    "numbers 3 to 60, three rows each": ("label", each(range(3, 61), 3), "numbers on a scale"),
}
REFUSED: dict[str, tuple[str, Column, str]] = {
    "60 free texts": ("label", sentences(60), "free text"),
    "12 free texts": ("answer", sentences(12), "free text"),
    "translations, a few twice": (
        "target",
        lambda chance: sentences(40)(chance) + ["Thank you."] * 4,
        "free text",
    ),
    "names of people": (
        "person",
        lambda chance: [f"{a.title()} {b.title()}" for a in NAMES for b in SYNONYMS],
        "values that hardly repeat",
    ),
    "hashes": ("label", numbers(40, lambda chance: f"{chance.getrandbits(48):012x}0"), "ids or codes"),
    "order numbers": ("target", numbers(40, lambda chance: f"A-{chance.randint(10_000, 99_999)}"), "ids or codes"),
    "numbers of rows": ("label", lambda chance: [str(i) for i in range(1, 41)], "ids or codes"),
    "ticket numbers": ("target", numbers(40, lambda chance: chance.randint(100_000, 999_999)), "ids or codes"),
    "codes with zeros": ("label", numbers(40, lambda chance: f"{chance.randint(0, 9_999):05}"), "ids or codes"),
    "links": ("output", numbers(30, lambda chance: f"https://example.org/{chance.randint(1, 10**6)}"), "ids or codes"),
    "dates": ("label", numbers(30, lambda chance: f"20{chance.randint(10, 99)}-0{chance.randint(1, 9)}-{chance.randint(10, 28)}"), "dates"),
    "points 0 to 100 in 60 rows": ("score", numbers(60, lambda chance: chance.randint(0, 100)), "numbers on a scale"),
    "points of people, column label": ("label", numbers(400, rounded_score), "numbers on a scale"),
    "points 0 to 100 in 3,000 rows": ("score", numbers(3_000, lambda chance: chance.randint(0, 100)), "numbers on a scale"),
    "similarity 0 to 5 with fractions": ("label", numbers(200, lambda chance: round(chance.uniform(0, 5), 1)), "numbers on a scale"),
    "probabilities": ("target", numbers(100, lambda chance: round(chance.random(), 3)), "numbers on a scale"),
    "prices in euros": ("label", numbers(60, lambda chance: f"{chance.randint(5, 400)},{chance.randint(10, 99)} €"), "numbers on a scale"),
    "prices with thousands": ("price", numbers(80, lambda chance: f"${chance.randint(900, 99_000):,}"), "numbers on a scale"),
    "valence from -1 to 1": ("label", numbers(90, lambda chance: round(chance.uniform(-1, 1), 2)), "numbers on a scale"),
    "ages": ("age", numbers(500, lambda chance: chance.randint(18, 80)), "numbers on a scale"),
}  # fmt: skip
ALL = tuple(chain(PASSES, WARNED, REFUSED))
