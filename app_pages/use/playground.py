"""Playground: a text in, label and reason out, and nothing hidden in between."""

import streamlit as st

from app_pages.ui import shell
from app_pages.ui.acting import show_outcome
from app_pages.ui.answers import show_answer, show_answers, show_request
from app_pages.ui.keys import crew
from app_pages.ui.models import OFFLINE, choose_model, model_problem
from app_pages.ui.prompt_choice import choose_prompt
from app_pages.ui.run_form import STRUCTURED
from app_pages.ui.words import count, escape_md
from core.loop.classifying import classify
from core.types import Settings

ONE, MANY = "One text", "One text per line"

st.title("Playground", anchor=False)
show_outcome()
dataset = shell.dataset()
if dataset is None:
    shell.nothing_yet(
        "Nothing to classify with yet", "The labels come from a dataset: bring your own rows or take a sample.", "Go to the overview",
        lambda: shell.go("overview"), key="to_overview",
    )
    st.stop()

labels = dataset.labels.names
left, right = st.columns(2, gap="large")
with left:
    whose, which = st.columns(2)
    with whose:
        chosen = choose_prompt(dataset)
    with which:
        model = choose_model("Lightweight model", "lightweight", "playground_model_" + chosen.model, more=(chosen.model,))
    kind = st.segmented_control(
        "Texts", [ONE, MANY], default=ONE, required=True, key="playground_kind", label_visibility="collapsed", persist_state="session",
    )
    typed = st.text_area(
        "Text", height=110, key="playground_text", label_visibility="collapsed", persist_state="session",
        placeholder="A text to classify" if kind == ONE else "A text on each line",
    )
    texts = [typed.strip()] if kind == ONE else [line.strip() for line in typed.splitlines()]
    texts = [text for text in texts if text]
    structured = st.toggle("Structured output", key="playground_structured", persist_state="session", help=STRUCTURED)
    pressed = st.button(
        "Classify" if len(texts) < 2 else f"Classify {count(len(texts), 'text')}", type="primary", icon=":material/send:", key="classify",
        disabled=bool(model_problem(model, "lightweight")),
        help="Shown read-only: texts that were classified before are answered from the cache, at no cost." if shell.workspace().read_only
        and model != OFFLINE["lightweight"] else None,
    )

asked = (dataset.id, dataset.version, chosen.prompt, model, structured, tuple(texts))
with right, st.container(border=True):
    if pressed and not texts:
        st.caption("Type a text first.")
    if pressed and texts:
        with shell.sentences(), st.spinner(f"Asking {escape_md(model)} …"):
            st.session_state["answered"] = asked, classify(crew(Settings(lightweight=model, structured_output=structured)), chosen.prompt, texts, labels)
    question, answers = st.session_state.get("answered", (None, ()))
    if question == asked and len(answers) == 1:
        show_answer(answers[0], labels)
    elif question == asked:
        show_answers(answers, labels)
    elif not pressed:
        st.caption("The label and the reason will stand here.")

with st.expander("The exact request", icon=":material/data_object:", key="exact", on_change="rerun") as exact:
    if exact.open:
        with shell.sentences():
            show_request(model, chosen.prompt, texts, labels if structured else ())
