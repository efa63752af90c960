"""What a change of the row does to the score of the champion, or of the run that it was opened from, at once: every
reply was kept."""

from __future__ import annotations

import streamlit as st

from core.metrics.changed_labels import CorrectCount
from core.services.evaluation.rescored import PromptRescored, prompt_rescored
from core.services.review import Card
from pages.ui import shell
from pages.ui.row_panel.state import OpenedRow
from pages.ui.wording import escape_md

TRAINING = "A training row: no score depends on it. The next run uses it as it is now."


def show_rescored(opened: OpenedRow, card: Card) -> None:
    """Once something was changed in this visit; nothing where no run has read the row."""
    if not opened.made or not card.readings:
        return
    scored = prompt_rescored(shell.workspace(), opened.dataset_id, card.row.id, opened.context.run_id)
    if scored is not None:
        then, now = scored.count.then.accuracy or 0.0, scored.count.now.accuracy or 0.0
        show = st.success if now > then else st.info
        show(escape_md(rescored_in_words(scored)), icon=":material/replay:")
    elif card.row.split == "train":
        st.caption(TRAINING)


def rescored_in_words(scored: PromptRescored) -> str:
    """By today's labels the best prompt of Run 1 has 85 of 100 test rows right instead of 84."""
    then, now = scored.count.then, scored.count.now
    words = f"By today's labels {scored.prompt} has {now.correct:,} of {now.n:,} {scored.part} rows right"
    return words + (", as before." if now == then else f" instead of {_before(then, now)}.")


def _before(then: CorrectCount, now: CorrectCount) -> str:
    return f"{then.correct:,}" if then.n == now.n else f"{then.correct:,} of {then.n:,}"
