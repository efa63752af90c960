"""A table of a user's file is replaced; nothing else in the file changes."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from core.store.toml_tables import replace_table, table_text

WRITTEN = """\
# Ours.
[prices."groq:x"]  # a price
input = 1

[endpoints.groq]
# inside
base_url = "https://a/v1"

[endpoints.groq.prices]
input = 2

# About the other one.
[endpoints.local]
base_url = "http://b/v1"  # here
"""
PATH = ("endpoints", "groq")


def test_a_table_is_replaced_with_its_sub_tables_and_the_rest_stays():
    result = replace_table(WRITTEN, PATH, {"base_url": "https://c/v1", "query": {"api-version": "1"}})
    head, tail = WRITTEN.split("[endpoints.groq]")[0], WRITTEN[WRITTEN.index("# About") :]
    assert result == (
        head + '[endpoints.groq]\nbase_url = "https://c/v1"\nquery = {api-version = "1"}\n\n' + tail
    )


def test_a_table_is_added_at_the_end_and_taken_away_again():
    added = replace_table(WRITTEN, ("endpoints", "new one"), {"base_url": "x"})
    assert added == WRITTEN + '\n[endpoints."new one"]\nbase_url = "x"\n'
    removed = replace_table(added, ("endpoints", "new one"), None)
    assert removed.rstrip() == WRITTEN.rstrip()
    assert replace_table("", PATH, {"a": 1}) == "[endpoints.groq]\na = 1\n"
    assert replace_table("[endpoints.groq]\na = 1\n", PATH, None) == ""


@pytest.mark.parametrize(
    "text",
    [
        'endpoints.groq = {base_url = "x"}\n',
        '[endpoints]\ngroq = {base_url = "x"}\n',
        '[endpoints]\ngroq.base_url = "x"\n',
        'note = """\n[endpoints.groq]\n"""\n',
    ],
)
def test_what_cannot_be_replaced_by_lines_is_left_to_the_user(text: str):
    with pytest.raises(UsageError, match="edit the file itself"):
        replace_table(text, PATH, {"base_url": "y"})


VALUES = st.recursive(
    st.text(max_size=20)
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.dates(date(1000, 1, 1)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=5))
def test_what_is_written_is_read_as_it_was(entry: dict):
    assert tomllib.loads(table_text(("a", "b c"), entry)) == {"a": {"b c": entry}}
