"""How a classified file went: rows per label, those without one by reason, and what was decided by nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import streamlit as st

from core.label_sets.sets import label_names
from core.prompts.files import PromptFile
from core.services.champions import prompt_names
from core.services.text_labels import LabelCounts
from core.types import Outcome
from pages.ui.actions import act
from pages.ui.answers import NO_LABEL, show_label_bars
from pages.ui.shell import workspace
from pages.ui.wording import count, escape_md

MOST_REASONS = 3  # that are told apart


def prompt_in_words(dataset_id: str, key: str) -> str:
    """The prompt with this key, by its name if it has one in this dataset; "" for no prompt."""
    named = prompt_names(workspace(), dataset_id).get(key) if dataset_id else None
    return named or (f"prompt {key}" if key else "")


def show_counts(counts: LabelCounts, file: PromptFile, model: str, reply_tokens: int) -> None:
    """Nothing where no row has an outcome yet. Free answers have no bars."""
    if not counts.outcomes:
        return
    with st.container(border=False, width=560, gap="small"):
        if file.labels:
            show_label_bars(_by_name(counts.labels, file), file.labels)
        st.markdown("\n".join("- " + escape_md(line) for line in _lines(counts, model, reply_tokens)))


def _by_name(labels: Counter[str], file: PromptFile) -> dict[str, int]:
    """Rows per label of the set, a row with several counted for each."""
    rows = Counter[str]()
    for label, number in labels.items():
        for name in label_names(label) if file.prompt.several else (label,):
            rows[name] += number
    return {name: rows[name] for name in file.labels}


def _lines(counts: LabelCounts, model: str, reply_tokens: int) -> list[str]:
    labelled, rows = counts.outcomes[Outcome.LABEL], counts.outcomes.total()
    lines = [f"{labelled:,} of {count(rows, 'row')} with a label."]
    if counts.undecided and model.startswith("offline:"):
        lines.append(
            f"In {counts.undecided:,} of these no word or rule of the prompt decides: "
            "the label is the prompt's fallback, or a guess."
        )
    if counts.without_text:
        lines.append(f"{count(counts.without_text, 'row')} without a text, not asked.")
    reasons = counts.failures.most_common(MOST_REASONS)
    lines += [f"{count(number, 'call')} failed: {reason}" for reason, number in reasons]
    if other := counts.failures.total() - sum(number for _, number in reasons):
        lines.append(f"{count(other, 'call')} failed for other reasons.")
    if counts.cut_off:
        lines.append(f"{count(counts.cut_off, 'reply')} cut off at {reply_tokens:,} tokens.")
    for outcome, sentence in NO_LABEL.items():
        if number := counts.outcomes[outcome]:
            lines.append(f"{count(number, 'row')} without a label: {sentence[0].lower()}{sentence[1:]}")
    return lines


def offer_deletion(what: str, key: str, delete: Callable[[], object]) -> None:
    """Asks first: nothing brings it back."""
    with st.popover("Delete", icon=":material/delete:", type="tertiary", disabled=workspace().read_only):
        st.caption(f"{what} and its predictions are removed for good.")
        st.button(
            "Delete for good",
            key=key,
            disabled=workspace().read_only,
            on_click=act,
            args=(delete, f"{what} and its predictions are removed."),
        )
