"""Every format that can be opened or written, and the front door for files: what kind a file is, and its
table.

A format is a file of its own and a line here: uploaders, exports and commands follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.data.formats.argilla import ARGILLA
from core.data.formats.csv_text import CSV, TSV
from core.data.formats.doccano import DOCCANO
from core.data.formats.excel.workbook import EXCEL
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
from core.data.formats.parquet import PARQUET
from core.data.formats.prodigy import PRODIGY
from core.data.formats.promptfoo.configs import PROMPTFOO
from core.data.formats.spacy import SPACY
from core.data.table import Table

# In the order in which they are offered. Files are tried with the last one first: the special before the
# general, and CSV takes what is left.
FORMATS = (
    CSV,
    TSV,
    EXCEL,
    JSON_LINES,
    JSON,
    PARQUET,
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
    """The table of a file, which is what its content says, or else its name. DataError, in one sentence, for
    what cannot be read."""
    file = SourceFile(raw, filename, options, beside, names_beside)
    return next(format for format in reversed(FORMATS) if format.recognises(file)).read(file)


def file_extensions() -> tuple[str, ...]:
    """What an uploader may offer; content decides."""
    return tuple(dict.fromkeys(ending for format in FORMATS for ending in format.extensions))


def export_formats() -> dict[str, Format]:
    """Those that can be written, by name."""
    return {format.name: format for format in FORMATS if format.write}
