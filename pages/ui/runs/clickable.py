"""A plotly figure whose marks are a choice. Streamlit draws a figure anew, and forgets what was clicked,
whenever anything in it changes; so what was clicked is left to the browser to mark, and drawn into the figure
only where the choice came from elsewhere.

How a mark looks that is chosen is said twice in a figure: as its plain look, for the one it was drawn with,
and as its look when selected, which the browser gives to what is clicked and takes from all others; where a
click is taken back, the plain look returns."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st

from pages.ui.charts import FIGURE


@dataclass(slots=True)
class Drawn:
    """`about`: what the figure shows. `marked` is what it was drawn with, `seen` what the browser marks now,
    `chosen` what is chosen; None: nothing."""

    about: Hashable
    marked: str | None
    seen: str | None
    chosen: str | None
    times: int = 0


def show_clickable(
    key: str,
    about: Hashable,
    chosen: str | None,
    make: Callable[[str | None], go.Figure],
    on_choice: Callable[[str | None], None],
    alt: str,
) -> None:
    """`make(chosen)` gives the figure, the same one for the same `about`; each mark names what it chooses in
    its `customdata`. `on_choice` is called before the page is drawn again, with None where what is chosen was
    clicked. A figure that is not `about` the same any more, or a choice that was made elsewhere, is drawn
    anew, with what is chosen marked in it."""
    drawn: Drawn | None = st.session_state.get(_drawn(key))
    left_and_back = drawn is not None and drawn.seen != drawn.marked and key not in st.session_state
    if drawn is None or drawn.about != about or drawn.seen != chosen or left_and_back:
        drawn = st.session_state[_drawn(key)] = Drawn(
            about, chosen, chosen, chosen, drawn.times + 1 if drawn else 0
        )
    drawn.chosen = chosen
    figure = make(drawn.marked).update_layout(meta={"drawn": drawn.times}, clickmode="event+select")
    figure.update_xaxes(fixedrange=True).update_yaxes(fixedrange=True)
    st.plotly_chart(
        figure,
        config=FIGURE,
        key=key,
        alt=alt,
        selection_mode="points",
        on_select=lambda: _clicked(key, on_choice),
    )


def _clicked(key: str, on_choice: Callable[[str | None], None]) -> None:
    points = st.session_state[key].selection.points
    data = points[0].get("customdata") if points else None
    name = data[0] if isinstance(data, list | tuple) else data
    if points and name is None:
        return
    drawn: Drawn = st.session_state[_drawn(key)]
    drawn.seen = drawn.marked if name is None else name
    on_choice(None if name == drawn.chosen else name)


def _drawn(key: str) -> str:
    return key + " as drawn"
