"""An answer read out of a decoded body, in any of the wire formats. It is billed, so whatever can be read in it is."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace

from core.types import Finish, Usage

Answer = tuple[str, Finish, Usage]
Record = Mapping[str, object]

_MOST_TOKENS = 10**9

# How servers call the end of an answer, in small letters; all others are a normal end.
_FINISHES = {
    **dict.fromkeys(
        (
            "length max_tokens max_output_tokens max_completion_tokens max_length max_new_tokens model_length token_limit "
            "max_tokens_reached length_limit truncated incomplete model_context_window_exceeded context_length "
            "context_length_exceeded"
        ).split(),
        Finish.LENGTH,
    ),
    **dict.fromkeys(
        (
            "content_filter content_filtered contentfilter filtered safety image_safety recitation prohibited_content blocklist spii "
            "language sensitive sensitive_content moderation content_moderation guardrail_intervened blocked"
        ).split(),
        Finish.FILTER,
    ),
    **dict.fromkeys(("refusal", "refused"), Finish.REFUSAL),
}
_BROKEN = {
    "error",
    "network_error",
    "insufficient_system_resource",
    "abort",
    "aborted",
    "cancelled",
    "failed",
}
_THOUGHTS = {"thinking", "redacted_thinking", "reasoning", "thought", "tool_use", "refusal"}


def has_answer(body: Record) -> bool:
    return any(body.get(key) for key in ("choices", "output", "output_text", "content", "completion"))


def body_answer(body: Record) -> Answer:
    """Text, end and tokens. A body without an answer in it is an empty one."""
    text, finish = _read(body)
    usage = read_usage(body.get("usage"))
    if text and not usage.output and not usage.estimated:  # a server that counts nothing
        usage = replace(usage, estimated=True)
    return text, finish, usage


def _read(body: Record) -> tuple[str, Finish]:
    if body.get("choices"):
        return _of_choice(_choice(body["choices"]))
    if body.get("output") or body.get("output_text"):
        return _of_response(body)
    if "content" in body or "completion" in body:
        finish = finish_of(body.get("stop_reason") or body.get("finish_reason"))
        return parts_text(body.get("content") or body.get("completion")), finish
    feedback = body.get("promptFeedback") or body.get("prompt_feedback")
    if isinstance(feedback, Mapping):
        why = feedback.get("blockReason") or feedback.get("block_reason")
        if why:
            return f"The text was blocked: {str(why)[:100].lower()}.", Finish.FILTER
    return "", finish_of(body.get("incomplete_details"))


def broken_choice(body: Record) -> object:
    """The error of an answer whose end is an error; None of all others."""
    choice = _choice(body.get("choices"))
    reason = _word(choice.get("finish_reason")) or _word(body.get("status"))
    if reason not in _BROKEN:
        return None
    return choice.get("error") or body.get("error") or {"message": f"The answer ended with {reason!r}"}


def _of_choice(choice: Record) -> tuple[str, Finish]:
    message = choice.get("message") or choice.get("delta") or choice
    finish = finish_of(choice.get("finish_reason"))
    if not isinstance(message, Mapping):
        return parts_text(message), finish
    text, refusal = parts_text(message.get("content", message.get("text"))), message.get("refusal")
    if refusal and finish is not Finish.LENGTH:
        return (refusal if isinstance(refusal, str) else text), Finish.REFUSAL
    return text, finish


def _of_response(body: Record) -> tuple[str, Finish]:
    output = body.get("output") or body.get("output_text")
    items = output if isinstance(output, list) else [output]
    texts, refusals = [], []
    for item in items:
        content = item.get("content", item.get("text")) if isinstance(item, Mapping) else item
        if isinstance(item, Mapping) and item.get("type") not in (None, "", "message", "output_text", "text"):
            continue
        texts.append(parts_text(content))
        if isinstance(content, list):
            refusals += [
                str(part["refusal"]) for part in content if isinstance(part, Mapping) and part.get("refusal")
            ]
    if any(refusals):
        return "".join(refusals), Finish.REFUSAL
    incomplete = _word(body.get("status")) == "incomplete"
    finish = finish_of(body.get("incomplete_details")) if incomplete else Finish.STOP
    return "".join(texts), Finish.LENGTH if incomplete and finish is Finish.STOP else finish


def _choice(choices: object) -> Record:
    """The first choice, of a list, of a mapping by number, or alone."""
    if isinstance(choices, list):
        return next((each for each in choices if isinstance(each, Mapping)), {})
    if isinstance(choices, Mapping):
        if any(key in choices for key in ("message", "text", "delta", "finish_reason")):
            return choices
        return next((each for each in choices.values() if isinstance(each, Mapping)), {})
    return {"message": choices} if isinstance(choices, str) else {}


def parts_text(content: object) -> str:
    """The text of a message's content: a string, parts or blocks of which some are text, or an object that the
    server has decoded already."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(parts_text(part) for part in content if not _is_thought(part))
    if isinstance(content, Mapping):
        for key in ("text", "value", "parts", "content"):
            if key in content:
                return parts_text(content[key])
        return "" if "type" in content or not content else json.dumps(content, ensure_ascii=False)
    return "" if content is None else json.dumps(content)


