"""Embedding models in OpenAI's wire format. A batch of texts is one request, so that retries, limits, caps and
the meter are those of every other call."""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.llm.providers.base import ProviderModel
from core.llm.providers.bodies.answer_body import token_count
from core.llm.providers.failures import unreadable
from core.types import Reply, Request, Usage

if TYPE_CHECKING:
    import numpy as np

PATH = "/embeddings"
MOST_BYTES = 32_000_000  # of a batch of vectors


class EmbeddingModel:
    """A Model that answers a request of one message per text with their vectors, as base64 of float32, one
    after the other."""

    def __init__(self, provided: ProviderModel):
        self.name = provided.name
        self._provided = provided
        self._connection = provided.connection_to(PATH, MOST_BYTES)

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
        answer = await self._connection.post(self._body(request))
        vectors = _vectors(answer.get("data") or answer.get("embeddings"), len(request.messages))
        if vectors is None:
            raise unreadable(self._connection.caller, "vectors that do not fit the texts")
        usage = _usage(answer.get("usage"))
        return Reply(pack_vectors(vectors), usage=usage, seconds=time.perf_counter() - started)

    async def aclose(self) -> None:
        await self._connection.close()

    def _body(self, request: Request) -> dict[str, object]:
        model = self.name.partition(":")[2]
        return {
            "model": model,
            "input": [message.content for message in request.messages],
            "encoding_format": "float",
        }


def _vectors(data: object, count: int) -> np.ndarray | None:
    """(texts, size) float32 in the order of the texts; None for all that is not."""
    import numpy as np

    if not isinstance(data, list) or len(data) != count:
        return None
    items = [item if isinstance(item, dict) else {"embedding": item} for item in data]
    if all(type(item.get("index")) is int for item in items):
        items.sort(key=lambda item: item["index"])
    try:
        vectors = np.asarray([item.get("embedding") for item in items], dtype="<f4")
    except (ValueError, TypeError, OverflowError):
        return None
    return vectors if vectors.ndim == 2 and vectors.size and np.isfinite(vectors).all() else None


def _usage(given: object) -> Usage:
    """Nothing comes out of an embedding model but vectors."""
    usage = given if isinstance(given, dict) else {}
    used = (
        token_count(usage.get("prompt_tokens"))
        or token_count(usage.get("input_tokens"))
        or token_count(usage.get("total_tokens"))
    )
    return Usage(used or 0, estimated=not used)


def pack_vectors(rows: Sequence[Sequence[float]] | np.ndarray) -> str:
    import numpy as np

    return base64.b64encode(np.asarray(rows, dtype="<f4").tobytes()).decode()


def unpack_vectors(text: str, count: int) -> np.ndarray:
    import numpy as np

    return np.frombuffer(base64.b64decode(text), dtype="<f4").reshape(count, -1)
