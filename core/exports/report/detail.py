"""How much of a run a report shows, so that it stays a small file whatever the run was."""

from __future__ import annotations

from dataclasses import dataclass

LARGEST = 1_000_000  # bytes: what a mail takes and a telephone opens at once


@dataclass(frozen=True, slots=True)
class Detail:
    """`labels` per matrix; `steps` with a matrix of their own; `chapters` of the story, with at most `lines`
    per edit and `comment` characters of the heavyweight model's words; `attempts` that were not kept; `kinds` of
    mistakes with `examples` of `text` characters; `shots` of the prompt's examples; `prompt` lines per field
    of the prompt; `wide` characters per line of prompts and edits."""

    labels: int
    steps: int
    chapters: int
    lines: int
    comment: int
    attempts: int
    kinds: int
    examples: int
    text: int
    shots: int
    prompt: int
    wide: int


FULL = Detail(16, 12, 60, 60, 700, 100, 10, 3, 280, 30, 2_000, 100_000)
LESS = Detail(10, 6, 20, 20, 400, 30, 8, 2, 160, 10, 400, 2_000)
LEAST = Detail(6, 3, 8, 10, 200, 10, 5, 1, 80, 5, 100, 300)
