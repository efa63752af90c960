"""What `classify` says of the file that it wrote, on one machine or on many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.cli import json_output
from core.cli.output import DONE, LONGER, STOPPED, Output, failure_reasons
from core.cli.shell import program
from core.services.text_labels import LabelCounts
from core.types import Outcome, Spend
from core.wording import count, estimates_in_words


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """`free`: answers are no labels."""

    target: Path
    rows: int
    counts: LabelCounts
    spend: Mapping[str, Spend]
    notices: Sequence[str]
    reply_tokens: int
    ended_early: bool
    free: bool = False


def labelled_output(file: LabelledFile) -> Output:
    counts = file.counts
    outcomes = counts.by_outcome
    data = {
        "rows": file.rows,
        "outcomes": outcomes,
        "cut_off": counts.cut_off,
        "out": str(file.target),
        **json_output.spent(file.spend),
        "notices": list(file.notices),
    }
    answered = f"{outcomes[Outcome.LABEL]:,} with {'an answer' if file.free else 'a label'}"
    lines = [f"{count(file.rows, 'row')} written to {file.target}, {answered}"]
    lines.append(failure_reasons(counts.failures))
    if counts.cut_off:
        lines.append(f"{count(counts.cut_off, 'reply')} cut off at {file.reply_tokens:,} tokens: {LONGER}")
    lines.append(estimates_in_words(file.spend.values()))
    if file.ended_early:
        lines.append(f"Next: the same again, {program()} classify …, asks only for what is missing.")
    code = STOPPED if file.ended_early else DONE
    return Output(data, "\n".join(filter(None, lines)), code, silent=str(file.target) == "-")
