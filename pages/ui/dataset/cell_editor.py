"""What cells are edited with, fetched before it is needed: Streamlit asks for it at the first double click, and
what is typed until it has come is lost."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

SCRIPTS = Path(st.__file__).parent / "static" / "static" / "js"
# Our own code; the name of the file is Streamlit's own.
FETCH = """<div></div><script>
(() => {
  const own = document.querySelector('script[src*="static/js/"]');
  if (own) import(new URL('NAME', own.src).href).catch(() => {});
})();
</script>"""


def fetch_cell_editor() -> None:
    """For the end of a page with an editor."""
    for file in SCRIPTS.glob("data-grid-overlay-editor.*.js"):
        st.html(FETCH.replace("NAME", file.name), unsafe_allow_javascript=True)
