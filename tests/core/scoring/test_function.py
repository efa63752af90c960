"""Scorers that are Python functions in files of the workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UsageError
from core.scoring.function import function_scorer, keep_file
from core.services.evaluation.scorers import built_in_scorer
from core.types import Example

HALVES = "def score(example, reply):\n    return 0.5 if reply in example.label else 0\n"
ROW = Example("1", "a text", "WB-1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "workspace" / "scorers"


def written(path: Path, code: str = HALVES) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code, encoding="utf-8")
    return path


def test_a_file_is_copied_so_that_a_run_scores_as_it_began(tmp_path: Path, folder: Path):
    mine = written(tmp_path / "mine.py")
    name = keep_file(f"{mine}:score", folder)
    written(mine, HALVES.replace("0.5", "0.9"))
    assert function_scorer(name, folder).value(ROW, "WB") == 0.5
    again = keep_file(f"{mine}:score", folder)
    assert again != name and function_scorer(again, folder).value(ROW, "WB") == 0.9
    assert not list(folder.rglob("*.pyc"))


def test_a_file_of_the_workspace_is_named_by_its_name(folder: Path):
    written(folder / "ours.py")
    assert keep_file("ours.py:score", folder) == "ours.py:score"
    assert function_scorer("ours.py:score", folder).value(ROW, "1") == 0.5


def test_a_copy_that_was_changed_is_not_run(tmp_path: Path, folder: Path):
    name = keep_file(f"{written(tmp_path / 'mine.py')}:score", folder)
    written(folder / name.partition(":")[0], "raise SystemExit")
    with pytest.raises(UsageError, match="was changed since"):
        function_scorer(name, folder)


@pytest.mark.parametrize("name", ["../mine.py:score", "/tmp/mine.py:score", "a/b.py:score"])
def test_only_files_of_that_folder_are_run(name: str, folder: Path):
    with pytest.raises(UsageError, match="names a folder"):
        function_scorer(name, folder)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("def other(example, reply): ...", "has no function score"),
        ("score = 1", "has no function score"),
        ("import no_such_module_here", "fails .ModuleNotFoundError"),
        ("def score(:", "fails .SyntaxError"),
    ],
)
def test_what_is_no_function_is_one_sentence(code: str, why: str, folder: Path):
    written(folder / "bad.py", code)
    with pytest.raises(UsageError, match=why):
        function_scorer("bad.py:score", folder)


def test_a_file_that_is_not_there_is_one_sentence(folder: Path):
    with pytest.raises(UsageError, match="There is no file nowhere"):
        keep_file("nowhere.py:score", folder)
    with pytest.raises(UsageError, match="cannot be read"):
        function_scorer("nowhere.py:score", folder)


def test_pages_name_no_files():
    assert built_in_scorer(" number:1% ") == "number:1%"
    with pytest.raises(UsageError, match="named on the command line"):
        built_in_scorer("mine.py:score")
