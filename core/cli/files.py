"""Files that commands read and write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.data.importing.columns import guess_columns
from core.data.importing.mapping import ImportResult, to_dataset
from core.data.prompt_files import read_prompt
from core.data.table import Table
from core.errors import PromptError, UsageError
from core.prompts.files import PromptFile, to_json
from core.prompts.templates import ReadPrompt, label_notices
from core.store.files import write_text
from core.store.source_files import open_path


def dataset_of(path: Path, to_tune: bool = True) -> ImportResult:
    """A labelled file as a dataset named after it, with notices; with enough rows for tuning unless told
    otherwise. DataError."""
    table = open_path(path)
    result = to_dataset(table, guess_columns(table), path.stem, path.name, to_tune)
    return replace(result, notices=(*table.notices, *result.notices))


def table_of(path: Path) -> Table:
    return open_path(path)


def prompt_of(path: Path, labels: Sequence[str] = ()) -> ReadPrompt:
    """A prompt of any form. `labels` are those of one that names none itself, as only a prompt file does. Raises
    PromptError naming what is wrong, OSError."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PromptError(f"{path} is not UTF-8 text: save the prompt file as UTF-8.") from None
    read = read_prompt(text, labels, path.name)
    if read.labels:
        return read
    return replace(read, labels=tuple(labels), notices=(*read.notices, *label_notices(read.prompt, labels)))


def lines_of(path: Path) -> tuple[str, ...]:
    """The lines that say something, without the white space at their ends. Raises UsageError, OSError."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text: save it as UTF-8.") from None
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def write_prompt(path: Path, prompt: PromptFile) -> None:
    write_text(path, to_json(prompt))
