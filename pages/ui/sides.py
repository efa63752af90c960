"""Two parts beside each other, and below each other where the window is too narrow for both."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

NARROWEST, FIFTH = 260, 140  # pixels of a third and of a fifth: side by side from a window of 1,280 pixels
PAGER = 320  # pixels of a pager: as wide as its content it has no room to show the one page between, or page 2 of 2


def halves(narrowest: int = 320) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Below each other where one would be narrower than so many pixels."""
    grid = st.grid(2, min_column_width=narrowest, gap="medium")
    return grid.cell(), grid.cell()


def narrow_and_wide() -> tuple[DeltaGenerator, DeltaGenerator]:
    grid = _thirds()
    return grid.cell(), grid.cell(column_span=2)


def wide_and_narrow() -> tuple[DeltaGenerator, DeltaGenerator]:
    grid = _thirds()
    return grid.cell(column_span=2), grid.cell()


def text_and_evidence() -> tuple[DeltaGenerator, DeltaGenerator]:
    """The text to judge, with its buttons, and what speaks for either label."""
    grid = st.grid(5, min_column_width=FIFTH, gap="medium")
    return grid.cell(column_span=3), grid.cell(column_span=2)


def _thirds():
    return st.grid(3, min_column_width=NARROWEST, gap="medium")
