"""The rows that a served prompt may show beside a text: those of today, so that feedback counts from the next
text on."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.prompts.folding import fold
from core.types import Example, FewShot
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.llm.embeddings.base import Embedder
    from core.llm.embeddings.row_index import RowIndex
    from core.llm.embeddings.vectors import Vectors

OFFLINE = "offline:svd"
FEW = 2_000  # rows up to which offline embeddings are learned anew whenever rows change; more are added to what was learned


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An example that was shown. `similarity` is 0 to 1."""

    text: str
    label: str
    similarity: float


@dataclass(slots=True)
class Index:
    """Rows that can be asked for neighbours. `key` is what they were made from, `learned` how many rows the
    embedder had seen."""

    key: object
    rows: dict[str, Example]
    neighbours: RowIndex
    learned: int


@dataclass
class Shown:
    """The index of one dataset and one prompt, brought up to date when the rows have changed. May be used
    from any thread. `embeddings` is an embedding model; empty: that of WHETSTONE_EMBEDDINGS, or the offline
    one."""

    workspace: Workspace
    dataset_id: str
    few_shot: FewShot
    labels: Collection[str]
    embeddings: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _made: Index | None = field(default=None, init=False, repr=False)

    def neighbours(self, texts: Sequence[str]) -> list[tuple[Neighbour, ...]]:
        """Per text, least similar first; none for another strategy than "similar". The text itself may be
        among them: for a text that is served, unlike one that is measured, a known answer is no leak. Raises
        what the embedding model raises."""
        if self.few_shot.strategy != "similar" or self.few_shot.k < 1 or not texts:
            return [()] * len(texts)
        found = self._index().neighbours.nearest(texts, self.few_shot.k, protected=False)
        return [
            tuple(Neighbour(near.row.text, near.row.label, near.similarity) for near in one) for one in found
        ]

    def _index(self) -> Index:
        store = self.workspace.store
        with self._lock:
            key = (store.datasets.version(self.dataset_id), store.marks.about(self.dataset_id, "suspect"))
            if self._made is None or self._made.key != key:
                self._made = self._up_to_date(key, {row.id: row for row in self._rows()})
            return self._made

    def _up_to_date(self, key: object, rows: dict[str, Example]) -> Index:
        """What has been embedded stays, but for few rows, from which the offline embedder learns better than
        from fewer."""
        from core.llm.embeddings.row_index import RowIndex

        before = self._made
        if before is not None and (self._is_remote or FEW < len(rows) < 2 * before.learned):
            news = [row for row in rows.values() if before.rows.get(row.id) != row]
            return Index(
                key,
                rows,
                before.neighbours.plus(news, left_out=[id_ for id_ in before.rows if id_ not in rows]),
                before.learned,
            )
        embedder, vectors = self._embedder([row.text for row in rows.values()]), self._vectors()
        return Index(key, rows, RowIndex(list(rows.values()), embedder, vectors), len(rows))

    @property
    def _is_remote(self) -> bool:
        return self._model not in ("", OFFLINE)

    @property
    def _model(self) -> str:
        return self.embeddings or self.workspace.environment.get("WHETSTONE_EMBEDDINGS", "").strip()

    def _embedder(self, texts: Sequence[str]) -> Embedder:
        from core.llm.account import account_for
        from core.llm.embeddings.open_embedder import offline_embedder, open_embedder
        from core.types import Settings

        if not self._is_remote:
            return offline_embedder(
                texts, None if self.workspace.read_only or len(texts) <= FEW else self._folder
            )
        return open_embedder(
            self._model, account_for(Settings()), self.workspace.model_context(), self.workspace.calls.ask_all
        )

    def _vectors(self) -> Vectors | None:
        """On disk, so that no text is embedded twice; few texts are embedded offline faster than they are
        looked up."""
        from core.llm.embeddings.vectors import Vectors

        return None if self.workspace.read_only or not self._is_remote else Vectors(self._folder)

    @property
    def _folder(self) -> Path:
        return self.workspace.folder / "vectors"

    def _rows(self) -> list[Example]:
        """Training rows that are neither excluded nor in doubt, then what the prompt brought with it, without
        texts that are rows."""
        from core.llm.embeddings.row_index import selectable
        from core.services.review import queue

        dataset = self.workspace.store.datasets.get(self.dataset_id)
        doubted = [each.example_id for each in queue(self.workspace, self.dataset_id)]
        rows = [row for row in selectable(dataset.examples, doubted) if row.label in self.labels]
        known = {fold(row.text) for row in dataset.examples}
        brought = [
            Example(f"example {place} of the prompt", shot.text, shot.label)
            for place, shot in enumerate(self.few_shot.examples)
            if fold(shot.text) not in known
        ]
        return rows + brought
