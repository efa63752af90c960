"""The rules: what becomes of feedback without anybody doing anything. In the order in which they are
asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.errors import NotFound
from core.services.feedback import advance_rule, delete_rule, save_rule
from core.store.feedback.records import CORRECTION, NEGATIVE, POSITIVE, FeedbackRule
from core.store.feedback.rule_decisions import leaves_nothing, rule_of_kind
from core.store.records import DatasetInfo
from pages.ui import shell
from pages.ui.actions import READ_ONLY, act
from pages.ui.feedback.rule_form import EDITED, edit_rule, fresh_form
from pages.ui.feedback.webhook import show_webhook
from pages.ui.feedback.wording import rule_in_words
from pages.ui.wording import escape_md

ICONS = {POSITIVE: ":material/thumb_up:", NEGATIVE: ":material/thumb_down:", CORRECTION: ":material/edit:"}
NEW = {
    POSITIVE: "Rule for positive feedback",
    NEGATIVE: "Rule for negative feedback",
    CORRECTION: "Rule for corrections",
}


def show_rules(info: DatasetInfo) -> None:
    rules, locked = shell.workspace().store.rules.all(info.id), shell.workspace().read_only
    st.caption(
        "A rule for positive feedback adds the text as a row with the predicted label, one for corrections with the right one, one for "
        "negative feedback without a label, for you to choose one. The first rule that matches decides; feedback that no rule matches is "
        "kept, but not used. No rule touches validation or test rows of a dataset with runs."
    )
    if rules and not any(rule.kind == NEGATIVE and rule.on for rule in rules):
        st.caption(
            ":orange[:material/warning:] There is no rule for negative feedback: “Wrong” is kept, but goes nowhere."
        )
    edited: FeedbackRule | None = st.session_state.get(EDITED)
    edited = edited if edited is not None and edited.dataset_id == info.id and not locked else None
    if not rules:
        st.info("There is no rule yet: feedback is kept, but not used.", icon=":material/rule:")
    for number, rule in enumerate(rules, start=1):
        if edited is not None and edited.id == rule.id:
            edit_rule(edited, info)
        else:
            before = [each for each in rules[: number - 1] if each.kind == rule.kind]
            _show(number, rule, before, locked)
    if edited is not None and not edited.id:
        edit_rule(edited, info)
    with st.container(horizontal=True, gap="small"):
        for kind, words in NEW.items():
            st.button(
                words,
                key="rule_new_" + kind,
                icon=":material/add:",
                on_click=fresh_form,
                args=(rule_of_kind(info.id, kind),),
                disabled=locked or edited is not None,
                help=READ_ONLY if locked else None,
            )
    show_webhook(info)


def _show(number: int, rule: FeedbackRule, before: Sequence[FeedbackRule], locked: bool) -> None:
    """`before`: the rules of its kind that are asked first."""
    key = "rule_on_" + rule.id
    st.session_state[key] = rule.on  # as it is stored, whoever has switched it
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="rule_" + str(number)):
        st.toggle(
            f"Rule {number}",
            key=key,
            label_visibility="collapsed",
            width=48,
            disabled=locked,
            on_change=act,
            args=(lambda: _switch(rule, st.session_state[key]),),
            help=READ_ONLY if locked else None,
        )
        with st.container(gap="xxsmall"):
            st.markdown(
                f"{ICONS[rule.kind]} {escape_md(rule_in_words(rule))}"
                if rule.on
                else f":gray[{ICONS[rule.kind]} {escape_md(rule_in_words(rule))} \\(off\\)]"
            )
            if rule.on and any(leaves_nothing(each, rule) for each in before):
                st.caption(
                    ":orange[:material/block:] A rule above matches all of this: move this one up, or change that one."
                )
        with st.container(horizontal=True, gap="xsmall", width="content"):
            if before:
                st.button(
                    "Move up",
                    key="sign_rule_up_" + rule.id,
                    type="tertiary",
                    icon=":material/arrow_upward:",
                    disabled=locked,
                    help="Move this rule up",
                    on_click=act,
                    args=(lambda: advance_rule(shell.workspace(), rule.id),),
                )
            st.button(
                "Change",
                key="rule_change_" + rule.id,
                type="tertiary",
                icon=":material/tune:",
                disabled=locked,
                on_click=act,
                args=(lambda: fresh_form(_stored(rule.dataset_id, rule.id)),),
            )
            with st.popover(
                "Delete",
                icon=":material/delete:",
                type="tertiary",
                disabled=locked,
                help="Delete",
                key="sign_rule_bin_" + rule.id,
            ):
                st.caption("Rows that it has added stay.")
                st.button(
                    "Delete the rule",
                    key="rule_delete_" + rule.id,
                    on_click=act,
                    args=(lambda: delete_rule(shell.workspace(), rule.id), "The rule is deleted."),
                )


def _stored(dataset_id: str, rule_id: str) -> FeedbackRule:
    """As it is now. NotFound."""
    rule = next((each for each in shell.workspace().store.rules.all(dataset_id) if each.id == rule_id), None)
    if rule is None:
        raise NotFound("There is no such rule: it may have been deleted; look at the list again.")
    return rule


def _switch(rule: FeedbackRule, on: bool) -> None:
    save_rule(shell.workspace(), replace(_stored(rule.dataset_id, rule.id), on=on))
