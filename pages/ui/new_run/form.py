"""The settings of a run as one form: the few that matter in sight, the others folded away. Defaults work."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.studies.neighbour_trial import COUNTS
from core.tuning.plan import ITERATIONS
from core.types import Settings
from pages.ui.models import choose_model, choose_reply_tokens
from pages.ui.run_start import REPLY_FIELD

STRATEGIES = {
    "edit": "Small changes, one rule each; the rest of the prompt stays as it is.",
    "rewrite": "The heavyweight model writes the whole prompt again at every step.",
}
CANONICAL = "Canonical rows are read in every step, and a step that breaks one which was right is refused, unless this is on."
STRUCTURED = "Replies are held to the label set by a schema, where the lightweight model can; other models are asked as usual."
OF_EACH = (
    "Numbers by label in place of the totals above: training rows read in each step, mistakes and correct ones that the heavyweight model "
    "is shown. Left empty they are chosen for you. What a cap does not pay for is cut, and the plan says so."
)
DEFINITIONS = (
    "Where no label has a definition and the prompt is made from the labels, the first step asks the heavyweight model to read a few rows "
    "of each label and write what the labels mean. Each definition is measured like any edit. It is one of the run's steps."
)
NEIGHBOURS = (
    "The best prompt is read again with so many of the most similar training rows beside each text, fewest first, as long as more help. "
    "Each number reads the validation rows once more, and makes every later call longer."
)


def choose_settings() -> tuple[Settings, str]:
    """What the run is told, and the name it is given (may be empty)."""
    light, heavy = st.columns(2)
    with light:
        lightweight = choose_model(
            "Lightweight model", "lightweight", "new_lightweight", help="Classifies the rows."
        )
    with heavy:
        heavyweight = choose_model(
            "Heavyweight model", "heavyweight", "new_heavyweight", help="Reads mistakes, edits the prompt."
        )
    strategy = st.segmented_control(
        "Strategy",
        list(STRATEGIES),
        default="edit",
        required=True,
        format_func=str.capitalize,
        key="new_strategy",
        persist_state="session",
    )
    st.caption(STRATEGIES[strategy])
    steps, dollars = st.columns(2)
    iterations = steps.number_input(
        "Iterations",
        1,
        200,
        None,
        placeholder=f"{ITERATIONS}, or as the caps allow",
        key="new_iterations",
        persist_state="session",
        help="Steps at most: in each, mistakes are read, the prompt is edited and measured.",
    )
    budget = dollars.number_input(
        "Cap in dollars, both models",
        0.01,
        None,
        None,
        step=0.5,
        format="%.2f",
        placeholder="no cap",
        key="new_usd",
        persist_state="session",
    )
    with st.expander("More settings"):
        more, name = _more()
    return Settings(lightweight, heavyweight, strategy, iterations, budget_usd=budget, **more), name


def _more() -> tuple[dict[str, Any], str]:
    usual, more = Settings(), {}
    name = st.text_input("Name", placeholder="chosen for you", max_chars=80, key="new_name")
    more["purpose"] = st.text_input(
        "What the texts are and what the labels are for",
        placeholder="such as: Issues of a tool, sorted for the team that answers them",
        max_chars=500,
        key="new_purpose",
        persist_state="session",
        help="One line that the heavyweight model reads in every request.",
    ).strip()
    first, second, third = st.columns(3)
    with first:
        more["batch_size"] = _number(
            "Batch size",
            "batch",
            usual.batch_size,
            least=5,
            most=5_000,
            help="Training rows read in each step.",
        )
        more["max_calls"] = _cap("Cap on lightweight calls", "calls")
        more["seed"] = _number(
            "Seed",
            "seed",
            usual.seed,
            least=0,
            most=2**31,
            help="The same seed, settings and rows give the same run.",
        )
    with second:
        more["shown_mistakes"] = _number(
            "Mistakes shown", "shown", usual.shown_mistakes, most=200, help="In each step, at most."
        )
        more["max_heavy_calls"] = _cap("Cap on heavyweight calls", "heavy")
        more["concurrency"] = _number("Calls at a time", "concurrency", usual.concurrency, most=256)
    with third:
        more["shown_correct"] = _number(
            "Correct ones shown", "correct", usual.shown_correct, least=0, most=200, help="For contrast."
        )
        more["max_tokens"] = _cap("Cap on tokens", "tokens")
        more["reply_tokens"] = choose_reply_tokens(REPLY_FIELD, usual.reply_tokens) or usual.reply_tokens
    with first:
        more["rows_per_label"] = _of_each("Rows of each label", "rows_each", 5_000, help=OF_EACH)
    with second:
        more["mistakes_per_label"] = _of_each("Mistakes of each label", "mistakes_each", 200)
    with third:
        more["correct_per_label"] = _of_each("Correct ones of each label", "correct_each", 200, least=0)
    more["neighbours"] = tuple(
        sorted(
            st.pills(
                "Neighbour examples to try at the end",
                COUNTS,
                selection_mode="multi",
                key="new_neighbours",
                persist_state="session",
                help=NEIGHBOURS,
            )
            or ()
        )
    )
    more["definitions_first"] = st.toggle(
        "Definitions first", True, key="new_definitions", persist_state="session", help=DEFINITIONS
    )
    more["structured_output"] = st.toggle(
        "Structured output", key="new_structured", persist_state="session", help=STRUCTURED
    )
    more["allow_canonical_breaks"] = st.toggle(
        "Canonical rows may break", key="new_canonical_breaks", persist_state="session", help=CANONICAL
    )
    return more, name


def _number(
    label: str, key: str, usual: int, least: int = 1, most: int = 1_000, help: str | None = None
) -> int:
    """A whole number; an emptied field means the usual one."""
    typed = st.number_input(label, least, most, usual, key="new_" + key, persist_state="session", help=help)
    return usual if typed is None else typed


def _of_each(label: str, key: str, most: int, least: int = 1, help: str | None = None) -> int | None:
    return st.number_input(
        label,
        least,
        most,
        None,
        step=1,
        placeholder="auto",
        key="new_" + key,
        persist_state="session",
        help=help,
    )


def _cap(label: str, key: str) -> int | None:
    return st.number_input(
        label, 1, None, None, step=1, placeholder="no cap", key="new_" + key, persist_state="session"
    )
