"""When two texts count as the same words."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.prompts.label_match import fold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A  b\n", "a B"),
        ("ＢＵＧ", "bug"),
        ("Straße", "STRASSE"),
        ("é", "e\u0301"),
        ("a\u00a0b", "a b"),
        ("ﬁx", "fix"),
    ],
)
def test_case_white_space_and_unicode_variants_do_not_matter(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("bug", "bugs"), ("new_feature", "new feature"), ("e", "é"), ("a.b", "ab"), ("<b>", "b")],
)
def test_everything_else_does(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_short_way_for_ascii_gives_the_same(text: str) -> None:
    assert fold(text) == " ".join(unicodedata.normalize("NFKC", text).casefold().split())
