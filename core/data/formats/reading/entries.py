"""Examples out of a shape that says what is what: texts, labels, what else is known of a row. They become a
table that needs no mapping."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.data.fields import EXTRAS, ColumnMap, is_split
from core.data.formats.reading.values import cell
from core.data.importing.column_names import take_label, take_texts
from core.data.table import Table, check_growth, check_width, unique_columns
from core.errors import DataError
from core.wording import counted, quoted

ROLES = tuple(field.column for field in EXTRAS)
_ALIASES = {name: field.column for field in EXTRAS for name in (field.column, field.name)}
_DEEPEST = 8
_BYTES = 8  # which a value with its name takes in a file, at the least of some length
_SPLITS = ("split", "dataset_split", "subset")


@dataclass(frozen=True, slots=True)
class Entry:
    """`texts` and `labels` by the name that they have in the file, `roles` by one of ROLES, `others` by any
    name."""

    texts: Mapping[str, str]
    labels: Mapping[str, str]
    roles: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a table comes from: the format in words for the screen, notices from reading, and the rows that
    the format leaves out, by reason (see `Table.left_out`)."""

    format: str
    encoding: str
    notices: Sequence[str] = ()
    spreadsheet: bool = False
    left_out: Mapping[str, int] = field(default_factory=dict)

    def noting(self, notices: Sequence[str]) -> Provenance:
        return replace(self, notices=(*self.notices, *notices))

    def leaving_out(self, rows: Mapping[str, int]) -> Provenance:
        """`rows` by reason, beside those that are left out already; reasons without a row are none."""
        counts = Counter(self.left_out)
        counts.update(rows)
        return replace(self, left_out={reason: n for reason, n in counts.items() if n})


def leaves(record: Mapping[str, object], above: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], object]]:
    """Everything in a record that is no object itself, with its keys from the outside in."""
    values: list[tuple[tuple[str, ...], object]] = []
    for key, value in record.items():
        path = (*above, cell(key))
        if isinstance(value, Mapping) and value and len(path) < _DEEPEST:
            values += leaves(value, path)
        else:
            values.append((path, value))
    return values


def metadata_roles(metadata: object, **more: object) -> tuple[dict[str, str], dict[str, str]]:
    """Roles and other values of a row's metadata. `more` counts only where the metadata has none."""
    roles: dict[str, str] = {}
    others: dict[str, str] = {}
    for path, value in leaves(metadata) if isinstance(metadata, Mapping) else ():
        name = ".".join(path)
        role = "split" if name in _SPLITS else _ALIASES.get(name, "")
        if role and role not in roles:
            roles[role] = _split(value) if role == "split" else cell(value)
        else:
            others["metadata." + name] = cell(value)
    for role, value in more.items():
        if not roles.get(role):
            roles[role] = _split(value) if role == "split" else cell(value)
    return roles, others


def _split(value: object) -> str:
    """The first that is a split of ours: elsewhere a row may be in several."""
    several = value if isinstance(value, list | tuple) else [value]
    return next(
        (cell(each) for each in several if cell(each) and is_split(cell(each))),
        cell(several[0]) if several else "",
    )


def entries_table(
    entries: Sequence[Entry], source: Provenance, texts: Sequence[str] = (), label: str = ""
) -> Table:
    """The table. Without `texts` the ones to use are chosen by name, and are all there are where no name is
    telling; so is the label, but where none of several is telling, the user has to choose. DataError without
    entries."""
    if not entries:
        raise DataError(
            f"The file is of the kind {source.format}, but no example in it can be used: it needs texts and labels."
        )
    notices = list(source.notices)
    entries = _with_our_splits(entries, notices)
    keys: dict[tuple[str, str], int] = {}
    rows = [_cells(entry, keys) for entry in entries]
    columns = unique_columns(_headings(list(keys)), [])
    named = {key: columns[at] for key, at in keys.items()}
    chosen = list(texts) or _texts([name for kind, name in keys if kind == "text"])
    right = label or _label([name for kind, name in keys if kind == "label"])
    known = None
    if right and chosen:
        roles: dict[str, Any] = {role: named.get(("role", role), "") for role in ROLES}
        known = ColumnMap(tuple(named["text", name] for name in chosen), named["label", right], **roles)
    check_growth(len(rows), len(rows) * len(keys), _BYTES * sum(map(len, rows)))
    width = range(len(keys))
    filled = tuple(tuple(row.get(at, "") for at in width) for row in rows)
    return Table(
        *(columns, filled, source.encoding, "", tuple(notices), source.format, known, source.spreadsheet),
        left_out=source.left_out,
    )


def _cells(entry: Entry, keys: dict[tuple[str, str], int]) -> dict[int, str]:
    row: dict[int, str] = {}
    for kind, values in (
        ("text", entry.texts),
        ("label", entry.labels),
        ("role", entry.roles),
        ("other", entry.others),
    ):
        for name, value in values.items():
            if value or kind in ("text", "label"):
                row[keys.setdefault((kind, name), len(keys))] = value
    check_width(len(keys))
    return row


def _headings(keys: Sequence[tuple[str, str]]) -> list[str]:
    """The names themselves, where one is not used twice; texts come first, then labels."""
    taken: set[str] = set()
    names: dict[tuple[str, str], str] = {}
    for key in sorted(keys, key=lambda key: ("text", "label", "role", "other").index(key[0])):
        kind, name = key
        names[key] = name if name.strip() and name not in taken else f"{kind}.{name}"
        taken.add(names[key])
    return [names[key] for key in keys]


def _texts(names: list[str]) -> list[str]:
    return list(take_texts(list(names))) or names


def _label(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    return take_label(list(names))


def _with_our_splits(entries: Sequence[Entry], notices: list[str]) -> Sequence[Entry]:
    odd = [entry.roles["split"] for entry in entries if not is_split(entry.roles.get("split", ""))]
    if not odd:
        return entries
    notices.append(
        f"{counted(len(odd), 'row')} had a split other than train, validation or test (such as {quoted(odd[0])}): it will be chosen anew."
    )
    return [
        entry
        if is_split(entry.roles.get("split", ""))
        else replace(entry, roles={**entry.roles, "split": ""})
        for entry in entries
    ]
