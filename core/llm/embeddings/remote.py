"""Embeddings from a provider in OpenAI's wire format. A batch of texts is one request, so that retries,
limits, caps and the meter are those of every other call."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from core.errors import CallFailed
from core.llm.base import AskAll, Model
from core.llm.providers.base import ProviderModel
from core.llm.providers.failures import unreadable
from core.types import Message, Reply, Request, Usage

if TYPE_CHECKING:
    import numpy as np

ROLE = "embedding"
PATH = "/embeddings"
MOST_TEXTS, MOST_BYTES = 128, 100_000  # of one request; OpenAI takes 2,048 texts and 300,000 tokens
LONGEST = 8_000  # bytes of a text that count: OpenAI takes 8,191 tokens, and a token is at least a byte


class EmbeddingModel:
    """A Model that answers a request of one message per text with their vectors, as base64 of float32, one
    after the other."""

    def __init__(self, provided: ProviderModel):
        self.name = provided.name
        self._provided = provided
        self._line = provided.line_to(PATH)

    def exact(self, request: Request) -> dict[str, object]:
        provider, _, _ = self.name.partition(":")
        return {
            "provider": provider,
            "base_url": self._line.caller.url,
            "endpoint": PATH,
            **self._body(request),
        }

    async def reply(self, request: Request) -> Reply:
        """One attempt. Raises CallFailed or ModelRefused."""
        started = time.perf_counter()
        said = await self._line.post(self._body(request), _Embeddings)
        rows = [item.embedding for item in sorted(said.data, key=lambda item: item.index)]
        if len(rows) != len(request.messages) or len({len(row) for row in rows}) != 1 or not rows[0]:
            raise unreadable(self._line.caller, "vectors that do not fit the texts")
        used = said.usage.prompt_tokens or said.usage.total_tokens or 0
        return Reply(_packed(rows), usage=Usage(input=used), seconds=time.perf_counter() - started)

    async def aclose(self) -> None:
        await self._line.close()

    def _body(self, request: Request) -> dict[str, object]:
        model = self.name.partition(":")[2]
        return {
            "model": model,
            "input": [message.content for message in request.messages],
            "encoding_format": "float",
        }


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
        for reply in replies:
            if isinstance(reply, CallFailed):
                raise reply
        rows = [
            row
            for request, reply in zip(batches(sent), replies, strict=True)
            for row in _unpacked(reply.text, len(request.messages))
        ]
        if len({len(row) for row in rows}) > 1:
            raise CallFailed(f"{self.name} sent vectors of several sizes: choose another embedding model.")
        found = np.zeros((len(texts), len(rows[0]) if rows else 1), dtype=np.float32)
        for place, row in zip((place for place, text in enumerate(texts) if text.strip()), rows, strict=True):
            found[place] = row / (np.linalg.norm(row) or 1.0)
        return found


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


class _Item(Struct):
    embedding: list[float]
    index: int = 0


class _Usage(Struct, frozen=True):
    prompt_tokens: int | None = None
    total_tokens: int | None = None


class _Embeddings(Struct):
    data: list[_Item]
    usage: _Usage = _Usage()


def _packed(rows: Sequence[Sequence[float]]) -> str:
    import numpy as np

    return base64.b64encode(np.asarray(rows, dtype="<f4").tobytes()).decode()


def _unpacked(text: str, count: int) -> np.ndarray:
    import numpy as np

    return np.frombuffer(base64.b64decode(text), dtype="<f4").reshape(count, -1)
