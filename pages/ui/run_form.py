"""The settings of a run as one form: the few that matter in sight, the others folded away. Defaults work."""

from __future__ import annotations

import streamlit as st

from core.types import Settings
from pages.ui.models import choose_model

STRATEGIES = {
    "edit": "Small changes, one rule each; the rest of the prompt stays as it is.",
    "rewrite": "The heavyweight model writes the whole prompt anew at every step.",
}


def choose_settings() -> tuple[Settings, str]:
    """What the run is told, and the name it is given (may be empty)."""
    light, heavy = st.columns(2)
    with light:
        lightweight = choose_model("Lightweight model", "lightweight", "new_lightweight", help="Classifies the rows. Cheap and fast.")
    with heavy:
        heavyweight = choose_model("Heavyweight model", "heavyweight", "new_heavyweight", help="Reads the mistakes and edits the prompt. A few calls a run.")
    strategy = st.segmented_control(
        "Strategy", list(STRATEGIES), default="edit", required=True, format_func=str.capitalize, key="new_strategy", persist_state="session",
    )
    st.caption(STRATEGIES[strategy])
    steps, dollars = st.columns(2)
    iterations = steps.number_input(
        "Iterations", 1, 200, Settings().iterations, key="new_iterations", persist_state="session",
        help="Steps at most: in each, mistakes are read, the prompt is edited and measured.",
    )
    budget = dollars.number_input(
        "Cap in dollars, both models", 0.01, None, None, step=0.5, format="%.2f", placeholder="no cap", key="new_usd", persist_state="session",
    )
    with st.expander("More settings"):
        more, name = _more()
    return Settings(lightweight=lightweight, heavyweight=heavyweight, strategy=strategy, iterations=iterations, budget_usd=budget, **more), name


def _more() -> tuple[dict[str, int | None], str]:
    usual = Settings()
    name = st.text_input("Name", placeholder="chosen for you", max_chars=80, key="new_name")
    first, second, third = st.columns(3)
    batch = first.number_input("Batch size", 5, 5_000, usual.batch_size, 10, key="new_batch", persist_state="session",
                               help="Training rows classified in each step, to find mistakes.")
    shown = second.number_input("Mistakes shown", 1, 200, usual.shown_mistakes, key="new_shown", persist_state="session",
                                help="At most so many mistakes go to the heavyweight model in a step.")
    correct = third.number_input("Correct ones shown", 0, 200, usual.shown_correct, key="new_correct", persist_state="session",
                                 help="Rows classified correctly, shown for contrast.")
    calls = first.number_input("Cap on lightweight calls", 1, None, None, 100, placeholder="no cap", key="new_calls", persist_state="session")
    heavy = second.number_input("Cap on heavyweight calls", 1, None, None, 1, placeholder="no cap", key="new_heavy", persist_state="session")
    tokens = third.number_input("Cap on tokens", 1, None, None, 10_000, placeholder="no cap", key="new_tokens", persist_state="session")
    seed = first.number_input("Seed", 0, 2**31, 0, key="new_seed", persist_state="session", help="The same seed, settings and rows give the same run.")
    together = second.number_input("Calls at a time", 1, 256, usual.concurrency, key="new_concurrency", persist_state="session")
    more = {
        "batch_size": batch, "shown_mistakes": shown, "shown_correct": correct, "seed": seed, "concurrency": together,
        "max_calls": calls, "max_heavy_calls": heavy, "max_tokens": tokens,
    }
    return more, name
