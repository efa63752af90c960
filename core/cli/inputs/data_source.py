"""DATA: a file, a folder, `-` for standard input, or a dataset of the workspace. A file wins where both are
there, and that is said."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.cli.inputs.advice import advice_to_follow, options_that_keep, with_options
from core.cli.inputs.file_options import check_columns, check_typed, column_map
from core.cli.inputs.names import did_you_mean, matching_datasets, several_datasets, without_version
from core.cli.options import Invocation, Reading
from core.cli.shell import program
from core.cli.suggestions import close_file
from core.data.fields import COLUMNS, cell_values
from core.data.formats.packed.compressed import ENDINGS as COMPRESSED
from core.data.importing.columns import guess_columns
from core.data.importing.label_columns import by_label_column
from core.data.importing.mapping import ImportResult, guess_text_columns, read_texts, to_dataset
from core.data.importing.usable_rows import left_out_notices
from core.data.table import Table
from core.data.templates import check_template, with_fields_of
from core.errors import DataError, NotFound, StoreError, UsageError
from core.services.versions.versions import state_of, version_typed
from core.store.dataset_version import DatasetVersion
from core.store.records import DatasetInfo
from core.store.source_files import open_path
from core.types import Dataset, TextTemplate
from core.wording import count
from core.workspace import Workspace

STDIN = "-"
STDIN_NAME = "standard input"


@dataclass(frozen=True, slots=True)
class LabelledData:
    """`dataset_id` is set for a dataset of the workspace, which holds these rows already. `left_out` has, by
    reason, how many rows of a file are not among them; `bins` in which bins numbers became labels, in words. `version`:
    the rows are those of the dataset as it was. `scorer`: what scores the dataset's answers where they are no labels."""

    dataset: Dataset
    dataset_id: str = ""
    notices: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    bins: str = ""
    version: DatasetVersion | None = None
    scorer: str = ""

    def origin(self, typed: str) -> str:
        """Where the rows come from, to be stored with them."""
        return ", ".join(filter(None, (typed, self.bins)))


