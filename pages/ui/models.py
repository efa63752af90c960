"""Choosing a model: the known names, any other typed in, and what there is to know before it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import streamlit as st

from core.errors import WhetstoneError
from core.llm.catalogue.model_list import ModelEntry, list_model
from core.llm.catalogue.profiles import DEFAULTS
from core.types import Settings
from core.types.runs import MOST_REPLY_TOKENS
from pages.ui.keys import problem_of, shared
from pages.ui.wording import count, escape_md, rate

OFFLINE = {"lightweight": "offline:reader", "heavyweight": "offline:editor"}
OFFLINE_WORDS = {
    "offline:reader": "No language model: it follows the rules of the prompt by matching words. Needs no key, costs nothing.",
    "offline:skimmer": "No language model: a weak offline reader that reads the end of a text only, to try a migration on. Costs nothing.",
    "offline:editor": "No language model: it writes rules from word counts in the mistakes. Needs no key, costs nothing.",
}
LONGER = (
    "A reply of the lightweight model that is longer is cut off, and one without its label is a wrong answer."
)
PREFIXES = {
    "prefill": "start of the reply: sent as prefill",
    "instruction": "start of the reply: asked for by an instruction",
}


def choose_reply_tokens(key: str, usual: int | None = None, placeholder: str | None = None) -> int | None:
    """How long a reply of the lightweight model may be, in tokens; None where the field is empty. `usual` is what it
    begins with, which whoever leads here may have set already."""
    st.session_state.setdefault(key, usual)  # no default of the widget: other pages set it, too
    return st.number_input(
        "Longest reply, in tokens",
        1,
        MOST_REPLY_TOKENS,
        None,
        step=100,
        placeholder=placeholder,
        key=key,
        persist_state="session",
        help=LONGER,
    )


def known_models(role: str, more: tuple[str, ...] = ()) -> list[str]:
    """Names to offer, `more` first, those of the user's models.toml last."""
    try:
        profiles = shared().profiles
        own = [*profiles.own_models, *profiles.prices]
    except WhetstoneError:
        own = []
    own = [name for name in own if not name.endswith("*")]
    return list(dict.fromkeys((*(name for name in more if name), OFFLINE[role], *DEFAULTS[role], *own)))


def choose_model(
    label: str,
    role: str,
    key: str,
    more: tuple[str, ...] = (),
    help: str | None = None,
    beside: Callable[[str], object] | None = None,
) -> str:
    """The name as chosen or typed, "provider:model"; beneath it what there is to know before calling it,
    beside it what `beside` draws."""
    line = st.container(horizontal=True, vertical_alignment="bottom")
    name = line.selectbox(
        label,
        known_models(role, more),
        key=key,
        accept_new_options=True,
        persist_state="session",
        help=help,
        placeholder="provider:model",
    )
    name = (name or OFFLINE[role]).strip()
    if beside:
        with line:
            beside(name)
    problem = model_problem(name, role)
    if problem:
        st.caption(":red[:material/error:] " + escape_md(problem))
    if name in OFFLINE_WORDS:
        st.caption(":material/info: " + OFFLINE_WORDS[name])
    elif name.partition(":")[2]:
        _show_known(name, role)
    return name


def _show_known(name: str, role: str) -> None:
    """When it stops, what it costs, how a reply prefix would reach it."""
    try:
        rules = shared()
        listed = list_model(name, rules.profiles, rules.prices, date.today())
    except WhetstoneError:
        return  # the problem has been said
    if rules.profiles.provider_of(name) is None:
        return
    if ending := ending_in_words(listed):
        st.caption(f":{'red' if listed.retired else 'orange'}[:material/event_busy: {ending}]")
    facts = [price_in_words(listed)] + (_ways(listed) if role == "lightweight" else [])
    if address := custom_address(name):
        facts.append("calls go to " + address)
    st.caption(escape_md(" · ".join(facts)))


def custom_address(name: str) -> str:
    """Where calls of this model go from here, if that is not the provider's usual address; else empty."""
    try:
        rules = shared()
    except WhetstoneError:
        return ""
    provider = rules.profiles.provider_of(name)
    return provider.custom_address(rules.keys) if provider else ""


def _ways(listed: ModelEntry) -> list[str]:
    return [PREFIXES[listed.prefix]] + ["structured output possible"] * listed.structured


def ending_in_words(listed: ModelEntry) -> str:
    """It stops answering on 2026-12-11, in 17 days. Empty where no end is known, or a far one."""
    if listed.retired:
        return f"It stopped answering on {listed.retires}: choose another one."
    return (
        f"It stops answering on {listed.retires}, in {count(listed.days, 'day')}." if listed.ends_soon else ""
    )


def price_in_words(listed: ModelEntry) -> str:
    if listed.input is None or listed.output is None:
        return "Price unknown"
    if not listed.input and not listed.output:
        return "Free"
    model = listed.name.partition(":")[2]
    source = (
        ""
        if listed.matched == model
        else " (your price)"
        if listed.matched == "yours"
        else f" (as {listed.matched})"
    )
    return f"{rate(listed.input)} in, {rate(listed.output)} out per million tokens{source}"


def model_problem(name: str, role: str) -> str:
    """Why the model cannot be called (a missing key, a name that is none), in a sentence; else empty."""
    return problem_of(replace(Settings(), **{role: name}))
