"""Is it worth tuning? A check of some rows before a run: its price first, then a button, then one sentence
and a chart."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import streamlit as st

from core.errors import WhetstoneError
from core.services import headroom as checking
from core.services.versions.versions import state_of
from core.store.records import DatasetInfo
from core.studies.headroom import price as headroom_price
from core.studies.headroom.advice import KIND_NAMES, Kind, Worth
from core.studies.headroom.check import Check, Headroom
from core.studies.headroom.price import HeadroomPrice
from core.types import Settings
from pages.ui import shell
from pages.ui.actions import no_spending
from pages.ui.charts import FIGURE
from pages.ui.keys import problem_of, shared, typed_keys
from pages.ui.models import OFFLINE
from pages.ui.navigation import go
from pages.ui.new_run.headroom_chart import headroom_chart, in_figures
from pages.ui.paid_action import PaidAction, session_results
from pages.ui.run_plan import rows_split
from pages.ui.wording import count, escape_md, money

SIZES, USUAL = (40, 60, 80, 100), 60
ICONS = {
    Worth.YES: ":green[:material/trending_up:]",
    Worth.PERHAPS: ":orange[:material/contrast:]",
    Worth.HARDLY: ":material/trending_flat:",
    Worth.LABELS_FIRST: ":orange[:material/rule:]",
    Worth.DEFINE_FIRST: ":orange[:material/menu_book:]",
    Worth.UNKNOWN: ":material/help:",
}
WHAT = (
    "It reads some rows of the training and validation parts in six ways and says how much there is to gain. Test rows stay sealed. "
    "It keeps to the caps of the run, on an account of its own, and a run that follows finds its replies in the cache."
)


def show_headroom(dataset: DatasetInfo, settings: Settings) -> None:
    """The section: what it takes, the button, and what came of it for these rows and models."""
    results: dict[Hashable, Headroom] = session_results("headrooms")
    with st.container(border=True, key="headroom"):
        st.markdown("**Is it worth tuning?**", help=WHAT)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            check = _choose(dataset, settings)
            key = _key(dataset, settings, check)
            price, problem = _priced(dataset, settings, check)
            action = PaidAction(
                "Check again" if key in results else "Check first",
                "check_headroom",
                icon=":material/straighten:",
                opening="Drawing rows …",
                counted="{what}: {done:,} of {total:,} calls",
            )
            pressed = action.button(bool(problem))
        st.caption(escape_md(price.in_words if price and not problem else problem))
        if pressed:
            headroom = action.carry_out(
                lambda on_progress: checking.headroom(
                    shell.workspace(),
                    state_of(shell.workspace(), dataset.id, dataset.then),
                    settings,
                    check,
                    typed_keys(),
                    on_progress,
                )
            )
            if headroom is not None:
                results[key] = headroom
                st.rerun()
        if key in results:
            _show(results[key])


def _choose(dataset: DatasetInfo, settings: Settings) -> Check:
    """How many rows, and whether the heavyweight model is asked."""
    sizes = _sizes(dataset, settings)
    if st.session_state.get("headroom_rows", USUAL) not in sizes:  # of a larger dataset
        st.session_state["headroom_rows"] = USUAL
    rows = st.segmented_control(
        "Rows", sizes, default=USUAL, required=True, key="headroom_rows", persist_state="session"
    )
    if settings.heavyweight == OFFLINE["heavyweight"]:
        return Check(rows)  # which says why there is no ceiling
    wanted = st.toggle(
        "Heavyweight model, too",
        value=True,
        key="headroom_ceiling",
        persist_state="session",
        help="It shows the likely ceiling, and costs more than all the rest.",
    )
    return Check(rows, wanted)


def _sizes(dataset: DatasetInfo, settings: Settings) -> list[int]:
    """No more than there are rows for; the usual one in any case."""
    try:
        rows = rows_split(dataset, settings.seed)
    except WhetstoneError:
        return list(SIZES)  # the price says why nothing can be checked
    usable = sum(row.split != "test" and not row.excluded for row in rows)
    return [size for size, less in zip(SIZES, (0, *SIZES), strict=False) if less < usable or size <= USUAL]


def _key(dataset: DatasetInfo, settings: Settings, check: Check) -> Hashable:
    """What a result holds for. Without a ceiling the heavyweight model is of no account."""
    heavyweight = settings.heavyweight if check.ceiling else ""
    return (
        dataset.state,
        settings.lightweight,
        heavyweight,
        settings.structured_output,
        settings.reply_tokens,
        settings.seed,
        settings.start,
        settings.shortlist,
        check,
    )


def _priced(dataset: DatasetInfo, settings: Settings, check: Check) -> tuple[HeadroomPrice | None, str]:
    """What it takes; or why nothing can be checked now, in a sentence."""
    if locked := no_spending():
        return None, locked
    try:
        rows, context = rows_split(dataset, settings.seed), shared()
        price = shell.workspace().cached(
            "headroom price",
            (dataset.state, settings, check, context),
            lambda: headroom_price.price(settings, rows, dataset.labels, context, check),
        )
    except WhetstoneError as problem:
        return None, str(problem)
    return price, problem_of(
        settings if check.ceiling else replace(settings, heavyweight=OFFLINE["heavyweight"])
    )


def _show(headroom: Headroom) -> None:
    advice = headroom.advice
    st.markdown(f"{ICONS[advice.worth]} **{escape_md(advice.sentence)}**")
    _next_step(advice.worth)
    st.plotly_chart(
        headroom_chart(headroom.lines),
        config=FIGURE,
        key="headroom_chart",
        alt="Accuracy by ways of labelling: " + in_figures(headroom.lines),
    )
    st.caption(escape_md(" ".join(_remarks(headroom))))


def _next_step(worth: Worth) -> None:
    if worth is Worth.LABELS_FIRST and st.button(
        "Review the labels", icon=":material/rule:", key="headroom_review"
    ):
        go("review")
    if worth is Worth.DEFINE_FIRST and st.button(
        "Define the labels", icon=":material/menu_book:", key="headroom_define"
    ):
        go("dataset", data="labels")


def _remarks(headroom: Headroom) -> list[str]:
    """What the chart cannot show: the rows, what was left out and why, what it took."""
    remarks = [
        f"{count(len(headroom.rows), 'row')}, each label with its share; 95 % intervals. Dotted: always answering “{headroom.majority}”."
    ]
    remarks += [headroom.stopped] if headroom.stopped else []
    remarks += [
        f"{KIND_NAMES[line.kind]}: {line.left_out}"
        for line in headroom.lines
        if line.left_out and line.left_out != headroom.stopped
    ]
    start = next(line for line in headroom.lines if line.kind is Kind.STARTING).evaluation
    if start and start.metrics.failed:
        remarks.append(
            f"{count(start.metrics.failed, 'failed call')} of the starting prompt counted nowhere."
        )
    if headroom.contradicted:
        remarks.append(f"{count(len(headroom.contradicted), 'row')} with a label that others contradict.")
    spends = headroom.spend.values()
    api, cached = sum(each.api for each in spends), sum(each.cached for each in spends)
    usd = None if any(each.cost_usd is None for each in spends) else sum(each.cost_usd for each in spends)
    remarks.append(
        f"It took {count(api, 'call')}{f' and {cached:,} from the cache' if cached else ''}: {money(usd)}."
    )
    return remarks
