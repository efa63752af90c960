"""Messages of a chat in the shapes in which tools write them: OpenAI's {"role", "content"}, LangChain's
{"type", "data"} and constructors, ShareGPT's {"from", "value"}, Gemini's {"role", "parts"}, pairs such as
["human", "…"]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from core.data.formats.reading.json_text import Record, as_record, read_value
from core.data.formats.reading.values import cell

_ROLES = {
    "user": "user",
    "human": "user",
    "gpt": "assistant",
    "humanmessage": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "aimessage": "assistant",
    "aimessagechunk": "assistant",
    "system": "system",
    "developer": "system",
    "systemmessage": "system",
    "tool": "tool",
    "function": "tool",
    "toolmessage": "tool",
    "chat": "other",
}
_NO_TEXT = ("image_url", "input_image", "image", "input_audio", "audio", "file", "input_file", "video_url")


@dataclass(frozen=True, slots=True)
class Turn:
    """One message. `role` is user, assistant, system, tool or other. `trained` is false where fine-tuning
    leaves it out (weight 0). `incomplete`: it also holds an image, audio or a file."""

    role: str
    content: str
    trained: bool = True
    incomplete: bool = False


def conversation(value: object) -> tuple[Turn, ...]:
    """The messages of a list of them, or of a list of such lists (the last one); empty for anything else."""
    if not isinstance(value, list) or not value:
        return ()
    if all(isinstance(each, list) for each in value) and not _is_pair(value[0]):
        return conversation(value[-1])
    turns = [message(each) for each in value]
    return tuple(turn for turn in turns if turn) if all(turns) else ()


def message(value: object) -> Turn | None:
    """One message; None for anything else."""
    if isinstance(value, list) and _is_pair(value):
        return Turn(_ROLES[str(value[0]).casefold()], content_text(value[1]))
    if not isinstance(value, Mapping):
        return None
    inner = value.get("data") if isinstance(value.get("data"), Mapping) else value.get("kwargs")
    if "role" in value:
        return _turn(cell(value["role"]), value)
    if isinstance(inner, Mapping) and "content" in inner:
        return _turn(_kind(value, inner), inner) if _kind(value, inner) else None
    if "from" in value and "value" in value:
        return _turn(cell(value["from"]), value)
    kind = cell(value.get("type")).casefold()
    return _turn(kind, value) if kind in _ROLES and "content" in value else None


def _kind(value: Record, inner: Record) -> str:
    """The role of LangChain's message, which stands outside, in its constructor's path, or inside."""
    path = value.get("id")
    named = path[-1] if isinstance(path, list) and path else ""
    kinds = (
        cell(each).casefold() for each in (value.get("type"), named, inner.get("type"), inner.get("role"))
    )
    return next((kind for kind in kinds if kind in _ROLES), "")


def _is_pair(value: Sequence[object]) -> bool:
    return len(value) == 2 and isinstance(value[0], str) and value[0].casefold() in _ROLES


def _turn(role: str, value: Record) -> Turn:
    content = next((value[key] for key in ("content", "parts", "value") if key in value), None)
    parts = content if isinstance(content, list) else []
    kind = _ROLES.get(role.casefold(), "other")
    text = content_text(content)
    if kind == "assistant" and not text.strip():
        text = _arguments(value)
    return Turn(
        kind,
        text,
        cell(value.get("weight")) not in ("0", "0.0"),
        any(isinstance(part, Mapping) and part.get("type") in _NO_TEXT for part in parts),
    )


def _arguments(value: Record) -> str:
    """What an assistant that calls one function gives it, as JSON."""
    calls = value.get("tool_calls")
    call = calls[0] if isinstance(calls, list) and len(calls) == 1 else value.get("function_call")
    if not isinstance(call, Mapping):
        return ""
    called = as_record(call.get("function")) or call
    return cell(called.get("arguments", called.get("args")))


def last_question(turns: Sequence[Turn]) -> str:
    """What the user said last before the answer that counts."""
    at = _answer_at(turns)
    before = turns[:at] if at is not None else turns
    return next((turn.content for turn in reversed(before) if turn.role == "user"), "")


def last_answer(turns: Sequence[Turn]) -> str:
    """What the assistant said to the last question, if anything; what fine-tuning leaves out is no answer."""
    at = _answer_at(turns)
    return turns[at].content if at is not None else ""


def earlier(turns: Sequence[Turn]) -> bool:
    """Whether somebody had said something before the last question."""
    return sum(turn.role in ("user", "assistant") for turn in turns) > 2


def _answer_at(turns: Sequence[Turn]) -> int | None:
    if not turns or turns[-1].role == "user":
        return None
    spoken = [at for at, turn in enumerate(turns) if turn.role == "assistant"]
    trained = [at for at in spoken if turns[at].trained]
    return trained[-1] if trained else None


def last_said(turns: Sequence[Turn]) -> str:
    """What the user said last, or else the last message of all."""
    asked = next((turn.content for turn in reversed(turns) if turn.role == "user"), "")
    return asked or turns[-1].content


def is_chat(value: object) -> TypeGuard[Sequence[Record]]:
    """Whether it is a list of messages as OpenAI has them."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, Mapping) and "role" in each for each in value)
    )


def content_text(content: object) -> str:
    """Content as one text: a string, or parts of which those of text count. An image is not fetched."""
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, Mapping) else part for part in content]
        return "\n".join(cell(part) for part in parts if part is not None)
    return cell(content)


def values_by_path(side: object) -> dict[str, object]:
    """By its path of names, everything in a record that is no object itself; a message or a conversation is
    what was said last."""
    values: dict[str, object] = {}
    _collect(side, (), values)
    return values


def _collect(value: object, path: tuple[str, ...], values: dict[str, object]) -> None:
    turns = conversation(value)
    one = message(value) if isinstance(value, Mapping) else None
    if turns:
        values[".".join(path)] = last_said(turns)
    elif one:
        values[".".join(path)] = one.content
    elif isinstance(value, Mapping) and value and len(path) < 8:
        for key, inner in value.items():
            _collect(inner, (*path, cell(key)), values)
    elif path:
        values[".".join(path)] = value


def opened(value: object) -> object:
    """A text that is a JSON object, list or string, as that; anything else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "[", '"'):
        try:
            return read_value(value.strip())
        except ValueError:
            return value
    return value
