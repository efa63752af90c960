"""Nobody else on the machine reads the texts and replies of a workspace, whatever the umask and the folders that were
there before."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.distributed.worker import workspace_on
from core.errors import StoreError
from core.jobs.file_job import FileFolder, FileRequest
from core.llm.embeddings.vectors import Vectors
from core.llm.journal.call_journal import SentCall
from core.private_files import private_folder
from core.scoring.function import keep_file
from core.types import Reply
from core.workspace import Workspace


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def fill(folder: Path) -> None:
    workspace = Workspace.open(folder, {})
    try:
        workspace.replies.set("key", Reply("a reply"))
        asyncio.run(workspace.replies.journal.claim(SentCall("key", "run", "lightweight")))
        workspace.store.datasets.all()
    finally:
        workspace.close()
    vectors = Vectors(folder / "vectors")
    vectors.put("model", {"text": np.ones(3, dtype="<f4")})
    vectors.close()
    request = FileRequest("one", "dataset", "texts.csv", 0.0, "{}", "offline:reader", False, ("text",), 1)
    FileFolder(folder / "classified" / "one").create(request, b"text\nhello\n")
    scorer = folder.parent / "scorer.py"
    scorer.write_text("def score(answer, reference):\n    return 1.0\n")
    keep_file(f"{scorer}:score", folder / "scorers")


@pytest.mark.parametrize("before", [(), ("classified", "vectors", "cache", "scorers")])
def test_all_that_holds_texts_or_replies_is_the_users_own(tmp_path: Path, before: tuple[str, ...]):
    folder = tmp_path / "new" / "workspace"
    for name in before:
        (folder / name).mkdir(parents=True)
    fill(folder)
    others = {path.name for path in folder.rglob("*") if path.is_dir() and mode(path) & 0o077}
    assert others == set()
    assert mode(folder) == (0o777 if before else 0o700), "a folder that was there is its owner's to close"
    for name in (
        "whetstone.db",
        "cache/cache.db",
        "cache/sent.db",
        "vectors/vectors.db",
        "classified/one/input",
    ):
        assert mode(folder / name) == 0o600, name


def test_a_worker_on_another_machine_takes_no_folder_of_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    job: Any = SimpleNamespace(node="here", answers=SimpleNamespace(fingerprints=("a", "b")), rules={})
    folder = workspace_on(job, "there")
    assert mode(folder) == mode(folder.parent) == 0o700
    monkeypatch.setattr("os.getuid", lambda: 4242)  # whose folder was made by the user of this test
    with pytest.raises(StoreError, match="belongs to another user"):
        workspace_on(job, "there")


def test_folders_above_are_private_too_where_they_are_made(tmp_path: Path):
    private_folder(tmp_path / "a" / "b")
    assert [mode(tmp_path / part) for part in ("a", "a/b")] == [0o700, 0o700]
