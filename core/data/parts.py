"""The rows of a run by part, without those that its starting prompt holds the answers of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import DataError
from core.similarity.examples import left_out_in_words, without_examples
from core.types import SPLITS, Example, Prompt
from core.wording import SPLITS as IN_WORDS
from core.wording import counted


@dataclass(frozen=True, slots=True)
class RunParts:
    """`rows` by part, excluded ones left out; `left_out` says in a sentence how many are examples of the prompt."""

    rows: Mapping[str, tuple[Example, ...]]
    left_out: str = ""


def run_parts(rows: Sequence[Example], start: Prompt | None) -> RunParts:
    """Of rows that are split. Fixed examples of the starting prompt stay in it as long as the run does, so their
    rows are left out of every part and reading, but for canonical training rows, which every step must get
    right. DataError where that leaves nothing to learn from or to measure on."""
    parts = {name: tuple(row for row in rows if row.split == name and not row.excluded) for name in SPLITS}
    if start is None or start.few_shot.strategy != "fixed":
        return RunParts(parts)
    fresh = {name: _fresh(part, start) for name, part in parts.items()}
    for name in ("train", "validation"):
        if parts[name] and not fresh[name]:
            raise DataError(
                f"All {counted(len(parts[name]), IN_WORDS[name] + ' row')} are examples of the starting prompt, which holds their answers: "
                "start from a prompt without them, or bring more rows."
            )
    before, after = (sum(map(len, each.values())) for each in (parts, fresh))
    return RunParts(fresh, left_out_in_words(before - after, before))


def _fresh(part: Sequence[Example], start: Prompt) -> tuple[Example, ...]:
    kept = {row.id for row in without_examples(part, start.few_shot)}
    return tuple(row for row in part if row.id in kept or (row.canonical and row.split == "train"))
