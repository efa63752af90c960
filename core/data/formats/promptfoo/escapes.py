"""What promptfoo would read in a text as a template or as the address of a file. An export writes it so that
promptfoo shows the text itself, an import takes that back; here nothing is ever rendered or opened."""

from __future__ import annotations

import re

_MEANT = re.compile(r"\{[{%#]|\A(?:file|package)(?=:)")
_SHOWN = re.compile(r"\{\{'(\{[{%#]|file|package)'\}\}")
_VARIABLE = re.compile(r"\s*\{\{-?\s*([\w.\-]+)\s*-?\}\}\s*")
_NAMED = re.compile(r"\{\{-?\s*([\w\-]+)")
_ADDRESS = re.compile(r"\s*(?:file|package|https?|huggingface|s3|gs)://|\s*package:")


def shielded(text: str) -> str:
    """`{{x}}` becomes `{{'{{'}}x}}`, which promptfoo's templates (Nunjucks) show as `{{x}}`."""
    return _MEANT.sub(lambda match: "{{'" + match[0] + "'}}", text)


def unshielded(text: str) -> str:
    return _SHOWN.sub(lambda match: match[1], text)


def variable(text: str) -> str:
    """The name in a text that is nothing but {{name}}, else ""."""
    match = _VARIABLE.fullmatch(text)
    return match[1] if match else ""


def variables_in(text: str) -> list[str]:
    return _NAMED.findall(text)


def is_address(text: str) -> bool:
    """Whether promptfoo would load something from elsewhere."""
    return bool(_ADDRESS.match(text))
