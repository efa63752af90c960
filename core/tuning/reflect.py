"""A reflection: the heavyweight model asked once, and the edits in its reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.errors import CallFailed, EditRefused
from core.prompts.blocks import unwrapped
from core.prompts.edits import read_edits, read_rewrite
from core.tuning.free_answers.request import answer_request
from core.tuning.reflection_request import ReflectionInputs, reflection_request
from core.tuning.session import Session
from core.types import PROMPT_FIELDS, Edit, Finish, Prompt, Reflection, Reply, Request


def reflect(session: Session, inputs: ReflectionInputs, request: Request | None = None) -> Reflection:
    """Asks once, by the request that the inputs make unless another is given. A reply that cannot be used is
    not an error: `problem` says in a sentence what was wrong with it."""
    if request is None:
        several = session.scorer.labels if session.scorer else ()
        request = request_for(inputs, several, judged=session.judge is not None)
    [reply] = session.ask_all(session.heavyweight, [request], concurrency=1)
    ids = tuple(example.id for example in inputs.mistakes)
    if isinstance(reply, CallFailed):
        return Reflection(request, "", (), ids, f"The heavyweight model did not answer: {reply}")
    try:
        return Reflection(request, reply.text, _edits_in(reply, inputs), ids)
    except EditRefused as refused:
        return Reflection(request, reply.text, (), ids, str(refused))


def request_for(inputs: ReflectionInputs, several: Sequence[str] = (), judged: bool = False) -> Request:
    """What the heavyweight model is sent. Without labels answers are scored: sets of `several` labels, or free ones, by a
    judge or otherwise."""
    return reflection_request(inputs) if inputs.labels.names else answer_request(inputs, several, judged)


def _edits_in(reply: Reply, inputs: ReflectionInputs) -> tuple[Edit, ...]:
    if reply.finish is not Finish.STOP:
        raise EditRefused(f"The reply ended early ({reply.finish}), so nothing of it is used.")
    if inputs.strategy == "edit":
        return tuple(_on_one_line(edit) for edit in read_edits(reply.text))
    return edits_between(inputs.prompt, read_rewrite(reply.text, inputs.prompt))


def _on_one_line(edit: Edit) -> Edit:
    """The edit with each sentence of a rule on one line, as the next request can show it and an edit find it."""
    return replace(edit, replace=unwrapped(edit.replace)) if edit.field == "system_prompt" else edit


def edits_between(before: Prompt, after: Prompt) -> tuple[Edit, ...]:
    """A rewrite as edits: one per field that changed, its whole old text as the text to find."""
    return tuple(
        Edit(field, getattr(before, field), getattr(after, field))
        for field in PROMPT_FIELDS
        if getattr(before, field) != getattr(after, field)
    )
