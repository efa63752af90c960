"""The first request to the heavyweight model, as far as it can be told before a run: with rows and their labels,
without what only the lightweight model's replies will say."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from core.data.parts import run_parts
from core.data.sampling import draw_batch
from core.prompts.starting_prompt import starting_prompt
from core.scoring.judge import is_judge
from core.similarity.tfidf import Similarity
from core.tuning.free_answers.run import OPEN
from core.tuning.mistake_selection import noted_near, systematic
from core.tuning.plan import plan
from core.tuning.reflect import request_for
from core.tuning.reflection_request import ReflectionInputs
from core.types import Example, LabelSet, Outcome, Prediction, Request, Settings

NOT_READ_YET = "(known once the row is read)"


def preview_of_request(
    rows: Sequence[Example], labels: LabelSet, settings: Settings, takes_prefix: bool = True
) -> Request:
    """`rows` have a split each. Shown as mistakes are rows such as the first step reads: which of them are
    mistakes is not known yet."""
    parts = run_parts(rows, settings.start).rows
    planned, train = plan(settings, *parts.values()), parts["train"]
    drawn = draw_batch(train, planned.look, random.Random(f"batch/{settings.seed}/1"))
    similarity = Similarity(train)
    mistakes = systematic(drawn, similarity, Counter(), planned.show)
    others = [row for row in train if row.note and row not in mistakes]
    unread = {row.id: Prediction(row.id, Outcome.LABEL, NOT_READ_YET) for row in mistakes}
    labels, several = OPEN if settings.scorer else labels, settings.start.several if settings.start else ()
    inputs = ReflectionInputs(
        settings.start or starting_prompt(labels, settings.purpose),
        labels,
        mistakes,
        (),
        unread,
        noted_near(others, mistakes, similarity),
        strategy=settings.strategy,
        locked=settings.locked,
        purpose=settings.purpose,
        takes_prefix=takes_prefix,
    )
    return request_for(inputs, several, judged=is_judge(settings.scorer))
