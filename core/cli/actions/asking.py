"""A prompt's requests asked outside of any run: a session with the models typed, and replies as far as they came."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from core.cli.console import Console, stop_on_signals
from core.cli.options import ModelOptions, settings_typed
from core.errors import CallFailed, Stopped
from core.llm.base import OnReply
from core.prompts.files import PromptFile
from core.prompts.templates import ReadPrompt
from core.services.evaluation.evaluate import replies_until_end
from core.tuning.session import Session
from core.types import Progress, Reply, Request, Settings
from core.workspace import Workspace


def session_for(workspace: Workspace, models: ModelOptions, file: ReadPrompt | PromptFile) -> Session:
    """The model typed wins over the prompt file's. UsageError where it cannot be opened."""
    workspace.check_writable()
    own = {"lightweight": file.model or Settings().lightweight}
    return workspace.session(Settings(**(own | settings_typed(models))))


def label_choices(session: Session, file: ReadPrompt) -> tuple[str, ...]:
    """What replies are held to; nothing unless that was asked for."""
    return file.labels if session.structured and not file.prompt.several else ()


def ask(
    session: Session, requests: Sequence[Request], console: Console, workspace: Workspace
) -> tuple[Sequence[Reply | CallFailed | None], str]:
    """As `replies_until_end`, with a progress line, and the sentence on stderr."""
    with stoppable(console, workspace) as on_reply:
        replies, why_ended = replies_until_end(session, requests, on_reply)
    if why_ended:
        console.warn(why_ended)
    return replies, why_ended


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
