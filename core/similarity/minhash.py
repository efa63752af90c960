"""Near duplicates among very many texts: those that share most of their words, by minimal hashes (Broder
1997).

Cheaper than duplicates.py, which weighs every group of letters, and blind to what it sees: typing mistakes
inside words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.similarity.duplicates import components

if TYPE_CHECKING:
    import numpy as np

LEAST_SHARED = 0.8
_BANDS, _ROWS = 12, 3
_PRIME = 2_147_483_647


def group_by_words(texts: Sequence[str]) -> list[int]:
    """A group number per text; texts that share at least 0.8 of their distinct words (Jaccard) nearly always
    share a group: at 0.8 with a chance of 0.9998. Texts without words are alone."""
    import numpy as np

    words: dict[str, int] = {}
    # Sorted, as lists: sets of so many texts would not fit into memory.
    sets = [sorted({words.setdefault(word, len(words)) for word in text.split()}) for text in texts]
    sizes = np.array([len(each) for each in sets], dtype=np.int64)
    if not sizes.any():
        return list(range(len(texts)))
    flat = np.array([word for each in sets for word in each], dtype=np.int64)
    left, right = _candidates(flat, (np.cumsum(sizes) - sizes)[sizes > 0], np.flatnonzero(sizes))
    close = np.array(
        [_is_close(sets[i], sets[j]) for i, j in zip(left.tolist(), right.tolist(), strict=True)], bool
    )
    return components(len(texts), left[close], right[close])


def _candidates(flat: np.ndarray, starts: np.ndarray, filled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs with an equal band of minimal hashes: neighbours in the order of that band, so that they are
    never more than the texts."""
    import numpy as np

    mixing = np.random.default_rng(1).integers(1, _PRIME, size=(_BANDS * _ROWS, 2))
    pairs: list[np.ndarray] = []
    for band in range(_BANDS):
        key = np.zeros(len(filled), dtype=np.int64)
        for times, plus in mixing[band * _ROWS : (band + 1) * _ROWS]:
            lowest = np.minimum.reduceat((flat * times + plus) % _PRIME, starts)
            key = (key * 1_000_003 + lowest) % (1 << 61)
        order = np.argsort(key, kind="stable")
        equal = key[order[1:]] == key[order[:-1]]
        pairs.append(np.stack([filled[order[:-1][equal]], filled[order[1:][equal]]]))
    left, right = np.unique(np.concatenate(pairs, axis=1), axis=1)
    return left, right


def _is_close(one: Sequence[int], other: Sequence[int]) -> bool:
    common = len(set(one).intersection(other))
    return common >= LEAST_SHARED * (len(one) + len(other) - common)
