"""The pairs of a benchmark as a table, those that failed with the reason, and the way to their runs."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.llm.base import JUDGE
from core.services.benchmark.table import BenchmarkCell, BenchmarkTable
from pages.ui import shell
from pages.ui.address import addressed
from pages.ui.benchmark.heat_map import MEASURES, STATES, heat_map, shares_in_words
from pages.ui.charts import FIGURE, INK, scheme
from pages.ui.navigation import go
from pages.ui.wording import count, duration, escape_md, half_width, money, percent

Pair = tuple[str, str]  # lightweight, heavyweight
# states whose reasons are worth a line
EXPLAINED = ("failed", "stopped", "interrupted", "missing", "finished")
HOW = (
    "Intervals are 95 %. A row counts once, however many seeds classified it, so more seeds narrow them only where they disagree. The "
    "verdict is an exact paired test on the same rows. Calls, cost and time are of all seeds together, as if each "
    "pair ran alone: calls that pairs share are made, and paid for, once."
)


def show_reasons(results: BenchmarkTable) -> None:
    """Why pairs have no figure, or what to know of it; those with the same reason in one line."""
    reasons: dict[tuple[bool, str], list[Pair]] = {}
    for cell in results.cells.values():
        for why in cell.why if cell.state in EXPLAINED else ():
            reasons.setdefault((cell.state == "failed", why), []).append((cell.lightweight, cell.heavyweight))
    failed, others = (
        [(why, pairs) for (bad, why), pairs in reasons.items() if bad is wanted] for wanted in (True, False)
    )
    if failed:
        pairs = len({pair for _, pairs in failed for pair in pairs})
        st.error(_listed(failed, results), title=f"{count(pairs, 'pair')} failed", icon=":material/error:")
    if others:
        st.caption(_listed(others, results))


def _listed(reasons: list[tuple[str, list[Pair]]], results: BenchmarkTable) -> str:
    return "\n".join(f"- {escape_md(_named(pairs, results))}: {escape_md(why)}" for why, pairs in reasons)


def _named(pairs: list[Pair], results: BenchmarkTable) -> str:
    """Pair by pair, or at once where it is all pairs with one model."""
    for index, others in ((1, results.spec.lightweights), (0, results.spec.heavyweights)):
        models = {pair[index] for pair in pairs}
        if len(models) == 1 and len(pairs) == len(others) > 1:
            return "All pairs with " + models.pop()
    return ", ".join(f"{light} + {heavy}" for light, heavy in pairs)


def show_pairs(results: BenchmarkTable) -> None:
    """A line per pair with all figures; a click on one opens its run."""
    cells = list(results.cells.values())
    judged = any(JUDGE in cell.calls for cell in cells)
    table = pd.DataFrame(
        {
            "Lightweight": [cell.lightweight for cell in cells],
            "Heavyweight": [cell.heavyweight for cell in cells],
            "Start": [100 * cell.baseline.accuracy if cell.baseline else None for cell in cells],
            "Test": [100 * cell.test.accuracy if cell.test else None for cell in cells],
            "±": [half_width(cell.test.interval) if cell.test else None for cell in cells],
            "Gain": [None if cell.gain is None else 100 * cell.gain for cell in cells],
            "Verdict": [cell.verdict.reason if cell.verdict else "" for cell in cells],
            "State": [_state(cell) for cell in cells],
            "Calls": [cell.calls.get("lightweight", 0) for cell in cells],
            "Heavy": [cell.calls.get("heavyweight", 0) for cell in cells],
            **({"Judge": [cell.calls.get(JUDGE, 0) for cell in cells]} if judged else {}),
            "Cost": [_money(cell) for cell in cells],
            "Time": [duration(cell.seconds) if cell.seconds else "" for cell in cells],
        }
    )
    share = st.column_config.NumberColumn(format="%.1f %%", width=72)
    key = "benchmark_pairs"
    event = st.dataframe(
        table,
        hide_index=True,
        height="content",
        key=map_key(key),
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        alt="Pairs of models with their figures",
        column_config={
            "Lightweight": st.column_config.TextColumn(width=135),
            "Heavyweight": st.column_config.TextColumn(width=135),
            "State": st.column_config.TextColumn(width=80),
            "Start": share,
            "Test": share,
            "±": st.column_config.NumberColumn(format="%.1f", width=55),
            "Gain": st.column_config.NumberColumn(format="%+.1f", width=62, help="In points"),
            "Verdict": st.column_config.TextColumn(width=290),
            "Calls": st.column_config.NumberColumn(
                format="localized", width=65, help="Lightweight calls. Each pair counts as if it were alone."
            ),
            "Heavy": st.column_config.NumberColumn(format="localized", width=65, help="Heavyweight calls"),
            "Judge": st.column_config.NumberColumn(
                format="localized", width=65, help="Calls to the judge that scores the answers"
            ),
            "Cost": st.column_config.TextColumn(width=80, alignment="right"),
            "Time": st.column_config.TextColumn(width=80, alignment="right"),
        },
    )
    if event.selection.rows:
        open_pair(cells[event.selection.rows[0]], results.spec.dataset_id, key)


def _money(cell: BenchmarkCell) -> str:
    if not any(cell.calls.values()):
        return ""
    return "unknown" if cell.usd is None else money(cell.usd)


def _state(cell: BenchmarkCell) -> str:
    return "finished" if cell.state == "finished" else STATES.get(cell.state, cell.state)


def open_pair(cell: BenchmarkCell, dataset_id: str, widget: str) -> None:
    """The run of the pair; where it was tuned with several seeds, the choice among them. `widget` forgets
    what was clicked."""
    st.session_state[_turn_key(widget)] = _turn(widget) + 1
    there = [run for run in cell.runs if run.id]
    if len(there) == 1:
        _open_run(there[0].id, dataset_id)
    else:
        _choose_run(cell, dataset_id)


@st.dialog("One pair, seed by seed")
def _choose_run(cell: BenchmarkCell, dataset_id: str) -> None:
    st.text(f"{cell.lightweight} + {cell.heavyweight}")
    if cell.test is not None:
        low, high = cell.test.interval
        rows = count(cell.test.rows, "test row")
        st.caption(
            escape_md(
                f"Together {percent(cell.test.accuracy)} on {rows}, between {percent(low)} and {percent(high)}."
            )
        )
    if cell.comparison is not None and cell.comparison.measure:
        st.caption(escape_md(f"By the objective: {cell.comparison.measure}."))
    for run in cell.runs:
        what = percent(run.accuracy) if run.accuracy is not None else STATES.get(run.state, run.state)
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(
                escape_md(f"Seed {run.seed}: {what}"), help=escape_md(run.why) or None, width="content"
            )
            if st.button(
                "Open the run",
                key=f"open_{cell.lightweight}_{cell.heavyweight}_{run.seed}",
                disabled=not run.id,
            ):
                _open_run(run.id, dataset_id)


def _open_run(run_id: str, dataset_id: str) -> None:
    shell.show_dataset(dataset_id)
    go("runs", run=run_id)


def clicked(results: BenchmarkTable, event, widget: str) -> None:
    """Opens what was clicked on the heat map."""
    places = [point.get("customdata") for point in event.selection.points]
    index = next((data[0] if isinstance(data, list) else data for data in places if data), None)
    cells = list(results.cells.values())
    if index is not None and str(index).isdecimal() and int(index) < len(cells):
        open_pair(cells[int(index)], results.spec.dataset_id, widget)


def map_key(widget: str) -> str:
    """The key of a widget whose click opens something: another one after each click, so that nothing stays
    chosen."""
    return f"{widget}_{_turn(widget)}"


def _turn(widget: str) -> int:
    return st.session_state.get(_turn_key(widget), 0)


def _turn_key(widget: str) -> str:
    return widget + " turn"


def show_map(results: BenchmarkTable) -> None:
    """The heat map of one measure, whose fields open their pair."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        addressed("figure", list(MEASURES), MEASURES[0])
        measure = st.segmented_control(
            "Show",
            MEASURES,
            key="figure",
            required=True,
            label_visibility="collapsed",
            format_func=lambda measure: measure.replace("accuracy", results.counted),
        )
        most = max(
            (cell.test.rows for cell in results.cells.values() if cell.test), default=results.test_rows
        )
        fewer = f", {most:,} of them read under the caps" if most < results.test_rows else ""
        facts = f"{results.dataset}: {count(results.test_rows, 'test row')}{fewer}"
        if results.majority is not None:
            facts += f"; {results.constant} alone: {percent(results.majority)}"
        st.caption(escape_md(facts), width="content", help=HOW)
    ink = INK[scheme()]
    event = st.plotly_chart(
        heat_map(results, measure, ink),
        config=FIGURE,
        key=map_key("benchmark_map"),
        on_select="rerun",
        selection_mode="points",
        alt=shares_in_words(results),
    )
    clicked(results, event, "benchmark_map")
