"""Texts joined from several columns ("Question 1: …", "Question 2: …"): how much their parts say the same.

For a pair the label often lies in the comparison and in neither half, where single words tell nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from core.similarity.tfidf import char_tfidf, row_products, word_tfidf

if TYPE_CHECKING:
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

_HEAD = re.compile(r"(?m)^([^:\n]{1,60}):[ \t]")
_WORD = re.compile(r"\w+")
_SHARE = 0.9
_MOST_PARTS = 4
_LETTERS = 300


def comparisons(texts: Sequence[str]) -> np.ndarray | None:
    """Rows by measures, of mean length 1: per pair of parts, cosines over letters and words, shared words,
    lengths, and their products. None where texts have no common parts."""
    import numpy as np

    names = part_names(texts)
    if len(names) < 2:
        return None
    parts = [parts_of(text, names) for text in texts]
    columns = [list(column) for column in zip(*parts, strict=True)]
    beginnings = [[cell[:_LETTERS] for cell in column] for column in columns]
    likeness = [_likeness(beginnings, char_tfidf((2, 4))), _likeness(columns, word_tfidf())]
    measures = [
        measure
        for one, other in combinations(range(len(names)), 2)
        for measure in (*(cosine[one, other] for cosine in likeness), *_shared(columns[one], columns[other]))
    ]
    plain = np.stack(measures, axis=1)
    curved = [plain[:, i] * plain[:, j] for i in range(plain.shape[1]) for j in range(i, plain.shape[1])]
    table = np.column_stack([plain, *curved])
    spread = table.std(axis=0)
    varied = table[:, spread > 1e-9]
    if not varied.shape[1]:
        return None
    return np.asarray((varied - varied.mean(axis=0)) / (spread[spread > 1e-9] * varied.shape[1] ** 0.5))


def part_names(texts: Sequence[str]) -> tuple[str, ...]:
    """The names before a colon at the beginning of a line that nearly every text has, in the order of their
    first text; at most four."""
    heads = [dict.fromkeys(_HEAD.findall(text)) for text in texts]
    counts = Counter(name for names in heads for name in names)
    common = {name for name, count in counts.items() if count >= _SHARE * len(texts)}
    order = dict.fromkeys(name for names in heads for name in names if name in common)
    return tuple(order)[:_MOST_PARTS]


def parts_of(text: str, names: Sequence[str]) -> tuple[str, ...]:
    """What stands after each name, up to the next name; empty where it is missing."""
    contents = dict.fromkeys(names, "")
    starts = [match for match in _HEAD.finditer(text) if match[1] in contents]
    for match, end in zip(starts, [*(each.start() for each in starts[1:]), len(text)], strict=True):
        contents[match[1]] = contents[match[1]] or text[match.end() : end].strip()
    return tuple(contents.values())


def _likeness(
    columns: Sequence[Sequence[str]], vectorizer: TfidfVectorizer
) -> dict[tuple[int, int], np.ndarray]:
    """Cosines of TF-IDF, row by row, for each pair of columns."""
    import numpy as np

    pairs = list(combinations(range(len(columns)), 2))
    try:
        vectorizer.fit([cell for column in columns for cell in column])
    except ValueError:  # nothing but signs
        return {pair: np.zeros(len(columns[0])) for pair in pairs}
    rows = [vectorizer.transform(column) for column in columns]
    return {(one, other): row_products(rows[one], rows[other]) for one, other in pairs}


def _shared(left: Sequence[str], right: Sequence[str]) -> tuple[np.ndarray, ...]:
    """Shared words as shares of all and of the shorter part, the difference in length, and how many words
    differ."""
    import numpy as np

    rows = []
    for one, other in zip(left, right, strict=True):
        a, b = set(_WORD.findall(one.lower())), set(_WORD.findall(other.lower()))
        common, shorter, longer = len(a & b), max(1, min(len(a), len(b))), max(1, len(a), len(b))
        rows.append(
            (
                common / max(1, len(a | b)),
                common / shorter,
                abs(len(a) - len(b)) / longer,
                min(len(a ^ b), 100) / 10,
            )
        )
    return tuple(np.array(rows).T)
