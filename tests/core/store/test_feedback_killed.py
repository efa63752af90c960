"""Feedback from many at once, and a process that is killed in the middle of it (issue 7)."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from core.store.feedback.records import State
from core.store.store import Store
from core.types import Dataset, LabelSet
from tests.core.store.conftest import SERVER
from tests.core.store.posting import LABELS, answer, post

ROOT = Path(__file__).parents[3]
POSTS = 240


@pytest.fixture
def real(address: str):
    with Store.open(address) as store:
        yield store


@pytest.fixture
def served(real: Store) -> str:
    """The id of a dataset without rows, of which predictions p0 to p239 were served."""
    dataset_id = real.datasets.add(Dataset("issues", LabelSet(LABELS), ()), "test")
    real.answers.add_all([answer(number, dataset_id) for number in range(POSTS)])
    return dataset_id


def child(address: str, dataset_id: str, threads: int, first: int, last: int) -> subprocess.Popen:
    command = [
        sys.executable,
        "-m",
        "tests.core.store.posting",
        address,
        dataset_id,
        *map(str, (threads, first, last)),
    ]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def check_whole(store: Store, dataset_id: str, posted: set[int]) -> None:
    """Each once, carried out, and nothing else."""
    said = store.feedback.all(dataset_id)
    assert Counter(each.prediction_id for each in said) == Counter(f"p{number}" for number in posted)
    assert {each.state for each in said} == {State.APPLIED}
    rows = {row.text: row for row in store.datasets.get(dataset_id).examples}
    assert sorted(rows) == sorted(f"text number {number}" for number in posted)
    assert len(store.datasets.get(dataset_id).examples) == len(posted), "no row twice"
    for number in posted:
        row = rows[f"text number {number}"]
        assert row.label == (LABELS[(number + 1) % 3] if number % 2 else LABELS[number % 3])
        assert row.note == (f"why {number}" if number % 2 else "")


def test_what_was_acknowledged_before_a_kill_is_there_once_even_if_everything_is_posted_again(
    real: Store, served: str, address: str
):
    process = child(address, served, 8, 0, POSTS)
    acknowledged: set[int] = set()
    for line in process.stdout:
        acknowledged.add(int(line.removeprefix("got p")))
        if len(acknowledged) == POSTS // 3:
            os.kill(process.pid, signal.SIGKILL)
            break
    acknowledged |= {int(line.removeprefix("got p")) for line in process.stdout if line.endswith("\n")}
    assert process.wait(20) == -signal.SIGKILL and len(acknowledged) < POSTS
    kept = {int(each.prediction_id.removeprefix("p")) for each in real.feedback.all(served)}
    assert acknowledged <= kept and len(kept - acknowledged) <= 8, (
        "at most one per thread was stored and not yet acknowledged"
    )
    check_whole(real, served, kept)
    if not SERVER:
        assert sqlite3.connect(address).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert child(address, served, 8, 0, POSTS).wait(60) == 0
    check_whole(real, served, set(range(POSTS)))


def test_the_same_posts_from_several_processes_at_once_are_there_once(real: Store, served: str, address: str):
    children = [child(address, served, 2, 0, 60) for _ in range(4)]
    said = [process.communicate(timeout=60)[0] for process in children]
    assert all(process.returncode == 0 for process in children)
    assert all(text.count("got ") == 60 for text in said)
    check_whole(real, served, set(range(60)))


def test_different_posts_from_several_processes_lose_nothing(real: Store, served: str, address: str):
    children = [child(address, served, 1, place * 20, place * 20 + 20) for place in range(4)]
    assert [process.wait(60) for process in children] == [0] * 4
    for number in range(80, 90):
        post(real, served, number)
    check_whole(real, served, set(range(90)))
