"""Which rows are shown: filters that combine, kept in the address so that a link shows the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app_pages.ui.standing import SPLIT_WORDS
from app_pages.ui.words import count
from core.state.records import DatasetInfo, RowQuery
from core.types import SPLITS

MARKS = {
    "excluded": ("excluded", True), "not excluded": ("excluded", False), "with a note": ("noted", True), "without a note": ("noted", False),
    "canonical": ("canonical", True), "not canonical": ("canonical", False),
}
ROWS_PER_PAGE = 100
KEYS = ("search", "labels", "splits", "marks")


@dataclass(frozen=True, slots=True)
class Filters:
    search: str
    labels: tuple[str, ...]
    splits: tuple[str, ...]
    marks: tuple[str, ...]

    @property
    def active(self) -> bool:
        return bool(self.search.strip() or self.labels or self.splits or self.marks)

    def query(self, page: int = 1) -> RowQuery:
        """Both of a pair of marks ("excluded", "not excluded") mean the same as none of them."""
        wanted: dict[str, set[bool]] = {}
        for field, value in (MARKS[mark] for mark in self.marks):
            wanted.setdefault(field, set()).add(value)
        flags = {field: next(iter(values)) for field, values in wanted.items() if len(values) == 1}
        return RowQuery(self.search, self.labels, self.splits, page=page, size=ROWS_PER_PAGE, **flags)


def choose_filters(info: DatasetInfo) -> Filters:
    _forget_of_other_datasets(info)
    search, labels, splits, marks = (cell() for cell in [st.grid(4, min_column_width=190).cell] * 4)
    chosen = Filters(
        search.text_input(
            "Search", key="search", bind="query-params", live="300ms", icon=":material/search:", label_visibility="collapsed",
            placeholder="Search text, note or id",
        ) or "",
        tuple(labels.multiselect(
            "Labels", info.labels.names, key="labels", bind="query-params", label_visibility="collapsed", placeholder="All labels",
        )),
        tuple(splits.multiselect(
            "Splits", SPLITS, key="splits", bind="query-params", label_visibility="collapsed", placeholder="All splits",
            format_func=SPLIT_WORDS.get,
        )),
        tuple(marks.multiselect(
            "Marks", list(MARKS), key="marks", bind="query-params", label_visibility="collapsed", placeholder="Any mark",
        )),
    )
    if st.session_state.get("filters before") != chosen:
        st.session_state["filters before"] = chosen
        st.session_state.pop("rows_page", None)  # a page of other rows means nothing
    return chosen


def turn_pages(filters: Filters, total: int) -> RowQuery:
    """How many rows were found, and the page of them that is wanted."""
    st.caption(f"{count(total, 'row')} found" if filters.active else "Edits are saved at once.", width="content")
    if filters.active:
        st.button("Clear filters", on_click=clear_filters, key="clear_filters", icon=":material/filter_alt_off:", type="tertiary")
    pages = max(1, -(-total // ROWS_PER_PAGE))
    if st.session_state.get("rows_page", 1) > pages:
        st.session_state["rows_page"] = pages
    return filters.query(st.pagination(pages, key="rows_page", bind="query-params") if pages > 1 else 1)


def clear_filters() -> None:
    """For `on_click`."""
    for key in KEYS:
        st.session_state[key] = "" if key == "search" else []


def _forget_of_other_datasets(info: DatasetInfo) -> None:
    if st.session_state.setdefault("filters of", info.id) != info.id:
        st.session_state["filters of"] = info.id
        clear_filters()
