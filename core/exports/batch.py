"""Batch files: a line per row, for the providers' batch services, which take half the price and up to a day.

Formats: OpenAI {"custom_id", "method", "url", "body"}; Anthropic {"custom_id", "params"}, its ids being
letters, digits, _ and - only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from core.exports.request_template import body_of

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HOST = re.compile(r"\Ahttps?://[^/]+")


def custom_ids(ids: Sequence[str]) -> list[str]:
    """The rows' own ids where every one of them can stand in a batch file, else row-1, row-2 and so on for
    all."""
    fit = len(set(ids)) == len(ids) and all(_ID.fullmatch(id) for id in ids)
    return list(ids) if fit else [f"row-{number}" for number in range(1, len(ids) + 1)]


def openai_batch(ids: Sequence[str], exacts: Iterable[Mapping[str, object]]) -> str:
    return "".join(batch_line("openai", id, exact) for id, exact in zip(ids, exacts, strict=True))


def anthropic_batch(ids: Sequence[str], exacts: Iterable[Mapping[str, object]]) -> str:
    return "".join(batch_line("anthropic", id, exact) for id, exact in zip(ids, exacts, strict=True))


def batch_line(provider: str, id: str, exact: Mapping[str, object]) -> str:
    """One request for the batch service of the provider, in JSON Lines, all ASCII: no line separator of Unicode can
    break a line in two."""
    if provider == "anthropic":
        return json.dumps({"custom_id": id, "params": body_of(exact)}) + "\n"
    return json.dumps({"custom_id": id, "method": "POST", "url": _path(exact), "body": body_of(exact)}) + "\n"


def _path(exact: Mapping[str, object]) -> str:
    """The path below the provider's host, such as /v1/chat/completions."""
    return _HOST.sub("", str(exact["base_url"])).rstrip("/") + str(exact["endpoint"])
