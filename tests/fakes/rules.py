"""What the real providers refuse, written from facts.md ("Rules that break naive code") and not from
models.toml: a second opinion.

`complaint(path, body)` is what a strict FakeServer answers with status 400: FakeServer(check=complaint)."""

from __future__ import annotations

import re

_CHAT = {
    "model",
    "messages",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "logprobs",
    "top_logprobs",
    "seed",
    "reasoning_effort",
    "response_format",
    "tools",
    "tool_choice",
}
_RESPONSES = {
    "model",
    "input",
    "instructions",
    "max_output_tokens",
    "temperature",
    "top_p",
    "reasoning",
    "text",
    "store",
    "tools",
    "tool_choice",
}
_MESSAGES = {
    "model",
    "messages",
    "max_tokens",
    "system",
    "thinking",
    "output_config",
    "tools",
    "tool_choice",
    "cache_control",
}
_SAMPLING = ("temperature", "top_p", "logprobs", "top_logprobs")


def complaint(path: str, body: dict) -> str | None:
    if path.endswith("/messages"):
        return _messages(body)
    known = _RESPONSES if path.endswith("/responses") else _CHAT
    return _unknown(body, known) or (_responses(body) if path.endswith("/responses") else _chat(body))


def _unknown(body: dict, known: set[str]) -> str | None:
    extra = sorted(set(body) - known)
    return f"Unrecognized request argument supplied: {extra[0]}" if extra else None


def _reasons(model: str) -> bool:
    return bool(re.match(r"(gpt-5|gpt-6|o1|o3|o4)", model)) and "chat-latest" not in model


def _chat(body: dict) -> str | None:
    model, effort = body["model"], body.get("reasoning_effort", "medium")
    if not _reasons(model):
        return (
            "Unrecognized request argument supplied: reasoning_effort" if "reasoning_effort" in body else None
        )
    if model.startswith(("gpt-6.1", "gpt-6.2", "gpt-6-astra")) and effort in ("none", "minimal"):
        return f"Unsupported value: 'reasoning_effort' does not support '{effort}' with this model."
    if "max_tokens" in body:
        return "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    if effort != "none" and any(name in body for name in _SAMPLING):
        return "Unsupported parameter: sampling parameters need reasoning effort none."
    if effort != "none" and "tools" in body:
        return (
            "Function tools with reasoning effort are not supported in chat completions: use /v1/responses."
        )
    if any(message["role"] == "system" for message in body["messages"]):
        return "Unsupported value: 'messages[0].role' does not support 'system' with this model."
    form = body.get("response_format")
    if form is not None and not (
        form["type"] == "json_schema" and {"name", "strict", "schema"} <= set(form["json_schema"])
    ):
        return "Missing required parameter: 'response_format.json_schema'."
    return None


def _responses(body: dict) -> str | None:
    if body.get("max_output_tokens", 16) < 16:
        return "Invalid 'max_output_tokens': integer below minimum value."
    if body.get("reasoning", {}).get("effort", "medium") != "none" and any(
        name in body for name in _SAMPLING
    ):
        return "Unsupported parameter: sampling parameters need reasoning effort none."
    return None


def _version(model: str) -> tuple[int, int]:
    """claude-haiku-4-5-20251001 -> (4, 5)."""
    found = re.match(r"claude-[a-z]+-(\d+)(?:-(\d{1,2}))?(?:-|$)", model)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


def _messages(body: dict) -> str | None:
    model, turns, thinking = body["model"], body["messages"], body.get("thinking", {})
    if "max_tokens" not in body:
        return "max_tokens: Field required"
    if body["max_tokens"] > 21_333:
        return "Streaming is required for operations that may take longer than 10 minutes."
    unknown = sorted(set(body) - _MESSAGES)
    if unknown:
        return f"{unknown[0]}: Extra inputs are not permitted"
    if any(turn["role"] not in ("user", "assistant") for turn in turns):
        return "messages.0.role: Input should be 'user' or 'assistant'"
    if turns[-1]["role"] == "assistant":
        if _version(model) >= (4, 6):
            return "This model does not support assistant message prefill."
        if turns[-1]["content"] != turns[-1]["content"].rstrip():
            return "messages: final assistant content cannot end with trailing whitespace"
    return _thinking(model, thinking, body.get("output_config", {})) or _forced(model, body)


def _thinking(model: str, thinking: dict, output: dict) -> str | None:
    kind = thinking.get("type", "")
    if "budget_tokens" in thinking and _version(model) >= (4, 7):
        return "thinking.budget_tokens is not supported for this model."
    if kind == "disabled" and (model.startswith(("claude-sonnet-5-5", "claude-opus-5-5", "claude-fable"))):
        return '"thinking.type.disabled" is not supported for this model.'
    if (
        kind == "disabled"
        and model.startswith("claude-haiku-5-5")
        and output.get("effort", "medium") not in ("low", "medium", "high")
    ):
        return '"thinking.type.disabled" needs effort low, medium or high.'
    if kind == "between_tools" and not model.startswith("claude-sonnet-5-5"):
        return '"thinking.type.between_tools" is not supported for this model.'
    if "effort" in output and _version(model) < (4, 5):
        return "output_config.effort is not supported for this model."
    return None


def _forced(model: str, body: dict) -> str | None:
    forced = body.get("tool_choice", {}).get("type") in ("any", "tool")
    if forced and model.startswith(("claude-sonnet-5-5", "claude-opus-5-5")):
        return "Forced tool use is not supported for this model."
    return None
