"""Rows that a prompt shows as its fixed examples: it holds their answers, so no figure may count them."""

from __future__ import annotations

from collections.abc import Sequence

from core.similarity.duplicates import comparables
from core.types import Example, FewShot


def without_examples(rows: Sequence[Example], *few_shots: FewShot) -> list[Example]:
    """The rows that are an example of none of these, whatever their case, punctuation and spaces."""
    shots = [shot.text for each in few_shots if each.strategy == "fixed" for shot in each.examples]
    if not shots:
        return list(rows)
    known = set(comparables(shots))
    texts = comparables(row.text for row in rows)
    return [row for row, text in zip(rows, texts, strict=True) if text not in known]


def left_out_in_words(count: int, total: int) -> str:
    """Such as "3 of 300 rows are examples of the prompt and are left out"; empty where none is."""
    if not count:
        return ""
    rows = f"{count:,} of {total:,} rows"
    return f"{rows} {'is an example' if count == 1 else 'are examples'} of the prompt and {'is' if count == 1 else 'are'} left out"
