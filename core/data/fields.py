"""The fields of an example: one table from which columns of files, exports, updates, editors and filters
derive, and how the cells of a column are read."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from core.data.bins import Bins
from core.types import SPLITS, Example
from core.wording import counted, quoted


@dataclass(frozen=True, slots=True)
class Field:
    """`name` is the field of Example; `column` the column of our own files and the role in a ColumnMap;
    `headings` are the names by which a column of any file is known, in order of preference. `editable`: can
    be corrected by hand. `help` is for whoever chooses a column, `hint` for whoever edits a row,
    `meaning` what its own word does not say."""

    name: str
    kind: Literal["text", "flag", "split"]
    column: str
    headings: tuple[str, ...]
    editable: bool = False
    help: str = ""
    hint: str = ""
    meaning: str = ""

    @property
    def title(self) -> str:
        return self.column.capitalize()


# In order of preference, texts and labels last words of longer names, too.
TEXT_NAMES = tuple(
    (
        "text input sentence content question title texts body message utterance review tweet post "
        "query prompt document headline subject description summary comment_text"
    ).split()
)
LABEL_NAMES = tuple(
    (
        "label category class target expected output answer labels intent sentiment topic tag "
        "is_duplicate gold ground_truth verdict expected_output gold_label true_label human_label correct_label "
        "reference reference_answer reference_output correct_answer y_true correct annotation cats accept choice "
        "kategorie klasse thema absicht catégorie categorie classe étiquette etiquette categoría categoria clase etiqueta tema"
    ).split()
)
NOTE_NAMES = tuple(
    "note comment reason notes comments reasons explanation remark remarks critique critiques".split()
)
SPLIT_NAMES = ("split", "dataset_split", "subset", "partition", "set", "fold")
FIELDS = (
    Field(
        "id",
        "text",
        "id",
        ("id", "uid", "uuid", "example_id", "row_id", "qid"),
        help="Rows keep this id; without one it is made from the text.",
    ),
    Field("text", "text", "text", TEXT_NAMES),
    Field("label", "text", "label", LABEL_NAMES, editable=True),
    Field(
        "note",
        "text",
        "note",
        NOTE_NAMES,
        editable=True,
        help="Why the label is right: read by the heavyweight model.",
        hint="Why the label is right: the heavyweight model reads it.",
    ),
    Field(
        "excluded",
        "flag",
        "exclude",
        ("exclude", "excluded"),
        editable=True,
        help="Rows marked here stay out of runs.",
        hint="Left out of runs.",
    ),
    Field(
        "canonical",
        "flag",
        "canonical",
        ("canonical",),
        editable=True,
        help="Rows marked here must be right, and are shown to the heavyweight model every time.",
        hint="Must be right: shown to the heavyweight model every time.",
        meaning="must be right",
    ),
    Field(
        "split",
        "split",
        "split",
        SPLIT_NAMES,
        help="train, validation or test; empty means: choose for me.",
    ),
)
COLUMNS = tuple(field.column for field in FIELDS)
# What a row may have besides text and label.
EXTRAS = tuple(field for field in FIELDS if field.name not in ("text", "label"))
UPDATED = tuple(field for field in FIELDS if field.name != "id")
EDITABLE = tuple(field for field in FIELDS if field.editable)
FLAGS = tuple(field.name for field in FIELDS if field.kind == "flag")


Several = Literal["leave_out", "first", "split", "keep"]


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Column names by role; empty for none. Several text columns are joined as lines "Name: value", or as
    `template` says, in which {column} stands for what the column holds.

    `several`: what becomes of a row with several labels: it is left out, has the first of them, is split into
    a row for each, or keeps them all, as a set (core/label_sets). `unlabelled`: rows without a label are kept, to be
    labelled later, and `label` may be empty. `merge_labels`: labels that differ in spelling alone become one, the most
    frequent. `bins`: what becomes of labels that are numbers on a scale; None where nobody has chosen. `answers`: what
    stands in the column of the label is a free answer, whatever it holds, and no label of a set."""

    text: tuple[str, ...] = ()
    label: str = ""
    id: str = ""
    note: str = ""
    exclude: str = ""
    canonical: str = ""
    split: str = ""
    template: str = ""
    several: Several = "leave_out"
    unlabelled: bool = False
    merge_labels: bool = False
    bins: Bins | None = None
    answers: bool = False

    def chosen(self) -> tuple[str, ...]:
        """All columns that have a role."""
        roles = (*self.text, self.label, *(self.of(field) for field in EXTRAS))
        return tuple(column for column in roles if column)

    def apart_from(self, columns: Collection[str]) -> ColumnMap:
        """Without these columns in any role but text and label: one is no note, id or split as well."""
        taken = {field.column: "" for field in EXTRAS if self.of(field) in columns}
        return replace(self, **cast(dict[str, Any], taken))

    def of(self, field: Field) -> str:
        """The column of a field, the first one of several."""
        return "".join(self.text[:1]) if field.name == "text" else str(getattr(self, field.column))


