"""Texts to vectors by an embedding model of a provider, in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from core.errors import CallFailed
from core.llm.base import AskAll, Model
from core.llm.providers.embedding_model import unpack_vectors
from core.types import Message, Request

if TYPE_CHECKING:
    import numpy as np

ROLE = "embedding"
MOST_TEXTS, MOST_BYTES = 128, 100_000  # of one request; OpenAI takes 2,048 texts and 300,000 tokens
LONGEST = 8_000  # bytes of a text that count: OpenAI takes 8,191 tokens, and a token is at least a byte


class RemoteEmbedder:
    """`model` is an EmbeddingModel with the layers of open_model around it. Blank texts are like nothing and
    are not sent."""

    def __init__(self, model: Model, ask_all: AskAll, concurrency: int = 4):
        self.name = model.name
        self._model = model
        self._ask_all = ask_all
        self._concurrency = concurrency

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        import numpy as np

        sent = [text for text in texts if text.strip()]
        replies = (
            self._ask_all(self._model, list(batches(sent)), concurrency=self._concurrency) if sent else []
        )
        rows: list[np.ndarray] = []
        for request, reply in zip(batches(sent), replies, strict=True):
            if isinstance(reply, CallFailed):
                raise reply
            rows.extend(unpack_vectors(reply.text, len(request.messages)))
        if len({len(row) for row in rows}) > 1:
            raise CallFailed(f"{self.name} sent vectors of several sizes: choose another embedding model.")
        result = np.zeros((len(texts), len(rows[0]) if rows else 1), dtype=np.float32)
        for index, row in zip((index for index, text in enumerate(texts) if text.strip()), rows, strict=True):
            result[index] = row / (np.linalg.norm(row) or 1.0)
        return result


def batches(texts: Sequence[str]) -> Iterator[Request]:
    """The requests that so many texts take, in order."""
    batch: list[Message] = []
    size = 0
    for text in texts:
        cut = text.encode("utf-8", "replace")[:LONGEST].decode("utf-8", "ignore")
        if batch and (len(batch) == MOST_TEXTS or size + len(cut) > MOST_BYTES):
            yield Request(tuple(batch), max_tokens=1)
            batch, size = [], 0
        batch.append(Message("user", cut))
        size += len(cut)
    if batch:
        yield Request(tuple(batch), max_tokens=1)
