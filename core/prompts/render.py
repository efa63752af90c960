"""From a prompt and a text to the messages of one request."""

from __future__ import annotations

from collections.abc import Sequence

from core.prompts.delimiters import defuse, delimiter
from core.types import Message, Prompt, Shot

STOP = "</label>"  # nothing is read behind it


def asks_for_tag(prompt: Prompt) -> bool:
    """Whether the prompt's own words ask for <label>…</label>, so that a reply may end where the tag closes."""
    words = prompt.system_prompt + prompt.user_prompt_prefix + prompt.user_prompt_suffix
    return STOP in words.casefold()


def render(prompt: Prompt, text: str, neighbours: Sequence[Shot] = ()) -> tuple[Message, ...]:
    """System message (left out when blank), shots as user and assistant turns, the text, the reply prefix (if
    any).

    `neighbours` are the shots of the few-shot strategy "similar", least similar first, so that the most
    similar one stands next to the text; the other strategies do without them.
    """
    tag = delimiter(prompt.user_prompt_prefix, prompt.user_prompt_suffix)
    messages = [Message("system", prompt.system_prompt)] if prompt.system_prompt.strip() else []
    for shot in _shots(prompt, neighbours):
        messages.append(_question(prompt, shot.text, tag))
        messages.append(Message("assistant", "<label>" + shot.label + "</label>"))
    messages.append(_question(prompt, text, tag))
    if prompt.bot_reply_prefix:
        messages.append(Message("assistant", prompt.bot_reply_prefix))
    return tuple(messages)


def _shots(prompt: Prompt, neighbours: Sequence[Shot]) -> Sequence[Shot]:
    if prompt.few_shot.strategy == "fixed":
        return prompt.few_shot.examples
    return neighbours if prompt.few_shot.strategy == "similar" else ()


def _question(prompt: Prompt, text: str, tag: str) -> Message:
    return Message("user", prompt.user_prompt_prefix + defuse(text, tag) + prompt.user_prompt_suffix)
