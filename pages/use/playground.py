"""Playground: a text in, label and reason out, beside what others would say, and nothing hidden in
between."""

import streamlit as st

from core.services.playground import PlaygroundContext, play, request_of
from core.similarity.shortlist import shows_examples
from core.types import NeighbourSource
from core.wording import and_listed
from pages.ui import shell
from pages.ui.actions import show_outcome
from pages.ui.answers import show_sent
from pages.ui.keys import typed_keys
from pages.ui.navigation import go
from pages.ui.playground.answers import answers_of, show_columns
from pages.ui.playground.draft import edit_prompt
from pages.ui.playground.file import choose_file, show_files
from pages.ui.playground.history import show_history
from pages.ui.playground.sides import (
    choose_sides,
    choose_switches,
    offer_more,
    show_problems,
    switches_in_words,
)
from pages.ui.playground.texts import FILE, choose_kind, classify_button, type_texts
from pages.ui.wording import count, escape_md

st.title("Playground", anchor=False)
show_outcome()
dataset = shell.dataset()
if dataset is None:
    shell.nothing_yet(
        "Nothing to classify with yet",
        "The labels come from a dataset: bring your own rows or take a sample.",
        "Go to the overview",
        lambda: go("overview"),
        key="to_overview",
    )
    st.stop()

kind = choose_kind(dataset)
texts = type_texts(dataset, kind) if kind != FILE else ()
with st.container(horizontal=True, vertical_alignment="center"):
    asking = st.container(width="content")
    switches = choose_switches()
    more = st.container(width="content")
below = st.container() if kind != FILE else None
chairs = choose_sides(dataset, only_first=kind == FILE)
if kind != FILE:
    with more:
        offer_more([chair.letter for chair in chairs])
if changed := switches_in_words(switches):
    st.caption(changed)
drafts = st.container()
several, seated = len(chairs) > 1, [chair for chair in chairs if chair.chosen]
with drafts:
    prompts = [
        edit_prompt(chair, dataset, switches) if chair.edited else chair.chosen.prompt for chair in seated
    ]
sides = [chair.side(prompt, switches) for chair, prompt in zip(seated, prompts, strict=True)]
table = PlaygroundContext(shell.workspace(), dataset.id, switches, typed_keys())
with asking:
    pressed = kind != FILE and classify_button(texts, chairs, bool(dataset.scorer))

request = dataset.id, dataset.labels.names, switches, texts
with below or st.container(), st.container(border=len(chairs) == 1):
    if pressed and not texts:
        st.caption("Type a text first.")
    if pressed and texts:
        names = escape_md(", ".join(dict.fromkeys(side.model for side in sides)))
        with shell.sentences(), st.spinner(f"Asking {names} …"):
            st.session_state["answered"] = request, list(zip(sides, play(table, sides, texts), strict=True))
    question, answered = st.session_state.get("answered", (None, ()))
    columns, waiting = answers_of(seated, sides, answered if question == request else ())
    if kind == FILE:
        choose_file(dataset, sides[0] if sides else None, switches.structured, chairs)
        show_files(dataset.id)
    elif columns:
        show_columns(columns, dataset.id)
        if waiting:
            st.caption(f"{and_listed(waiting)} {'has' if len(waiting) == 1 else 'have'} not been asked yet.")
    elif not show_problems(chairs, "classify") and not pressed:
        st.caption(f"The {'answer' if dataset.scorer else 'label'} and the reason appear here.")

if kind != FILE:
    with st.expander(
        "The exact request", icon=":material/data_object:", key="exact", on_change="rerun"
    ) as exact:
        if exact.open and not sides:
            st.caption("Choose a prompt first.")
        elif exact.open:
            with shell.sentences():
                if len(texts) > 1:
                    st.caption(
                        f"For the first of {count(len(texts), 'text')}; the others differ in the text and what is shown with it."
                    )
                letters = [chair.letter for chair in seated]
                of = (
                    st.segmented_control("Of", letters, default=letters[0], required=True, key="exact_of")
                    if several
                    else letters[0]
                )
                side = sides[letters.index(of)]
                request = request_of(table, side, texts[0] if texts else "(your text)")
                similar = shows_examples(side.prompt) and side.prompt.few_shot.strategy == "similar"
                if side.cascade:
                    st.caption("Sent only where the local model is not sure enough to answer.")
                show_sent(side.model, request, NeighbourSource.DATASET if similar else None)

with st.expander("History", icon=":material/history:", key="history", on_change="rerun") as history:
    if history.open:
        with shell.sentences():
            show_history(dataset)
