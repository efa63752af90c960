"""Definitions first: where labels have names alone, the heavyweight model reads a few rows of each and writes
what the labels mean, before any mistake is read.

Its definitions are edits, one a label, and go the way of all edits: screened, tried, accepted or refused. The
rows are training rows whose labels the other rows do not contradict.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.prompts.codebook import MEANING, ROLE, codebook_data, labelled_row, rows_of_each_label
from core.tuning.reflect import reflect
from core.tuning.reflection_request import REPLY_TOKENS, ReflectionInputs
from core.tuning.search import Search
from core.types import PROMPT_FIELDS, Example, LabelSet, Message, Progress, Prompt, Reflection, Request

ROWS_OF_A_LABEL = 10  # shown, at most
FEWEST_STEPS = 8  # with fewer, every one of them is better spent on mistakes (docs/tuning.md)

FORM = f"""\
Write what every label of the list means, {MEANING} Answer with one edit for each label, which is added to the system prompt: each is \
measured alone and together with the others. Form:
<edit><field>system_prompt</field><find></find><replace>- the label, exactly as in the list: what it means</replace></edit>"""


def lacks_definitions(search: Search) -> bool:
    """Whether the run is to begin with definitions: it may, no label has one, and nobody wrote its prompt."""
    setup = search.setup
    undefined = not any(meaning.strip() for meaning in setup.labels.definitions.values())
    return (
        setup.settings.definitions_first
        and undefined
        and setup.settings.start is None
        and setup.plan.steps >= FEWEST_STEPS
    )


def definitions_reply(search: Search, number: int) -> Reflection:
    """Asks once. `shown` are the ids of the rows that the heavyweight model read."""
    setup, train = search.setup, search.knowledge.parts["train"]
    trusted, seed = search.knowledge.trusted(train), setup.settings.seed
    rows = rows_of_each_label(trusted, setup.labels.names, seed, ROWS_OF_A_LABEL)
    what = f"Step {number}: the heavyweight model reads {len(rows)} rows and writes what the labels mean"
    setup.on_progress(Progress(what))
    inputs = ReflectionInputs(search.prompt, setup.labels, rows, (), {})
    return reflect(setup.session, inputs, definitions_request(search.prompt, setup.labels, rows))


def definitions_request(prompt: Prompt, labels: LabelSet, rows: Sequence[Example]) -> Request:
    """What the heavyweight model is sent."""
    parts = [
        "Labels: " + ", ".join(labels.names),
        "The current prompt, by fields:",
        *(f"<{field}>{codebook_data(getattr(prompt, field))}</{field}>" for field in PROMPT_FIELDS),
        "Rows as people labelled them:",
        *map(labelled_row, rows),
        FORM,
    ]
    return Request((Message("system", ROLE), Message("user", "\n\n".join(parts))), REPLY_TOKENS)
