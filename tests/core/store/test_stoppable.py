"""Questions that nobody watches."""

import pytest

from core.errors import Stopped
from core.jobs.run_job import Stoppable
from core.types import Progress


def asks(times: int):
    """Something like CallLoop.ask_all, which reports so often."""

    def ask_all(model, requests, *, concurrency, on_reply=None):
        for done in range(times):
            on_reply(done, times)
        return [(model, request, concurrency) for request in requests]

    return ask_all


def test_what_was_last_said_is_said_again_while_a_question_is_under_way():
    said: list[Progress] = []
    heeding = Stoppable(asks(3), said.append)
    heeding.on_progress(Progress("The heavyweight model reads"))
    assert heeding.ask_all("model", ["request"], concurrency=2) == [("model", "request", 2)]
    assert said == [Progress("The heavyweight model reads")] * 4


def test_progress_says_why_calls_are_slow():
    said: list[Progress] = []
    Stoppable(asks(1), said.append, lambda: "slowed").on_progress(Progress("Reading", 1, 2))
    assert said == [Progress("Reading", 1, 2, "slowed")]


def test_whoever_watches_is_left_alone():
    said: list[Progress] = []
    watched: list[tuple[int, int]] = []
    Stoppable(asks(2), said.append).ask_all(
        "model", [], concurrency=1, on_reply=lambda done, total: watched.append((done, total))
    )
    assert (said, watched) == ([], [(0, 2), (1, 2)])


def test_the_word_to_stop_gets_through():
    def tell(progress: Progress) -> None:
        raise Stopped("enough")

    with pytest.raises(Stopped, match="enough"):
        Stoppable(asks(1), tell).ask_all("model", ["request"], concurrency=1)
