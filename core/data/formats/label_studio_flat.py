"""Label Studio's flat exports, JSON-MIN and CSV: a row per annotation, so that a text with several annotators
comes several times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.data.formats.entries import Entry, Source, table_of, told_by
from core.data.formats.json_text import Record, read_value
from core.data.formats.values import cell
from core.data.formats.votes import Tally, Vote
from core.data.importing.columns import LABEL_NAMES, MAX_LABELS, take, take_ending, take_texts
from core.data.table import Table
from core.wording import counted

FORMAT = "Label Studio"
_OURS = ("note", "exclude", "canonical", "split", "meta")
_THEIRS = (
    "annotation_id",
    "annotator",
    "created_at",
    "updated_at",
    "lead_time",
    "id",
    "agreement",
    "completed_by",
    "ground_truth",
)


def is_flat(columns: Iterable[str]) -> bool:
    return {"annotation_id", "annotator"} <= {cell(column) for column in columns}


def read_csv(table: Table) -> Table:
    records = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return read_flat(records, Source(FORMAT, table.encoding, table.notices, table.spreadsheet))


def read_flat(records: Sequence[Record], source: Source) -> Table:
    names = [
        name
        for name in dict.fromkeys(name for record in records for name in record)
        if name not in (*_THEIRS, *_OURS)
    ]
    label = _label(records, list(names))
    texts = [name for name in names if name != label]
    texts = list(take_texts(list(texts))) or texts
    tally, entries, several = Tally(), [], 0
    for task in _tasks(records, texts):
        votes = []
        for record in task:
            chosen = _choices(record.get(label))
            several += len(chosen) > 1
            if len(chosen) == 1:
                votes.append(
                    Vote(
                        cell(record.get("annotator")),
                        chosen[0],
                        cell(record.get("ground_truth")).casefold() == "true",
                    )
                )
        first = task[0]
        read = {name: cell(first.get(name)) for name in texts}
        decided, said = tally.decide(votes, next(iter(read.values()), ""))
        roles, others = told_by({name: first[name] for name in _OURS if name in first}, id=first.get("id"))
        roles["note"] = "\n".join(filter(None, (roles.get("note", ""), said)))
        entries.append(Entry(read, {label or "label": decided}, roles, others))
    notices = [*source.notices, *tally.notices()]
    if several:
        notices.append(
            f"{counted(several, 'annotation')} chose several labels at once and cannot be used: a row has one label here."
        )
    return table_of(
        entries, Source(FORMAT, source.encoding, notices, source.spreadsheet), texts, label or "label"
    )


def _tasks(records: Sequence[Record], texts: Sequence[str]) -> list[list[Record]]:
    """Annotations of one task together: by its id, and by its texts where it has none."""
    tasks: dict[object, list[Record]] = {}
    for record in records:
        key = cell(record.get("id")) or tuple(cell(record.get(name)) for name in texts)
        tasks.setdefault(key, []).append(record)
    return list(tasks.values())


def _label(records: Sequence[Record], free: list[str]) -> str:
    """By name, and else the column with the fewest distinct answers."""
    named = take(free, LABEL_NAMES) or take_ending(free, LABEL_NAMES)
    if named or len(free) < 2:
        return named
    take_texts(free)
    counted_names = [(len({cell(record.get(name)) for record in records}), name) for name in free]
    fewest = min(counted_names, default=(MAX_LABELS + 1, ""))
    return fewest[1] if fewest[0] <= MAX_LABELS else ""


def _choices(value: object) -> list[str]:
    """A label; several stand in {"choices": […]}, in a CSV file as JSON."""
    if isinstance(value, str) and value.startswith('{"choices"'):
        try:
            value = read_value(value)
        except ValueError:
            return [value]
    if isinstance(value, Mapping):
        value = value.get("choices")
    if isinstance(value, list):
        return [cell(each) for each in value if cell(each)]
    return [cell(value)] if cell(value).strip() else []
