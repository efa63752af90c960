"""Prompt files and other small files that commands read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.cli.parameters import PromptSource
from core.cli.shell import program
from core.cli.suggestions import close_file
from core.confidence.cascade import Cascade, cascade_from_json, is_cascade
from core.data.prompt_files import read_prompt
from core.errors import PromptError, UsageError
from core.prompts.templates import ReadPrompt, check_names_labels, label_notices
from core.types import TextTemplate


def prompt_of(source: PromptSource, labels: Sequence[str] = ()) -> ReadPrompt:
    """A prompt of any form. `labels` are those of one that names none itself, as only a prompt file does. Raises
    PromptError naming what is wrong, OSError."""
    path = source.path
    try:
        text = source.content.decode("utf-8-sig")
    except FileNotFoundError:
        close = close_file(path)
        advice = f"did you mean {close}?" if close else f"{program()} tune FILE --out {path} makes one."
        raise PromptError(f"There is no prompt file {path}: {advice}") from None
    except UnicodeDecodeError:
        raise PromptError(f"{path} is not UTF-8 text: save the prompt file as UTF-8.") from None
    if is_cascade(text):
        raise PromptError(f"{path} is a cascade, which evaluate and classify take: name a prompt file here.")
    read = read_prompt(text, labels, path.name)
    check_names_labels(read, labels)
    if read.labels:
        return read
    return replace(read, labels=tuple(labels), notices=(*read.notices, *label_notices(read.prompt, labels)))


def template_in(source: PromptSource | None) -> TextTemplate | None:
    """How the prompt of a file makes its text of several fields, before it is known which labels there are. Errors as
    for prompt_of."""
    return prompt_of(source).template if source else None


def cascade_at(source: PromptSource) -> Cascade | None:
    """None for a file that is no cascade, or none that can be read. Raises PromptError naming what is wrong."""
    try:
        text = source.content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    return cascade_from_json(text) if is_cascade(text) else None


def lines_of(path: Path) -> tuple[str, ...]:
    """The lines that say something, without the white space at their ends. Raises UsageError, OSError."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text: save it as UTF-8.") from None
    return tuple(line.strip() for line in text.splitlines() if line.strip())
