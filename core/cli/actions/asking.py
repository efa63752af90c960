"""A prompt's requests asked outside of any run: a session with the models typed, and replies as far as they came."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from core.cli.console import Console, stop_on_signals
from core.cli.options import ModelOptions, settings_typed
from core.errors import CallFailed, EndedEarly, ModelRefused, Stopped
from core.prompts.templates import ReadPrompt
from core.tuning.session import Session
from core.types import Progress, Reply, Request, Settings
from core.workspace import Workspace


def session_for(workspace: Workspace, models: ModelOptions, file: ReadPrompt) -> Session:
    """The model typed wins over the prompt file's. UsageError where it cannot be opened."""
    workspace.check_writable()
    own = {"lightweight": file.model or Settings().lightweight}
    return workspace.session(Settings(**(own | settings_typed(models))))


def label_choices(session: Session, file: ReadPrompt) -> tuple[str, ...]:
    """What replies are held to; nothing unless that was asked for."""
    return file.labels if session.structured else ()


def ask(
    session: Session, requests: Sequence[Request], console: Console, workspace: Workspace
) -> tuple[Sequence[Reply | CallFailed | None], str]:
    """Replies in the order of the requests, None where a cap, a refusal or a signal came first, and a sentence about
    that. Raises ModelRefused where not one came."""
    stop = threading.Event()

    def on_reply(done: int, total: int) -> None:
        console(Progress("Classifying", done, total, workspace.slowed()))
        if stop.is_set():
            raise Stopped("Stopped by a signal.")

    try:
        with stop_on_signals(stop.set):
            return session.ask_all(
                session.lightweight, requests, concurrency=session.concurrency, on_reply=on_reply
            ), ""
    except EndedEarly as ended:
        if isinstance(ended, ModelRefused) and not any(isinstance(reply, Reply) for reply in ended.replies):
            raise
        console.warn(str(ended))
        return ended.replies or (None,) * len(requests), str(ended)
