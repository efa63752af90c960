"""Files at a provider's batch service: half the price, within a day. Priced first, sent, watched, fetched, cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import PurePath

import streamlit as st

from core.costs.call_price import CallPrice
from core.errors import UsageError
from core.jobs.file_job import Upload
from core.llm.batches.open_service import check_batches
from core.llm.batches.service import HOURS
from core.prompts.files import from_json, prompt_key
from core.services.batches.batches import BatchJobs
from core.services.batches.estimate import batch_price
from core.services.batches.order import order_of_upload
from core.services.batches.status import (
    BatchState,
    BatchStatus,
    batch_provider,
    next_in_words,
    status_in_words,
)
from core.services.playground import PromptedModel
from core.store.batches.records import PartState
from core.tuning.session import OnProgress
from core.types import Progress
from pages.ui import shell
from pages.ui.actions import act
from pages.ui.keys import typed_keys
from pages.ui.paid_action import PaidAction
from pages.ui.playground.outcome import offer_deletion, prompt_in_words, show_counts
from pages.ui.wording import count, escape_md, money, money_range

STATES = {
    BatchState.WAITING: (":material/hourglass_empty:", "not sent yet"),
    BatchState.RUNNING: (":material/schedule:", "under way"),
    BatchState.READY: (":material/download_done:", "results are there"),
    BatchState.DONE: (":material/check_circle:", "done"),
    BatchState.CANCELLED: (":material/stop_circle:", "cancelled"),
}
SEND = PaidAction(
    "Send as a batch",
    "send_batch",
    ":material/schedule_send:",
    opening="Sending …",
    counted="{what}: {done:,} of {total:,} texts",
)
EVERY = 30.0  # seconds between looks at the provider
LOOKED = "batches looked at"  # in the session: when that was last


def batch_in_words(price: CallPrice, model: str) -> str:
    """What sending a batch costs and does, as Markdown."""
    usd = batch_price(price).total_usd
    cost = f" ({escape_md(money_range(usd.low, usd.high))})" if usd else ""
    return (
        f"*Send as a batch*: half the price{cost}. {batch_provider(model)} works through the file within {HOURS} hours, most "
        "often within the hour. This page and the computer may be closed meanwhile; come back here and press *Fetch "
        "results*. Texts that the provider could not answer for the moment, or did not get to, are sent again "
        "then. It can be cancelled; what is answered by then is paid."
    )


def takes_batches(model: str) -> bool:
    try:
        check_batches(model)
    except UsageError:
        return False
    return True


def send_batch(upload: Upload, side: PromptedModel, structured: bool, dataset_id: str) -> bool:
    """Whether it went."""

    def work(on_progress: OnProgress) -> BatchStatus:
        order = order_of_upload(upload, side, structured, dataset_id)
        return _jobs().submit(order, lambda done, total: on_progress(Progress("Sending", done, total)))

    sent = SEND.carry_out(work)
    if sent is not None and sent.problem:
        _keep_problem(sent)
    return sent is not None


def show_batches(dataset_id: str) -> bool:
    """Whether there are any. While one is under way the provider is asked now and then how far it is."""
    found = _jobs().of_dataset(dataset_id)
    if found:
        st.session_state.setdefault(LOOKED, time.monotonic())
        under_way = any(each.state is BatchState.RUNNING for each in found)
        shell.fragment(_show_all, every=EVERY if under_way else None)(dataset_id)
    return bool(found)


def _jobs() -> BatchJobs:
    return BatchJobs(shell.workspace(), typed_keys())


def _show_all(dataset_id: str) -> None:
    jobs = _jobs()
    look = time.monotonic() - st.session_state[LOOKED] > EVERY / 2
    if look:
        st.session_state[LOOKED] = time.monotonic()
    for status in jobs.of_dataset(dataset_id):
        with st.container(border=True), shell.sentences():  # it may have been deleted a moment ago
            _show_one(jobs.status(status.batch.id) if look else status)


def _show_one(status: BatchStatus) -> None:
    batch, figures = status.batch, status.figures
    icon, name = STATES[status.state]
    st.markdown(f"{icon} **{escape_md(batch.name)}** · batch · {name}")
    st.progress(status.answered / max(figures.requests, 1), status_in_words(status))
    file = from_json(batch.spec.prompt)
    prompt = prompt_in_words(batch.spec.dataset_id, prompt_key(file.prompt))
    facts = [count(batch.total, "row"), batch.model, prompt, _cost_in_words(status)]
    st.caption(escape_md(" · ".join(facts)))
    if figures.is_over:
        kept = shell.workspace().cached("counts " + batch.id, figures, lambda: _jobs().counts(batch.id))
        show_counts(kept, file, batch.model, batch.spec.reply_tokens)
    elif figures.failed and (why := shell.workspace().store.batches.commonest_problem(batch.id)):
        st.caption(f"Why: {escape_md(why)}")
    problem = status.problem or st.session_state.get("batch problem " + batch.id, "")
    parts = [part.problem for part in status.parts if part.state is not PartState.GIVEN_UP]  # said above
    for each in dict.fromkeys([problem, *parts]):
        if each:
            st.warning(escape_md(each), icon=":material/info:")
    again, done = "send the file again", "press Download"
    st.text("Next: " + next_in_words(status, "press Fetch results", again, done, "press Give up"))
    _show_buttons(status)


def _cost_in_words(status: BatchStatus) -> str:
    """What it has cost, or may cost at most while something is under way."""
    over = (status.figures.is_over and not status.uncertain) or status.at_most is None
    cost = money(status.spend.cost_usd) if over else f"{money(status.at_most)} at the very most"
    cached = status.figures.cached
    return f"{cost} · {cached:,} answered before" if cached else cost


def _show_buttons(status: BatchStatus) -> None:
    batch, figures, jobs = status.batch, status.figures, _jobs()
    locked = not shell.workspace().spends
    with st.container(horizontal=True):
        if not figures.is_over:
            _button(
                "Fetch results",
                ":material/cloud_download:",
                "fetch batch " + batch.id,
                lambda: _keep_problem(jobs.fetch(batch.id)),
                locked,
                primary=status.state is BatchState.READY,
            )
            if not batch.cancelled:
                _button(
                    "Cancel",
                    ":material/stop:",
                    "cancel batch " + batch.id,
                    lambda: _keep_problem(jobs.cancel(batch.id)),
                    locked,
                )
            else:
                _button(
                    "Give up",
                    ":material/cancel:",
                    "give up batch " + batch.id,
                    lambda: _keep_problem(jobs.cancel(batch.id, give_up=True)),
                    locked,
                )
        st.download_button(
            "Download",
            lambda: jobs.csv(batch.id).encode("utf-8", "replace"),
            PurePath(batch.name).stem + "-labelled.csv",
            "text/csv",
            icon=":material/download:",
            key="download batch " + batch.id,
            on_click="ignore",
            disabled=figures.done == 0,
        )
        if not figures.sent:
            offer_deletion("The batch", "delete batch " + batch.id, lambda: jobs.delete(batch.id))


def _button(
    label: str, icon: str, key: str, action: Callable[[], object], locked: bool, primary: bool = False
) -> None:
    kind = "primary" if primary else "secondary"
    st.button(label, icon=icon, key=key, type=kind, disabled=locked, on_click=act, args=(action,))


def _keep_problem(status: BatchStatus) -> None:
    """For the next drawing of its card."""
    st.session_state["batch problem " + status.batch.id] = status.problem
