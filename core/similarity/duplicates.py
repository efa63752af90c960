"""Which texts say the same in nearly the same words. They must stay in one split, or a score measures
memory."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from core.similarity.tfidf import char_tfidf, row_products, text_ends

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
# Bounds on time: letters looked at in all texts together, multiplications in search of candidates, all of them and at
# once (which bounds memory, too), pairs compared at once.
_LETTERS = 8_000_000
_PRODUCTS = 300_000_000
_AT_ONCE, _COSINES = 3_000_000, 50_000


def group_near_duplicates(texts: Sequence[str]) -> list[int]:
    """A group number per text; equal number, same group. Numbers count up from 0 in order of first
    appearance.

    Texts that differ only in case, punctuation, spaces, invisible characters or Unicode form always share a
    group, whatever their number. 20,000 short texts take a few seconds; so do longer ones, as only the
    beginning and end of very long texts count.
    """
    keys = comparables(texts)
    position = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    component = _components_of(list(position)) if len(position) > 1 else [0]
    number: dict[int, int] = {}
    return [number.setdefault(component[position[key]], len(number)) for key in keys]


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


def _components_of(keys: list[str]) -> list[int]:
    """Component numbers of distinct, comparable texts."""
    import numpy as np

    vectorizer = char_tfidf((3, 4), lowercase=False, dtype=np.float32)
    vectors = vectorizer.fit_transform(text_ends(keys, max(200, _LETTERS // len(keys))))
    left, right, closeness = _pairs(vectors)
    tied = np.ones(len(left), dtype=bool)
    limit = max(_SMALLEST_LARGE, len(keys) // _LARGEST_SHARE)
    for stricter in (*_STRICTER, 2.0):  # no pair is as close as 2: the last resort is to untie the group
        component = np.array(components(len(keys), left[tied], right[tied]))
        too_large = np.bincount(component) > limit
        if not too_large.any():
            break
        tied &= ~too_large[component[left]] | (closeness >= stricter)
    return components(len(keys), left[tied], right[tied])


def _pairs(vectors: csr_matrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs at least as close as the threshold: row, later row, cosine.

    Candidates come from their rarer letter groups, as many as time allows, and are then compared by all. What
    the common ones can add to a cosine is bounded by the lengths of the parts left out, so almost no pair is
    missed. Where there are many pairs, those are left out that tie no more rows together (_tree).
    """
    import numpy as np

    uses = np.bincount(vectors.indices, minlength=vectors.shape[1]).astype(np.int64)
    order = np.argsort(uses, kind="stable")
    rare = np.zeros(len(uses), dtype=bool)
    rare[order[np.cumsum(uses[order] ** 2) <= _PRODUCTS]] = True
    rare &= uses > 1
    parts, single = vectors[:, rare], vectors[:, uses == 1]  # what a row shares with no other
    rest = 1.0 - row_products(parts, parts) - row_products(single, single)
    common = np.sqrt(np.clip(rest, 0.0, 1.0))
    work = np.cumsum(np.bincount(_row_of(parts), uses[rare][parts.indices], minlength=parts.shape[0]))
    ends = np.flatnonzero(np.diff(work // _AT_ONCE)) + 1
    left, right, closeness = _no_pairs()
    for start, end in zip([0, *ends], [*ends, parts.shape[0]], strict=True):
        more = _chunk(vectors, parts, common, (int(start), int(end)))
        left, right, closeness = (
            np.concatenate(both) for both in zip((left, right, closeness), more, strict=True)
        )
        if len(left) > 2 * parts.shape[0]:
            left, right, closeness = _tree(parts.shape[0], left, right, closeness)
    return left, right, closeness


def _tree(
    count: int, left: np.ndarray, right: np.ndarray, closeness: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the pairs those that tie the same rows together at every threshold, which are fewer than the rows: the maximum
    spanning forest. A thousand texts of one template are half a million pairs."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import minimum_spanning_tree

    lengths = 2.0 - closeness.astype("float64")  # exact, and never 0
    tree = minimum_spanning_tree(coo_matrix((lengths, (left, right)), shape=(count, count)).tocsr()).tocoo()
    return tree.row, tree.col, (2.0 - tree.data).astype(closeness.dtype)


def _no_pairs() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    import numpy as np

    return np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32)


def _row_of(matrix: csr_matrix) -> np.ndarray:
    """Of each number in it."""
    import numpy as np

    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def _chunk(
    vectors: csr_matrix, parts: csr_matrix, common: np.ndarray, rows: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The close pairs whose first row is one of these, from the first up to the last, which is none of them."""
    import numpy as np

    start, end = rows
    products = (parts[start:end] @ parts[start:].T).tocoo()
    left, right = products.row + start, products.col + start
    needed = np.maximum(0.2, THRESHOLD - 0.001 - common[left] * common[right])
    candidate = (right > left) & (products.data >= needed)
    left, right = left[candidate], right[candidate]
    pieces = [np.zeros(0, dtype=np.float32)]
    for i in range(0, len(left), _COSINES):
        pieces.append(row_products(vectors[left[i : i + _COSINES]], vectors[right[i : i + _COSINES]]))
    closeness = np.concatenate(pieces)
    close = closeness >= THRESHOLD
    return left[close], right[close], closeness[close]


def components(count: int, left: np.ndarray, right: np.ndarray) -> list[int]:
    """Numbers of the connected components of `count` nodes with an edge per pair of `left` and `right`."""
    import numpy as np
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    numbers: list[int] = connected_components(graph, directed=False)[1].tolist()
    return numbers
