"""A prompt as one plain text with {{text}}, or a {{name}} for each field, where the text goes: for tools that take such a
template."""

from __future__ import annotations

from core.data.templates import joined
from core.errors import PromptError
from core.prompts.render import render
from core.types import Prompt, TextTemplate

PLACEHOLDER = "{{text}}"


def to_plain_text(prompt: Prompt, template: TextTemplate | None = None) -> str:
    """Its messages in their order, a blank line between them. PromptError for a prompt whose messages differ from text to
    text."""
    if prompt.few_shot.strategy == "similar":
        raise PromptError(
            "This prompt shows each text its nearest examples, which a plain text cannot do: export it as json, or for a batch of rows."
        )
    place = (
        PLACEHOLDER
        if template is None
        else joined(template)(["{{" + name + "}}" for name in template.fields])
    )
    return "\n\n".join(message.content.strip("\n") for message in render(prompt, place)) + "\n"
