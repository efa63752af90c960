"""What the pages need that takes seconds to load, loaded before anyone presses a button."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from threading import Thread

import streamlit as st

SCRIPTS = ("data-grid-overlay-editor", "PlotlyChart")
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


def scripts() -> list[str]:
    """Of Streamlit's own, as paths below the server's address, what a page asks for late: the editor of a cell,
    at the first double click (what is typed until it has come is lost), and what draws charts, 5 MB. None where a
    later Streamlit names them otherwise: then they come as late as before."""
    static = Path(st.__file__).with_name("static")
    found = [path for name in SCRIPTS for path in static.glob(f"static/js/{name}.*.js")]
    return [path.relative_to(static).as_posix() for path in found]
