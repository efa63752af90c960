"""What a change of the row does to the run that it was opened from, at once: every reply was kept."""

from __future__ import annotations

import streamlit as st

from core.metrics.replay import CorrectCount, Rescored
from core.services.evaluation.rescored import best_rescored
from core.services.review import Card
from pages.ui import shell
from pages.ui.row_panel.state import OpenedRow

TRAINING = "A training row: no score depends on it. The next run uses it as it is now."


def show_rescored(opened: OpenedRow, card: Card) -> None:
    """Once something was changed in this visit; nothing where no run has read the row."""
    run_id = opened.context.run_id or (card.readings[-1].run_id if card.readings else "")
    if not run_id or not opened.made:
        return
    counted = best_rescored(shell.workspace(), run_id, card.row.id)
    if counted is not None:
        part, figure = counted
        st.success(rescored_in_words(figure, part), icon=":material/replay:")
    elif card.row.split == "train":
        st.caption(TRAINING)


def rescored_in_words(count: Rescored, part: str) -> str:
    """By today's labels the best prompt has 85 of 100 test rows right instead of 84."""
    now = f"By today's labels the best prompt has {count.now.correct:,} of {count.now.n:,} {part} rows right"
    if count.now == count.then:
        return now + ", as before."
    return f"{now} instead of {_before(count.then, count.now)}."


def _before(then: CorrectCount, now: CorrectCount) -> str:
    return f"{then.correct:,}" if then.n == now.n else f"{then.correct:,} of {then.n:,}"
