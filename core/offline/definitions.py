"""The editor asked for a codebook: what each label's rows have in common, in words that people and
`PromptReader` understand.

It counts the words of the rows in the request and names those that tell the labels apart. Of a label whose
rows share nothing it says nothing, and it says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.offline.casebook import RequestRow, definitions_in, labels_in
from core.offline.rule_lines import FIELD, WORDS, RuleLine, quoted_if_needed
from core.offline.terms import Clue, clues
from core.offline.words import STOP_WORDS, words
from core.request_data import restored

_ROW = re.compile(
    r"^<row>\n<text>(.*?)</text>\n<label>(.*?)</label>(?:\n<note>(.*?)</note>)?\n</row>", re.S | re.M
)
LEAST_STRENGTH, LEAST_NAMED = 1.8, 1.5  # of a word; of one that a note, or the label itself, names
MOST_WORDS = 8
CLOSING = ("definition", "label", "meaning", "edit", "field", "find", "replace")


def asks_for_definitions(message: str) -> bool:
    """Whether its last line, the answer form, is that of definitions; rows cannot stand there."""
    return _form(message).startswith("<definition><label>") or asks_for_edits(message)


def asks_for_edits(message: str) -> bool:
    """Whether the definitions are to be edits of the prompt."""
    form = _form(message)
    return form.startswith("<edit>") and "<replace>- the label" in form


def _form(message: str) -> str:
    return message.rstrip().rpartition("\n")[2].lstrip()


def define(message: str) -> str:
    """A sentence of what was seen, then a definition for each label that the rows say something about."""
    rows = tuple(
        RequestRow(restored(text), restored(label), note=restored(note))
        for text, label, note in _ROW.findall(message)
    )
    labels = labels_in(message, rows, definitions_in(message))
    candidates = clues(rows, labels) if rows else []
    listed = {label: _telling(label, candidates, labels) for label in labels}
    edits = asks_for_edits(message)
    silent = [label for label, items in listed.items() if not items]
    sentences = [
        f"I am no language model: I counted words in {len(rows)} rows and name those that tell the labels apart."
    ]
    if silent:
        sentences.append(f"The rows say too little about {', '.join(silent)}.")
    return (
        " ".join(sentences)
        + "\n\n"
        + "\n".join(_written(label, items, edits) for label, items in listed.items() if items)
    )


def _telling(label: str, candidates: Sequence[Clue], labels: Sequence[str]) -> list[str]:
    """The words and phrases that speak most for the label; none of stop words, none that holds another
    label's name or a word that is listed already."""
    others = {stem for other in labels if other != label for stem in words(other).content()} - words(
        label
    ).content()
    chosen: list[Clue] = []
    for clue in candidates:
        enough = clue.strength >= (LEAST_NAMED if clue.named else LEAST_STRENGTH)
        if clue.label != label or clue.starting or not enough or set(clue.phrase.split()) <= STOP_WORDS:
            continue
        if not others & set(clue.term) and not any(set(other.term) & set(clue.term) for other in chosen):
            chosen.append(clue)
    return [clue.phrase for clue in chosen[:MOST_WORDS]]


def _written(label: str, items: Sequence[str], as_edit: bool) -> str:
    """As an edit it is a line of `rule_lines.py`, which later edits go on with."""
    if as_edit:
        line = _data(RuleLine(WORDS, label, tuple(items)).text)
        return f"<edit><field>{FIELD}</field><find></find><replace>{line}</replace></edit>"
    values = (_data(label), _data("words such as " + ", ".join(map(quoted_if_needed, items))))
    return f"<definition><label>{values[0]}</label><meaning>{values[1]}</meaning></definition>"


def _data(value: str) -> str:
    for tag in CLOSING:
        value = value.replace(f"</{tag}", f"<\\/{tag}")
    return value
