"""The editor's request taken apart: rows with what was said and what is right, the current prompt, what was
refused."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.request_data import restored
from core.types import PROMPT_FIELDS, Prompt

ROW = re.compile(r"^<(mistake|correct|noted)>\n(.*?)\n</\1>", re.S | re.M)
_EDIT = re.compile(r"<edit>(.*?)</edit>", re.S)
REFUSED = re.compile(r"^<refused>(.*?)</refused>", re.S | re.M)


@dataclass(frozen=True, slots=True)
class RequestRow:
    """`predicted` is empty for a row that is not shown as a mistake."""

    text: str
    label: str
    predicted: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Casebook:
    labels: tuple[str, ...]
    definitions: dict[str, str]
    prompt: Prompt
    cases: tuple[RequestRow, ...]
    refused: tuple[tuple[str, ...], ...]
    rewrite: bool

    @property
    def mistakes(self) -> list[RequestRow]:
        return [case for case in self.cases if case.predicted]


def read_casebook(message: str) -> Casebook:
    fields = [match for name in PROMPT_FIELDS if (match := _field(name).search(message))]
    rest = message  # without the prompt, which holds what it likes
    for match in fields:
        rest = rest[: match.start()] + " " * len(match.group()) + rest[match.end() :]
    cases = tuple(_case(kind, body) for kind, body in ROW.findall(rest))
    definitions = definitions_in(message)
    ends = [match.end() for pattern in (ROW, REFUSED) for match in pattern.finditer(rest)]
    system, prefix, suffix, reply_prefix = (between(name, message) for name in PROMPT_FIELDS)
    prompt = Prompt(system, prefix, suffix, reply_prefix)
    form = message[max([0, *(match.end() for match in fields), *ends]) :]
    refused = tuple(tuple(map(restored, _EDIT.findall(block))) for block in REFUSED.findall(rest))
    rewrite = "<edit>" not in form and "<system_prompt>" in form
    return Casebook(labels_in(message, cases, definitions), definitions, prompt, cases, refused, rewrite)


def _case(kind: str, body: str) -> RequestRow:
    predicted = between("predicted_label", body) or "(none)" if kind == "mistake" else ""
    return RequestRow(between("text", body), between("correct_label", body), predicted, between("note", body))


def _field(tag: str) -> re.Pattern[str]:
    return re.compile(f"^<{tag}>(.*?)</{tag}>", re.S | re.M)


def between(tag: str, text: str) -> str:
    """What a tag at the beginning of a line holds, as it was; "" where there is none."""
    match = _field(tag).search(text)
    return restored(match.group(1)) if match else ""


def definitions_in(message: str) -> dict[str, str]:
    pairs = (line.partition(": ")[::2] for line in between("definitions", message).splitlines())
    return {name.strip(): text.strip() for name, text in pairs if text.strip()}


def labels_in(message: str, cases: tuple[RequestRow, ...], definitions: dict[str, str]) -> tuple[str, ...]:
    """The line "Labels: a, b": split at commas, except inside names that rows or definitions show whole."""
    line = next((line for line in message.splitlines() if line.startswith("Labels: ")), "")[len("Labels: ") :]
    whole = sorted({case.label for case in cases} | set(definitions), key=len, reverse=True)
    names = []
    while line:
        name = next(
            (name for name in whole if name and (line == name or line.startswith(name + ", "))),
            line.partition(", ")[0],
        )
        names.append(name)
        line = line[len(name) + 2 :]
    return tuple(dict.fromkeys(names))
