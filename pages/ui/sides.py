"""A narrow part beside a wide one, below each other where the window is too narrow for both."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

NARROWEST = 300  # pixels of the narrow part: less would cut its chart or its fields


def narrow_and_wide() -> tuple[DeltaGenerator, DeltaGenerator]:
    grid = _thirds()
    return grid.cell(), grid.cell(column_span=2)


def wide_and_narrow() -> tuple[DeltaGenerator, DeltaGenerator]:
    grid = _thirds()
    return grid.cell(column_span=2), grid.cell()


def _thirds():
    return st.grid(3, min_column_width=NARROWEST, gap="medium")
