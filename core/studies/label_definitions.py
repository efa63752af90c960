"""A codebook: the heavyweight model drafts what each label means, from a few rows a label and the notes;
people correct it.

Definitions go into prompts, so the rows are training rows: validation and test rows are never shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.costs.call_price import CallPrice, price_of_calls, request_size
from core.data.splits import split
from core.errors import CallFailed
from core.llm.connections import ModelContext
from core.prompts.codebook import MEANING, ROLE, codebook_data, labelled_row, rows_of_each_label
from core.prompts.label_match import match_label
from core.prompts.rules import quotes_of
from core.request_data import restored
from core.studies.blind_votes import EDITOR
from core.tuning.reflection_request import REPLY_TOKENS as MOST_TOKENS
from core.tuning.session import Session
from core.types import Dataset, Example, Finish, LabelSet, Message, Prompt, Request, Settings

LONGEST = 500  # characters of a definition
NOTHING_DEFINED = "No definition of a label could be found in the reply. Draft again, try another model, or write the definitions yourself."
NO_WORDS = (
    "In these rows no words set one label apart from the others, so the offline editor has none to list. Label more rows, draft with a "
    "language model, or write the definitions yourself."
)
_DEFINITION = re.compile(
    r"<definition>\s*<label>((?:(?!</label>|<definition>).)*)</label>"
    r"\s*<meaning>((?:(?!</meaning>|<definition>).)*)</meaning>\s*</definition>",
    re.I | re.S,
)

FORM = f"""\
Define every label of the list {MEANING} Answer in this form, once for each label:
<definition><label>the label, exactly as in the list</label><meaning>what it means</meaning></definition>"""


@dataclass(frozen=True, slots=True)
class Draft:
    """`definitions` by label, in the order of the label set; labels that the reply does not define are
    missing. `row_ids` are ids of rows. `problem` says in a sentence why nothing, or not everything, of the
    reply is used."""

    definitions: Mapping[str, str]
    request: Request
    reply: str = ""
    shown: tuple[str, ...] = ()
    problem: str = ""


def run(session: Session, dataset: Dataset, seed: int = 0) -> Draft:
    """Asks once. Where rows have no split yet, `seed` should be that of the run to come, which then holds
    back the same rows.

    Raises DataError for rows that cannot be split, ModelRefused, CapReached. A reply that cannot be used is
    no error.
    """
    rows = rows_to_show(dataset, seed)
    request, row_ids = codebook_request(dataset.labels, rows), tuple(row.id for row in rows)
    [reply] = session.ask_all(session.heavyweight, [request], concurrency=1)
    if isinstance(reply, CallFailed):
        return Draft({}, request, "", row_ids, f"The heavyweight model did not answer: {reply}")
    if reply.finish is not Finish.STOP:
        return Draft(
            {},
            request,
            reply.text,
            row_ids,
            f"The reply ended early ({reply.finish}), so nothing of it is used.",
        )
    definitions, problem = read_definitions(reply.text, dataset.labels.names, [row.text for row in rows])
    if problem == NOTHING_DEFINED and session.heavyweight.name == EDITOR:
        problem = NO_WORDS
    return Draft(definitions, request, reply.text, row_ids, problem)


def price(settings: Settings, dataset: Dataset, shared: ModelContext, seed: int = 0) -> CallPrice:
    """What one draft takes, were it not in the cache. Raises DataError as `run` does."""
    size = request_size(codebook_request(dataset.labels, rows_to_show(dataset, seed)))
    return price_of_calls(settings, "heavyweight", 1, size, shared)


# ---- what is shown


def rows_to_show(dataset: Dataset, seed: int) -> list[Example]:
    """A few training rows of every label, by label."""
    rows = [row for row in dataset.examples if not row.excluded]
    parts = rows if all(row.split for row in rows) else split(rows, seed)
    return rows_of_each_label([row for row in parts if row.split == "train"], dataset.labels.names, seed)


def codebook_request(labels: LabelSet, rows: Sequence[Example]) -> Request:
    """What the heavyweight model is sent."""
    known = [
        codebook_data(f"{name}: {labels.definitions[name]}")
        for name in labels.names
        if labels.definitions.get(name)
    ]
    parts = [
        "Labels: " + ", ".join(labels.names),
        "Definitions so far, to be kept where they hold and made better where they do not:" if known else "",
        "<definitions>\n" + "\n".join(known) + "\n</definitions>" if known else "",
        "Rows as people labelled them:",
        *map(labelled_row, rows),
        FORM,
    ]
    text = "\n\n".join(part for part in parts if part)
    return Request((Message("system", ROLE), Message("user", text)), MOST_TOKENS)


# ---- what comes back


def read_definitions(
    reply: str, labels: Sequence[str], texts: Sequence[str] = ()
) -> tuple[dict[str, str], str]:
    """By label, one line each; the last one counts where a label is defined twice. And a sentence about what
    is left out: a definition that quotes one of the `texts`, is too long, or is of no label of the set."""
    definitions: dict[str, str] = {}
    left_out: list[str] = []
    for name, meaning in _DEFINITION.findall(reply):
        label, meaning = match_label(restored(name), labels), " ".join(restored(meaning).split())
        if not label or not meaning:
            continue
        definitions.pop(label, None)
        if len(meaning) > LONGEST or quotes_of(Prompt(meaning, "", ""), texts):
            left_out.append(label)
        else:
            definitions[label] = meaning
    left_out = [label for label in dict.fromkeys(left_out) if label not in definitions]
    if not definitions and not left_out:
        return {}, NOTHING_DEFINED
    problem = f"Left out, since too long or a row word for word: {', '.join(left_out)}." if left_out else ""
    return {label: definitions[label] for label in labels if label in definitions}, problem
