"""What the pages need that takes seconds to load, loaded before anyone presses a button."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from threading import Thread

import streamlit as st

FOR_EVERY_PAGE = ("pandas", "pages.ui.row_panel.panel")
# What stands on others comes after them: two threads that import never wait for each other in a circle.
FOR_A_RUN = (
    "scipy.stats",
    "sklearn.feature_extraction.text",
    "plotly.graph_objects",
    "pages.ui.runs.live.view",
    "pages.ui.runs.story.view",
)


def load_modules() -> None:
    """What every page needs at once; what a run needs in a thread, while the browser loads the first page."""
    for name in FOR_EVERY_PAGE:
        import_module(name)
    Thread(target=lambda: [import_module(name) for name in FOR_A_RUN], name="preloading", daemon=True).start()


def chart_scripts() -> list[str]:
    """Streamlit's script that draws our charts, 5 MB, as a path below the server's address; none where a later
    Streamlit names it otherwise: then it is loaded with the first chart."""
    static = Path(st.__file__).with_name("static")
    return [path.relative_to(static).as_posix() for path in static.glob("static/js/PlotlyChart.*.js")]
