"""What is loaded ahead is there: a later Streamlit may name its files otherwise."""

from __future__ import annotations

from importlib import import_module

from pages.ui.overview.preload import FOR_A_RUN, FOR_EVERY_PAGE, SCRIPTS, scripts


def test_streamlit_has_the_scripts_that_are_loaded_ahead():
    assert [path.split(".")[0] for path in scripts()] == ["static/js/" + name for name in SCRIPTS]


def test_every_module_that_is_loaded_ahead_is_there():
    for name in (*FOR_EVERY_PAGE, *FOR_A_RUN):
        import_module(name)
