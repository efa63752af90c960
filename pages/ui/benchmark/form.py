"""Setting up a benchmark: models, seeds and caps as a form, the price before the start, one start."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.errors import WhetstoneError
from core.services.benchmark import queue
from core.services.benchmark.create import NO_TEST, benchmark_settings, create
from core.services.benchmark.estimate import estimate_benchmark, estimate_in_words
from core.services.benchmark.names import next_number
from core.services.benchmark.spec import BenchmarkSpec
from core.services.evaluation.scorers import judge_named
from core.store.records import DatasetInfo
from core.tuning.plan import ITERATIONS
from core.types import Settings
from pages.ui import shell
from pages.ui.actions import no_spending
from pages.ui.keys import shared, typed_keys
from pages.ui.models import choose_reply_tokens, known_models, model_problem
from pages.ui.new_run.form import choose_purpose
from pages.ui.run_plan import label_set_of, rows_split
from pages.ui.run_start import start_here
from pages.ui.wording import escape_md

MOST_SEEDS = 10
SEEDS = "How often every pair is tuned. Tuning has luck in it: with three seeds or more one sees how much."
MODELS = {
    "lightweight": ("Lightweight models", "They classify: down the heat map."),
    "heavyweight": ("Heavyweight models", "They read mistakes and edit the prompt: across the heat map."),
}
ICONS = {"runs": "grid_on", "rows": "rule", "calls": "call", "money": "payments", "time": "schedule"}
OFFLINE = {"lightweight": "offline:reader", "heavyweight": "offline:editor"}


def show_form(dataset: DatasetInfo) -> None:
    """The form beside what will happen."""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        spec, name, problems = _choose(dataset)
    with right, st.container(border=True):
        st.markdown("**What will happen on** " + escape_md(dataset.name))
        possible = _show_foreseen(dataset, spec)
        _show_start(spec, name, possible, problems)


def _choose(dataset: DatasetInfo) -> tuple[BenchmarkSpec, str, list[str]]:
    usual = f"Benchmark {next_number(shell.workspace())}"
    name = st.text_input("Name", placeholder=usual, max_chars=60, key="benchmark_name") or usual
    problems: list[str] = []
    models, caps = st.grid(2, min_column_width=200), st.grid(3, min_column_width=120)
    lights, heavies = (_models(role, models.cell(), problems) for role in MODELS)
    times = (
        caps.number_input(
            "Seeds", 1, MOST_SEEDS, 1, key="benchmark_seeds", persist_state="session", help=SEEDS
        )
        or 1
    )
    settings = Settings(
        definitions_first=True,
        iterations=caps.number_input(
            "Iterations",
            1,
            200,
            None,
            placeholder=f"auto ({ITERATIONS})",
            key="benchmark_iterations",
            persist_state="session",
            help=f"Steps of every run, at most. Left empty: {ITERATIONS}, or as many as the caps pay for.",
        ),
        budget_usd=caps.number_input(
            "Cap in dollars",
            0.01,
            None,
            None,
            step=0.5,
            format="%.2f",
            placeholder="no cap",
            key="benchmark_usd",
            persist_state="session",
            help="The same for every run, over both of its models.",
        ),
    )
    if dataset.scorer:
        settings = replace(settings, purpose=choose_purpose(dataset.scorer))
    with st.expander("More settings, the same for every run"):
        settings = _more(settings)
    return (
        BenchmarkSpec(dataset.id, tuple(lights), tuple(heavies), tuple(range(times)), settings),
        name,
        problems,
    )


def _models(role: str, column, problems: list[str]) -> list[str]:
    label, help = MODELS[role]
    with column:
        chosen = st.multiselect(
            label,
            known_models(role),
            default=[OFFLINE[role]],
            key=f"benchmark_{role}s",
            accept_new_options=True,
            persist_state="session",
            help=help,
            placeholder="provider:model",
            wrap=True,
        )
        for model in chosen:
            if problem := model_problem(model.strip(), role):
                problems.append(problem)
                st.caption(":red[:material/error:] " + escape_md(problem))
    return [model.strip() for model in chosen]


def _more(settings: Settings) -> Settings:
    def cap(label: str, key: str) -> int | None:
        return st.number_input(
            label,
            1,
            None,
            None,
            step=1,
            placeholder="no cap",
            key="benchmark_" + key,
            persist_state="session",
        )

    usual = Settings()
    strategy = st.segmented_control(
        "Strategy",
        ["edit", "rewrite"],
        default="edit",
        required=True,
        format_func=str.capitalize,
        key="benchmark_strategy",
        persist_state="session",
    )
    with st.grid(3, min_column_width=118, vertical_alignment="bottom"):
        max_calls = cap("Cap on lightweight calls", "calls")
        max_heavy_calls = cap("Cap on heavyweight calls", "heavy")
        max_tokens = cap("Cap on tokens", "tokens")
        batch = st.number_input(
            "Batch size", 5, 5_000, usual.batch_size, key="benchmark_batch", persist_state="session"
        )
        at_a_time = st.number_input(
            "Calls at a time", 1, 256, usual.concurrency, key="benchmark_concurrency", persist_state="session"
        )
        reply_tokens = choose_reply_tokens("benchmark_reply_tokens", usual.reply_tokens) or usual.reply_tokens
    return replace(
        settings,
        strategy=strategy,
        max_calls=max_calls,
        max_heavy_calls=max_heavy_calls,
        max_tokens=max_tokens,
        batch_size=batch or usual.batch_size,
        concurrency=at_a_time or usual.concurrency,
        reply_tokens=reply_tokens or usual.reply_tokens,
    )


def _show_foreseen(dataset: DatasetInfo, spec: BenchmarkSpec) -> bool:
    """False where it cannot start as it is set, with the reason on the page."""
    try:
        spec = replace(spec, settings=benchmark_settings(spec.settings, dataset.labels, dataset.scorer))
        rows = rows_split(dataset, spec.seeds[0], bool(spec.settings.scorer))
        judge = judge_named(shell.workspace(), spec.settings.scorer)
        expected = estimate_benchmark(spec, rows, label_set_of(dataset), shared(), judge)
    except WhetstoneError as problem:
        st.error(escape_md(str(problem)), icon=":material/error:")
        return False
    tested = sum(row.split == "test" and not row.excluded for row in rows)
    if not tested:
        st.error(NO_TEST, icon=":material/error:")
        return False
    for what, sentence in estimate_in_words(expected, spec, tested).items():
        st.markdown(f":material/{ICONS[what]}: " + escape_md(sentence))
    if spec.settings.budget_usd is not None and expected.unpriced:
        unpriced = " and ".join(expected.unpriced)
        st.error(
            escape_md(
                f"There is no price for {unpriced}, so a cap in dollars cannot be kept: enter one in Settings, or leave the cap "
                "out."
            ),
            icon=":material/money_off:",
        )
        return False
    if expected.paid_steps == 0:
        st.warning(
            "These caps are likely to end some runs before their first step is done.",
            icon=":material/hourglass_disabled:",
        )
    return True


def _show_start(spec: BenchmarkSpec, name: str, possible: bool, problems: list[str]) -> None:
    locked, start = no_spending(), start_here("benchmark")

    def begin() -> str:
        benchmark_id = create(shell.workspace(), name, spec)
        queue.resume(shell.workspace(), benchmark_id, typed_keys())
        return benchmark_id

    pressed = st.button(
        "Start the benchmark",
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        key=start.button,
        disabled=bool(locked) or not possible or bool(problems),
    )
    if pressed:
        with shell.sentences(), st.spinner("Starting …"):
            start.carry_out(begin, (name, spec))
    if locked or problems:
        st.caption(locked or "It can start when all models can be called.")
    else:
        st.caption("It goes on in the background: you may close this page.")
