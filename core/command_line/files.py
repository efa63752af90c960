"""Files that commands read and write."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from core.data.reading import Table, read_table
from core.errors import PromptError
from core.prompts.files import PromptFile, from_json, to_json
from core.types import Dataset
from core.workspace import read_dataset


def dataset_of(path: Path) -> tuple[Dataset, tuple[str, ...]]:
    """A labelled file as a dataset named after it, with notices. Raises DataError, OSError."""
    return read_dataset(path.read_bytes(), path.stem, source=path.name)


def table_of(path: Path) -> Table:
    return read_table(path.read_bytes())


def prompt_of(path: Path) -> PromptFile:
    """Raises PromptError naming what is wrong, OSError."""
    try:
        return from_json(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise PromptError(f"{path} is not UTF-8 text: save the prompt file as UTF-8.") from None


def write_prompt(path: Path, prompt: PromptFile) -> None:
    write_text(path, to_json(prompt))


def write_text(path: Path, text: str) -> None:
    """All or nothing: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="", errors="surrogatepass") as file:
            file.write(text)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
