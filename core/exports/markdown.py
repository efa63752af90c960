"""A prompt as Markdown: to read, to paste, to keep beside other documents."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.prompts.files import PromptFile
from core.types import PROMPT_FIELDS, Prompt
from core.wording import FIELDS

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~$&!])")


def to_markdown(file: PromptFile, title: str, facts: Sequence[str] = ()) -> str:
    """Fields stand in fences, exactly as they are sent; `facts` are lines about where the prompt comes
    from."""
    parts = ["# " + escaped(title)]
    parts += ["\n".join("- " + escaped(fact) for fact in facts)] if facts else []
    parts += [
        ("Labels, of which a text may have several: " if file.prompt.several else "Labels: ")
        + ", ".join(code(label) for label in file.labels)
        if file.labels
        else "Its answers are free."
    ]
    for name in PROMPT_FIELDS:
        if text := getattr(file.prompt, name):
            parts.append(f"## {FIELDS[name]}\n\n{fenced(text)}")
        if name == "user_prompt_prefix" and file.template:
            names = ", ".join(code(field) for field in file.template.fields)
            parts.append(f"## The text\n\nMade of {names}:\n\n{fenced(file.template.text)}")
    shots, few_shot = file.prompt.few_shot.examples, file.prompt.few_shot
    if file.prompt.shortlist:
        parts += [shortlist_in_words(file.prompt)]
    if shots and (few_shot.k or not file.prompt.shortlist):
        which = f"its {few_shot.k} nearest" if few_shot.strategy == "similar" else "all"
        how = f"Before each text stand {which} of these."
        parts += ["## Examples", how, *(f"{code(shot.label)}\n\n{fenced(shot.text)}" for shot in shots)]
    return "\n\n".join(parts) + "\n"


def shortlist_in_words(prompt: Prompt) -> str:
    """What is sent of a prompt with a shortlist of labels."""
    return (
        f"A request names only the {prompt.shortlist:,} labels likeliest for its text, chosen by the "
        f"{len(prompt.few_shot.examples):,} examples of the prompt file; what is said of other labels alone is left out."
    )


def escaped(text: str) -> str:
    """On one line, and no markup."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def fenced(text: str) -> str:
    """In a fence that nothing inside can close."""
    fence = "`" * max(3, 1 + _longest_run(text))
    return f"{fence}text\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}"


def code(text: str) -> str:
    """In line, on one line, whatever backticks it holds."""
    line = " ".join(text.split())
    ticks = "`" * (1 + _longest_run(line))
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return ticks + space + line + space + ticks


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
