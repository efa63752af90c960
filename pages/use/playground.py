"""Playground: a text in, label and reason out, beside what others would say, and nothing hidden in
between."""

import streamlit as st

from core.services.playground import PlaygroundContext, play, request_of
from core.types import NeighbourSource
from pages.ui import shell
from pages.ui.actions import show_outcome
from pages.ui.answers import show_sent
from pages.ui.keys import typed_keys
from pages.ui.models import OFFLINE
from pages.ui.navigation import go
from pages.ui.playground.answers import Column, show_columns
from pages.ui.playground.draft import edit_prompt
from pages.ui.playground.file import choose_file, show_files
from pages.ui.playground.history import ONE, show_history
from pages.ui.playground.sides import choose_sides, choose_switches, offer_more, switches_in_words
from pages.ui.wording import count, escape_md

SILENT = (
    "Nothing may be spent here: texts that were classified before are answered from the cache, at no cost."
)
MANY, FILE = "One text per line", "A file"

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

left, right = st.columns(2, gap="large")
below, drafts = st.container(), st.container()
with left:
    chairs = choose_sides(dataset)
    with st.container(horizontal=True, vertical_alignment="center"):
        switches = choose_switches()
        offer_more()
    if changed := switches_in_words(switches):
        st.caption(changed)
several, seated = len(chairs) > 1, [chair for chair in chairs if chair.chosen]
with drafts:
    prompts = [
        edit_prompt(chair, dataset, switches) if chair.edited else chair.chosen.prompt for chair in seated
    ]
sides = [chair.side(prompt, switches) for chair, prompt in zip(seated, prompts, strict=True)]
able = all(chair.ready for chair in chairs)
table = PlaygroundContext(shell.workspace(), dataset.id, switches, typed_keys())

with right if several else left:
    st.session_state.setdefault("playground_kind", ONE)  # no default of the widget: the history sets it, too
    kind = st.segmented_control(
        "Texts",
        [ONE, MANY, FILE],
        required=True,
        key="playground_kind",
        label_visibility="collapsed",
        persist_state="session",
    )
    if kind == FILE:
        choose_file(dataset.id, sides[0] if sides else None, switches.structured, able)
        texts, pressed = [], False
    else:
        typed = st.text_area(
            "Text",
            height=110,
            key="playground_text",
            label_visibility="collapsed",
            persist_state="session",
            placeholder="A text to classify" if kind == ONE else "A text on each line",
        )
        texts = [typed.strip()] if kind == ONE else [line.strip() for line in typed.splitlines()]
        texts = [text for text in texts if text]
        unpaid = any(chair.model != OFFLINE["lightweight"] for chair in chairs)
        silent = unpaid and not shell.workspace().spends
        pressed = st.button(
            "Classify" if len(texts) < 2 else f"Classify {count(len(texts), 'text')}",
            type="primary",
            icon=":material/send:",
            key="classify",
            disabled=not able,
            help=SILENT if silent else None,
        )

request = (dataset.id, dataset.labels.names, tuple(sides), switches, tuple(texts))
with below if several and kind != FILE else right, st.container(border=True):
    if pressed and not texts:
        st.caption("Type a text first.")
    if pressed and texts:
        names = escape_md(", ".join(dict.fromkeys(side.model for side in sides)))
        with shell.sentences(), st.spinner(f"Asking {names} …"):
            st.session_state["answered"] = request, play(table, sides, texts)
    question, answers = st.session_state.get("answered", (None, ()))
    if kind == FILE:
        show_files(dataset.id)
    elif question == request:
        titles = [f"{chair.letter} · {chair.model}" for chair in chairs]
        show_columns(
            [Column(*each) for each in zip(titles, [side.labels for side in sides], answers, strict=True)],
            dataset.id,
        )
    elif not pressed:
        st.caption("The label and the reason will stand here.")

if kind != FILE:
    with st.expander(
        "The exact request", icon=":material/data_object:", key="exact", on_change="rerun"
    ) as exact:
        if exact.open and sides:
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
                similar = side.prompt.few_shot.strategy == "similar"
                show_sent(side.model, request, NeighbourSource.DATASET if similar else None)

with st.expander("History", icon=":material/history:", key="history", on_change="rerun") as history:
    if history.open:
        with shell.sentences():
            show_history(dataset)
