"""The prompt a run starts from: nothing but the label set."""

from __future__ import annotations

from core.types import LabelSet, Prompt

PREFIX = "Classify this text.\n<text>\n"
ANSWER_FORM = "<label>the label</label>"
ANSWER_SENTENCE = (
    "First give a short reason in one sentence. Then end with your answer in this form: " + ANSWER_FORM
)
SUFFIX = "\n</text>\n" + ANSWER_SENTENCE


SEVERAL_FORM = "<label>first label; second label</label>"
SEVERAL_SUFFIX = (
    "\n</text>\nFirst give a short reason in one sentence. Then end with all labels that fit, with semicolons between them, "
    "in this form: " + SEVERAL_FORM
)

FREE_TASK = "Give the answer that belongs to the text."
FREE_PREFIX = "<text>\n"
FREE_FORM = "<label>the answer</label>"
FREE_SUFFIX = (
    "\n</text>\nFirst give a short reason in one sentence. Then end with the answer alone, in this form: "
    + FREE_FORM
)


def starting_prompt(labels: LabelSet, purpose: str = "") -> Prompt:
    """Labels in the order of the label set; definitions, where there are any, one a line. An empty label set is
    open: answers are free, and `purpose` is all there is to say of them. Where rows may have `several` labels the prompt
    asks for all that fit."""
    if not labels.names:
        return Prompt(f"{_one_line(purpose) or FREE_TASK}\n", FREE_PREFIX, FREE_SUFFIX)
    named = ", ".join(comma_quoted(name) for name in labels.names)
    task = "Give the text every label that fits it, one or more of these labels: "
    task = task if labels.several else "Classify the text into exactly one of these labels: "
    system = task + named + ".\n"
    meanings = [
        "- " + name + ": " + meaning
        for name in labels.names
        if (meaning := _one_line(labels.definitions.get(name, "")))
    ]
    if meanings:
        system += "\nWhat the labels mean:\n" + "\n".join(meanings) + "\n"
    if labels.several:
        return Prompt(system, PREFIX, SEVERAL_SUFFIX, several=labels.names)
    return Prompt(system_prompt=system, user_prompt_prefix=PREFIX, user_prompt_suffix=SUFFIX)


def comma_quoted(name: str) -> str:
    """A label that holds a comma is quoted, or nobody could tell where it ends; replies are read without the
    quotes."""
    return '"' + name + '"' if "," in name else name


def _one_line(meaning: str) -> str:
    return " ".join(meaning.split())
