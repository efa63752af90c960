"""The examples that are shown beside a text: from the prompt's own, or from the dataset's rows as they are
today, so that feedback counts from the next text on."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.prompts.label_match import fold
from core.similarity.neighbours import Neighbour, nearest_in_prompt
from core.types import Example, FewShot, NeighbourSource
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.llm.embeddings.base import Embedder
    from core.llm.embeddings.row_index import RowIndex
    from core.llm.embeddings.vectors import Vectors

OFFLINE = "offline:svd"
FEW = 2_000  # rows up to which offline embeddings are learned anew whenever rows change; more are added to what was learned
SOURCE_TITLES = {
    NeighbourSource.PROMPT: "Similar examples: from the prompt's own.",
    NeighbourSource.DATASET: "Similar examples: from the dataset's rows.",
}


@dataclass(slots=True)
class _Built:
    """`key` is what the index was made from, `learned` how many rows the embedder had seen."""

    key: object
    rows: dict[str, Example]
    index: RowIndex
    learned: int


@dataclass
class NeighbourIndex:
    """Of one dataset and one prompt, brought up to date when the rows have changed. May be used from any
    thread. `embeddings` is an embedding model; empty: that of WHETSTONE_EMBEDDINGS, or the offline one. From
    the prompt, neither a dataset nor embeddings are needed."""

    workspace: Workspace
    dataset_id: str
    few_shot: FewShot
    labels: Collection[str]
    source: NeighbourSource = NeighbourSource.DATASET
    embeddings: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _built: _Built | None = field(default=None, init=False, repr=False)

    @property
    def is_needed(self) -> bool:
        """Whether the prompt shows neighbours at all."""
        return self.few_shot.strategy == "similar" and self.few_shot.k > 0

    def nearest(self, texts: Sequence[str]) -> list[tuple[Neighbour, ...]]:
        """Per text, least similar first; none for another strategy than "similar". From the dataset, the text
        itself may be among them: for a text that is served, unlike one that is measured, a known answer is no
        leak. Raises what the embedding model raises."""
        if not self.is_needed or not texts:
            return [()] * len(texts)
        if self.source is NeighbourSource.PROMPT:
            return nearest_in_prompt(self.few_shot, texts)
        return self._from_dataset(texts)

    def _from_dataset(self, texts: Sequence[str]) -> list[tuple[Neighbour, ...]]:
        nearest = self._current().nearest(texts, self.few_shot.k, protected=False)
        return [
            tuple(Neighbour(near.row.text, near.row.label, near.similarity) for near in one)
            for one in nearest
        ]

    def _current(self) -> RowIndex:
        store = self.workspace.store
        with self._lock:
            key = (store.datasets.version(self.dataset_id), store.marks.about(self.dataset_id, "suspect"))
            if self._built is None or self._built.key != key:
                self._built = self._build(key, {row.id: row for row in self._rows()})
            return self._built.index

    def _build(self, key: object, rows: dict[str, Example]) -> _Built:
        """What has been embedded stays, but for few rows, from which the offline embedder learns better than
        from fewer."""
        from core.llm.embeddings.row_index import RowIndex

        before = self._built
        if before is not None and (self._is_remote or FEW < len(rows) < 2 * before.learned):
            news = [row for row in rows.values() if before.rows.get(row.id) != row]
            index = before.index.plus(news, left_out=[id_ for id_ in before.rows if id_ not in rows])
            return _Built(key, rows, index, before.learned)
        embedder, vectors = self._embedder([row.text for row in rows.values()]), self._vectors()
        return _Built(key, rows, RowIndex(list(rows.values()), embedder, vectors), len(rows))

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
        usable = selectable(dataset.examples, doubted)
        rows = [row for row in usable if not self.labels or row.label in self.labels]
        known = {fold(row.text) for row in dataset.examples}
        brought = [
            Example(f"example {number} of the prompt", shot.text, shot.label)
            for number, shot in enumerate(self.few_shot.examples)
            if fold(shot.text) not in known
        ]
        return rows + brought
