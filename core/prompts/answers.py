"""The answer that stands in a reply, whatever form it has.

The last that stands there counts: <label>…</label>, or the "label" of a JSON object, or else a reply that is
nothing but a label, also in a fence. What a model thinks aloud is no answer. Reading takes time in proportion to
the length of the reply, whatever it holds.

Uses nothing but the standard library: exported Python files hold this source.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

from core.prompts.label_match import INVISIBLE, SPACES, match_label
from core.prompts.thoughts import split_thoughts

_TAG = re.compile(r"<\s*(?:(/)\s*)?label\s*>", re.IGNORECASE)
_HALF_CLOSED = re.compile(r"<(?:\s*/(?:\s*l(?:a(?:b(?:el?)?)?)?)?)?\Z", re.IGNORECASE)
_ANSWER_TAG = re.compile(r"<\s*(/?)\s*label\s*>", re.IGNORECASE)
_HALF_CLOSED_ANSWER = re.compile(r"<\s*/?\s*(?:l(?:a(?:b(?:el?)?)?)?)?\s*\Z", re.IGNORECASE)
_OBJECT = re.compile(r"\{[^{}]*\}")
_WHOLE_NUMBER = re.compile(r"(-?[0-9]+)\.0+")
_DEEPEST = 300  # objects and lists in a JSON reply; what holds more is not read as one


class Answer(NamedTuple):
    """`label` is of the set, or "" if the answer names none; `text` is the answer as the model wrote it, None
    where there is none; `reason` is what was given for it."""

    label: str = ""
    text: str | None = None
    reason: str = ""


def read_answer(reply: str, labels: Sequence[str], cut_off: bool = False) -> Answer:
    """What the reply answers. `cut_off`: it was stopped at its length limit, so what ends it may be the
    beginning of something longer and is no answer."""
    content = _json_content(reply)
    if content is not None:
        return _value(*content, labels)
    thoughts, rest, followed = split_thoughts(reply)
    answer = _read(rest, labels, cut_off and not followed)
    return answer if answer.text is None or answer.reason.strip() else answer._replace(reason=thoughts)


def with_prefix(prefix: str, text: str) -> str:
    """The reply with its prefix exactly once, whether the model repeated it or went on from it."""
    if not prefix or text.lstrip().startswith(prefix.strip()):
        return text
    return prefix + text


def _read(text: str, labels: Sequence[str], cut_off: bool) -> Answer:
    """`text`: a reply without its thoughts."""
    fenced = _fenced(text)
    content = _json_content(text) or _json_content(fenced)
    if content is not None:
        return _value(*content, labels)
    found, since = None, 0
    for each in _OBJECT.finditer(text):
        content = _json_content(each[0]) if '"label"' in each[0] else None
        if content is not None:
            found, since = content, each.end()
    tagged = _tagged(text, since, labels, cut_off)
    if tagged is not None:
        return tagged
    if found is not None:
        return _value(*found, labels)
    alone = "" if cut_off else match_label(text, labels)
    if alone:
        return Answer(alone, text.strip())
    return Answer(match_label(fenced, labels), fenced.strip()) if match_label(fenced, labels) else Answer()


def _answer(text: str, reason: str, labels: Sequence[str]) -> Answer:
    text = text.strip()
    return Answer(match_label(text, labels), text or None, reason)


# ---- <label>…</label>


def _tagged(text: str, since: int, labels: Sequence[str], cut_off: bool) -> Answer | None:
    """The answer in the last tag from there on, which need not be closed where the reply ends with it."""
    closed, unclosed = _label_tags(text, since)
    if unclosed is not None and not cut_off:  # a label cut off in the middle may look like a shorter one
        start, inner, end = unclosed
        answer = _HALF_CLOSED.sub("", text[inner:end].rstrip()).strip()
        first_line = answer.partition("\n")[0]
        for part in (answer, first_line):
            if match_label(part, labels):
                return _answer(part, text[:start], labels)
        if closed is None and answer == first_line != "":
            return _answer(answer, text[:start], labels)
    if closed is not None:
        start, inner, end = closed
        return _answer(text[inner:end], text[:start], labels)
    return None


_Tag = tuple[int, int, int]  # where it starts, where its inside starts and ends


def _label_tags(text: str, since: int) -> tuple[_Tag | None, _Tag | None]:
    """The last complete tag and a later one never closed, or closed by a second opening tag."""
    closed: _Tag | None = None
    opened: list[tuple[int, int]] = []
    for tag in _TAG.finditer(text, since):
        if not tag[1]:
            opened = [*opened[-1:], tag.span()]
        elif opened:
            closed, opened = (*opened[-1], tag.start()), []
    if not opened:
        return closed, None
    if len(opened) == 2 and not text[opened[1][1] :].strip():
        return closed, (*opened[0], opened[1][0])
    return closed, (*opened[-1], len(text))


# ---- JSON and fences


def _json_content(text: str) -> tuple[str, str] | None:
    """Label and reason of a text that is one JSON object, {"reason": …, "label": …}."""
    body = text.strip(SPACES + INVISIBLE)
    if not (body.startswith("{") and body.endswith("}")) or body.count("{") + body.count("[") > _DEEPEST:
        return None
    try:
        content = json.loads(body, strict=False, parse_int=str, parse_float=str, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    if "label" not in content:
        return None
    label, reason = content["label"], content.get("reason")
    if label is None or isinstance(label, bool):
        label = json.dumps(label)
    return (label, reason if isinstance(reason, str) else "") if isinstance(label, str) else None


def _value(value: str, reason: str, labels: Sequence[str]) -> Answer:
    """The answer in a JSON object: 1.0 is 1 as well, and null is an answer only where a label has that name."""
    answer = _answer(value, reason, labels)
    whole = None if answer.label else _WHOLE_NUMBER.fullmatch(value)
    if whole:
        return answer._replace(label=match_label(whole[1], labels))
    return Answer() if value == "null" and not answer.label else answer


def _no_constant(name: str) -> None:
    raise ValueError(name + " is not JSON")


def _fenced(text: str) -> str:
    """What stands in the only fence of the text, "" without one."""
    _, fence, rest = text.partition("```")
    inside, end, after = rest.partition("```")
    _, line, inside = inside.partition("\n")
    return inside if fence and end and line and "```" not in after else ""


# ---- answers that are no labels


def read_free_answer(reply: str, tagged: bool, cut_off: bool = False) -> Answer:
    """`text` is the answer, None where there is none. `cut_off`: the reply was stopped at its length limit, so what
    ends it is no whole answer."""
    thoughts, rest, followed = split_thoughts(reply)
    cut_off = cut_off and not followed
    if tagged:
        text, before = _in_last_tag(rest, cut_off)
        return Answer(text=text or None, reason=before.strip() or thoughts)
    return Answer(text=None if cut_off else rest.strip() or None, reason=thoughts)


def _in_last_tag(text: str, cut_off: bool) -> tuple[str, str]:
    """What stands in the last tag, which need not be closed where the reply ends with it, and what stands before."""
    tags = list(_ANSWER_TAG.finditer(text))
    for number in range(len(tags) - 1, -1, -1):
        tag, closing = tags[number], tags[number + 1] if number + 1 < len(tags) else None
        if tag[1] or (closing is None and cut_off):
            continue
        inside = text[tag.end() : closing.start() if closing else len(text)]
        answer = (inside if closing else _HALF_CLOSED_ANSWER.sub("", inside.rstrip())).strip()
        if answer or (closing is not None and closing[1]):
            return answer, text[: tag.start()]
    return "", ""
