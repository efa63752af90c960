"""The rows that a served prompt may show beside a text: those of today, so that feedback counts from the next text on."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from core.prompts.folding import fold
from core.types import FewShot, Shot
from core.workspace import Workspace

TRAINING = ("train", "")  # a row whose split is not chosen yet is not held out
MOST_AT_ONCE = 20_000_000  # similarities in memory


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An example that was shown. `similarity` is 0 to 1."""

    text: str
    label: str
    similarity: float


class Pool:
    """Examples to choose from, ready to be compared with any text."""

    def __init__(self, shots: Sequence[Shot]):
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._shots = tuple(shots)
        self._vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
        self._vectors = self._vectorizer.fit_transform([shot.text for shot in shots]).T.tocsc() if shots else None

    def nearest(self, texts: Sequence[str], k: int) -> list[tuple[Neighbour, ...]]:
        """Per text the `k` most similar examples, least similar first, by TF-IDF cosine over character 3- to 5-grams. The text itself may
        be among them: for a text that is served, unlike one that is measured, a known answer is no leak."""
        if self._vectors is None or k < 1:
            return [()] * len(texts)
        step, found = max(1, MOST_AT_ONCE // len(self._shots)), []
        for start in range(0, len(texts), step):
            found += self._chunk(texts[start:start + step], k)
        return found

    def _chunk(self, texts: Sequence[str], k: int) -> list[tuple[Neighbour, ...]]:
        import numpy as np

        scores: Any = (self._vectorizer.transform(texts) @ self._vectors).toarray()
        order = np.argsort(scores, axis=1, kind="stable")[:, -k:]
        return [tuple(self._neighbour(j, scores[i, j]) for j in row) for i, row in enumerate(order)]

    def _neighbour(self, place: int, score: float) -> Neighbour:
        return Neighbour(self._shots[place].text, self._shots[place].label, min(1.0, float(score)))


class Shown:
    """The pool of one dataset and one prompt, made anew when the rows have changed. May be used from any thread."""

    def __init__(self, workspace: Workspace, dataset_id: str, few_shot: FewShot, labels: Collection[str]):
        self._workspace = workspace
        self._dataset_id = dataset_id
        self._few_shot = few_shot
        self._labels = frozenset(labels)
        self._lock = threading.Lock()
        self._made: tuple[object, Pool] | None = None

    def neighbours(self, texts: Sequence[str]) -> list[tuple[Neighbour, ...]]:
        """Per text, least similar first; none for another strategy than "similar"."""
        if self._few_shot.strategy != "similar" or self._few_shot.k < 1 or not texts:
            return [()] * len(texts)
        return self._pool().nearest(texts, self._few_shot.k)

    def _pool(self) -> Pool:
        store = self._workspace.store
        with self._lock:
            key = (store.datasets.version(self._dataset_id), store.marks.about(self._dataset_id, "suspect"))
            if self._made is None or self._made[0] != key:
                self._made = (key, Pool(self._shots()))
            return self._made[1]

    def _shots(self) -> list[Shot]:
        """Training rows that are neither excluded nor in doubt, then what the prompt brought with it, without texts that are rows."""
        from core.curating import queue

        dataset = self._workspace.store.datasets.get(self._dataset_id)
        doubted = {each.example_id for each in queue(self._workspace, self._dataset_id)}
        rows = [row for row in dataset.examples if row.split in TRAINING and not row.excluded and row.id not in doubted]
        shots = [Shot(row.text, row.label) for row in rows if row.label in self._labels and row.text.strip()]
        known = {fold(row.text) for row in dataset.examples}
        return shots + [shot for shot in self._few_shot.examples if fold(shot.text) not in known]
