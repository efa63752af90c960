"""Thoughts that a model wrote into its reply: they are no part of its answer.

Uses nothing but the standard library: exported Python files hold this source.
"""

from __future__ import annotations

import re

_THOUGHT = re.compile(
    r"(?P<begins><\s*(?:think|thinking|thoughts?|seed:think)\s*>|\[think\]|◁think▷|<\|start_thinking\|>"
    r"|<\|channel\|>(?!\s*final(?![a-z]))[^<]{0,80}<\|message\|>)"
    r"|<\s*/\s*(?:think|thinking|thoughts?|seed:think)\s*>|\[/think\]|◁/think▷|<\|end_thinking\|>"
    r"|<\|channel\|>\s*final(?![a-z])[^<]{0,80}<\|message\|>",
    re.IGNORECASE,
)
_END_OF_TURN = re.compile(r"<\|(?:end|return|im_end|eot_id|endoftext)\|>|<end_of_turn>|</s>")


def split_thoughts(reply: str) -> tuple[str, str, bool]:
    """The thoughts of a reply, the rest of it, and whether something follows this rest: a thought that is never
    closed, or another turn of the conversation, which a model without a template of its own makes up.

    What ends without a beginning began with the reply: many chat templates write the opening tag themselves.
    """
    thoughts: list[str] = []
    rest: list[str] = []
    since, thinking = 0, False
    for mark in _THOUGHT.finditer(reply):
        if mark["begins"] is None:
            if not thinking:
                thoughts += rest
                rest.clear()
            thoughts.append(reply[since : mark.start()])
        elif thinking:
            continue
        else:
            rest.append(reply[since : mark.start()])
        since, thinking = mark.end(), mark["begins"] is not None
    (thoughts if thinking else rest).append(reply[since:])
    turns = _END_OF_TURN.split("\n".join(rest))
    first = next((number for number, turn in enumerate(turns) if turn.strip()), 0)
    return "\n".join(thoughts).strip(), turns[first], thinking or first + 1 < len(turns)
