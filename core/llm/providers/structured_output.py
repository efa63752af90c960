"""Structured output: a JSON schema whose enum is the label set. The reply is then `{"reason": …, "label":
…}`."""

from __future__ import annotations

from collections.abc import Sequence

SCHEMA_NAME = "classification"


def schema(labels: Sequence[str]) -> dict[str, object]:
    """The reason stands first, so that the model reasons before it chooses."""
    properties = {"reason": {"type": "string"}, "label": {"type": "string", "enum": list(labels)}}
    return {
        "type": "object",
        "properties": properties,
        "required": ["reason", "label"],
        "additionalProperties": False,
    }
