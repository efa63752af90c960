"""A short name for a prompt, the same for the same prompt: to say which one a prediction came from."""

from __future__ import annotations

import hashlib

from core.prompts.files import PromptFile, to_json
from core.types import Prompt


def prompt_key(prompt: Prompt) -> str:
    """Ten hexadecimal digits of the hash of its JSON, few-shot choice included, labels and model left out."""
    return hashlib.sha256(to_json(PromptFile(prompt, ())).encode()).hexdigest()[:10]
