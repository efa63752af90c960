"""Buttons that a key presses, for cards that are decided one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from pages.ui import shell
from pages.ui.actions import READ_ONLY, act
from pages.ui.wording import escape_md, shortened

DIGITS = 9


def key_button(
    label: str,
    shortcut: str,
    action: Callable[[], object],
    disabled: bool,
    help: str,
    *,
    key: str,
    icon: str | None = None,
    kind: str = "secondary",
    width: int | str = "content",
) -> None:
    """`label` and `help` are shown as they are written."""
    st.button(
        escape_md(label),
        key=key,
        icon=icon,
        shortcut=shortcut,
        disabled=disabled,
        on_click=act,
        args=(action,),
        type=kind,
        width=width,
        help=READ_ONLY if shell.workspace().read_only else escape_md(help) or None,
    )


@dataclass(frozen=True, slots=True)
class LabelChoice:
    """The card whose label is chosen: `page` begins the keys of its widgets, `id` is of what is shown in this
    state of it, `given` the label that is no choice."""

    page: str
    id: str
    given: str
    help: str = "The label it has now."


def label_buttons(choice: LabelChoice, names: Sequence[str], choose: Callable[[str], object]) -> None:
    """Every label by its number, and those beyond the digits in a list."""
    locked, given = shell.workspace().read_only, choice.given
    with st.container(horizontal=True, gap="xsmall", key="label_keys"):
        for number, label in enumerate(names[:DIGITS], start=1):
            key_button(
                shortened(label, 24),
                str(number),
                lambda label=label: choose(label),
                locked or label == given,
                choice.help if label == given else "",
                key=f"{choice.page}_label_{number}",
            )
        if len(names) > DIGITS:
            key = f"{choice.page}_other_{choice.id}"
            st.selectbox(
                "Another label",
                [label for label in names[DIGITS:] if label != given],
                index=None,
                key=key,
                disabled=locked,
                width=220,
                label_visibility="collapsed",
                placeholder="Another label",
                on_change=lambda: st.session_state[key] and act(lambda: choose(st.session_state[key])),
            )
