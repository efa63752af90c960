"""A rule to be made or changed, beside what it would have done with the feedback there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from core.services.feedback import preview, save_rule
from core.store.feedback.records import (
    CORRECTION,
    STRAIGHT,
    FeedbackRule,
    Preview,
    RuleEffect,
    RulePreviewEntry,
)
from core.store.records import DatasetInfo
from pages.ui import shell
from pages.ui.actions import act, show_problem
from pages.ui.feedback.predictions import champion_key
from pages.ui.feedback.wording import EFFECTS, KINDS, WAYS
from pages.ui.mistakes import label_column
from pages.ui.wording import escape_md, shortened

EDITED, PROBLEM = "rule edited", "rule problem"  # in the session
LOOKED_AT = 1_000  # answers whose models and prompts are offered
MOST_LISTED = 20
FIELDS = ("way", "least", "most", "share", "models", "prompts", "labels", "keys")


def fresh_form(rule: FeedbackRule) -> None:
    """For `on_click`: opens the form with this rule; one without an id is new."""
    st.session_state[EDITED] = rule
    values = {
        "way": rule.way,
        "least": rule.least,
        "most": rule.most,
        "share": 100 * rule.share,
        "models": list(rule.models),
        "prompts": list(rule.prompts),
        "labels": list(rule.labels),
        "keys": list(rule.keys),
    }
    for name in FIELDS:
        st.session_state[_key(name)] = values[name]


def edit_rule(rule: FeedbackRule, info: DatasetInfo) -> None:
    if not all(_key(name) in st.session_state for name in FIELDS):
        fresh_form(rule)  # a switch of the page takes the state of widgets away
    served = shell.workspace().store.answers.page(info.id, LOOKED_AT).answers
    with st.container(border=True, key="rule_form"):
        st.markdown(f"**{KINDS[rule.kind]}**")
        settings, foreseen = st.columns(2, gap="large")
        with settings:
            _fields(
                rule,
                info,
                sorted({each.model for each in served} - {""}),
                sorted({each.prompt_key for each in served} - {""}),
            )
            with st.container(horizontal=True, gap="small"):
                st.button(
                    "Save the rule", type="primary", key="rule_save", on_click=act, args=(_save, "", PROBLEM)
                )
                st.button("Cancel", key="rule_cancel", on_click=_close)
            show_problem(PROBLEM)
        with foreseen, shell.sentences():
            show_preview(preview(shell.workspace(), typed(rule)), info.labels.names)


def typed(rule: FeedbackRule) -> FeedbackRule:
    """The rule with what stands in the form now."""
    now = {name: st.session_state[_key(name)] for name in FIELDS}
    names = {name: tuple(now[name]) for name in ("models", "prompts", "labels", "keys")}
    share = now["share"] / 100 if now["share"] is not None else rule.share
    bounds = {} if rule.kind == CORRECTION else {"least": now["least"], "most": now["most"]}
    return replace(rule, way=now["way"] or STRAIGHT, share=share, **bounds, **names)


def show_preview(outcome: Preview, labels: Sequence[str]) -> None:
    st.caption(
        "What this rule alone would have done with earlier feedback. Once saved, it works from then on."
    )
    st.markdown(escape_md(preview_in_words(outcome)))
    if not outcome.taken:
        return
    import pandas as pd

    listed = outcome.taken[:MOST_LISTED]
    st.dataframe(
        pd.DataFrame(
            {
                "Text": [shortened(each.answer.text, 300) for each in listed],
                "Label": [[each.label or "to be chosen"] for each in listed],
                "Effect": [_effect(each) for each in listed],
            }
        ),
        hide_index=True,
        alt="Past feedback that the rule matches",
        height=min(330, 38 + 35 * len(listed)),
        column_config={
            "Text": st.column_config.TextColumn(width=180),
            "Label": label_column("Label", labels, 115),
            "Effect": st.column_config.TextColumn(width=150),
        },
    )
    if len(outcome.taken) > MOST_LISTED:
        st.caption(f"The newest {MOST_LISTED} of {len(outcome.taken):,}")


def preview_in_words(outcome: Preview) -> str:
    """It would have matched 20 of 32: 12 added as new rows, 3 correcting a row, 5 to the inbox."""
    if not outcome.looked_at:
        return "No feedback of this kind has come yet."
    effects = [
        f"{outcome.count(effect):,} {words}"
        for effect, words in (
            (RuleEffect.ADD, "added as new rows"),
            (RuleEffect.UPDATE, "correcting a row"),
            (RuleEffect.SAME, "already in the rows"),
            (RuleEffect.INBOX, "to the inbox"),
            (RuleEffect.ALREADY, "used before"),
        )
        if outcome.count(effect)
    ]
    return (
        f"It would have matched {len(outcome.taken):,} of {outcome.looked_at:,}"
        + (": " + ", ".join(effects) if effects else "")
        + "."
    )


def _fields(rule: FeedbackRule, info: DatasetInfo, models: Sequence[str], prompts: Sequence[str]) -> None:
    st.segmented_control("It goes", list(WAYS), key=_key("way"), format_func=WAYS.get, required=True)
    with st.container(horizontal=True, gap="small"):
        if rule.kind != CORRECTION:
            help = "1 is right, 0 is wrong: your program's own scale. Empty: without end."
            st.number_input("Lowest score", key=_key("least"), step=0.1, format="%g", help=help, value=None)
            st.number_input("Highest score", key=_key("most"), step=0.1, format="%g", value=None)
        st.number_input(
            "Share of predictions, %",
            0.0,
            100.0,
            key=_key("share"),
            step=5.0,
            format="%g",
            help="Chosen by their id: the same ones every time.",
        )
    _several("Only for these labels", "labels", info.labels.names, {}, "The label that the row would get.")
    _several("Only by these models", "models", models, {})
    _several(
        "Only with these prompts",
        "prompts",
        prompts,
        _prompt_names(info),
        "By the first digits of the prompt's hash.",
    )
    _several(
        "Only feedback with these keys",
        "keys",
        shell.workspace().store.rules.keys(info.id),
        {},
        "The key that it is posted with, such as user-score or toxicity: choose it or type it.",
    )


def _several(
    title: str, name: str, options: Sequence[str], names: Mapping[str, str], help: str | None = None
) -> None:
    known = list(dict.fromkeys((*options, *st.session_state[_key(name)])))
    st.multiselect(
        title,
        known,
        key=_key(name),
        placeholder="All",
        accept_new_options=name in ("models", "keys"),
        help=help,
        format_func=lambda each: names.get(each, each),
    )


def _prompt_names(info: DatasetInfo) -> dict[str, str]:
    known = champion_key(info.id)
    return {known: known + " (the champion)"}


def _effect(each: RulePreviewEntry) -> str:
    return EFFECTS[each.effect] + (": " + each.why if each.why and each.effect is RuleEffect.INBOX else "")


def _save() -> None:
    """What was typed is read now, not when the page was drawn."""
    rule: FeedbackRule | None = st.session_state.get(EDITED)
    if rule is None:
        return
    store = shell.workspace().store
    stored = next((each for each in store.rules.all(rule.dataset_id) if each.id == rule.id), rule)
    save_rule(
        shell.workspace(), replace(typed(rule), on=stored.on)
    )  # somebody may have switched it meanwhile
    _close()
    shell.say("The rule is saved. It works from now on; earlier feedback stays as it is.")


def _close() -> None:
    st.session_state.pop(EDITED, None)


def _key(name: str) -> str:
    return "rule_form_" + name
