"""A single question to the heavyweight model may take minutes, and nobody watches it: the word to stop is
heard then, too."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.errors import CallFailed
from core.llm.base import AskAll, Model
from core.tuning.session import OnProgress
from core.types import Progress, Reply, Request


class Stoppable:
    """`on_progress` and `ask_all` of one run. Where the asker gave no `on_reply`, what was last said is said
    again while calls are under way, so that whoever listens may raise Stopped."""

    def __init__(self, ask_all: AskAll, on_progress: OnProgress):
        self._ask_all, self._tell = ask_all, on_progress
        self._last = Progress("Starting")

    def on_progress(self, progress: Progress) -> None:
        self._last = progress
        self._tell(progress)

    def ask_all(
        self,
        model: Model,
        requests: Sequence[Request],
        *,
        concurrency: int,
        on_reply: Callable[[int, int], None] | None = None,
    ) -> list[Reply | CallFailed]:
        def again(done: int, total: int) -> None:
            self._tell(self._last)

        return self._ask_all(model, requests, concurrency=concurrency, on_reply=on_reply or again)
