import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.store.runs import owners
from core.store.runs.owners import has_died, new_owner


def dead_pid() -> str:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(20)
    return str(process.pid)


def test_this_process_is_alive_and_its_names_are_all_different():
    assert new_owner() != new_owner()
    assert not has_died(new_owner())


def test_a_process_that_ended_on_this_machine_has_died():
    place, _, identity = new_owner().split(":")
    assert has_died(":".join([place, dead_pid(), identity]))


def test_nothing_is_known_of_a_process_on_another_machine():
    place, _, identity = new_owner().split(":")
    pid = dead_pid()
    assert not has_died(":".join(["elsewhere", pid, identity]))
    assert not has_died(":".join([place + "0", pid, identity])), (
        "the same host, with process numbers of its own"
    )


def test_two_machines_of_one_image_are_told_apart_by_their_boot(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "boot").write_text("12345678-of-another-machine")
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(owners, "BOOT", tmp_path / "boot")
        place, _, identity = new_owner().split(":")
        owner = ":".join([place, dead_pid(), identity])
        assert has_died(owner)
    assert not has_died(owner)


@pytest.mark.parametrize("owner", ["", "me", "too early", ":", "::", "host:pid:id", "host:-1:id"])
def test_a_name_of_another_make_is_never_taken_for_a_dead_process(owner: str):
    place = new_owner().split(":")[0]
    assert not has_died(owner)
    assert not has_died(owner.replace("host", place))


def test_a_process_of_another_user_is_alive(monkeypatch: pytest.MonkeyPatch):
    def refuse(pid: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert not has_died(new_owner())
