"""The user's own files: checked, then written whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import Conflict, StoreError, UsageError
from core.llm.catalogue.limits import load_limits
from core.store.files import models_text, save_limit, save_models, write_text

RULES = '[prices."openai:x"]\ninput = 1\noutput = 2\n'


def test_rules_are_written_and_read_as_they_are(tmp_path: Path):
    folder = tmp_path / "new"
    save_models(folder, RULES, opened="")
    assert models_text(folder) == RULES and os.listdir(folder) == ["models.toml"]


def test_wrong_rules_are_not_written(tmp_path: Path):
    save_models(tmp_path, RULES, opened="")
    with pytest.raises(UsageError, match="needs both"):
        save_models(tmp_path, '[prices."openai:x"]\ninput = 1\n', opened=RULES)
    assert models_text(tmp_path) == RULES


def test_rules_that_somebody_else_changed_are_not_overwritten(tmp_path: Path):
    save_models(tmp_path, RULES, opened="")
    with pytest.raises(Conflict, match="changed since"):
        save_models(tmp_path, "", opened="")
    assert models_text(tmp_path) == RULES


def test_an_emptied_text_takes_the_file_away(tmp_path: Path):
    save_models(tmp_path, RULES, opened="")
    save_models(tmp_path, " \n", opened=RULES)
    assert not (tmp_path / "models.toml").exists()
    save_models(tmp_path, "", opened="")


def test_limits_of_one_model_leave_the_others_as_they_are(tmp_path: Path):
    save_limit(tmp_path, "openai:x", {"concurrency": 4})
    save_limit(tmp_path, "", {"timeout": 30.0})
    save_limit(tmp_path, "openai:x", {"requests_per_minute": 60.0})
    assert load_limits(tmp_path, ()) == {"": {"timeout": 30.0}, "openai:x": {"requests_per_minute": 60.0}}
    save_limit(tmp_path, "openai:x", {})
    save_limit(tmp_path, "", {})
    assert not (tmp_path / "limits.toml").exists()


def test_a_wrong_limit_is_not_written(tmp_path: Path):
    with pytest.raises(UsageError):
        save_limit(tmp_path, "openai:x", {"concurrency": 0})
    with pytest.raises(UsageError):
        save_limit(tmp_path, "nonsense", {"concurrency": 1})
    assert not (tmp_path / "limits.toml").exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="check its permissions"):
        save_limit(tmp_path / "file", "openai:x", {"concurrency": 1})


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def broken(source: object, target: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError):
        write_text(path, "new")
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]
