"""What the cells of the optional columns say: ids, yes-or-no marks, splits."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from core.errors import DataError
from core.types import SPLITS
from core.wording import counted, quoted

_YES = frozenset({"true", "1", "yes", "y", "x", "t", "on"})
_NO = frozenset({"", "false", "0", "no", "n", "f", "off", "-"})
FIELD_NAMES = ("id", "note", "exclude", "excluded", "canonical", "split")
_SPLIT_NAMES = {
    "": "",
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}


def stable_id(text: str, occurrence: int = 0) -> str:
    """An id that follows from the text and from how many rows with the same text came before."""
    # surrogatepass: half a surrogate pair must not stop an import
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{digest}-{occurrence + 1}" if occurrence else digest


def read_ids(cells: Sequence[str], texts: Sequence[str], notices: list[str]) -> list[str]:
    """Given ids, made unique, and ids made from the text where none is given: the same file gives the same
    ids."""
    given = [cell.strip() for cell in cells]
    taken = set(given)
    used: set[str] = set()
    seen: Counter[str] = Counter()
    ids: list[str] = []
    repeated: list[str] = []
    for name, text in zip(given, texts, strict=True):
        wanted = name or stable_id(text, seen[text])
        seen[text] += 1
        if wanted in used:
            repeated += [name] if name else []
            wanted = _free(wanted, taken)
        taken.add(wanted)
        used.add(wanted)
        ids.append(wanted)
    if repeated:
        notices.append(
            f"{counted(len(repeated), 'row')} had an id that another row has (such as {quoted(repeated[0])}): a number was added to it."
        )
    return ids


def _free(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"


def read_flags(cells: Sequence[str], column: str, notices: list[str]) -> list[bool]:
    """True, 1, yes, x (in any case) are marks; other values are none, and those that do not say so are
    counted in a notice."""
    values = [cell.strip().casefold() for cell in cells]
    odd = [cell for cell, value in zip(cells, values, strict=True) if value not in _YES and value not in _NO]
    if odd:
        notices.append(
            f"{counted(len(odd), 'cell')} of column {quoted(column)} could not be read as yes or no (such as {quoted(odd[0])}) "
            "and counted as no."
        )
    return [value in _YES for value in values]


def is_split(cell: str) -> bool:
    """Whether `read_splits` can read it."""
    return cell.strip().casefold() in _SPLIT_NAMES


def read_splits(cells: Sequence[str], numbers: Sequence[int]) -> list[str]:
    """One of SPLITS or empty per cell. `numbers` are the rows of the table the cells come from, for the
    DataError."""
    splits: list[str] = []
    for number, cell in zip(numbers, cells, strict=True):
        split = _SPLIT_NAMES.get(cell.strip().casefold())
        if split is None:
            raise DataError(
                f"Row {number:,} has the split {quoted(cell)}: use {', '.join(SPLITS)}, or leave it empty to let it be chosen."
            )
        splits.append(split)
    return splits
