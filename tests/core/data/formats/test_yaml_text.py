"""YAML: what its scalars, references and merges mean here, and what is refused."""

from __future__ import annotations

import pytest

from core.data.formats.reading.values import Skipped
from core.data.formats.reading.yaml_text import read_yaml
from core.errors import DataError

# Twenty mappings, each of which takes over the same one fifty times.
MERGES = "".join(f"b{n}: {{<<: [{', '.join(['*a'] * 50)}]}}\n" for n in range(20))


def refused(text: str) -> str:
    with pytest.raises(DataError) as told:
        read_yaml(text)
    return str(told.value)


def test_scalars_stay_as_they_are_written():
    text = "[yes, 001, 1.50, 0x1F, 2026-11-24, 1_000, .inf, !!int 7, !!str 8, ! 9, 'null', \"~\", =, <<]"
    assert read_yaml(text) == "yes 001 1.50 0x1F 2026-11-24 1_000 .inf 7 8 9 null ~ = <<".split()


def test_only_null_and_its_like_are_nothing():
    read = read_yaml("a: null\nb: ~\nc:\nd: !!null x\ne: ''\nf: nULL\n")
    assert read == {"a": None, "b": None, "c": None, "d": None, "e": "", "f": "nULL"}
    assert read_yaml("") is None and read_yaml("# only a remark\n") is None and read_yaml("---\n") is None


def test_block_texts_keep_their_lines():
    assert read_yaml("a: |\n  one\n  two\nb: >-\n  one\n  two\nc: |+\n  x\n\n") == {
        "a": "one\ntwo\n",
        "b": "one two",
        "c": "x\n\n",
    }


@pytest.mark.parametrize(
    "text",
    [
        "!!python/name:os.system x",
        "!secret x",
        "!!binary aGk=",
        "!!set {a}",
        "!mine [1, [2, {a: b}]]",
        "!!omap [a: b]",
    ],
)
def test_a_tag_that_asks_for_something_to_be_built_is_skipped_with_all_below_it(text: str):
    read = read_yaml(f"before: &x {text}\nagain: *x\nafter: y\n")
    assert (
        isinstance(read["before"], Skipped)
        and read["before"] == read["again"]
        and read["before"].endswith(text.split()[0].strip("!"))
    )
    assert read["after"] == "y"


def test_references_stand_for_what_they_name():
    assert read_yaml("a: &x [1, {b: c}]\nd: *x\ne: &y word\nf: *y\n*y : key\n") == {
        "a": ["1", {"b": "c"}],
        "d": ["1", {"b": "c"}],
        "e": "word",
        "f": "word",
        "word": "key",
    }


def test_a_merge_fills_in_and_the_first_named_wins():
    text = "a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: {z: own, <<: [*a, *b]}\nd: {<<: *b, x: own}\ne: {'<<': *a}\n"
    read = read_yaml(text)
    assert read["c"] == {"x": "1", "y": "1", "z": "own"} and read["d"] == {"x": "own", "z": "2"}
    assert read["e"] == {"<<": {"x": "1", "y": "1"}}
    assert read["a"] == {"x": "1", "y": "1"}, "what is merged from stays as it is"


def test_a_later_key_of_the_same_name_wins():
    assert read_yaml("a: 1\nb: 2\na: 3\n") == {"a": "3", "b": "2"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: *b\n", "Line 1 of the file is not valid YAML (found undefined alias)"),
        ("a: 1\n---\nb: 2\n", "Line 2 of the file is not valid YAML (expected a single document"),
        ("x: 1\n? [a, b]\n: c\n", "unhashable key"),
        ("a: {<<: word}\n", "expected a mapping"),
        ("a:\n\t- b\n", "Line 2"),
        ("[" * 150 + "[" * 100 + "]" * 250, "nested too deeply"),
        ("{" + ", ".join(f"k{n}: 1" for n in range(2_001)) + "}", "cannot be read"),
        ("a: &a {" + ", ".join(f"k{n}: 1" for n in range(1_900)) + "}\n" + MERGES, "leave them out"),
    ],
)
def test_what_is_no_yaml_or_would_grow_beyond_bounds_is_refused(text: str, said: str):
    message = refused(text)
    assert said in message and "\n" not in message


@pytest.mark.parametrize("text", ["&a [*a]\n", "&a [x, {y: *a}]\n", "&a {x: 1, <<: *a}\n", "&a [&a [*a]]\n"])
def test_a_value_that_holds_itself_is_refused(text: str):
    """Before: it was read, and whoever took a list of one thing for that thing went round for ever."""
    assert refused(text).startswith("Line 1 of the file puts *a inside of what it stands for")


def test_a_name_given_anew_stands_for_the_new_value():
    assert read_yaml("&a [x, &a y, *a]\n") == ["x", "y", "y"]
