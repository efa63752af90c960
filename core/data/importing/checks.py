"""What makes rows unusable (an error in one sentence), and what only looks odd (a notice that counts it and
shows one)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from core.data.importing.columns import MAX_LABEL_LENGTH, MAX_LABELS
from core.data.importing.label_shape import label_doubt
from core.data.importing.report import spellings
from core.errors import DataError
from core.types import Example
from core.wording import counted, listed, quoted

MIN_ROWS = 4
LONG_TEXT = 20_000
_ANSWER_TAG = re.compile(r"<\s*/?\s*label\s*>", re.IGNORECASE)


def check_labels(labels: Sequence[str], column: str) -> None:
    """Raise DataError where the labels look like another column's content, or cannot be answered."""
    distinct = set(labels)
    odd = len(distinct) > MAX_LABELS or any(
        len(label) > MAX_LABEL_LENGTH or "\n" in label for label in distinct
    )
    if odd and (doubt := label_doubt(labels, column)) and doubt.refused:
        raise DataError(doubt.sentence)
    if len(distinct) > MAX_LABELS:
        raise DataError(
            f"The column {quoted(column)} holds {len(distinct):,} different labels, more than {MAX_LABELS}: "
            "is it the right column for the label?"
        )
    for label in labels:
        if len(label) > MAX_LABEL_LENGTH:
            raise DataError(
                f"The label {quoted(label)} has {len(label):,} characters, more than {MAX_LABEL_LENGTH}: "
                f"is {quoted(column)} the right column for the label?"
            )
        if _ANSWER_TAG.search(label):
            raise DataError(
                f"The label {quoted(label)} holds the tag in which a model is to answer, so replies could not be read: rename it."
            )
        if len(label.splitlines()) > 1:
            raise DataError(
                f"The label {quoted(label)} runs over several lines: is {quoted(column)} the right column for the label?"
            )


def check_enough(examples: Sequence[Example], to_tune: bool = True) -> None:
    """Raise DataError where training and validation rows with at least two labels cannot be had; unless
    `to_tune`, where no row can."""
    usable = [example for example in examples if not example.excluded]
    if not usable:
        needed = f"at least {MIN_ROWS} need" if to_tune else "at least one needs"
        raise DataError(
            f"The file has no usable rows: {needed} a text and a label, and must not be excluded."
        )
    if not to_tune:
        return
    labels = {example.label for example in usable}
    if len(labels) == 1:
        raise DataError(
            f"Every usable row has the label {quoted(usable[0].label)}, and tuning needs at least two labels: "
            "add rows with another label, or choose another column for the label."
        )
    if len(usable) < MIN_ROWS:
        raise DataError(
            f"The file has only {counted(len(usable), 'usable row')}, and tuning needs at least {MIN_ROWS}: add rows."
        )
    given = {example.split for example in usable}
    if "" not in given:
        for needed in ("train", "validation"):
            if needed not in given:
                raise DataError(
                    f"Every row has a split and none is {needed}: mark some rows as {needed}, or leave some splits empty."
                )
    first = usable[0].text.split()
    if all(example.text.split() == first for example in usable):
        raise DataError(
            "Every usable row has the same text, so training and validation cannot be kept apart: add rows with other texts."
        )


def oddities(examples: Sequence[Example], answers: bool = False) -> list[str]:
    """Notices about rows that are kept as they are. `answers`: their labels are free answers, which may look alike."""
    lookalikes = "" if answers else _lookalikes(examples)
    notices = (lookalikes, _repeats(examples), _contradictions(examples), _long_texts(examples))
    return [notice for notice in notices if notice]


def _lookalikes(examples: Sequence[Example]) -> str:
    """Labels that may be one, since they differ in spelling alone."""
    groups = spellings(Counter(example.label for example in examples if example.label))
    if not groups:
        return ""
    return (
        f"Some labels differ only in case, spaces, hyphens, dots or the form of a character "
        f"({'; '.join(listed(group) for group in groups[:5])}): they stay separate labels; if they mean the same, "
        "--merge-labels makes them one."
    )


def _repeats(examples: Sequence[Example]) -> str:
    texts = Counter(example.text for example in examples)
    times = Counter((example.text, example.label) for example in examples if texts[example.text] > 1)
    extra = sum(n - 1 for n in times.values())
    if not extra:
        return ""
    (text, _), _ = times.most_common(1)[0]
    verb = "repeats" if extra == 1 else "repeat"
    return f"{counted(extra, 'row')} {verb} the text and label of another (such as {quoted(text)}): all were kept."


def _contradictions(examples: Sequence[Example]) -> str:
    first: dict[str, str] = {}
    labels: dict[str, dict[str, None]] = {}
    for example in examples:
        label = first.setdefault(example.text, example.label)
        if label != example.label:
            labels.setdefault(example.text, {label: None})[example.label] = None
    texts = [text for text in first if text in labels]
    if not texts:
        return ""
    return (
        f"{counted(len(texts), 'text')} {'has' if len(texts) == 1 else 'have'} more than one label "
        f"(such as {quoted(texts[0])}: {listed(list(labels[texts[0]]))}): no prompt can get all of these rows right."
    )


def _long_texts(examples: Sequence[Example]) -> str:
    long = [example for example in examples if len(example.text) > LONG_TEXT]
    if not long:
        return ""
    longest = max(len(example.text) for example in long)
    return (
        f"{counted(len(long), 'text')} {'is' if len(long) == 1 else 'are'} longer than {LONG_TEXT:,} characters (the longest {longest:,}): "
        "kept whole, but such rows are slow and costly to classify."
    )
