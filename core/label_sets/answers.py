"""Which labels a reply names where it may name several: <label>billing; bug</label>, a tag for each, or a list.

Uses nothing but the standard library and core/prompts/label_match.py and thoughts.py: exported Python files hold this source.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from core.prompts.label_match import match_label
from core.prompts.thoughts import split_thoughts

_OPENING = re.compile(r"<\s*label\s*>", re.IGNORECASE)
_CLOSING = re.compile(r"<\s*/\s*label\s*>", re.IGNORECASE)
_HALF_CLOSING = re.compile(r"<(?:\s*/(?:\s*l(?:a(?:b(?:el?)?)?)?)?)?\s*\Z", re.IGNORECASE)
_GLUE = re.compile(r"[\s,;|&+*•-]*(?:and\s+)?", re.IGNORECASE)
_BETWEEN_NAMES = re.compile(r"[;\n|]")
_LONGEST_LIST = 10_000  # characters of an answer that are looked at


def read_names(
    reply: str, labels: Sequence[str], tagged: bool = True, cut_off: bool = False
) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """The labels of the set that a reply names, what else it names, and its answer as it stands there, "" where there is
    none. `tagged`: the prompt asks for the tag, so that a reply without it must be labels and nothing else; `cut_off`: the
    reply was stopped at its length limit, so what ends it is no whole answer."""
    _, rest, followed = split_thoughts(reply)
    cut_off = cut_off and not followed
    answer = _in_last_tags(rest, cut_off)
    if answer:
        return (*named_in(answer, labels), answer)
    if cut_off:
        return (), (), ""
    known, unknown = named_in(rest, labels)
    return ((), (), "") if tagged and (unknown or not known) else (known, unknown, rest.strip())


def named_in(answer: str, labels: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The labels of the set that an answer names, and what else it names: between semicolons or lines, and where that
    is no label, between commas."""
    known: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for part in _names_between(answer[:_LONGEST_LIST]):
        if label := match_label(part, labels):
            known[label] = None
            continue
        for piece in part.split(","):
            if label := match_label(piece, labels):
                known[label] = None
            elif piece.strip():
                unknown[" ".join(piece.split())] = None
    return tuple(known), tuple(unknown)


def _names_between(answer: str) -> list[str]:
    listed = _listed_names(answer)
    parts = listed if listed is not None else _BETWEEN_NAMES.split(answer.strip().strip("[](){}"))
    return [bare for part in parts if (bare := part.strip(" \t*•-"))]


def _listed_names(answer: str) -> list[str] | None:
    """Of a list as JSON writes it."""
    if not answer.strip().startswith("["):
        return None
    try:
        names = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None


def _in_last_tags(text: str, cut_off: bool) -> str:
    """What stands in the last tag, which need not be closed where the reply ends with it, and in those right before it
    with nothing but a comma or the like between."""
    openings = list(_OPENING.finditer(text))
    answers: list[str] = []
    for number in range(len(openings) - 1, -1, -1):
        end = openings[number + 1].start() if number + 1 < len(openings) else len(text)
        inside = text[openings[number].end() : end]
        closing = _CLOSING.search(inside)
        if answers and (closing is None or _GLUE.fullmatch(inside, closing.end()) is None):
            break
        if closing is None and cut_off:
            continue
        answer = inside[: closing.start()] if closing else _HALF_CLOSING.sub("", inside.rstrip())
        if answer.strip():
            answers.insert(0, answer.strip())
    return "; ".join(answers)
