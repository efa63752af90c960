"""Bodies in both wire formats: OpenAI's chat completions, responses and embeddings, and Anthropic's
messages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """What the fake model says. `finish` is "stop", "length", "refusal" or "filter"; token counts as the
    provider would bill them. `logprobs`: tokens with their log-probabilities, sent where they are asked for."""

    text: str
    finish: str = "stop"
    input_tokens: int = 20
    output_tokens: int = 10
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    logprobs: tuple[tuple[str, float], ...] = ()


def messages_of(path: str, body: dict) -> list[tuple[str, str]]:
    """(role, text) of every message in a request body of any of the three forms, the system text first."""
    found: list[tuple[str, str]] = []
    if path.endswith("/responses"):
        if body.get("instructions"):
            found.append(("system", body["instructions"]))
        given = body.get("input", "")
        turns = [{"role": "user", "content": given}] if isinstance(given, str) else given
    else:
        if body.get("system"):
            found.append(("system", plain(body["system"])))
        turns = body.get("messages", [])
    found += [(turn["role"], plain(turn["content"])) for turn in turns]
    return found


def plain(content: object) -> str:
    """The text of a message's content, a string or a list of blocks."""
    if isinstance(content, str):
        return content
    return "".join(block.get("text", "") for block in content)  # type: ignore[attr-defined]


def chat(model: str, said: Said) -> dict:
    message: dict[str, object] = {
        "role": "assistant",
        "content": said.text,
        "refusal": None,
        "annotations": [],
    }
    if said.finish == "refusal":
        message |= {"content": None, "refusal": said.text}
    reason = {"stop": "stop", "length": "length", "filter": "content_filter", "refusal": "stop"}[said.finish]
    used, made = said.input_tokens, said.output_tokens
    read = {
        "cached_tokens": said.cached_tokens,
        "cache_write_tokens": said.cache_write_tokens,
        "audio_tokens": 0,
    }
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": _logprobs(said), "finish_reason": reason}],
        "usage": {
            "prompt_tokens": used,
            "completion_tokens": made,
            "total_tokens": used + made,
            "prompt_tokens_details": read,
            "completion_tokens_details": {"reasoning_tokens": said.reasoning_tokens, "audio_tokens": 0},
        },
        "service_tier": "default",
    }


def _logprobs(said: Said) -> dict | None:
    listed = [
        {"token": token, "logprob": logprob, "bytes": list(token.encode()), "top_logprobs": []}
        for token, logprob in said.logprobs
    ]
    return {"content": listed, "refusal": None} if listed else None


def response(model: str, said: Said) -> dict:
    kind: dict = {"type": "output_text", "text": said.text, "annotations": []}
    if said.finish == "refusal":
        kind = {"type": "refusal", "refusal": said.text}
    output: list[dict] = [{"type": "reasoning", "id": "rs_1", "summary": []}]
    if said.text:
        output.append(
            {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [kind]}
        )
    why = {"length": "max_output_tokens", "filter": "content_filter"}.get(said.finish)
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_790_000_000,
        "model": model,
        "error": None,
        "status": "incomplete" if why else "completed",
        "incomplete_details": {"reason": why} if why else None,
        "output": output,
        "usage": {
            "input_tokens": said.input_tokens,
            "output_tokens": said.output_tokens,
            "total_tokens": said.input_tokens + said.output_tokens,
            "input_tokens_details": {
                "cached_tokens": said.cached_tokens,
                "cache_write_tokens": said.cache_write_tokens,
            },
            "output_tokens_details": {"reasoning_tokens": said.reasoning_tokens},
        },
    }


def message(model: str, said: Said) -> dict:
    """Anthropic's form: a thinking block stands first, and input tokens leave out what the cache served."""
    blocks: list[dict] = [{"type": "thinking", "thinking": "", "signature": "c2ln"}]
    if said.text:
        blocks.append({"type": "text", "text": said.text})
    reason = {"stop": "end_turn", "length": "max_tokens", "refusal": "refusal", "filter": "refusal"}[
        said.finish
    ]
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": blocks,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {
            "input_tokens": said.input_tokens - said.cached_tokens - said.cache_write_tokens,
            "output_tokens": said.output_tokens,
            "cache_read_input_tokens": said.cached_tokens,
            "cache_creation_input_tokens": said.cache_write_tokens,
            "output_tokens_details": {"thinking_tokens": said.reasoning_tokens},
        },
    }


def embeddings(model: str, inputs: list[str]) -> dict:
    """16 numbers per text, the sum over its words of what their hashes say: texts that share words are
    alike."""
    vectors = [
        [sum(column) for column in zip(*(_of_word(word) for word in text.split() or [""]), strict=True)]
        for text in inputs
    ]
    data = [
        {"object": "embedding", "index": place, "embedding": vector} for place, vector in enumerate(vectors)
    ]
    return {
        "object": "list",
        "model": model,
        "data": data,
        "usage": {"prompt_tokens": len(inputs), "total_tokens": len(inputs)},
    }


def _of_word(word: str) -> list[float]:
    return [byte / 255 - 0.5 for byte in hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()[:16]]


def models(anthropic: bool) -> dict:
    if anthropic:
        listed = [
            {
                "type": "model",
                "id": "claude-haiku-5-5",
                "display_name": "Claude Haiku 5.5",
                "created_at": "2026-10-07T00:00:00Z",
            }
        ]
        return {
            "data": listed,
            "has_more": False,
            "first_id": "claude-haiku-5-5",
            "last_id": "claude-haiku-5-5",
        }
    known = {"gpt-6-luna": None, "gpt-6.1-sol": None, "gpt-5": "2026-12-11"}
    listed = [
        {"id": name, "object": "model", "created": 1, "owned_by": "openai", "shutdown_date": ends}
        for name, ends in known.items()
    ]
    return {"object": "list", "data": listed}


def error(path: str, status: int, text: str, code: str | None) -> dict:
    if path.endswith("/messages"):
        kinds = {
            400: "invalid_request_error",
            401: "authentication_error",
            403: "permission_error",
            404: "not_found_error",
            429: "rate_limit_error",
            529: "overloaded_error",
        }
        return {
            "type": "error",
            "error": {"type": code or kinds.get(status, "api_error"), "message": text},
            "request_id": "req_1",
        }
    return {
        "error": {
            "message": text,
            "type": "requests" if status == 429 else "error",
            "param": None,
            "code": code,
        }
    }
