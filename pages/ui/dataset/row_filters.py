"""Which rows are shown, in which order: filters that combine, kept in the address so that a link shows the
same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.services import review
from core.services.labelling.repeats import refresh_repeats
from core.store.records import DatasetInfo, RowCounts, RowQuery
from core.types import SPLITS
from pages.ui import shell
from pages.ui.dataset_status import SPLIT_WORDS
from pages.ui.sides import PAGER
from pages.ui.wording import count

MARKS = {
    "without a label": ("unlabelled", True),
    "with a label": ("unlabelled", False),
    "excluded": ("excluded", True),
    "not excluded": ("excluded", False),
    "with a note": ("noted", True),
    "without a note": ("noted", False),
    "canonical": ("canonical", True),
    "not canonical": ("canonical", False),
    "in doubt": ("suspect", True),
    "not in doubt": ("suspect", False),
    "wrong in the last run": ("wrong", True),
    "not wrong in the last run": ("wrong", False),
    "edited by hand": ("edited", True),
    "never edited": ("edited", False),
    "reviewed": ("reviewed", True),
    "not reviewed": ("reviewed", False),
    "repeated": ("repeated", True),
    "not repeated": ("repeated", False),
    "same text, another label": ("contradicted", True),
    "not with another label": ("contradicted", False),
}
SORTS = {"place": "position", "label": "label", "text": "text", "doubt": "doubt"}
SORT_WORDS = {
    "place": "Original order",
    "label": "By label",
    "text": "By text",
    "doubt": "Most doubtful first",
}
NO_SOURCE = "(no source)"
ROWS_PER_PAGE = 100
KEYS = ("search", "labels", "splits", "marks", "sources")
COUNTED = {  # marks in the words of the filter: what counts them
    "without a label": "unlabelled",
    "in doubt": "suspects",
    "same text, another label": "contradicted",
    "repeated": "repeated",
    "edited by hand": "edited",
    "reviewed": "reviewed",
    "with a note": "noted",
    "canonical": "canonical",
    "excluded": "excluded",
}


@dataclass(frozen=True, slots=True)
class Filters:
    search: str = ""
    labels: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    sort: str = "place"

    @property
    def active(self) -> bool:
        return bool(self.search.strip() or self.labels or self.splits or self.marks or self.sources)

    def query(self, page: int = 1) -> RowQuery:
        """Both of a pair of marks ("excluded", "not excluded") mean the same as none of them."""
        wanted: dict[str, set[bool]] = {}
        for field, value in (MARKS[mark] for mark in self.marks):
            wanted.setdefault(field, set()).add(value)
        flags = {field: next(iter(values)) for field, values in wanted.items() if len(values) == 1}
        sources = tuple("" if source == NO_SOURCE else source for source in self.sources)
        return RowQuery(
            self.search,
            self.labels,
            self.splits,
            sources=sources,
            sort=SORTS[self.sort],
            page=page,
            size=ROWS_PER_PAGE,
            **flags,
        )


def choose_filters(info: DatasetInfo) -> Filters:
    """Where rows are asked for that the last run gets wrong, those are marked first."""
    _forget_of_other_datasets(info)
    sources = [source or NO_SOURCE for source in shell.workspace().store.rows.sources(info.id)]
    several = len(sources) > 1
    grid = st.grid(6 if several else 5, min_column_width=150)
    chosen = Filters(
        grid.text_input(
            "Search",
            key="search",
            bind="query-params",
            live="300ms",
            icon=":material/search:",
            label_visibility="collapsed",
            placeholder="Text, note or id",
        )
        or "",
        _several(grid, "labels", "All labels", info.labels.names),
        tuple(
            grid.multiselect(
                "Splits",
                SPLITS,
                key="splits",
                bind="query-params",
                label_visibility="collapsed",
                placeholder="All splits",
                format_func=SPLIT_WORDS.get,
            )
        ),
        _several(grid, "marks", "Any mark", list(MARKS)),
        _several(grid, "sources", "All sources", sources) if several else (),
        grid.selectbox(
            "Order",
            list(SORTS),
            key="sort",
            bind="query-params",
            label_visibility="collapsed",
            format_func=SORT_WORDS.get,
        ),
    )
    if st.session_state.get("filters before") != chosen:
        st.session_state["filters before"] = chosen
        st.session_state.pop("rows_page", None)  # a page of other rows means nothing
    query = chosen.query()
    if query.wrong is not None:
        review.refresh_wrong(shell.workspace(), info.id)
    by_doubt = query.suspect is not None or query.sort == SORTS["doubt"]
    if by_doubt and not review.was_searched(shell.workspace(), info.id):
        st.caption("No row is in doubt yet: press *Find labels in doubt* on Review first.")
    return chosen


def counted_rows(info: DatasetInfo) -> RowCounts:
    """As they are now, repeats too."""
    refresh_repeats(shell.workspace(), info.id)
    return shell.workspace().store.rows.counts(info.id)


def choose_counted(counts: RowCounts, filters: Filters) -> None:
    """What is counted, to be pressed: the mark to filter by, in the place of another. For after `choose_filters`, whose
    choice it shows; several together are chosen there."""
    numbers = {mark: getattr(counts, field) for mark, field in COUNTED.items()}
    marks = [mark for mark, number in numbers.items() if number or mark in filters.marks]
    st.session_state["counted"] = [mark for mark in marks if mark in filters.marks]
    if marks:
        st.pills(
            "Show only",
            marks,
            selection_mode="multi",
            key="counted",
            format_func=lambda mark: f"{numbers[mark]:,} {mark}",
            label_visibility="collapsed",
            on_change=_choose_marks,
            args=(marks,),
        )


def _choose_marks(offered: Sequence[str]) -> None:
    before = st.session_state.get("marks", [])
    others = [mark for mark in before if mark not in offered]
    chosen = st.session_state["counted"]
    st.session_state["marks"] = [*others, *([mark for mark in chosen if mark not in before] or chosen)]


def show_found(filters: Filters, total: int, otherwise: str) -> None:
    """How many rows were found, with the way back to all; `otherwise` where nothing is filtered."""
    if not filters.active:
        st.caption(otherwise)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{count(total, 'row')} found", width="content")
        st.button(
            "Clear filters",
            on_click=clear_filters,
            key="clear_filters",
            icon=":material/filter_alt_off:",
            type="tertiary",
        )


def turn_pages(filters: Filters, total: int) -> RowQuery:
    """The page of the rows that is wanted."""
    pages = max(1, -(-total // ROWS_PER_PAGE))
    if st.session_state.get("rows_page", 1) > pages:
        st.session_state["rows_page"] = pages
    return filters.query(
        st.pagination(pages, key="rows_page", width=PAGER, bind="query-params") if pages > 1 else 1
    )


def clear_filters() -> None:
    """For `on_click`. The order stays."""
    for key in KEYS:
        st.session_state[key] = "" if key == "search" else []


def _several(grid: DeltaGenerator, key: str, placeholder: str, options: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        grid.multiselect(
            key.capitalize(),
            options,
            key=key,
            bind="query-params",
            label_visibility="collapsed",
            placeholder=placeholder,
        )
    )


def _forget_of_other_datasets(info: DatasetInfo) -> None:
    if st.session_state.setdefault("filters of", info.id) != info.id:
        st.session_state["filters of"] = info.id
        clear_filters()
