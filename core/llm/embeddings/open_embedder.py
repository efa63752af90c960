"""From a name to an embedder: "offline:svd", or a provider's embedding model with everything that a call can
be trusted for."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

from core.errors import UsageError
from core.llm.account import Account
from core.llm.base import AskAll
from core.llm.connections import ModelContext
from core.llm.embeddings.offline import NAME, SIZE, OfflineEmbedder, name_of
from core.llm.embeddings.remote import ROLE, RemoteEmbedder
from core.llm.open_model import open_model
from core.llm.providers.registry import is_local
from core.private_files import private_file, private_folder

MOST_FILES = 4  # files of what was learned offline; each has up to 33 MB


def open_embedder(name: str, account: Account, shared: ModelContext, ask_all: AskAll) -> RemoteEmbedder:
    """A provider's: "openai:text-embedding-3-small", or any address in that format ("openai-compatible:…",
    "ollama:…", "gemini:…"). Its calls are of the role "embedding" in the account. Raises UsageError where it
    cannot be called as told."""
    if is_local(name):
        raise UsageError(
            f"There is no embedding model {name}: choose {NAME}, or a provider's, such as openai:text-embedding-3-small."
        )
    return RemoteEmbedder(
        open_model(name, ROLE, account, shared), ask_all, min(4, shared.limits_of(name).concurrency)
    )


def offline_embedder(
    texts: Sequence[str], folder: str | Path | None = None, size: int = SIZE
) -> OfflineEmbedder:
    """Learned from these texts, or read from `folder` where it was learned from the same before, and kept
    there."""
    if folder is None:
        return OfflineEmbedder.learned(texts, size)
    path = Path(folder) / (name_of(texts, size).replace(":", "-") + ".npz")
    embedder = _read(path, name_of(texts, size))
    if embedder is None:
        embedder = OfflineEmbedder.learned(texts, size)
        _write(path, embedder)
    return embedder


def _read(path: Path, name: str) -> OfflineEmbedder | None:
    import numpy as np

    from core.similarity.char_ngrams import FEATURES, CharNgrams

    try:
        with np.load(path, allow_pickle=False) as file:
            weights, directions = file["weights"], file["directions"]
    except (
        OSError,
        ValueError,
        KeyError,
        EOFError,
        zipfile.BadZipFile,
    ):  # not there, or damaged: it is learned anew
        return None
    fits = weights.shape == (FEATURES,) and directions.ndim == 2 and directions.shape[1] == FEATURES
    sound = fits and weights.dtype == directions.dtype == np.float32
    return OfflineEmbedder(name, CharNgrams(weights), directions) if sound else None


def _write(path: Path, made: OfflineEmbedder) -> None:
    import numpy as np

    private_folder(path.parent)
    aside = path.with_name(f"{path.name}.{os.getpid()}.part")
    with open(aside, "wb", opener=private_file) as file:
        np.savez(file, weights=made.ngrams.weights, directions=made.directions)
    aside.replace(path)
    for old in sorted(path.parent.glob("*.npz"), key=lambda file: file.stat().st_mtime)[:-MOST_FILES]:
        old.unlink(missing_ok=True)  # learned from texts that are other ones by now
