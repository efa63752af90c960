"""Without NumPy the same neighbours in the same order, ties included."""

from __future__ import annotations

import csv
import random
from pathlib import Path

from core.similarity.neighbours import neighbours_from_prompt
from core.similarity.plain_neighbours import PlainNeighbours
from core.types import FewShot, Shot

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "samples" / "github_issues.csv"
WORDS = "ab a bc crash crashed Crash über ẞ İ i ık “x” 日本語 日本 1 12 123 \u00a0 \x1c \u200b ... --".split(
    " "
)


def compared(examples: list[tuple[str, str]], texts: list[str], k: int) -> None:
    few_shot = FewShot("similar", k, tuple(Shot(*each) for each in examples))
    wanted = [
        [(shot.text, shot.label) for shot in shots] for shots in neighbours_from_prompt(few_shot, texts)
    ]
    plain = PlainNeighbours(examples, k)
    assert [plain.nearest(text) for text in texts] == wanted


def test_the_sample_has_the_same_neighbours():
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["label"]) for row in csv.DictReader(file)]
    for k in (3, 200):
        compared(rows[:300], [text for text, _ in rows[250:420]], k)


def test_texts_of_few_odd_words_whose_likeness_is_often_equal_have_the_same_neighbours():
    chance = random.Random(5)
    for _ in range(40):
        texts = [" ".join(chance.choices(WORDS, k=chance.randint(1, 5))) for _ in range(60)]
        compared([(text, str(n)) for n, text in enumerate(["abc", *texts[:40]])], [*texts[30:], "", "abc"], 4)
