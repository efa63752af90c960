"""Data where Markdown is rendered."""

from __future__ import annotations

import pytest

from pages.ui.wording import escape_md


@pytest.mark.parametrize(
    "text",
    [
        "see http://a.example/x",
        "HTTPS://127.0.0.1:9/",
        "www.example.org",
        "ann.b+c@example.org",
        "![x](http://a.b/c)",
    ],
)
def test_an_address_in_data_is_no_link(text: str):
    """GitHub's Markdown finds addresses after escapes have been read, so that escapes do not keep them
    text."""
    read = escape_md(text).replace("\\", "")
    assert read.replace("\u2060", "") == text
    assert not any(part in read.lower() for part in ("://", "www.", "c@"))


@pytest.mark.parametrize("text", ["a // b", "x@y", "wwwhat.", "http: //", "3 @ 4.50", "http://evil/x.png"])
def test_what_would_be_no_link_is_left_as_it_is(text: str):
    assert escape_md(text).replace("\\", "") == text
