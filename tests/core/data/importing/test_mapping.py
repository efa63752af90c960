"""Tables to datasets: what is kept, mended with a notice, or refused in one sentence."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.fields import ColumnMap, stable_id
from core.data.formats.reading.delimited import read_table
from core.data.importing.columns import guess_columns
from core.data.importing.mapping import to_dataset
from core.data.table import Table
from core.errors import DataError
from core.types import Dataset

PLAIN = ColumnMap(("text",), "label")
FOUR = [("a", "x"), ("b", "y"), ("c", "x"), ("d", "y")]


def table(columns: str, *rows: tuple[str, ...]) -> Table:
    return Table(tuple(columns.split(",")), rows, "utf-8", ",", ())


def imported(columns: str, *rows: tuple[str, ...]) -> tuple[Dataset, str]:
    """The dataset, and all notices as one text."""
    source = table(columns, *rows)
    result = to_dataset(source, guess_columns(source), "test")
    dataset, notices = result.dataset, result.notices
    assert all(notice.endswith((".", "?")) and "\n" not in notice for notice in notices)
    return dataset, " ".join(notices)


def refused(columns: str, *rows: tuple[str, ...]) -> str:
    with pytest.raises(DataError) as caught:
        imported(columns, *rows)
    message = str(caught.value)
    assert message.endswith((".", "?")) and "\n" not in message
    return message


# ---- a clean file


def test_a_clean_file_is_taken_as_it_is_without_a_word():
    dataset, notices = imported("text,label", *FOUR)
    assert [(e.text, e.label) for e in dataset.examples] == FOUR
    assert dataset.labels.names == ("x", "y") and dataset.name == "test" and notices == ""


def test_all_columns_are_used():
    source = table(
        "ID,Text,Label,Note,Exclude,Canonical,Split",
        ("1", "a", "x", "why", "", "yes", "train"),
        *((str(i), text, label, "", "", "", "") for i, (text, label) in enumerate(FOUR, start=2)),
    )
    dataset = to_dataset(source, guess_columns(source), "test", source="file.csv").dataset
    first = dataset.examples[0]
    assert (first.id, first.note, first.split, first.source) == ("1", "why", "train", "file.csv")
    assert first.canonical and not first.excluded


@pytest.mark.parametrize(
    "label",
    ["NA", "None", "null", "nan", "001", "true", "in review", "<b>", "🐛", "ja & nein", "{x}", "%s", "=1"],
)
def test_labels_that_look_like_something_else_are_labels(label):
    dataset, notices = imported("text,label", *FOUR, ("e", label))
    assert dataset.examples[-1].label == label and label in dataset.labels.names and notices == ""


def test_white_space_of_the_text_is_kept():
    dataset, _ = imported("text,label", *FOUR, ("  indented\n", "x"))
    assert dataset.examples[-1].text == "  indented\n"


# ---- labels


def test_white_space_around_labels_is_removed_and_counted():
    dataset, notices = imported("text,label", *FOUR, ("e", " x"), ("f", "y\u00a0"))
    assert dataset.labels.names == ("x", "y")
    assert "2 rows had white space around the label" in notices


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bug", "bug"),
        ("caf\u00e9", "cafe\u0301"),
        ("in review", "in  review"),
        ("STRASSE", "straße"),
        ("ﬁx", "fix"),
    ],
)
def test_labels_that_differ_only_in_form_are_named_and_not_merged(one, other):
    dataset, notices = imported("text,label", *FOUR, ("e", one), ("f", other))
    assert set(dataset.labels.names) == {"x", "y", one, other}
    assert f"“{one}”" in notices and f"“{other}”" in notices


def test_one_label_only_is_refused():
    assert "at least two labels" in refused("text,label", ("a", "x"), ("b", "x"), ("c", "x"), ("d", "x"))


def test_two_labels_of_which_one_is_excluded_are_one():
    assert "at least two labels" in refused(
        "text,label,exclude", *((t, lab, "x" if lab == "y" else "") for t, lab in FOUR)
    )


def test_over_two_hundred_labels_are_questioned():
    message = refused("text,label", *((f"t{i}", f"l{i % 201}") for i in range(402)))
    assert "201" in message and message.endswith("is it the right column for the label?")
    dataset, _ = imported("text,label", *((f"t{i}", f"l{i % 200}") for i in range(400)))
    assert len(dataset.labels.names) == 200


def test_labels_that_are_texts_are_questioned():
    assert "101 characters" in refused("text,label", *FOUR, ("e", "z" * 101))
    assert "several lines" in refused("text,label", *FOUR, ("e", "first\nsecond"))
    imported("text,label", *FOUR, ("e", "z" * 100))


# ---- rows


def test_rows_without_text_or_label_are_left_out_and_counted():
    dataset, notices = imported("text,label", *FOUR, ("", "x"), ("  ", "x"), ("e", " "))
    assert len(dataset.examples) == 4
    assert "2 rows without text are left out." in notices and "1 row without a label is left out." in notices


@pytest.mark.parametrize("n", [1, 2, 3])
def test_fewer_than_four_rows_are_refused(n):
    message = refused("text,label", *FOUR[:n])
    assert "at least" in message
    if n > 1:
        assert f"only {n} usable rows" in message


def test_no_usable_row_at_all_is_refused():
    assert "no usable rows" in refused("text,label", ("", "x"), ("", "y"))
    assert "no usable rows" in refused("text,label,exclude", *((t, lab, "1") for t, lab in FOUR))


def test_rows_that_are_all_one_text_are_refused():
    assert "same text" in refused("text,label", *(("same", label) for label in "xyxy"))


def test_given_splits_without_train_or_validation_are_refused():
    assert "none is validation" in refused("text,label,split", *((t, lab, "train") for t, lab in FOUR))
    assert "none is train" in refused("text,label,split", *((t, lab, "val") for t, lab in FOUR))
    imported("text,label,split", *((t, lab, "train" if t != "d" else "") for t, lab in FOUR))


def test_duplicate_rows_are_kept_and_counted():
    dataset, notices = imported("text,label", *FOUR, ("a", "x"), ("a", "x"))
    assert len(dataset.examples) == 6 and "2 rows repeat" in notices and "“a”" in notices


def test_one_text_with_two_labels_is_counted_and_shown():
    dataset, notices = imported("text,label", *FOUR, ("a", "y"))
    assert len(dataset.examples) == 5
    assert "1 text has more than one label (such as “a”: “x”, “y”)" in notices


def test_very_long_texts_are_kept_whole_with_a_notice():
    dataset, notices = imported("text,label", *FOUR, ("w" * 1_000_000, "x"), ("w" * 20_000, "x"))
    assert len(dataset.examples[-2].text) == 1_000_000
    assert "1 text is longer than 20,000 characters" in notices


# ---- ids


def test_importing_twice_gives_the_same_ids_and_they_are_unique():
    rows = [*FOUR, ("a", "x"), ("a", "y")]
    first, again = imported("text,label", *rows)[0], imported("text,label", *rows)[0]
    ids = [e.id for e in first.examples]
    assert ids == [e.id for e in again.examples] and len(set(ids)) == 6 and all(ids)


def test_an_id_does_not_depend_on_the_label_or_on_other_rows():
    before = {e.text: e.id for e in imported("text,label", *FOUR)[0].examples}
    after = {e.text: e.id for e in imported("text,label", ("new", "z"), ("d", "x"), *FOUR[:3])[0].examples}
    assert all(after[text] == id for text, id in before.items())


def test_an_id_is_made_even_from_broken_text():
    assert stable_id("\ud800") != stable_id("\udfff") and stable_id("a", 1) == stable_id("a") + "-2"


def test_given_ids_are_kept_and_repeated_ones_made_unique_with_a_notice():
    dataset, notices = imported(
        "id,text,label", *((i, *row) for i, row in zip(["7", " 7 ", "7-2", ""], FOUR, strict=True))
    )
    ids = [e.id for e in dataset.examples]
    assert (
        ids[0] == "7" and ids[2] == "7-2" and ids[1] not in {"7", "7-2", ""} and len(set(ids)) == 4 and ids[3]
    )
    assert "1 row had an id that another row has (such as “7”)" in notices


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "7", "7-2", "7-3"]), st.sampled_from("ab")), min_size=4, max_size=12
    )
)
def test_ids_are_always_unique(rows):
    filled = [*((i, t, "x") for i, t in rows), ("", "other", "y")]
    source = table("id,text,label", *filled)
    dataset = to_dataset(source, guess_columns(source), "test").dataset
    assert len({e.id for e in dataset.examples}) == len(filled)


# ---- marks and splits


@pytest.mark.parametrize("mark", ["true", "TRUE", "1", "yes", "Yes", "x", "X", " x "])
def test_a_mark_in_any_case_counts(mark):
    marked = [("e", "x", mark, ""), ("f", "x", "", mark)]
    dataset, notices = imported("text,label,exclude,canonical", *((*row, "", "") for row in FOUR), *marked)
    assert dataset.examples[-2].excluded and dataset.examples[-1].canonical and notices == ""
    assert not any(e.excluded or e.canonical for e in dataset.examples[:4])


@pytest.mark.parametrize("mark", ["", "false", "0", "No"])
def test_a_denied_mark_does_not_count(mark):
    dataset, notices = imported("text,label,exclude", *((*row, mark) for row in FOUR))
    assert not any(e.excluded for e in dataset.examples) and notices == ""


def test_an_unclear_mark_is_no_mark_and_is_said():
    dataset, notices = imported("text,label,exclude", *((*row, "maybe") for row in FOUR))
    assert not any(e.excluded for e in dataset.examples)
    assert "4 cells of column “exclude”" in notices and "“maybe”" in notices


def test_split_names_are_read():
    given_splits = ["train", "Training", "VAL", "valid", "validation", "dev", "test", ""]
    rows = [(f"t{i}", "xy"[i % 2], s) for i, s in enumerate(given_splits)]
    dataset, _ = imported("text,label,split", *rows)
    assert [e.split for e in dataset.examples] == ["train", "train", *["validation"] * 4, "test", ""]


def test_an_unknown_split_is_counted_and_chosen_anew():
    dataset, notices = imported("text,label,split", *((*row, "") for row in FOUR), ("e", "x", "unsupervised"))
    assert dataset.examples[-1].split == "" and "1 row had a split" in notices and "“unsupervised”" in notices


# ---- pairs, and what cannot be typed


def test_two_questions_are_joined_under_readable_names():
    rows = [(str(i), f"q{i}?", f"r{i}?", str(i % 2)) for i in range(6)]
    dataset, _ = imported("id,question1,question2,is_duplicate", *rows)
    assert dataset.examples[0].text == "Question 1: q0?\nQuestion 2: r0?"
    assert dataset.labels.names == ("0", "1")


def test_half_a_surrogate_pair_is_replaced_and_a_whole_one_joined():
    broken = [("bad \ud800", "x", "\udfff"), ("\ud83d\ude00", "z\udc80", "")]
    dataset, notices = imported("text,label,note", *((*row, "") for row in FOUR), *broken)
    assert [(e.text, e.note) for e in dataset.examples[-2:]] == [("bad \ufffd", "\ufffd"), ("😀", "")]
    json.dumps([[e.id, e.text, e.label, e.note] for e in dataset.examples], ensure_ascii=False).encode(
        "utf-8"
    )
    assert "2 rows held broken characters" in notices


@given(
    st.lists(
        st.tuples(st.text(st.characters(), max_size=12), st.text(st.characters(), max_size=6)), max_size=10
    )
)
def test_no_table_crashes_the_mapping(rows):
    try:
        dataset = to_dataset(table("text,label", *rows), PLAIN, "test").dataset
    except DataError as error:
        assert "\n" not in str(error)
        return
    assert len({e.id for e in dataset.examples}) == len(dataset.examples)
    for e in dataset.examples:
        assert e.text.strip() and e.label == e.label.strip() and e.label in dataset.labels.names
        (e.text + e.label + e.id).encode("utf-8")


# ---- wrong maps


def test_a_column_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(DataError, match="no column “kind”; it has “text”, “label”"):
        to_dataset(table("text,label", *FOUR), replace(PLAIN, label="kind"), "test")


def test_a_map_without_label_or_with_one_column_for_both_is_refused():
    with pytest.raises(DataError, match="No column is chosen for the label"):
        to_dataset(table("text,label", *FOUR), replace(PLAIN, label=""), "test")
    with pytest.raises(DataError, match="both the text and the label"):
        to_dataset(table("text,label", *FOUR), replace(PLAIN, label="text"), "test")
    with pytest.raises(DataError, match="both the label and the note"):
        to_dataset(table("text,label", *FOUR), replace(PLAIN, note="label"), "test")
    with pytest.raises(DataError, match="both the text and the id"):
        to_dataset(table("text,label", *FOUR), replace(PLAIN, id="text"), "test")


def test_a_file_without_column_names_loses_no_row_and_is_noticed():
    source = read_table(
        b"Fix bug in LCEL,bug\nIt crashes on start,bug\nAdd a dark mode,feature\nCrash again,bug\nMore colours,feature\n"
    )
    dataset = to_dataset(source, guess_columns(source), "test").dataset
    assert len(dataset.examples) == 5 and "read as a row" in source.notices[0]
