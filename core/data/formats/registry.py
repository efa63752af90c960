"""Every format that can be opened or written, and the front door for files: what kind a file is, and its
table.

A format is a file of its own and a line here: uploaders, exports and commands follow."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence

from core.data.formats.argilla import ARGILLA
from core.data.formats.arrow import ARROW
from core.data.formats.csv_text import CSV, TSV
from core.data.formats.doccano import DOCCANO
from core.data.formats.excel.workbook import EXCEL
from core.data.formats.fasttext import FASTTEXT
from core.data.formats.format import Beside, Format, ReadOptions, SourceFile, no_names, nothing_beside
from core.data.formats.huggingface import HUGGING_FACE
from core.data.formats.json_records import JSON, JSON_LINES
from core.data.formats.label_studio import LABEL_STUDIO
from core.data.formats.langsmith import LANGSMITH
from core.data.formats.mlflow import MLFLOW
from core.data.formats.openai.chat import OPENAI_CHAT
from core.data.formats.openai.datasets import OPENAI_DATASET
from core.data.formats.openai.evals import OPENAI_EVALS
from core.data.formats.openai.logs import OPENAI_LOGS
from core.data.formats.packed.archive import ENDINGS as ARCHIVES
from core.data.formats.packed.archive import archive_files, is_archive
from core.data.formats.packed.compressed import ENDINGS as COMPRESSED
from core.data.formats.packed.compressed import uncompressed
from core.data.formats.packed.folder_labels import texts_by_folder
from core.data.formats.packed.names import is_about_data, is_data, may_be_data
from core.data.formats.packed.parts import data_parts, joined_tables
from core.data.formats.parquet import PARQUET
from core.data.formats.prodigy import PRODIGY
from core.data.formats.promptfoo.configs import PROMPTFOO
from core.data.formats.reading.described_names import described_names, named_table
from core.data.formats.reading.opened_columns import with_opened_texts, with_repeated_labels
from core.data.formats.spacy import SPACY
from core.data.importing.marked_columns import with_marked_labels
from core.data.table import Table
from core.errors import DataError
from core.wording import quoted

# In the order in which they are offered. Files are tried with the last one first: the special before the
# general, and CSV takes what is left.
FORMATS = (
    CSV,
    TSV,
    EXCEL,
    JSON_LINES,
    JSON,
    PARQUET,
    ARROW,
    FASTTEXT,
    PROMPTFOO,
    OPENAI_CHAT,
    OPENAI_LOGS,
    OPENAI_EVALS,
    OPENAI_DATASET,
    LANGSMITH,
    MLFLOW,
    HUGGING_FACE,
    LABEL_STUDIO,
    ARGILLA,
    SPACY,
    DOCCANO,
    PRODIGY,
)


def open_file(
    raw: bytes,
    filename: str = "",
    options: ReadOptions = ReadOptions(),
    beside: Beside = nothing_beside,
    names_beside: Callable[[], Sequence[str]] = no_names,
) -> Table:
    """The table of a file, which is what its content says, or else its name; of an archive, that of its files.
    DataError, in one sentence, for what cannot be read."""
    raw, filename = uncompressed(raw, filename)
    if is_archive(raw):
        return open_parts(archive_files(raw, is_wanted), options)
    return _open_one(SourceFile(raw, filename, options, beside, names_beside))


def open_parts(parts: Mapping[str, bytes], options: ReadOptions = ReadOptions()) -> Table:
    """Several files, by their names, as one table: train.csv and test.csv, the shards of one, a folder per label
    with a text file per example. Those that are no data are passed over. DataError where they are not parts of
    one table."""
    parts = {name.replace("\\", "/"): raw for name, raw in parts.items()}
    data = data_parts(parts, file_extensions())
    texts = texts_by_folder(data, options.encoding)
    if texts is not None:
        return texts
    names = described_names({name: raw for name, raw in parts.items() if is_about_data(name)})
    tables = {name: named_table(_open_part(name, parts, options, len(data)), names) for name in data}
    others = [name for name in parts if may_be_data(name) and name not in data]
    return joined_tables(tables, others)


def is_wanted(name: str) -> bool:
    """Whether a file among others is read, as data or for what it says of them."""
    return is_data(name, file_extensions()) or is_about_data(name)


def _open_part(name: str, parts: Mapping[str, bytes], options: ReadOptions, of: int) -> Table:
    folder = name.rpartition("/")[0]

    def beside(other: str) -> bytes | None:
        return parts.get(posixpath.normpath(posixpath.join(folder, other))) or None

    def names_beside() -> Sequence[str]:
        return [posixpath.relpath(other, folder or ".") for other in parts if other.startswith(folder)]

    try:
        raw, inner = uncompressed(parts[name], name)
        return _open_one(SourceFile(raw, inner, options, beside, names_beside))
    except DataError as wrong:
        raise DataError(f"{quoted(name)}: {wrong}" if of > 1 else str(wrong)) from None


def _open_one(file: SourceFile) -> Table:
    table = next(format for format in reversed(FORMATS) if format.recognises(file)).read(file)
    return with_marked_labels(with_repeated_labels(with_opened_texts(table)))


def file_extensions() -> tuple[str, ...]:
    """What an uploader may offer; content decides."""
    endings = (ending for format in FORMATS for ending in format.extensions)
    return (*dict.fromkeys(endings), *COMPRESSED, *ARCHIVES)


def export_formats() -> dict[str, Format]:
    """Those that can be written, by name."""
    return {format.name: format for format in FORMATS if format.write}
