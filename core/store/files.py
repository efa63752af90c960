"""Writing a file all or nothing, and the two files of rules that a user may have in the workspace:
models.toml and limits.toml."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from core.errors import Conflict, StoreError
from core.llm.catalogue.limits import NAME as LIMITS
from core.llm.catalogue.limits import Given, limits_text, load_limits
from core.llm.catalogue.profiles import load_profiles, read_profiles

MODELS = "models.toml"


def models_text(folder: Path) -> str:
    """The user's models.toml as it stands; empty where there is none. Raises StoreError."""
    path = folder / MODELS
    try:
        return path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
    except OSError as problem:
        raise StoreError(f"{path} cannot be read ({problem.strerror}): check its permissions.") from None


def save_models(folder: Path, text: str, opened: str) -> None:
    """Checks and writes models.toml; a blank text takes it away. `opened` is what it held when editing began.

    Raises UsageError naming what is wrong in the text, Conflict when the file has changed since,
    StoreError."""
    read_profiles(text)
    if models_text(folder) != opened:
        raise Conflict(
            f"{MODELS} was changed since you opened it: reload the page to see it, then make your change again."
        )
    _put(folder / MODELS, text if text.strip() else None)


def save_limit(folder: Path, model: str, limits: Mapping[str, float]) -> None:
    """Sets the limits of one model ("" for all others), the other entries stay; none takes its entry away.
    UsageError, StoreError."""
    endpoints = load_profiles(folder).endpoints
    given: Given = {**load_limits(folder, endpoints), model: dict(limits)}
    given = {name: entry for name, entry in given.items() if entry}
    _put(folder / LIMITS, limits_text(given, endpoints) if given else None)


def _put(path: Path, text: str | None) -> None:
    try:
        if text is None:
            path.unlink(missing_ok=True)
        else:
            write_text(path, text)
    except OSError as problem:
        raise StoreError(
            f"{path} cannot be written ({problem.strerror}): check its permissions and the free space."
        ) from None


def write_text(path: Path, text: str) -> None:
    """All or nothing: a reader never sees half a file. Raises OSError."""
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
