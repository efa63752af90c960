"""Rows on their way in: read with the chosen columns, remembered while they are looked at, and let go when
they are stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from core.data.fields import ColumnMap
from core.data.importing.checks import check_enough
from core.data.importing.label_shape import LabelDoubt, column_doubt
from core.data.importing.mapping import read_rows
from core.data.table import Table
from core.errors import DataError
from core.types import Dataset
from pages.ui import shell
from pages.ui.address import turn_to

MADE = "made "
UNSAVED = "unsaved "  # what was brought, until it is stored
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A table with its columns. `name` is for a new dataset, `origin` says where it came from, `key` is that
    of its widgets. `small`: a handful of rows typed by hand, shown beside what was typed. `scorer`: what scores the
    answers where they are no labels."""

    table: Table
    columns: ColumnMap
    name: str
    origin: str
    key: str
    small: bool = False
    scorer: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """The rows as they would be stored, with notices in sentences and the rows that are not among them, by
    reason, and the bins that numbers were put into, in words. `identity` is equal for equal rows."""

    dataset: Dataset
    notices: tuple[str, ...]
    left_out: Mapping[str, int]
    identity: object
    bins: str = ""

    @property
    def unlabelled(self) -> int:
        return sum(not row.label for row in self.dataset.examples)


def rows_of(incoming: Incoming) -> Looked:
    """Raises DataError where no row is left."""
    identity = (incoming.table, incoming.columns)
    with st.spinner("Reading the rows…"):
        result = remembered(
            "dataset", identity, lambda: read_rows(incoming.table, incoming.columns, incoming.name)
        )
    return Looked(result.dataset, result.notices, result.left_out, identity, result.bins)


def doubt_of(looked: Looked, columns: ColumnMap) -> LabelDoubt | None:
    """Whether the labels of the rows may be none."""
    key = (looked.identity, columns.bins)
    return remembered("doubt", key, lambda: column_doubt(looked.dataset.examples, columns))


def check_tunable(looked: Looked, columns: ColumnMap) -> None:
    """Raises DataError where no prompt could be tuned on the rows: nothing to begin a dataset with. Rows that
    are still to be labelled are."""
    if looked.unlabelled:
        return
    if (doubt := doubt_of(looked, columns)) and doubt.refused:
        raise DataError(doubt.sentence)
    remembered("tunable", looked.identity, lambda: check_enough(looked.dataset.examples))


def draft_key(way: str) -> str:
    """Of the widgets about rows that are brought in this way: other ones once rows were stored, so that nothing
    chosen for those holds for the next."""
    return f"{way}_{st.session_state.get('uploads', 0)}"


def stored(dataset_id: str, sentence: str) -> None:
    """Turns to the rows, with a notice, and empty fields next time. What was remembered of the file is let
    go."""
    for name in [name for name in st.session_state if str(name).startswith((MADE, UNSAVED))]:
        del st.session_state[name]
    shell.show_dataset(dataset_id)
    turn_to("data", "rows")
    st.session_state["uploads"] = st.session_state.get("uploads", 0) + 1
    shell.say(sentence)
    st.rerun()


def remembered(what: str, key: object, make: Callable[[], T]) -> T:
    """The last result for this session, made again only when the key changes: a big file is not read at every
    touch."""
    entry = st.session_state.get(MADE + what)
    if entry is None or entry[0] != key:
        entry = (key, make())
        st.session_state[MADE + what] = entry
    return entry[1]
