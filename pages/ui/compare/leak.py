"""The leak meter: the chosen prompt's score with neighbours, protected, and as it would look were near
duplicates shown. Priced first."""

from __future__ import annotations

import streamlit as st

from core.costs.price_words import price_in_words
from core.errors import WhetstoneError
from core.metrics.metrics import by_score
from core.services import leak_meter
from core.studies.leak_meter import Leak, leak_in_words
from core.studies.neighbour_trial import COUNTS
from core.types import Settings
from core.wording import tight
from pages.ui import shell
from pages.ui.actions import no_spending
from pages.ui.compare.choice import Beside
from pages.ui.keys import problem_of, typed_keys
from pages.ui.models import OFFLINE
from pages.ui.paid_action import PaidAction, session_results
from pages.ui.wording import count, escape_md, points, with_interval

RESULTS = "leaks measured"
EMBEDDINGS = (leak_meter.OFFLINE, "openai:text-embedding-3-small")
OFFLINE_WORDS = "No language model: it compares texts by their letter groups. Needs no key, costs nothing."
USUAL = 4


def offer_leak_meter(run: Beside) -> None:
    """Part of the dialog that tries neighbours, for the prompt that is chosen there."""
    locked = no_spending()
    st.caption(
        "Examples are never near duplicates of the text at hand. The leak meter reads the validation rows with and without this "
        "protection: how much of a score would be memory."
    )
    left, right = st.columns([2, 3])
    k = left.segmented_control(
        "Neighbours", COUNTS, default=USUAL, required=True, key="leak_k", persist_state="session"
    )
    with right:
        request = leak_meter.LeakRequest(run.side, k, choose_embeddings())
    problem = problem_of(
        Settings(run.record.settings.lightweight, OFFLINE["heavyweight"])
    ) or embeddings_problem(request.compared_by)
    action = PaidAction(
        "Leak meter", "leak_now", icon=":material/water_drop:", opening="Looking for near duplicates …"
    )
    measured = action.offer(
        lambda: price_of_leak(leak_meter.price(shell.workspace(), request, typed_keys())),
        lambda on_progress: leak_meter.meter(shell.workspace(), request, typed_keys(), on_progress),
        locked or (problem and ":red[:material/error:] " + escape_md(problem)),
    )
    if measured is not None:
        session_results(RESULTS)[_key(run, request)] = measured
    if (leak := leak_of(run, request)) is not None:
        show_leak(leak)


def choose_embeddings() -> str:
    name = st.selectbox(
        "Compare texts by",
        EMBEDDINGS,
        key="leak_by",
        accept_new_options=True,
        persist_state="session",
        placeholder="provider:model",
        help="Any embedding model of OpenAI, Gemini, Ollama or a compatible address may be typed.",
    )
    name = (name or leak_meter.OFFLINE).strip()
    if name == leak_meter.OFFLINE:
        st.caption(":material/info: " + OFFLINE_WORDS)
    return name


def embeddings_problem(name: str) -> str:
    """Why texts cannot be compared by this model, in a sentence; else empty."""
    try:
        leak_meter.check_embeddings(shell.workspace(), name, typed_keys())
    except WhetstoneError as problem:
        return str(problem)
    return ""


def price_of_leak(price: leak_meter.LeakPrice) -> str:
    """At most 208 calls, free, a moment. … Embeddings are free."""
    embeddings = "Embeddings are free."
    if price.vectors is not None:
        embeddings = "Embeddings: " + price_in_words(price.vectors).partition(". Calls")[0] + "."
        embeddings = embeddings if price.vectors.calls else "All embeddings are on disk."
    return "At most " + price_in_words(price.calls) + " " + embeddings


def leak_of(run: Beside, request: leak_meter.LeakRequest) -> Leak | None:
    """As it was measured in this session."""
    return session_results(RESULTS).get(_key(run, request))


def _key(run: Beside, request: leak_meter.LeakRequest) -> tuple[str, int, int, str]:
    return run.record.id, run.side.step, request.k, request.compared_by


def show_leak(leak: Leak) -> None:
    guarded, loose = (by_score(each.metrics) for each in (leak.protected, leak.open))
    first, second = st.columns(2)
    first.metric(
        "Protected",
        tight(with_interval(guarded.accuracy, guarded.interval)),
        border=True,
        height="stretch",
        help="What a text that is new can expect",
    )
    second.metric(
        "Near duplicates shown",
        tight(with_interval(loose.accuracy, loose.interval)),
        border=True,
        height="stretch",
        delta=points(guarded.accuracy, loose.accuracy) if leak.touched else None,
        delta_color="off",
        help=f"{count(len(leak.touched), 'row')} read again, with near duplicates beside them",
    )
    st.text(tight(leak_in_words(leak)))
