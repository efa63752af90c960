"""A classification request taken apart: what it asks, its example turns, and the text to classify, wherever
that stands.

Works on any prompt: nothing here knows how Whetstone builds its requests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise, takewhile

from core.types import Message

_TAG_PAIR = re.compile(r"<([A-Za-z][\w-]{0,40})>")
_ANSWER_TAGS = ("label", "answer", "class", "category", "reason", "output")
_FENCE = re.compile(r"(\"{3}|`{3}|'{3})\n?(.*)\1", re.S)
_ANNOUNCED = re.compile(r"^[ \t]*(?:the |this )?[A-Za-z]{3,12}(?: to classify)?:[ \t]*(?=\n|\S)", re.I | re.M)
_ORDERS = re.compile(
    r"^\W*(?:please |then |now |finally |first,? |end )?(?:classif\w+|answer|reply|respond|return|give|choose|pick|decide|label|output|"
    r"write|end|start|think|explain|what is the label|which (?:label|class|category|of)|labels?:|is this|use |do not|don't)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class ParsedRequest:
    """`instructions` is all that is said besides the texts; `shots` are (text, answer) of the example
    turns."""

    instructions: str
    text: str
    shots: tuple[tuple[str, str], ...] = ()
    reply_prefix: str = ""


def parse_request(messages: tuple[Message, ...]) -> ParsedRequest:
    """The last user message holds the text; a last assistant message is the reply prefix."""
    turns = [message for message in messages if message.role != "system"]
    prefix = turns.pop().content if turns and turns[-1].role == "assistant" else ""
    instructions = [message.content for message in messages if message.role == "system"]
    last = turns.pop().content if turns and turns[-1].role == "user" else ""
    pairs = [
        (question.content, answered.content)
        for question, answered in pairwise(turns)
        if (question.role, answered.role) == ("user", "assistant")
    ]
    before, text, after = _around([question for question, _ in pairs], last)
    shots = tuple((_inside(question, before, after), answer) for question, answer in pairs)
    return ParsedRequest("\n".join([*instructions, before, after]).strip(), text.strip(), shots, prefix)


def _inside(question: str, before: str, after: str) -> str:
    if question.startswith(before) and question.endswith(after):
        return question[len(before) : len(question) - len(after)].strip()
    return _around([], question)[1].strip()


def _around(questions: list[str], last: str) -> tuple[str, str, str]:
    """(before, text, after) of the last user message."""
    return (
        _between_tags(last)
        or _fenced(last)
        or _unlike(questions, last)
        or _announced(last)
        or _without_orders(last)
    )


def _between_tags(message: str) -> tuple[str, str, str] | None:
    """The first opening tag at the beginning of a line, and the last closing tag of its name, whatever the
    text itself holds."""
    for match in _TAG_PAIR.finditer(message):
        if match.group(1).lower() in _ANSWER_TAGS:
            continue
        closing = "</" + match.group(1) + ">"
        end = message.rfind(closing)
        begins_line = not message[: match.start()].rpartition("\n")[2].strip() or message[
            : match.start()
        ].rstrip().endswith(":")
        if end >= match.end() and begins_line:
            return message[: match.end()], message[match.end() : end], message[end:]
    return None


def _fenced(message: str) -> tuple[str, str, str] | None:
    match = _FENCE.search(message)
    return (message[: match.start(2)], match.group(2), message[match.end(2) :]) if match else None


def _unlike(questions: list[str], last: str) -> tuple[str, str, str] | None:
    """With example turns the prompt is what all user messages begin and end with, cut at whole lines or
    words."""
    if not questions:
        return None
    head = _common_start([last, *questions])
    head = head[: max(head.rfind("\n"), head.rfind(" ")) + 1]
    rests = [message[len(head) :] for message in (last, *questions)]
    tail = _common_start([rest[::-1] for rest in rests])[::-1]
    cut = min((at for at in (tail.find("\n"), tail.find(" ")) if at >= 0), default=len(tail))
    tail = tail[cut:]
    return head, rests[0][: len(rests[0]) - len(tail)], tail


def _common_start(texts: list[str]) -> str:
    return "".join(
        letters[0] for letters in takewhile(lambda letters: len(set(letters)) == 1, zip(*texts, strict=False))
    )


def _announced(message: str) -> tuple[str, str, str] | None:
    """After a line such as "Text:", up to the next line that gives an order."""
    match = next(
        (heading for heading in _ANNOUNCED.finditer(message) if "label" not in heading.group().lower()), None
    )
    if not match:
        return None
    lines = message[match.end() :].splitlines(keepends=True)
    text_end = _trailing_orders(lines)
    return message[: match.end()], "".join(lines[:text_end]), "".join(lines[text_end:])


def _without_orders(message: str) -> tuple[str, str, str]:
    """What is left between the lines that give orders at the beginning and those at the end."""
    lines = message.splitlines(keepends=True)
    if len(lines) == 1 and _ORDERS.match(message) and ":" in message:
        before, colon, text = message.partition(":")
        return before + colon, text, ""
    end = _trailing_orders(lines)
    start = 0
    while start < end and (not lines[start].strip() or _ORDERS.match(lines[start])):
        start += 1
    if start == end:
        start, end = 0, len(lines)
    return "".join(lines[:start]), "".join(lines[start:end]), "".join(lines[end:])


def _trailing_orders(lines: list[str]) -> int:
    end = len(lines)
    while end and (not lines[end - 1].strip() or _ORDERS.match(lines[end - 1])):
        end -= 1
    return end
