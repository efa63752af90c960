"""Odd replies of providers: bodies of answers and errors, lines of a batch's results, vectors. As they come over the wire."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from core.llm.batches.anthropic_service import _result as of_anthropic
from core.llm.batches.openai_service import _result as of_openai
from core.llm.batches.replies import reply_of
from core.llm.batches.service import BatchResult
from core.llm.providers.bodies.answer_body import body_answer
from core.llm.providers.bodies.json_body import decode_json
from core.llm.providers.bodies.token_logprobs import token_logprobs
from core.llm.providers.embedding_model import EmbeddingModel, unpack_vectors
from core.llm.providers.failures import Caller, unreadable
from core.types import Message, Reply, Request
from tests.soak.fuzz_values import bitten, spoiled

_CALLER = Caller("openai:gpt-5.6", "http://localhost/v1", "sk-secret")
_USAGE = {
    "prompt_tokens": 12,
    "completion_tokens": 3,
    "total_tokens": 15,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 1},
}
_TOKENS = [
    {"token": "<label>", "bytes": [60, 108, 97, 98, 101, 108, 62], "logprob": -0.1},
    {"token": "bug", "bytes": None, "logprob": -9999},
    {"token": "</label>", "logprob": 0},
]
_CHOICE = {
    "index": 0,
    "message": {"role": "assistant", "content": "<label>bug</label>", "refusal": None},
    "finish_reason": "stop",
    "logprobs": {"content": _TOKENS},
}
_BODIES: tuple[Mapping[str, Any], ...] = (
    {"id": "c1", "object": "chat.completion", "choices": [_CHOICE], "usage": _USAGE},
    {
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "a"}]}],
        "status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"},
        "usage": {"input_tokens": 3, "output_tokens": 2},
    },
    {
        "content": [{"type": "thinking", "thinking": "b"}, {"type": "text", "text": "a"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 1, "cache_read_input_tokens": 2},
    },
    {"promptFeedback": {"blockReason": "SAFETY"}},
    {
        "error": {
            "message": "Rate limit reached: try again in 7m12s.",
            "type": "rate_limit_error",
            "code": "rate_limit_exceeded",
            "metadata": {"raw": '{"error": {"code": 429}}', "retry_after": 3},
            "details": [{"retryDelay": "37s", "violations": [{"quotaId": "PerDay"}]}],
        }
    },
)
_STATUSES = (200, 200, 200, 200, 307, 400, 401, 404, 429, 500, 503, 529)


def reply_bodies(rng: random.Random) -> object:
    """One body under any status, as a call and as a result of a batch have it."""
    raw = _wire(rng, spoiled(rng, spoiled(rng, rng.choice(_BODIES))))
    try:
        body = decode_json(raw)
    except ValueError:  # what whoever asks for JSON is told
        return None
    read = reply_of(BatchResult("a", rng.choice(_STATUSES), body), rng.choice(("", "<label>")), _CALLER)
    if isinstance(body, Mapping) and isinstance(read, Reply):
        token_logprobs(body, body_answer(body)[0])
    return str(read)


def _wire(rng: random.Random, body: object) -> bytes:
    raw = json.dumps(body, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    if rng.random() < 0.1:
        raw = b"data: " + raw + b"\n\ndata: [DONE]\n"
    return bitten(rng, raw) if rng.random() < 0.2 else raw


def batch_results(rng: random.Random) -> object:
    """One line of the results of either batch service."""
    body = rng.choice(_BODIES)
    if rng.random() < 0.5:
        line: Any = {
            "custom_id": "r1",
            "response": {"status_code": rng.choice(_STATUSES), "body": body},
            "error": rng.choice((None, {"code": "batch_expired", "message": "late"})),
        }
        read = of_openai
    else:
        kind = rng.choice(("succeeded", "errored", "expired", "canceled"))
        line = {"custom_id": "r1", "result": {"type": kind, "message": body, "error": body}}
        read = of_anthropic
    record = decode_json(json.dumps(spoiled(rng, spoiled(rng, line))).encode())
    if not isinstance(record, dict):
        return None
    result = read(record)
    return result.not_run or str(reply_of(result, "", _CALLER))


def embeddings(rng: random.Random) -> object:
    """Vectors for some texts, fewer or more than were asked for among them."""
    size = rng.choice((1, 3))
    count = rng.randint(1, 3)
    data: Any = [{"index": n, "embedding": [0.5] * size} for n in range(count)]
    answer = spoiled(rng, {"data": spoiled(rng, data), "usage": {"prompt_tokens": 3, "total_tokens": 3}})

    async def post(sent: object) -> Any:
        body = decode_json(json.dumps(answer).encode())
        if not isinstance(body, dict):
            raise unreadable(_CALLER, "a reply that is no JSON object")
        return body

    connection = SimpleNamespace(post=post, caller=_CALLER)
    provided: Any = SimpleNamespace(name="openai:text-embedding-3-small", connection_to=lambda *_: connection)
    texts = tuple(Message("user", "a") for _ in range(rng.choice((count, count, 2))))
    reply = asyncio.run(EmbeddingModel(provided).reply(Request(texts, max_tokens=1)))
    return unpack_vectors(reply.text, len(texts))
