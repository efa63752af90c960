"""Who answers: one prompt and model, or several beside each other; and what if something about all of them
were different."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.services.playground import PromptedModel, RequestOptions, switched
from core.store.records import DatasetInfo
from core.types import Prompt
from core.types.runs import REPLY_TOKENS
from pages.ui.models import choose_model, choose_reply_tokens, model_problem
from pages.ui.navigation import offer_settings
from pages.ui.new_run.form import STRUCTURED
from pages.ui.playground.prompt_choice import Chosen, choose_prompt, runs_with_steps
from pages.ui.shell import workspace
from pages.ui.wording import count, escape_md

LETTERS = "ABCD"
SIDES = "play_sides"
AS_IT_IS, NONE, SIMILAR, OTHER = "As the prompt has it", "None", "Similar rows", "Another"
USUAL_K, MOST_K = 4, 16


@dataclass(frozen=True, slots=True)
class Chair:
    """A place at the table: what was chosen there. `edited`: its prompt is to be changed on the spot."""

    letter: str
    chosen: Chosen | None
    model: str
    edited: bool

    @property
    def name(self) -> str:
        """B · Starting prompt"""
        return self.letter + (" · " + self.chosen.name if self.chosen and self.chosen.name else "")

    @property
    def slot(self) -> str:
        """What its widgets are named after."""
        return slot_of(self.letter)

    @property
    def problem(self) -> str:
        """Why its model cannot be called, in a sentence; else empty."""
        return model_problem(self.model, "lightweight")

    @property
    def ready(self) -> bool:
        return self.chosen is not None and not self.problem

    def side(self, prompt: Prompt, switches: RequestOptions) -> PromptedModel:
        """Its model with this prompt, as the switches have it. A cascade was measured for one prompt and model: with
        another the prompt answers alone."""
        assert self.chosen is not None
        tokens, sent = switches.reply_tokens or self.chosen.reply_tokens, switched(prompt, switches)
        same = (sent, self.model) == (self.chosen.prompt, self.chosen.model)
        cascade = self.chosen.cascade if same else ""
        name = self.chosen.name + (", changed" if sent != self.chosen.prompt else "")
        return PromptedModel(sent, self.chosen.labels, self.model, tokens, cascade, name)


def slot_of(letter: str) -> str:
    return "" if letter == "A" else " " + letter


def choose_sides(dataset: DatasetInfo, only_first: bool = False) -> list[Chair]:
    """Beside each other. At first the best prompt beside the starting one, where there is one. `only_first`: the others
    are not asked, and stay as they are."""
    letters = "A" if only_first else _letters(dataset)
    chairs, grid = [], st.grid(len(letters), min_column_width=230, gap=("small", "medium"))
    for letter in letters:
        with grid.cell():
            chairs.append(_side(dataset, letter, letters))
    return chairs


def _letters(dataset: DatasetInfo) -> str:
    better = workspace().store.champions.current(dataset.id) or runs_with_steps(dataset)
    letters: str = st.session_state.get(SIDES) or ("AB" if better else "A")
    return letters


def _side(dataset: DatasetInfo, letter: str, letters: str) -> Chair:
    slot = slot_of(letter)
    if len(letters) > 1:
        with st.container(
            horizontal=True,
            vertical_alignment="center",
            horizontal_alignment="distribute",
            height=44,
            border=False,
        ):
            st.markdown(f"**{letter}**", width="content")
            if letter != "A":
                st.button(
                    "Remove",
                    icon=":material/close:",
                    type="tertiary",
                    key="less" + slot,
                    on_click=_lay,
                    args=(letters.replace(letter, ""),),
                )
    boxes = st.grid(2, min_column_width=200)
    with boxes.cell():
        chosen = choose_prompt(dataset, slot)
        edited = chosen is not None and st.toggle(
            "Edit prompt",
            key="edit" + slot,
            persist_state="session",
            help="A draft: it is only tried here, and scored if you like. The prompt it came from stays as it is.",
        )
    with boxes.cell():
        made_for = chosen.model if chosen else ""
        model = choose_model(
            "Lightweight model", "lightweight", "playground_model_" + made_for + slot, more=(made_for,)
        )
    return Chair(letter, chosen, model, edited)


def show_problems(chairs: Sequence[Chair], key: str) -> bool:
    """Who cannot be asked yet, with the way to where that is mended; whether there is anyone. Why stands with the model."""
    unable = [chair.letter for chair in chairs if chair.problem]
    if unable:
        who = " and ".join(unable) if len(chairs) > 1 else "The model"
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(
                f":red[:material/error:] {who} cannot be asked yet: why stands with the model.",
                width="content",
            )
            offer_settings(f"{key} settings")
    return bool(unable)


def offer_more(letters: Sequence[str]) -> None:
    free = [letter for letter in LETTERS if letter not in letters]
    if free:
        st.button(
            "Add a prompt",
            icon=":material/splitscreen_right:",
            key="more_sides",
            on_click=_lay,
            args=("".join([*letters, free[0]]),),
            help="The same texts, classified by another prompt or model beside these.",
        )


def _lay(letters: str) -> None:
    st.session_state[SIDES] = letters


def choose_switches() -> RequestOptions:
    """What if: examples, the start of the reply, structured output."""
    for key in ("what_examples", "what_prefix"):
        st.session_state.setdefault(key, AS_IT_IS)  # no default of the widget: the history sets them, too
    with st.popover("What if…", icon=":material/tune:"):
        method = st.segmented_control(
            "Examples beside the text",
            [AS_IT_IS, NONE, SIMILAR],
            required=True,
            key="what_examples",
            persist_state="session",
            help="Similar rows: the nearest training rows, most similar last.",
        )
        k = (
            st.slider("How many", 1, MOST_K, USUAL_K, key="what_k", persist_state="session")
            if method == SIMILAR
            else None
        )
        begun = st.segmented_control(
            "Start of the reply",
            [AS_IT_IS, NONE, OTHER],
            required=True,
            key="what_prefix",
            persist_state="session",
        )
        prefix = (
            st.text_input("The reply starts with", key="what_prefix_text", persist_state="session")
            if begun == OTHER
            else None
        )
        structured = st.toggle(
            "Structured output", key="playground_structured", persist_state="session", help=STRUCTURED
        )
        tokens = choose_reply_tokens(
            "what_tokens", placeholder=f"as in the prompt's run, else {REPLY_TOKENS}"
        )
    return RequestOptions(0 if method == NONE else k, "" if begun == NONE else prefix, structured, tokens)


def switches_in_words(switches: RequestOptions) -> str:
    """What is not as the prompts have it; empty where all is."""
    parts = []
    if switches.k is not None:
        parts.append(f"{count(switches.k, 'similar row')} shown" if switches.k else "no examples shown")
    if switches.reply_prefix is not None:
        parts.append(
            f"replies start with “{switches.reply_prefix}”"
            if switches.reply_prefix
            else "no start of the reply"
        )
    parts += ["structured output"] * switches.structured
    if switches.reply_tokens is not None:
        parts.append(f"replies of {switches.reply_tokens:,} tokens at most")
    return escape_md("What if: " + ", ".join(parts) + ".") if parts else ""


def reset_switches() -> None:
    """For a callback: everything as the prompts have it."""
    st.session_state["what_examples"] = st.session_state["what_prefix"] = AS_IT_IS
    st.session_state["what_tokens"] = None
