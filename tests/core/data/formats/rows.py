"""Four rows, in the shapes of other tools' files, and what became of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from core.data.importing.mapping import import_dataset

TEXTS = ("please refund my order", "app crashes on start", "charged twice this month", "cannot log in at all")
LABELS = ("billing", "bug", "billing", "bug")
PAIRS = list(zip(TEXTS, LABELS, strict=True))


def lines(records: Sequence[object]) -> bytes:
    return "\n".join(json.dumps(record) for record in records).encode()


def document(value: object) -> bytes:
    return json.dumps(value).encode()


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return out.getvalue().encode()


def chat(text: str, answer: str | None = None) -> list[dict]:
    talk = [{"role": "developer", "content": "Classify."}, {"role": "user", "content": text}]
    return talk + ([{"role": "assistant", "content": answer}] if answer else [])


def pairs(raw: bytes, name: str = "") -> list[tuple[str, str]]:
    dataset = import_dataset(raw, "x", source=name, to_tune=False).dataset
    return [(row.text, row.label) for row in dataset.examples]


def notices(raw: bytes, name: str = "") -> str:
    return "\n".join(import_dataset(raw, "x", source=name, to_tune=False).notices)
