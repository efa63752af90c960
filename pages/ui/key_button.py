"""Buttons that a key presses, for cards that are decided one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.label_sets.sets import label_names, set_label
from core.services.review import Card
from core.store.records import DatasetInfo
from pages.ui import shell
from pages.ui.actions import READ_ONLY, act
from pages.ui.row_panel.state import shortcut_of
from pages.ui.wording import escape_md, shortened

DIGITS, MANY = 9, 25  # labels that have a key; labels from which on the likely ones have them
FOCUSED = "focus the labels"  # in the session
# Our own code, without any data in it: Streamlit has no other way to put the cursor into the field. On a busy
# machine the field is drawn long after this, so it is looked for until it is there.
FOCUS = """<div></div><script>
(function seek(tries) {
  const field = document.querySelector('.st-key-KEY input');
  if (field) field.focus(); else if (tries) setTimeout(seek, 50, tries - 1);
})(200);
</script>"""


def focus(key: str) -> None:
    """Puts the cursor into the field of the container with this key, which is one of ours."""
    st.html(FOCUS.replace("KEY", key), unsafe_allow_javascript=True)


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
        shortcut=shortcut_of(shortcut, key),
        disabled=disabled,
        on_click=act,
        args=(action,),
        type=kind,
        width=width,
        help=READ_ONLY if shell.workspace().read_only else escape_md(help) or None,
    )


@dataclass(frozen=True, slots=True)
class LabelChoice:
    """The card whose label is chosen among those of the dataset, or whose answer is typed: `page` begins the keys of its
    widgets, `id` is of what is shown in this state of it, `given` the label, set of labels or answer that it has, which is
    no choice. `likely`: labels that have the numbers where there are too many for all to have one, the likeliest first."""

    page: str
    id: str
    dataset: DatasetInfo
    given: str = ""
    help: str = "The label it has now."
    likely: Sequence[str] = ()


def likely_labels(card: Card) -> tuple[str, ...]:
    """Labels that something speaks for: the suggested one, then those of like rows and of predictions by number."""
    known = [each.prediction.label for each in card.readings]
    known += [row.label for row in (*card.twins, *(each.row for each in card.neighbours))]
    suggested = [card.suspect.suggested] if card.suspect else []
    return tuple(dict.fromkeys((*suggested, *(label for label, _ in Counter(known).most_common()))))


def label_buttons(choice: LabelChoice, choose: Callable[[str], object]) -> None:
    """Every label by its number, and those beyond the digits in a list, which 0 puts the cursor into. Of very many, the
    likely ones have the numbers, and the list has all. Where a row may have several, they are chosen in one field; where
    answers are no labels, each row has its own, which is typed."""
    if choice.dataset.scorer:
        _answer(choice, choose)
        return
    if choice.dataset.labels.several:
        _label_set(choice, choose)
        return
    locked, given, names = shell.workspace().read_only, choice.given, choice.dataset.labels.names
    numbered, others = names[:DIGITS], names[DIGITS:]
    if len(names) > MANY:
        own = (label for label in choice.likely if label in names)
        numbered, others = tuple(dict.fromkeys((*own, *names)))[:DIGITS], names
    with st.container(horizontal=True, gap="xsmall", key=f"{choice.page}_label_keys"):
        for number, label in enumerate(numbered, start=1):
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
            key_button(
                "More",
                "0",
                lambda: st.session_state.update({FOCUSED: True}),
                locked,
                "Then type the beginning of a label.",
                key=f"{choice.page}_label_0",
            )
            st.selectbox(
                "Another label",
                [label for label in others if label != given],
                index=None,
                key=key,
                disabled=locked,
                width=220,
                label_visibility="collapsed",
                placeholder="Another label",
                on_change=lambda: st.session_state[key] and act(lambda: choose(st.session_state[key])),
            )
            if st.session_state.pop(FOCUSED, False):
                focus(f"{choice.page}_label_keys")


def _answer(choice: LabelChoice, choose: Callable[[str], object]) -> None:
    key = f"{choice.page}_answer_{choice.id}"

    def save() -> None:
        if typed := st.session_state[key].strip():
            act(lambda: choose(typed))
        else:
            st.session_state[key] = choice.given

    field = st.text_area if "\n" in choice.given else st.text_input
    with st.container(key=f"{choice.page}_answer"):
        field(
            "Reference answer",
            choice.given,
            key=key,
            disabled=shell.workspace().read_only,
            placeholder="What the answer should be",
            on_change=save,
        )


def _label_set(choice: LabelChoice, choose: Callable[[str], object]) -> None:
    """All labels that fit, and a button that gives them to the row."""
    locked, key = shell.workspace().read_only, f"{choice.page}_set_{choice.id}"
    names = choice.dataset.labels.names
    with st.container(
        horizontal=True, gap="xsmall", key=f"{choice.page}_label_keys", vertical_alignment="bottom"
    ):
        chosen = st.multiselect(
            "Labels",
            names,
            default=[name for name in label_names(choice.given) if name in names],
            key=key,
            disabled=locked,
            label_visibility="collapsed",
            placeholder="Choose every label that fits",
            width=420,
        )
        label = set_label(chosen)
        key_button(
            "Save labels",
            "L",
            lambda: choose(label),
            locked or not chosen or label == choice.given,
            "Gives the row these labels." if chosen else "A row needs one label at least.",
            key=f"{choice.page}_label_save",
            icon=":material/check:",
        )
