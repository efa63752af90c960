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
SEED = "The same seed, settings and rows give the same run."
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


def choose_settings(scorer: str = "") -> tuple[Settings, str]:
    """What the run is told, and the name it is given (may be empty). `scorer`: what scores the answers; what is about
    labels is then not asked."""
    models = st.grid(2, min_column_width=130)
    with models.cell():
        lightweight = choose_model(
            "Lightweight model", "lightweight", "new_lightweight", help="Classifies the rows."
        )
    with models.cell():
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
        0,
        200,
        None,
        placeholder=f"auto ({ITERATIONS})",
        key="new_iterations",
        persist_state="session",
        help=f"Steps at most: in each, mistakes are read, the prompt is edited and measured. Left empty: {ITERATIONS}, or as many as "
        "the caps pay for. 0: the starting prompt is only measured.",
    )
    budget = dollars.number_input(
        "Cap in dollars",
        0.01,
        None,
        None,
        step=0.5,
        format="%.2f",
        placeholder="no cap",
        key="new_usd",
        persist_state="session",
        help="For both models together.",
    )
    with st.expander("More settings"):
        more, name = _more(scorer)
    return Settings(lightweight, heavyweight, strategy, iterations, budget_usd=budget, **more), name


def choose_purpose(scorer: str = "") -> str:
    """One line; of answers that are scored it is what the starting prompt begins with."""
    if scorer:
        label, such = "What is wanted", "such as: Extract the order number from the message."
    else:
        label = "What the texts are and what the labels are for"
        such = "such as: Issues of a tool, sorted for the team that answers them"
    typed = st.text_input(
        label,
        placeholder=such,
        max_chars=500,
        key="new_purpose",
        persist_state="session",
        help="One line that the heavyweight model reads in every request"
        + (", and the starting prompt." if scorer else "."),
    ).strip()
    if scorer and not typed:
        st.caption(
            "Left empty, the prompt starts without a task, and the heavyweight model has to find it out."
        )
    return typed


def _more(scorer: str) -> tuple[dict[str, Any], str]:
    usual, more = Settings(scorer=scorer), dict[str, Any](scorer=scorer)
    name = st.text_input("Name", placeholder="chosen for you", max_chars=80, key="new_name")
    if not scorer:
        more["purpose"] = choose_purpose()
    more |= _numbers(usual)
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
    if not scorer:
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


def _numbers(usual: Settings) -> dict[str, int | None]:
    """Rows and mistakes of a step, caps, the calls, and numbers of each label: three beside each other where they fit."""
    numbers: dict[str, int | None] = {}
    with st.grid(3, min_column_width=118, vertical_alignment="bottom"):
        numbers["batch_size"] = _number(
            "Batch size", "batch", usual.batch_size, 5, 5_000, "Training rows read in each step."
        )
        numbers["shown_mistakes"] = _number(
            "Mistakes shown", "shown", usual.shown_mistakes, 1, 200, "In each step, at most."
        )
        numbers["shown_correct"] = _number(
            "Correct ones shown", "correct", usual.shown_correct, 0, 200, "For contrast."
        )
        numbers["max_calls"] = _cap("Cap on lightweight calls", "calls")
        numbers["max_heavy_calls"] = _cap("Cap on heavyweight calls", "heavy")
        numbers["max_tokens"] = _cap("Cap on tokens", "tokens")
        numbers["seed"] = _number("Seed", "seed", usual.seed, 0, 2**31, SEED)
        numbers["concurrency"] = _number("Calls at a time", "concurrency", usual.concurrency, 1, 256)
        numbers["reply_tokens"] = choose_reply_tokens(REPLY_FIELD, usual.reply_tokens) or usual.reply_tokens
        if not usual.scorer:
            numbers["rows_per_label"] = _of_each("Rows of each label", "rows_each", 5_000, help=OF_EACH)
            numbers["mistakes_per_label"] = _of_each("Mistakes of each label", "mistakes_each", 200)
            numbers["correct_per_label"] = _of_each(
                "Correct ones of each label", "correct_each", 200, least=0
            )
    return numbers


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
