"""What holds a reply to a form.

The reply prefix: words put into the model's mouth, by prefill where the model takes that, else by an instruction.
Structured output: a JSON schema whose enum is the label set; the reply is then `{"reason": …, "label": …}`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.llm.catalogue.profile import Profile
from core.types import Message

SCHEMA_NAME = "classification"


def prefix_mode(profile: Profile) -> str:
    """How a reply prefix reaches this model: "prefill" (the reply goes on from it) or "instruction" (it is
    asked to begin so)."""
    return "prefill" if profile.prefill else "instruction"


def take_prefix(messages: Sequence[Message]) -> tuple[tuple[Message, ...], str]:
    """The messages without a last assistant message, and that message's text ("" if there is none or it is
    blank)."""
    if messages and messages[-1].role == "assistant":
        text = messages[-1].content
        return tuple(messages[:-1]), text if text.strip() else ""
    return tuple(messages), ""


def instructed(turns: Sequence[Message], prefix: str, what: str = "reply") -> tuple[Message, ...]:
    """The turns with the last user message asking to begin the reply with `prefix`."""
    for index in range(len(turns) - 1, -1, -1):
        if turns[index].role == "user":
            wished = replace(turns[index], content=turns[index].content + wish(what, prefix))
            return (*turns[:index], wished, *turns[index + 1 :])
    return (*turns, Message("user", wish(what, prefix).strip()))


def wish(what: str, prefix: str) -> str:
    """The words that ask for it, at the end of the last user message."""
    return "\n\nBegin your " + what + " with exactly: " + prefix


def label_schema(labels: Sequence[str]) -> dict[str, object]:
    """The reason stands first, so that the model reasons before it chooses."""
    properties = {"reason": {"type": "string"}, "label": {"type": "string", "enum": list(labels)}}
    return {
        "type": "object",
        "properties": properties,
        "required": ["reason", "label"],
        "additionalProperties": False,
    }
