"""Where suggestions for rows without a label come from: nowhere, the rows most like them, or the champion, whose
price is shown before it is asked."""

from __future__ import annotations

import streamlit as st

from core.costs.price_words import price_in_words
from core.label_sets.sets import label_names
from core.services.labelling import suggestions
from core.services.labelling.suggestions import LabelSuggestion
from core.store.records import DatasetInfo
from pages.ui import shell
from pages.ui.actions import no_spending
from pages.ui.address import addressed
from pages.ui.keys import shared, typed_keys
from pages.ui.paid_action import PaidAction
from pages.ui.wording import count

NOTHING, NEIGHBOURS, CHAMPION = "nothing", "neighbours", "champion"
SOURCES = {NOTHING: "Nothing", NEIGHBOURS: "Neighbours", CHAMPION: "Champion"}
USUAL, MOST = 50, 500  # rows that the champion is asked about at once


def choose_source(info: DatasetInfo) -> str:
    """Kept in the address. Without suggestions nobody is led; with them one is quicker."""
    sources = [each for each in SOURCES if each != CHAMPION or info.champion]
    addressed("suggest", sources, NOTHING)
    with st.popover(
        f"Suggestions: {SOURCES[st.session_state['suggest']].lower()}",
        icon=":material/lightbulb:",
        type="tertiary",
        key="suggest_choice",
    ):
        source = st.radio(
            "Suggest what",
            sources,
            key="suggest",
            format_func=SOURCES.get,
            captions=[
                {
                    NOTHING: "No suggestions: nobody is influenced.",
                    NEIGHBOURS: "What the labelled rows most like it have. Free.",
                    CHAMPION: "Predictions of the adopted prompt: priced first, for many rows at once.",
                }[each]
                for each in sources
            ],
        )
        if not info.champion:
            st.caption("Once a prompt is adopted for this dataset, it can suggest labels too.")
    return source or NOTHING


def suggestion(info: DatasetInfo, source: str, row_id: str) -> LabelSuggestion | None:
    """None where there is nothing to say, or only a label that is no longer in the label set."""
    if source == NOTHING:
        return None
    ask = suggestions.neighbour_suggestion if source == NEIGHBOURS else suggestions.champion_suggestion
    suggested = ask(shell.workspace(), info.id, row_id)
    given = () if suggested is None else (suggested.label,)
    given = label_names(suggested.label) if suggested is not None and info.labels.several else given
    return suggested if given and set(given) <= set(info.labels.names) else None


def offer_champion(info: DatasetInfo) -> None:
    """Behind a button; nothing is sent before it is confirmed."""
    if st.button("Ask the champion…", key="ask_champion", icon=":material/trophy:", type="tertiary"):
        ask_champion(info)


@st.dialog("Ask the champion", width="medium")
def ask_champion(info: DatasetInfo) -> None:
    workspace = shell.workspace()
    locked = no_spending()
    st.caption(
        "It classifies the next rows, one call each. Its predictions are shown on their cards; no row is labelled."
    )
    with shell.sentences():
        left = suggestions.unasked(workspace, info.id, MOST)
        if not left:
            st.text("It has classified every row without a label.")
            return
        wanted = st.number_input("Rows", 1, len(left), min(USUAL, len(left)), key="champion_rows")
        ids = left[:wanted]
        st.text(price_in_words(suggestions.price_of_champion(workspace, info.id, ids, shared())))
        if locked:
            st.caption(locked)
        action = PaidAction(
            f"Ask about {count(len(ids), 'row')}",
            "champion_now",
            type="primary",
            counted="{done:,} of {total:,}",
        )
        if action.button(bool(locked)):
            said = action.carry_out(
                lambda on_progress: suggestions.ask_champion(
                    workspace, info.id, ids, typed_keys(), on_progress
                )
            )
            if said is not None:
                shell.say(f"The champion named a label for {said:,} of {count(len(ids), 'row')}.")
                st.rerun()
