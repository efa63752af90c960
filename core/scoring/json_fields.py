"""A JSON object field by field against a reference object."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from core.prompts.label_match import fold

_DEEPEST = 300  # objects and lists in an answer; what holds more is not read


def field_score(answer: str, reference: str, names: Sequence[str] = ()) -> float:
    """The share of the reference's fields, or of those named, that the answer has with the same value. A field that
    the reference lacks and the answer has counts for nothing; an answer that is no JSON object has 0."""
    given, wanted = json_object(answer), json_object(reference)
    if given is None or wanted is None:
        return 0.0
    fields = names or list(wanted)
    same = sum(name in given and _plain(given[name]) == _plain(wanted.get(name)) for name in fields)
    return same / len(fields)


def json_object(text: str) -> Mapping[str, object] | None:
    """The one JSON object that the text is, in a fence or not."""
    body = text.strip()
    if body.startswith("```"):
        body = body.partition("\n")[2].rpartition("```")[0].strip()
    if not body.startswith("{") or body.count("{") + body.count("[") > _DEEPEST:
        return None
    try:
        content = json.loads(body, strict=False)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def json_problem(reference: str, names: Sequence[str] = ()) -> str:
    content = json_object(reference)
    if not content:
        return "which is no JSON object with fields"
    missing = next((name for name in names if name not in content), None)
    return "" if missing is None else f"which lacks the field {missing!r}"


def _plain(value: object) -> object:
    """Texts without what does not matter; 2 and 2.0 are one number, true is none."""
    if isinstance(value, str):
        return fold(value)
    if isinstance(value, bool) or value is None:
        return (json.dumps(value),)
    if isinstance(value, dict):
        return {fold(str(name)): _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
