"""A small model that rambles on until it is cut off: that counts, is named, and is mended by a prompt that asks for less."""

from __future__ import annotations

from core.tuning.tune import tune
from core.types import (
    Dataset,
    Decision,
    Finish,
    LabelSet,
    Reply,
    Request,
    Result,
    Settings,
    Usage,
)
from tests.core.tuning.toy import (
    APPLE,
    LABELS,
    ZEBRA,
    Editor,
    edit,
    edits,
    session_of,
    small_model,
    text_of,
    zoo,
)

SHORTER = "Give a reason of at most ten words."


def rambler(request: Request) -> str | Reply:
    """Two texts in three are too much for it, unless it is told to be short."""
    if SHORTER in request.messages[0].content or len(text_of(request)) % 3 == 0:
        return small_model(request)
    return Reply("Let me think about this. " * 80 + "And so", Finish.LENGTH, Usage(10, 500))


def run(*replies: str):
    editor = Editor(*replies)
    session = session_of(editor, rambler)
    events = list(tune(Dataset("d", LabelSet(LABELS), zoo()), session, Settings(iterations=len(replies))))
    return events[:-1], events[-1], editor, session


def test_a_run_decides_on_cut_off_replies_and_finds_the_prompt_that_makes_them_shorter():
    steps, result, _, session = run(edit(SHORTER), edits(ZEBRA, APPLE))
    assert isinstance(result, Result)
    start, best = (each.evaluations["test"].metrics for each in (result.baseline, result.best))
    assert start.cut_off == start.unreadable > 0 and start.n == 12 and best.cut_off == 0
    assert [step.verdict.decision for step in steps[:2]] == [Decision.ACCEPTED, Decision.ACCEPTED]
    assert not any("no decision" in step.verdict.reason for step in steps)
    assert best.accuracy == 1.0 and result.test.decision is Decision.ACCEPTED
    assert session.account.spends()["lightweight"].failed == 0


def test_the_heavyweight_model_sees_a_cut_off_reply_as_what_it_is_and_not_all_of_it():
    _, _, editor, _ = run(edit(SHORTER))
    asked = editor.seen[0].messages[1].content
    shown = asked.count("(cut off at 500 tokens)")
    assert (
        shown and f"{shown} of these replies were cut off at 500 tokens, before a label was named." in asked
    )
    assert "characters left out) …" in asked and "And so</reply>" in asked
    assert asked.count("Let me think about this.") < 40 * shown
