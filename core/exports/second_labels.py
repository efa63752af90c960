"""The labels of a second person, beside those of the rows, as CSV and as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from core.data.formats.csv_text import csv_text

COLUMNS = ("id", "text", "first", "annotator", "label", "note", "at", "settled", "label_now")


def second_labels_csv(records: Sequence[Mapping[str, str]]) -> str:
    """In their order."""
    return csv_text((COLUMNS, *([each[name] for name in COLUMNS] for each in records)))


def second_labels_jsonl(records: Sequence[Mapping[str, str]]) -> str:
    return "".join(json.dumps(dict(each), ensure_ascii=False) + "\n" for each in records)
