"""What a run has taken and about what it has still to go, by role, beside the caps that it is held to. Light:
drawn every second."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from html import escape

import streamlit as st

from core.costs.cap_usage import Finished, Left, ToGo, Used, to_go, used_of_caps
from core.data.splits import split
from core.errors import WhetstoneError
from core.exports.report.palette import ACCENT, LOSS, QUIET
from core.llm.base import roles_of
from core.store.records import RunRecord, RunStatus, StepFigures
from core.tuning.plan import plan
from core.types import SPLITS, Spend
from pages.ui.runs.steps import run_dataset
from pages.ui.shell import workspace
from pages.ui.wording import duration, money, spend_money, uncertain_in_words

UNKNOWN = "not known yet"
MARKS, MORE = (0.5, 0.8), ' class="more"'
STYLE = f"""<style>
.spend {{display:grid;grid-template-columns:minmax(0,1fr);gap:.5rem 1.6rem;font-size:.875rem;font-variant-numeric:tabular-nums}}
.spend table {{border-collapse:collapse;width:100%}}
.spend td,.spend th {{padding:.12rem .5rem;text-align:right;font-weight:400;white-space:nowrap;border:0}}
.spend th {{opacity:.65}} .spend tr>:first-child {{text-align:left;padding-left:0}} .spend tr>:last-child {{padding-right:0}}
.spend .caps {{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,260px),1fr));gap:.4rem 1.6rem}}
.spend .cap>div:first-child {{display:flex;flex-wrap:wrap;justify-content:space-between;column-gap:.8rem}} .spend .cap span {{opacity:.75}}
.spend .bar {{position:relative;height:6px;border-radius:3px;background:rgba(128,140,144,.25);margin:.15rem 0 .1rem}}
.spend .bar i {{position:absolute;inset:0 auto 0 0;border-radius:3px;background:{ACCENT}}} .spend .bar i.much {{background:{LOSS}}}
.spend .bar u {{position:absolute;top:-3px;bottom:-3px;width:1.5px;background:{QUIET};text-decoration:none}}
@media (max-width:640px) {{.spend .more {{display:none}}}}
</style>"""


def show_spend(record: RunRecord, figures: Sequence[StepFigures] | None = None) -> None:
    """Calls, tokens and money by role, so far and to go; a bar for each cap, with marks at 50 % and 80 %.
    `figures` of the run where they are at hand."""
    finished_steps = workspace().store.steps.figures(record.id) if figures is None else figures
    left = None
    if record.active or record.status is RunStatus.PAUSED:
        left = time_and_money_to_go(record, finished_steps)
    if not record.active:
        record = replace(record, spend=workspace().spent_by(record))
    st.html(spend_html(record, left))


def spend_html(record: RunRecord, left: ToGo | None) -> str:
    """As one piece: it is put in the place of the last one without a flicker."""
    ended = not record.active and record.status is not RunStatus.PAUSED
    heads = ["", "Calls", "Cached", "Failed", "Tokens in", "Tokens out", "Cost"] + (
        [] if ended else ["To go"]
    )
    rows = [heads] + [
        _row(role, record.spend.get(role, Spend()), None if ended else _left_in_words(left, role))
        for role in roles_of(record.spend)
    ]
    rows.append(["Time", *[""] * 5, duration(record.seconds)] + ([] if ended else [_time_in_words(left)]))
    table = "<table>" + "".join(_line(row, "th" if row is heads else "td") for row in rows) + "</table>"
    caps = "".join(_bar(used) for used in used_of_caps(record.settings, record.spend))
    uncertain = sum(spend.uncertain for spend in record.spend.values())
    note = f"<div>{escape(uncertain_in_words(uncertain))}</div>" if uncertain else ""
    parts = table + note + (f'<div class="caps">{caps}</div>' if caps else "")
    return STYLE + '<div class="spend">' + parts + "</div>"


def _line(cells: Sequence[str], tag: str) -> str:
    """Where the screen is narrow, cached calls and tokens give way."""
    written = (
        f"<{tag}{MORE if index in (2, 4, 5) else ''}>{escape(cell)}</{tag}>"
        for index, cell in enumerate(cells)
    )
    return "<tr>" + "".join(written) + "</tr>"


def _row(role: str, spend: Spend, left: str | None) -> list[str]:
    cells = [
        role.capitalize(),
        f"{spend.api:,}",
        f"{spend.cached:,}",
        f"{spend.failed:,}",
        f"{spend.input_tokens:,}",
        f"{spend.output_tokens:,}",
        spend_money(spend),
    ]
    return cells if left is None else [*cells, left]


def _bar(used: Used) -> str:
    share = f"{100 * used.share:.0f} %"
    written = (
        f"${used.used:,.2f} of ${used.cap:,.2f}"
        if used.what == "dollars"
        else f"{used.used:,.0f} of {used.cap:,.0f}"
    )
    ticks = "".join(f'<u style="left:{100 * mark:.0f}%"></u>' for mark in MARKS)
    much = ' class="much"' if used.share >= MARKS[-1] else ""
    return (
        f'<div class="cap"><div><span>{used.what.capitalize()}</span><span>{written} · {share}</span></div>'
        f'<div class="bar" role="img" aria-label="{used.what}: {written}, {share}; marks at 50 % and 80 %">'
        f'<i{much} style="width:{100 * used.share:.1f}%"></i>{ticks}</div></div>'
    )


def _left_in_words(left: ToGo | None, role: str) -> str:
    if left is None:
        return UNKNOWN
    one: Left = left.roles[role]
    return f"about {one.calls:,}" + (f" · {money(one.usd)}" if one.usd else "") if one.calls else "0"


def _time_in_words(left: ToGo | None) -> str:
    return UNKNOWN if left is None or left.seconds is None else "about " + duration(left.seconds)


def time_and_money_to_go(record: RunRecord, figures: Sequence[StepFigures]) -> ToGo | None:
    """None until a step tells."""
    finished = [Finished(step.spend, step.saved) for step in figures]
    waited = time.time() - figures[-1].saved if figures and record.status is RunStatus.RUNNING else 0.0
    return to_go(record.settings, finished, record.spend, _reserved(record.id), waited)


@st.cache_data(max_entries=32, show_spinner=False)
def _reserved(run_id: str) -> int:
    """Calls of the last reading, which its rows and its caps decide."""
    record, dataset = workspace().store.runs.get(run_id), run_dataset(run_id)
    rows = [row for row in dataset.examples if not row.excluded]
    if not all(row.split for row in rows):
        rows = [row for row in split(dataset.examples, record.settings.seed) if not row.excluded]
    try:
        return plan(
            record.settings, *(tuple(row for row in rows if row.split == name) for name in SPLITS)
        ).reserved
    except WhetstoneError:
        return 0
