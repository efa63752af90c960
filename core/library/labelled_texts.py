"""Labelled texts in whatever form they are at hand: a DataFrame, pairs, dicts, a path, or the name of a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast, get_args

from core.data.bins import Bins, checked_bins, read_bins
from core.data.fields import ColumnMap, Several
from core.data.formats.json_records import table_of_records
from core.data.formats.reading.entries import Provenance
from core.data.importing.columns import guess_columns
from core.data.importing.label_shape import SCORER_WAY
from core.data.importing.mapping import to_dataset
from core.data.table import Table
from core.data.templates import with_fields_of
from core.errors import DataError, UsageError
from core.services.versions.versions import named_state, state_of
from core.store.dataset_version import DatasetVersion
from core.store.source_files import open_path
from core.types import Dataset, TextTemplate
from core.wording import listed, quoted
from core.workspace import Workspace

NAME = "python"  # of datasets that come from a program's own objects
_PAIR = ("text", "label", "note")
_FORMS = "a DataFrame, a list of (text, label) pairs, a list of dicts, a path, or the name of a dataset"


@dataclass(frozen=True, slots=True)
class LabelledTexts:
    """`dataset_id` is set for a dataset of the workspace, `version` where it is meant as it was. `origin` is where other
    rows come from, in words; `scorer` what scores its answers where they are no labels."""

    dataset: Dataset
    dataset_id: str = ""
    origin: str = ""
    notices: tuple[str, ...] = ()
    version: DatasetVersion | None = None
    scorer: str = ""


@dataclass(frozen=True, slots=True)
class TextsWanted:
    """What rows are read for: `to_tune`, which asks for enough of them; `answers`: what stands in the label column
    are free answers and no labels. `bins`: how many, or their edges, for labels that are numbers. `template`: how several
    columns become the text, "" for a line each; `of_prompt` how the prompt at hand does it. `several`: what becomes of
    rows with several labels, as in ColumnMap."""

    to_tune: bool = False
    answers: bool = False
    bins: object = None
    template: str = ""
    of_prompt: TextTemplate | None = None
    several: str = "leave_out"


def texts_with_labels(
    workspace: Workspace,
    data: object,
    text: str | Sequence[str],
    label: str,
    wanted: TextsWanted = TextsWanted(),
) -> LabelledTexts:
    """The rows of `data`. `text` and `label` name columns; empty: they are guessed. DataError, NotFound, UsageError."""
    if isinstance(data, Dataset):
        return LabelledTexts(data, data.id, data.name)
    if isinstance(data, str) and not Path(data).expanduser().exists():
        return _stored(workspace, data)
    if isinstance(data, str | Path):
        path = Path(data).expanduser()
        table, name, origin = open_path(path), path.resolve().stem, str(data)
    else:
        table, name, origin = _table(data), NAME, "Python"
    given = ColumnMap(
        (text,) if isinstance(text, str) and text else tuple(text), label, template=wanted.template
    )
    columns = _columns(table, given, wanted.of_prompt)
    columns = replace(columns, bins=_bins(wanted.bins), answers=wanted.answers, several=_several(wanted))
    try:
        result = to_dataset(table, columns, name, origin, wanted.to_tune)
    except DataError as wrong:
        raise DataError(_with_parameters(str(wrong))) from None
    notices = (*table.notices, *map(_with_parameters, result.notices))
    return LabelledTexts(result.dataset, "", ", ".join(filter(None, (origin, result.bins))), notices)


def _with_parameters(words: str) -> str:
    """Advice speaks of choices, which are parameters here."""
    words = words.replace("put them into bins", "put them into bins with bins=3 or bins=[50, 80]")
    words = words.replace("choose another column", "choose another column with label=")
    return words.replace(SCORER_WAY, SCORER_WAY + ' with scorer="normalised"')


def _bins(given: object) -> Bins | None:
    """As a program names them: 3, [50, 80], or "none" for numbers that stay labels. UsageError."""
    if given is None:
        return None
    if isinstance(given, int | float) and not isinstance(given, bool):
        return checked_bins(int(given)) if given == int(given) else checked_bins(edges=(given,))
    if isinstance(given, Iterable) and not isinstance(given, str | bytes):
        return checked_bins(edges=[float(edge) for edge in given])
    return read_bins(str(given))


def _several(wanted: TextsWanted) -> Several:
    """UsageError for a way there is not."""
    ways = get_args(Several)
    if wanted.several not in ways:
        raise UsageError(f"several is {listed(ways)}, not {wanted.several!r}.")
    return cast(Several, wanted.several)


def _stored(workspace: Workspace, name: str) -> LabelledTexts:
    if not workspace.exists:
        raise DataError(
            f"There is no file {quoted(name)}, and the workspace {workspace.folder} holds no dataset yet: give {_FORMS}."
        )
    dataset_id, version = named_state(workspace, name, "or give the path of a file")
    rows, info = state_of(workspace, dataset_id, version), workspace.store.datasets.info(dataset_id)
    return LabelledTexts(rows, dataset_id, version=version, scorer=info.scorer)


def _columns(table: Table, given: ColumnMap, of_prompt: TextTemplate | None) -> ColumnMap:
    unknown = next((name for name in (*given.text, given.label) if name and name not in table.columns), None)
    if unknown is not None:
        raise DataError(f"There is no column {quoted(unknown)}: there are {listed(table.columns)}.")
    try:
        return guess_columns(table, with_fields_of(given, table, of_prompt))
    except DataError as wrong:
        raise DataError(f"{wrong} Name them with text= and label=.") from None


# ---- objects of a program


def _table(data: object) -> Table:
    records = list(_records(data))
    if not records:
        raise DataError(f"There are no rows in the data: give {_FORMS}.")
    return replace(table_of_records(records, Provenance("Python objects", "")), spreadsheet=False)


def _records(data: Any) -> Iterable[Mapping[str, object]]:
    if hasattr(data, "to_pandas"):  # polars, pyarrow, Hugging Face datasets
        return _frame_records(_with_label_names(data))
    if hasattr(data, "to_dict") and hasattr(data, "columns"):
        return _frame_records(data)
    if isinstance(data, Mapping):
        return _column_records(data)
    if isinstance(data, bytes) or not isinstance(data, Iterable):
        raise DataError(f"{type(data).__name__} is no labelled data: give {_FORMS}.")
    return [_record(number, row) for number, row in enumerate(data, 1)]


def _record(number: int, row: object) -> Mapping[str, object]:
    if isinstance(row, Mapping):
        return {str(name): _value(value) for name, value in row.items()}
    if isinstance(row, Sequence) and not isinstance(row, str | bytes) and 2 <= len(row) <= 3:
        return dict(zip(_PAIR, map(_value, row), strict=False))
    raise DataError(f"Row {number} is no (text, label) pair, and no dict: {quoted(repr(row))}.")


def _column_records(columns: Mapping[Any, Any]) -> list[Mapping[str, object]]:
    """Of a dict of columns. DataError where they are no columns of one length."""
    values = {str(name): column for name, column in columns.items()}
    if any(isinstance(column, str | bytes) or not hasattr(column, "__len__") for column in values.values()):
        raise DataError(f"A dict must hold a list of values per column: give {_FORMS}.")
    if len({len(column) for column in values.values()}) > 1:
        raise DataError("The columns of the dict differ in length: every row needs a value in each.")
    rows = zip(*values.values(), strict=True)
    return [dict(zip(values, map(_value, row), strict=True)) for row in rows]


def _frame_records(frame: Any) -> list[Mapping[str, object]]:
    """Of a pandas DataFrame. Whole numbers that a gap made floats are whole again."""
    whole = frame.convert_dtypes()
    filled = whole.astype(object).where(whole.notna(), None)
    names = [" ".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in filled.columns]
    return [dict(zip(names, row, strict=True)) for row in filled.itertuples(index=False, name=None)]


def _with_label_names(data: Any) -> Any:
    """As a pandas DataFrame; the numbers of a Hugging Face ClassLabel as the names they stand for."""
    frame = data.to_pandas()
    for name, feature in (getattr(data, "features", None) or {}).items():
        names = getattr(feature, "names", None)
        if names and name in frame.columns:
            frame[name] = [names[number] if 0 <= number < len(names) else None for number in frame[name]]
    return frame


def _value(value: Any) -> object:
    """What numpy holds as Python holds it; nothing for what is not a number."""
    value = value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value
    return None if isinstance(value, float) and value != value else value