def _is_thought(part: object) -> bool:
    return isinstance(part, Mapping) and (str(part.get("type")) in _THOUGHTS or part.get("thought") is True)


def finish_of(reason: object) -> Finish:
    return _FINISHES.get(_word(reason), Finish.STOP)


def _word(reason: object) -> str:
    """ "FinishReason.MAX_TOKENS" as "max_tokens"; of a mapping, its reason or type."""
    if isinstance(reason, Mapping):
        reason = reason.get("reason") or reason.get("type")
    if not isinstance(reason, str):
        return ""
    return reason[:100].strip().lower().rpartition(".")[2].replace("-", "_").removeprefix("finish_reason_")


# ---- tokens


def read_usage(given: object) -> Usage:
    """`estimated` where the server does not say how many went in or came out, in a way that can be read."""
    if not isinstance(given, Mapping):
        return Usage(estimated=True)
    read, made = (
        _first(given, "prompt_tokens", "input_tokens"),
        _first(given, "completion_tokens", "output_tokens"),
    )
    total = token_count(given.get("total_tokens"))
    if made is None and read is not None and total is not None and total >= read:
        made = total - read
    cached, written = (
        token_count(given.get("cache_read_input_tokens")),
        token_count(given.get("cache_creation_input_tokens")),
    )
    if cached is not None or written is not None:  # Anthropic counts them apart
        read = None if read is None else read + (cached or 0) + (written or 0)
    else:
        details = _details(given, "prompt_tokens_details", "input_tokens_details")
        cached, written = (
            token_count(details.get("cached_tokens")),
            token_count(details.get("cache_write_tokens")),
        )
    thought_details = _details(given, "completion_tokens_details", "output_tokens_details")
    thought = _first(thought_details, "reasoning_tokens", "thinking_tokens")
    return Usage(
        read or 0,
        made or 0,
        min(cached or 0, read or 0),
        min(thought or 0, made or 0),
        min(written or 0, read or 0),
        estimated=not read or made is None,
    )


def token_count(given: object) -> int | None:
    """A count in any form; None for what is none."""
    if isinstance(given, str) and len(given) < 30:
        try:
            given = float(given)
        except ValueError:
            return None
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    return math.ceil(given) if 0 <= given <= _MOST_TOKENS else None


def _first(record: Record, *names: str) -> int | None:
    return next((count for name in names if (count := token_count(record.get(name))) is not None), None)


def _details(usage: Record, *names: str) -> Record:
    return next((found for name in names if isinstance(found := usage.get(name), Mapping)), {})
