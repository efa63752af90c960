"""What is kept of a block is there whole or not at all, and only for this input and this prompt."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.distributed.answers import AnswerFolder
from core.distributed.inputs.blocks import RowBlock
from core.errors import Conflict
from core.exports.dataset import NO_TEXT
from core.jobs.file_job import FileAnswer
from core.types import Outcome

BLOCK = RowBlock(3, 2, 0, 10)
DONE = [FileAnswer(0, Outcome.LABEL, "bug"), FileAnswer(1, Outcome.FAILED, error=NO_TEXT)]


def folder(path: Path, content: str = "a" * 64, asked: object = "prompt") -> AnswerFolder:
    made = AnswerFolder.beside(path / "out.csv", content, asked)
    made.path.mkdir(exist_ok=True)
    return made


def test_a_finished_block_is_found_again_and_one_with_failed_calls_is_not_finished(tmp_path: Path):
    kept = folder(tmp_path)
    assert not kept.is_finished(BLOCK) and kept.answers(BLOCK) == {}
    kept.write(BLOCK, DONE)
    assert kept.is_finished(BLOCK) and list(kept.answers(BLOCK).values()) == DONE
    for partly in (DONE[:1], [DONE[0], FileAnswer(1, Outcome.FAILED, error="no network")]):
        kept.write(BLOCK, partly)
        assert not kept.is_finished(BLOCK) and kept.answers(BLOCK)[0] == DONE[0]


def test_another_input_prompt_or_block_finds_nothing_of_it(tmp_path: Path):
    folder(tmp_path).write(BLOCK, DONE)
    for other in (folder(tmp_path, "b" * 64), folder(tmp_path, asked="another")):
        assert not other.is_finished(BLOCK) and other.answers(BLOCK) == {}
    assert not folder(tmp_path).is_finished(RowBlock(4, 2, 0, 10))
    assert not folder(tmp_path).is_finished(RowBlock(3, 3, 0, 10)), "of another size"


def test_a_damaged_file_is_none(tmp_path: Path):
    kept = folder(tmp_path)
    kept.write(BLOCK, DONE)
    (file,) = kept.path.glob("*.jsonl")
    assert file.name == f"{'a' * 12}-{kept.fingerprints[1]}-0000003.jsonl"
    assert os.stat(file).st_mode & 0o777 == 0o600
    file.write_bytes(file.read_bytes()[:40])
    assert kept.answers(BLOCK) == {}
    file.write_bytes(b"\xff\x00nonsense")
    assert not kept.is_finished(BLOCK) and kept.answers(BLOCK) == {}


def test_two_commands_do_not_work_in_one_folder(tmp_path: Path):
    kept = AnswerFolder.beside(tmp_path / "out.csv", "a" * 64, "prompt")
    with kept.create():
        (kept.path / ".new-half").write_bytes(b"half of a bl")
        with pytest.raises(Conflict, match="is being classified already"):
            kept.create()
        assert (kept.path / ".new-half").exists(), "that of who works there"
    with kept.create():
        assert not list(kept.path.glob(".new-*"))
    assert os.stat(kept.path).st_mode & 0o777 == 0o700
