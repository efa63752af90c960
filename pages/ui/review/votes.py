"""A second opinion on labels in doubt: the heavyweight model labels the rows without seeing their labels.
Priced before it is asked."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.costs.price_words import price_in_words
from core.services import review
from core.store.records import DatasetInfo
from core.tuning.session import OnProgress
from pages.ui import shell
from pages.ui.actions import no_spending
from pages.ui.keys import shared, typed_keys
from pages.ui.models import OFFLINE, choose_model, model_problem
from pages.ui.paid_action import PaidAction
from pages.ui.wording import count

MOST = 500


def offer_votes(info: DatasetInfo, waiting: Sequence[str]) -> None:
    """Behind a button; nothing is sent before it is confirmed."""
    if st.button(
        "Ask a model…",
        key="ask_votes",
        icon=":material/how_to_vote:",
        type="tertiary",
        disabled=not waiting,
        help="The heavyweight model labels these rows without seeing their current labels.",
    ):
        ask_votes(info, tuple(waiting[:MOST]))


@st.dialog("Ask the heavyweight model", width="medium")
def ask_votes(info: DatasetInfo, ids: tuple[str, ...]) -> None:
    st.caption(
        f"It labels {count(len(ids), 'row')} in doubt, one call each, without seeing their current labels. "
        "Its answer becomes one more reason on the cards; no label is changed."
    )
    model, locked = (
        choose_model("Heavyweight model", "heavyweight", "votes_model"),
        no_spending(),
    )
    offline = model == OFFLINE["heavyweight"]
    problem = "" if offline else model_problem(model, "heavyweight")
    if offline:
        st.info(
            "The offline editor only counts words, so it has no vote: choose another heavyweight model.",
            icon=":material/info:",
        )
    elif not problem:
        with shell.sentences():
            st.text(price_in_words(review.price_of_votes(shell.workspace(), info.id, ids, model, shared())))
    if locked:
        st.caption(locked)
    action = PaidAction(
        f"Ask about {count(len(ids), 'row')}",
        "votes_now",
        type="primary",
        counted="{done:,} of {total:,}",
    )
    if action.button(bool(locked) or offline or bool(problem)):
        votes = action.carry_out(lambda on_progress: _vote(info, ids, model, on_progress))
        if votes is not None:
            shell.say(votes)
            st.rerun()


def _vote(info: DatasetInfo, ids: tuple[str, ...], model: str, on_progress: OnProgress) -> str:
    """What came of it, in words."""
    workspace = shell.workspace()
    before = {each.example_id for each in review.queue(workspace, info.id)}
    votes = review.vote(workspace, info.id, ids, model, typed_keys(), on_progress)
    with st.spinner("Weighing the labels again …"):
        review.find(workspace, info.id)
    return votes_in_words(votes, before, {each.example_id for each in review.queue(workspace, info.id)})


def votes_in_words(votes: int, before: set[str], after: set[str]) -> str:
    """Why there are fewer or more cards than before."""
    words = [f"The model labelled {count(votes, 'row')}."]
    if gone := len(before - after):
        words.append(
            f"{count(gone, 'label')} it confirmed {'is' if gone == 1 else 'are'} no longer in doubt."
        )
    if new := len(after - before):
        words.append(f"{count(new, 'label')} {'is' if new == 1 else 'are'} newly in doubt.")
    return " ".join([*words, f"{count(len(after), 'label')} in doubt now, {len(before):,} before."])
