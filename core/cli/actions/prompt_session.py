"""A prompt's requests asked outside of any run: a session with the models typed, and a way to end it early."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from core.cli.console import Console, stop_on_signals
from core.cli.options import ModelOptions, settings_typed
from core.errors import Stopped
from core.llm.base import OnReply
from core.prompts.files import PromptFile
from core.prompts.templates import ReadPrompt
from core.tuning.session import Session
from core.types import Progress, Settings
from core.workspace import Workspace


def session_for(workspace: Workspace, models: ModelOptions, file: ReadPrompt | PromptFile) -> Session:
    """The model typed wins over the prompt file's. UsageError where it cannot be opened."""
    workspace.check_writable()
    own = {"lightweight": file.model or Settings().lightweight}
    return workspace.session(Settings(**(own | settings_typed(models))))


@contextmanager
def stoppable(console: Console, workspace: Workspace) -> Iterator[OnReply]:
    """A callback that shows how far it is, and ends the work on a signal."""
    stop = threading.Event()

    def on_reply(done: int, total: int) -> None:
        console(Progress("Classifying", done, total, workspace.slowed()))
        if stop.is_set():
            raise Stopped("Stopped by a signal.")

    with stop_on_signals(stop.set):
        yield on_reply
