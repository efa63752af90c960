"""Embedding models in OpenAI's wire format. A batch of texts is one request, so that retries, limits, caps and
the meter are those of every other call."""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from core.llm.providers.base import ProviderModel
from core.llm.providers.failures import unreadable
from core.types import Reply, Request, Usage

if TYPE_CHECKING:
    import numpy as np

PATH = "/embeddings"


class EmbeddingModel:
    """A Model that answers a request of one message per text with their vectors, as base64 of float32, one
    after the other."""

    def __init__(self, provided: ProviderModel):
        self.name = provided.name
        self._provided = provided
        self._connection = provided.connection_to(PATH)

    def exact(self, request: Request) -> dict[str, object]:
        provider, _, _ = self.name.partition(":")
        return {
            "provider": provider,
            "base_url": self._connection.caller.url,
            "endpoint": PATH,
            **self._connection.endpoint.extras.exact(),
            **self._body(request),
        }

    async def reply(self, request: Request) -> Reply:
        """One attempt. Raises CallFailed or ModelRefused."""
        started = time.perf_counter()
        answer = await self._connection.post(self._body(request), _Embeddings)
        rows = [item.embedding for item in sorted(answer.data, key=lambda item: item.index)]
        if len(rows) != len(request.messages) or len({len(row) for row in rows}) != 1 or not rows[0]:
            raise unreadable(self._connection.caller, "vectors that do not fit the texts")
        used = answer.usage.prompt_tokens or answer.usage.total_tokens or 0
        return Reply(pack_vectors(rows), usage=Usage(input=used), seconds=time.perf_counter() - started)

    async def aclose(self) -> None:
        await self._connection.close()

    def _body(self, request: Request) -> dict[str, object]:
        model = self.name.partition(":")[2]
        return {
            "model": model,
            "input": [message.content for message in request.messages],
            "encoding_format": "float",
        }


class _Vector(Struct):
    embedding: list[float]
    index: int = 0


class _VectorUsage(Struct, frozen=True):
    prompt_tokens: int | None = None
    total_tokens: int | None = None


class _Embeddings(Struct):
    data: list[_Vector]
    usage: _VectorUsage = _VectorUsage()


def pack_vectors(rows: Sequence[Sequence[float]]) -> str:
    import numpy as np

    return base64.b64encode(np.asarray(rows, dtype="<f4").tobytes()).decode()


def unpack_vectors(text: str, count: int) -> np.ndarray:
    import numpy as np

    return np.frombuffer(base64.b64decode(text), dtype="<f4").reshape(count, -1)
