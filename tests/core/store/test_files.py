"""The user's own files: checked, then written whole."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import Conflict, DataError, StoreError, UsageError
from core.llm.catalogue.limits import load_limits
from core.store.files import check_target, models_text, save_limit, save_models, write_chunks, write_text

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


def test_a_failed_write_is_a_sentence_and_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="the disk or the quota is full"):
        write_text(path, "new")
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path):
    (tmp_path / "deep").mkdir()
    target, link = tmp_path / "deep" / "a.txt", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to("deep/a.txt")
    write_text(link, "new")
    assert link.is_symlink() and target.read_text() == "new" and target.stat().st_mode & 0o777 == 0o640
    (tmp_path / "dangling").symlink_to("deep/b.txt")
    check_target(tmp_path / "dangling")
    write_text(tmp_path / "dangling", "new")
    assert (tmp_path / "deep" / "b.txt").read_text() == "new"


def test_pipes_sockets_and_devices_are_written_into(tmp_path: Path):
    pipe, address = tmp_path / "pipe", tmp_path / "socket"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(address))
        server.listen()
        for path in (pipe, address, Path("/dev/null")):
            check_target(path)
            write_text(path, "new")
            assert not path.is_file() and path.exists()
        assert os.read(reader, 10) == b"new" and server.accept()[0].recv(10) == b"new"
    os.close(reader)


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_by_any_name_goes_on_where_it_is(tmp_path: Path, name: str):
    program = f"""from pathlib import Path; from core.store.files import check_target, write_text; print("before", flush=True)
check_target(Path({name!r})); write_text(Path({name!r}), "rows\\n"); print("after")"""
    with (tmp_path / "out").open("w") as out:
        subprocess.run([sys.executable, "-c", program], stdout=out, check=True)
    assert (tmp_path / "out").read_text() == "before\nrows\nafter\n" and not Path("-").exists()


def test_what_cannot_be_written_is_a_sentence_before_it_costs_anything(tmp_path: Path):
    with pytest.raises(StoreError, match="is a folder: name a file in it"):
        check_target(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        check_target(tmp_path / "file" / "out.csv")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(StoreError, match="cannot be written"):
        check_target(tmp_path / "loop")


def test_a_file_that_comes_bit_by_bit_is_there_whole_or_not_at_all(tmp_path: Path):
    target = tmp_path / "out.csv"
    write_chunks(target, iter([b"a,", b"b\n"]))
    assert target.read_bytes() == b"a,b\n"

    def broken() -> Iterator[bytes]:
        yield b"half of "
        raise DataError("The input has changed.")

    with pytest.raises(DataError):
        write_chunks(target, broken())
    assert target.read_bytes() == b"a,b\n" and os.listdir(tmp_path) == ["out.csv"]
