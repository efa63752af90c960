"""What is to be compared: the models, whether the prompt is tuned for them, the caps, the price before the start."""

from __future__ import annotations

from datetime import date

import streamlit as st

from core.errors import WhetstoneError
from core.services.benchmark import queue
from core.services.benchmark.spec import BenchmarkSpec
from core.services.migration.drill import (
    OFFLINE_EDITOR,
    MigrationWish,
    create_migration,
    migration_price,
    migration_spec,
)
from core.services.migration.end_dates import MOST_SUCCESSORS, suggested_successors
from core.store.records import Champion, DatasetInfo
from core.tuning.plan import ITERATIONS
from pages.ui import shell
from pages.ui.actions import no_spending
from pages.ui.keys import shared, typed_keys
from pages.ui.models import choose_model, model_problem
from pages.ui.run_start import start_here
from pages.ui.wording import escape_md

TUNE_HELP = "The heavyweight model reads the new model's mistakes and edits the prompt; the champion itself stays as it is."


def show_form(dataset: DatasetInfo, champion: Champion) -> None:
    wish, problems = _choose(champion)
    spec = _foreseen(dataset, wish) if wish.successors else None
    start, locked = start_here("migration"), no_spending()
    pressed = st.button(
        "Compare them",
        type="primary",
        icon=":material/play_arrow:",
        key="migrate_" + start.button,
        disabled=bool(locked) or spec is None or bool(problems),
    )
    if locked:
        st.caption(locked)
    if pressed and spec is not None:
        with shell.sentences(), st.spinner("Starting …"):
            start.carry_out(lambda: _begin(spec), spec)


def _choose(champion: Champion) -> tuple[MigrationWish, list[str]]:
    offered = suggested_successors(champion.model, shared(), date.today())
    able = [name for name in offered if not model_problem(name, "lightweight")]
    names = st.multiselect(
        "Models that could follow",
        offered,
        default=(able or list(offered))[:1],
        key="successors",
        accept_new_options=True,
        max_selections=MOST_SUCCESSORS,
        persist_state="session",
        placeholder="provider:model",
        help="Up to five. The model in use is measured beside them, on the same rows.",
    )
    problems = [problem for name in names if (problem := model_problem(name.strip(), "lightweight"))]
    for problem in dict.fromkeys(problems):
        st.caption(":red[:material/error:] " + escape_md(problem))
    tune = st.toggle("Also tune the prompt for each", key="migration_tune", help=TUNE_HELP)
    heavyweight, iterations = OFFLINE_EDITOR, None
    with st.grid(3, min_column_width=160, vertical_alignment="bottom"):
        if tune:
            heavyweight = choose_model("Heavyweight model", "heavyweight", "migration_heavyweight")
            iterations = st.number_input("Steps", 1, 100, ITERATIONS, key="migration_steps")
        budget = st.number_input(
            "Cap in dollars, each model",
            0.0,
            None,
            None,
            step=0.1,
            placeholder="no cap",
            key="migration_budget",
        )
        calls = st.number_input(
            "Cap on calls, each model", 40, None, None, step=10, placeholder="no cap", key="migration_calls"
        )
    return MigrationWish(tuple(names), tune, heavyweight, iterations, budget, calls), problems


def _foreseen(dataset: DatasetInfo, wish: MigrationWish) -> BenchmarkSpec | None:
    """None where it cannot start as it is set, with the reason on the page."""
    try:
        spec = migration_spec(shell.workspace(), dataset.id, wish)
        st.text(migration_price(shell.workspace(), spec, shared()).in_words)
    except WhetstoneError as problem:
        st.error(escape_md(str(problem)), icon=":material/error:")
        return None
    return spec


def _begin(spec: BenchmarkSpec) -> str:
    migration_id = create_migration(shell.workspace(), spec, typed_keys())
    queue.resume(shell.workspace(), migration_id, typed_keys())
    return migration_id