@dataclass(frozen=True, slots=True)
class Texts:
    """A table with the columns that its texts are in, and how they become one text; a template of "": a line each."""

    table: Table
    columns: tuple[str, ...]
    notices: tuple[str, ...] = ()
    template: str = ""

    def all(self) -> list[str]:
        """One per row, in order; empty where the cells are blank."""
        return read_texts(self.table, self.columns, self.template)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What rows are read for: `to_tune`, which asks for enough of them; `answers`: what stands in the label column
    are free answers and no labels; `template`: how the prompt at hand makes its text of several fields. `versions`: a
    dataset may be meant as it was."""

    to_tune: bool = False
    answers: bool = False
    template: TextTemplate | None = None
    versions: bool = False


def labelled_data(
    invocation: Invocation, workspace: Workspace, typed: str, reading: Reading, wanted: Wanted = Wanted()
) -> LabelledData:
    """The rows of DATA. DataError, NotFound, UsageError."""
    reading.check_one_label()
    stored = _stored(invocation, workspace, typed)
    if stored is None:
        return labelled_file(typed, reading, wanted)
    _check_nothing_to_read(typed, reading)
    scorer = stored.info.scorer
    version = stored.version
    if version is not None and not wanted.versions:
        raise UsageError(f"This command takes a dataset as it is: leave @{version.name} out.")
    dataset = stored.dataset(workspace)
    then = (f"Rows and labels as they were in version {version.name}.",) if version else ()
    return LabelledData(dataset, dataset.id, (*then, *_not_read(dataset)), version=version, scorer=scorer)


def _not_read(dataset: Dataset) -> tuple[str, ...]:
    """Which rows of a dataset nothing is measured on."""
    excluded = [row for row in dataset.examples if row.excluded]
    labelled = sum(bool(row.label) for row in excluded)
    kinds = [(len(excluded) - labelled, "without a label"), (labelled, "excluded")]
    words = " and ".join(f"{number:,} {kind}" for number, kind in kinds if number)
    whole = f"Of the {count(len(dataset.examples), 'row')} of {dataset.name}"
    return (f"{whole} those are left out that are: {words}.",) if words else ()


def labelled_file(typed: str, reading: Reading, wanted: Wanted = Wanted()) -> LabelledData:
    """A labelled file as a dataset named after it."""
    return labelled_columns(typed, reading, wanted)[0]


def labelled_columns(typed: str, reading: Reading, wanted: Wanted = Wanted()) -> list[LabelledData]:
    """The same, a dataset for each column of labels that was typed."""
    with advice_to_follow():
        table = open_path(Path(typed), reading.options)
        check_typed(table, reading)
        given = with_fields_of(column_map(reading), table, wanted.template)
        columns = guess_columns(table, replace(given, answers=wanted.answers))
        names, source = (file_stem(typed), wanted.to_tune), Path(typed).name
        results = (
            by_label_column(table, columns, tuple(dict.fromkeys(reading.label)), source, names)
            if len(reading.label) > 1
            else [to_dataset(table, columns, names[0], source, wanted.to_tune)]
        )
    return [_as_read(table, result) for result in results]


def _as_read(table: Table, result: ImportResult) -> LabelledData:
    said = [with_options(notice) for notice in result.notices]
    notices = (*table.notices, *said, *options_that_keep(result.left_out))
    return LabelledData(result.dataset, "", notices, result.left_out, result.bins)


def text_table(
    invocation: Invocation,
    workspace: Workspace,
    typed: str,
    reading: Reading,
    template: TextTemplate | None = None,
) -> Texts:
    """The texts of DATA, which need no labels; of a file as the `template` of the prompt says."""
    reading.check_one_label()
    stored = _stored(invocation, workspace, typed)
    if stored is not None:
        _check_nothing_to_read(typed, reading)
        info, dataset = stored.info, stored.dataset(workspace)
        excluded = sum(row.excluded and bool(row.label) for row in dataset.examples)
        notices = (f"{count(excluded, 'excluded row')} of {info.name} left out.",) if excluded else ()
        return Texts(_table_of(dataset), ("text",), notices)
    with advice_to_follow():
        return texts_of(open_path(Path(typed), reading.options), reading, template)


def texts_of(table: Table, reading: Reading, template: TextTemplate | None) -> Texts:
    """The texts of a table, whose column may have been typed."""
    with advice_to_follow():
        check_columns(table, reading.text, "--text")
        given = with_fields_of(column_map(reading), table, template)
        columns = given.text or guess_text_columns(table)
        check_template(replace(given, text=columns))
    return Texts(table, columns, (*table.notices, *left_out_notices(table.left_out)), given.template)


def file_stem(typed: str) -> str:
    path = Path(typed).resolve()
    packed = path.suffix.casefold().lstrip(".") in COMPRESSED
    return STDIN_NAME if typed == STDIN else Path(path.stem).stem if packed else path.stem


# ---- a file or a dataset


@dataclass(frozen=True, slots=True)
class StoredData:
    """A dataset of the workspace, as it is or in a named version."""

    info: DatasetInfo
    version: DatasetVersion | None

    def dataset(self, workspace: Workspace) -> Dataset:
        return state_of(workspace, self.info.id, self.version)


def _stored(invocation: Invocation, workspace: Workspace, typed: str) -> StoredData | None:
    """The dataset that is meant; None where it is a file."""
    if typed == STDIN:
        return None
    if os.path.exists(typed):
        if _also_a_dataset(workspace, typed):
            invocation.console.say(
                f"{typed} is a file here and a dataset of the workspace: the file is read."
            )
        return None
    infos = workspace.store.datasets.all() if workspace.exists else ()
    name, version = without_version(infos, typed)
    matching = matching_datasets(infos, name)
    if len(matching) > 1:
        raise NotFound(several_datasets(name, matching))
    if not matching:
        raise DataError(_neither(typed, infos))
    return StoredData(matching[0], version_typed(workspace, matching[0].id, version))


def _also_a_dataset(workspace: Workspace, typed: str) -> bool:
    """False, too, where the workspace cannot be read: a file needs none."""
    try:
        return workspace.exists and workspace.store.datasets.find(typed) is not None
    except (StoreError, UsageError):
        return False


def _neither(typed: str, infos: Sequence[DatasetInfo]) -> str:
    path = Path(typed)
    close = close_file(path)
    if close:
        return f"There is no file {typed}: did you mean {close}?"
    if path.suffix or len(path.parts) > 1:
        return (
            f"There is no file {typed}: check its name and folder ({program()} datasets lists the datasets)."
        )
    return (
        f"{typed} is neither a file nor a dataset of this workspace{did_you_mean(typed, infos)} "
        f"{program()} datasets lists them, {program()} import FILE adds one."
    )


def _check_nothing_to_read(typed: str, reading: Reading) -> None:
    if reading.typed:
        raise UsageError(
            f"{reading.typed} says how a file is read, and {typed} is a dataset of the workspace: leave it out."
        )


def _table_of(dataset: Dataset) -> Table:
    """Rows without a label are among them: they are excluded only until they have one."""
    rows = tuple(
        tuple(
            ("true" if value and row.label else "") if isinstance(value, bool) else value
            for value in cell_values(row)
        )
        for row in dataset.examples
        if not (row.excluded and row.label)
    )
    return Table(COLUMNS, rows, "", "", (), spreadsheet=False)
