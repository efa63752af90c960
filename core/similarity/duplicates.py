"""Which texts say the same in nearly the same words. They must stay in one split, or a score measures
memory."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

# Cosine of TF-IDF vectors of letter groups. On the samples, one text typed twice with small changes scores
# 0.84 and more, two texts that fill one template differently 0.78 and less.
THRESHOLD = 0.8
# Chains of neighbours can tie a whole templated file together; where a group grows past its share, only
# closer ties count.
_STRICTER = (0.85, 0.9, 0.94, 0.97)
_LARGEST_SHARE = 20
_SMALLEST_LARGE = 5
# Bounds on time: letters looked at in all texts together, multiplications in search of candidates, pairs held
# at once.
_LETTERS = 8_000_000
_PRODUCTS = 300_000_000
_CHUNK = 1_000


def group_near_duplicates(texts: Sequence[str]) -> list[int]:
    """A group number per text; equal number, same group. Numbers count up from 0 in order of first
    appearance.

    Texts that differ only in case, punctuation, spaces, invisible characters or Unicode form always share a
    group, whatever their number. 20,000 short texts take a few seconds; so do longer ones, as only the
    beginning and end of very long texts count.
    """
    keys = comparables(texts)
    position = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    components = _near(list(position)) if len(position) > 1 else [0]
    number: dict[int, int] = {}
    return [number.setdefault(components[position[key]], len(number)) for key in keys]


class _Separators(dict[int, str]):
    """A table for str.translate that learns as it goes: punctuation becomes a space, invisible characters
    nothing."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        category = unicodedata.category(letter)
        self[code] = " " if category.startswith("P") else "" if category == "Cf" else letter
        return self[code]


def comparables(texts: Iterable[str]) -> list[str]:
    """`comparable` of each."""
    separators = _Separators()
    return [comparable(text, separators) for text in texts]


def comparable(text: str, separators: dict[int, str] | None = None) -> str:
    """`text` without what does not matter: Unicode form, case, spaces, punctuation (unless there is nothing
    else)."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    words = folded.translate(_Separators() if separators is None else separators).split()
    return " ".join(words or folded.split())


def _near(keys: list[str]) -> list[int]:
    """Component numbers of distinct, comparable texts."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True, lowercase=False, dtype=np.float32
    )
    left, right, closeness = _pairs(vectors.fit_transform(_ends(keys)))
    kept = np.ones(len(left), dtype=bool)
    limit = max(_SMALLEST_LARGE, len(keys) // _LARGEST_SHARE)
    for stricter in (*_STRICTER, 2.0):  # no pair is as close as 2: the last resort is to untie the group
        component = _components(len(keys), left[kept], right[kept])
        too_large = np.bincount(component) > limit
        if not too_large.any():
            break
        kept &= ~too_large[component[left]] | (closeness >= stricter)
    return _components(len(keys), left[kept], right[kept]).tolist()


def _ends(keys: list[str]) -> Iterable[str]:
    """Each text, or its beginning and end where all together would take too long."""
    half = max(200, _LETTERS // len(keys)) // 2
    return (key if len(key) <= 2 * half else f"{key[:half]} {key[-half:]}" for key in keys)


def _pairs(vectors: csr_matrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs at least as close as the threshold: row, later row, cosine.

    Candidates are found by their rarer letter groups, as many as time allows, and then compared by all. What
    the common ones can add to a cosine is bounded by the lengths of the parts left out, so almost no pair is
    missed.
    """
    import numpy as np

    uses = np.bincount(vectors.indices, minlength=vectors.shape[1]).astype(np.int64)
    order = np.argsort(uses, kind="stable")
    rare = np.zeros(len(uses), dtype=bool)
    rare[order[np.cumsum(uses[order] ** 2) <= _PRODUCTS]] = True
    rare &= uses > 1
    parts = vectors[:, rare]
    common = np.sqrt(
        np.clip(
            1.0 - np.asarray(parts.multiply(parts).sum(axis=1)).ravel() - _lonely(vectors, uses == 1),
            0.0,
            1.0,
        )
    )
    found = [_chunk(vectors, parts, common, start) for start in range(0, vectors.shape[0], _CHUNK)]
    left, right, closeness = (np.concatenate(column) for column in zip(*found, strict=True))
    return left, right, closeness


def _lonely(vectors: csr_matrix, single: np.ndarray) -> np.ndarray:
    """The squared length of what a row shares with no other."""
    import numpy as np

    parts = vectors[:, single]
    return np.asarray(parts.multiply(parts).sum(axis=1)).ravel()


def _chunk(
    vectors: csr_matrix, parts: csr_matrix, common: np.ndarray, start: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The close pairs whose first row is one of _CHUNK rows from `start`."""
    import numpy as np

    products = (parts[start : start + _CHUNK] @ parts[start:].T).tocoo()
    left, right = products.row + start, products.col + start
    needed = np.maximum(0.2, THRESHOLD - 0.001 - common[left] * common[right])
    candidate = (right > left) & (products.data >= needed)
    left, right = left[candidate], right[candidate]
    pieces = [
        _cosines(vectors, left[i : i + 50_000], right[i : i + 50_000]) for i in range(0, len(left), 50_000)
    ]
    closeness = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.float32)
    close = closeness >= THRESHOLD
    return left[close], right[close], closeness[close]


def _cosines(vectors: csr_matrix, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.asarray(vectors[left].multiply(vectors[right]).sum(axis=1)).ravel()


def _components(n: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    import numpy as np
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(n, n))
    return connected_components(graph, directed=False)[1]
