"""Requests as the loop sends them, for the tests of the offline pair."""

from __future__ import annotations

import asyncio

from core.llm.base import Model
from core.prompts.render import render
from core.prompts.starting_prompt import starting_prompt
from core.types import PROMPT_FIELDS, FewShot, LabelSet, Message, Prompt, Request, Shot

FIELD = "system_prompt"


def prompt_with(
    labels: tuple[str, ...], *lines: str, shots: tuple[tuple[str, str], ...] = (), reply_prefix: str = ""
) -> Prompt:
    """The starting prompt of the labels, with lines appended."""
    start = starting_prompt(LabelSet(labels))
    few_shot = FewShot("fixed", len(shots), tuple(Shot(*shot) for shot in shots)) if shots else FewShot()
    system = start.system_prompt + "".join(line + "\n" for line in lines)
    return Prompt(system, start.user_prompt_prefix, start.user_prompt_suffix, reply_prefix, few_shot)


def said(model: Model, request: Request) -> str:
    return asyncio.run(model.reply(request)).text


def reply_to(model: Model, prompt: Prompt, text: str) -> str:
    return said(model, Request(render(prompt, text)))


def label_of(reply: str) -> str:
    return reply.rpartition("<label>")[2].removesuffix("</label>")


def mistake(text: str, correct: str, predicted: str, note: str = "") -> str:
    noted = f"\n<note>{note}</note>" if note else ""
    return (
        f"<mistake>\n<text>{text}</text>\n<reply>Hm.\n<label>{predicted}</label></reply>\n<predicted_label>{predicted}</predicted_label>\n"
        f"<correct_label>{correct}</correct_label>{noted}\n</mistake>"
    )


def right(text: str, correct: str) -> str:
    return f"<correct>\n<text>{text}</text>\n<correct_label>{correct}</correct_label>\n</correct>"


def refused(*edits: str) -> str:
    return (
        "<refused>"
        + "".join(f"<edit>{edit}</edit>" for edit in edits)
        + "<why>fixed 0, broke 3</why></refused>"
    )


def editor_request(prompt: Prompt, labels: tuple[str, ...], *rows: str, rewrite: bool = False) -> Request:
    edit = "<edit><field>system_prompt</field><find>exact old text</find><replace>new text</replace></edit>"
    fields = "".join(f"<{name}>the new one</{name}>\n" for name in PROMPT_FIELDS)
    parts = [
        "Labels: " + ", ".join(labels),
        "The current prompt, by fields:",
        *(f"<{name}>{getattr(prompt, name)}</{name}>" for name in PROMPT_FIELDS),
        *rows,
        "Answer in this form:\n" + (fields if rewrite else edit),
    ]
    return Request((Message("system", "You improve prompts."), Message("user", "\n\n".join(parts))))
