"""From a reply to a free answer: what stands in the last <label>…</label> where the prompt asks for the tag, else the
whole reply without its thoughts. It is for a scorer to say what the answer is worth."""

from __future__ import annotations

import re

from core.prompts.answers import Answer
from core.prompts.rendering import STOP
from core.prompts.thoughts import split_thoughts
from core.types import Request

_TAG = re.compile(r"<\s*(/?)\s*label\s*>", re.IGNORECASE)
_HALF_CLOSED = re.compile(r"<\s*/?\s*(?:l(?:a(?:b(?:el?)?)?)?)?\s*\Z", re.IGNORECASE)


def in_tag(request: Request) -> bool:
    """Whether the prompt of the request asks for the tag."""
    return request.stop == STOP


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
    tags = list(_TAG.finditer(text))
    for number in range(len(tags) - 1, -1, -1):
        tag, closing = tags[number], tags[number + 1] if number + 1 < len(tags) else None
        if tag[1] or (closing is None and cut_off):
            continue
        inside = text[tag.end() : closing.start() if closing else len(text)]
        answer = (inside if closing else _HALF_CLOSED.sub("", inside.rstrip())).strip()
        if answer or (closing is not None and closing[1]):
            return answer, text[: tag.start()]
    return "", ""