def cell_values(row: Example) -> tuple[str | bool, ...]:
    """The values of an example in the order of COLUMNS."""
    return tuple(getattr(row, field.name) for field in FIELDS)


def metadata_of(row: Example) -> dict[str, str | bool]:
    """By column, what a format of texts and labels has no field for; blank ones are left out."""
    return {field.column: value for field in EXTRAS if (value := getattr(row, field.name))}


# ---- reading cells

_YES = frozenset({"true", "1", "yes", "y", "x", "t", "on"})
_NO = frozenset({"", "false", "0", "no", "n", "f", "off", "-"})
_SPLIT_NAMES = {
    "": "",
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "evaluation": "validation",
    "eval": "validation",
    "development": "validation",
    "devel": "validation",
    "holdout": "test",
    "held_out": "test",
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
    if len(taken) == len(given) and "" not in taken:
        return given
    used: set[str] = set()
    seen: Counter[str] = Counter()
    numbers: dict[str, int] = {}
    ids: list[str] = []
    repeated: list[str] = []
    for name, text in zip(given, texts, strict=True):
        wanted = name or stable_id(text, seen[text])
        seen[text] += 1
        if wanted in used:
            repeated += [name] if name else []
            wanted = _free(wanted, taken, numbers)
        taken.add(wanted)
        used.add(wanted)
        ids.append(wanted)
    if repeated:
        notices.append(
            f"{counted(len(repeated), 'row')} had an id that another row has (such as {quoted(repeated[0])}): a number was added to it."
        )
    return ids


def _free(name: str, taken: set[str], numbers: dict[str, int]) -> str:
    """`numbers`: the last one given to each name, so that none is tried twice."""
    number = numbers.get(name, 1) + 1
    while f"{name}-{number}" in taken:
        number += 1
    numbers[name] = number
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


def readers(notices: list[str]) -> dict[str, Callable[[Sequence[str], str], Sequence[str | bool]]]:
    """By kind of field, a function from the cells of a column and its name to values."""
    return {
        "text": lambda cells, column: [cell.strip() for cell in cells],
        "flag": lambda cells, column: read_flags(cells, column, notices),
        "split": lambda cells, column: read_splits(cells, column, notices),
    }


def is_split(cell: str) -> bool:
    """Whether `read_splits` can read it."""
    return _split_of(cell) is not None


def _split_of(cell: str) -> str | None:
    name = re.sub(r"[\s\-]+", "_", cell.strip().casefold())
    return _SPLIT_NAMES.get(name, _SPLIT_NAMES.get(re.sub(r"_?(?:set|split|data)$", "", name) or "-"))


def read_splits(cells: Sequence[str], column: str, notices: list[str]) -> list[str]:
    """One of SPLITS or empty per cell. What cannot be read is empty, too, and counted in a notice."""
    splits = [_split_of(cell) for cell in cells]
    odd = [cell for cell, split in zip(cells, splits, strict=True) if split is None]
    if odd:
        notices.append(
            f"{counted(len(odd), 'row')} had a split in column {quoted(column)} other than {', '.join(SPLITS)} "
            f"(such as {quoted(odd[0])}): it will be chosen anew."
        )
    return [split or "" for split in splits]
