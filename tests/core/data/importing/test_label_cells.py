"""Cells of a label column that hold lists, objects and combinations."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from core.data.fields import ColumnMap
from core.data.importing.columns import guess_columns
from core.data.importing.label_cells import read_label_cells
from core.data.importing.mapping import ImportResult, to_dataset
from core.data.table import Table
from core.errors import DataError

PLAIN = ColumnMap(("text",), "label")
FOUR = ("bug", "billing", "bug", "billing")


def imported(*labels: str, columns: ColumnMap = PLAIN) -> ImportResult:
    rows = tuple((f"text {number}", label) for number, label in enumerate(labels))
    return to_dataset(Table(("text", "label"), rows, "utf-8", ",", ()), columns, "x")


@pytest.mark.parametrize(
    "cell",
    [
        '["bug"]',
        "['bug']",
        "[bug]".replace("bug", '"bug"'),
        "('bug',)",
        "{'bug'}",
        "array(['bug'], dtype=object)",
        '[{"name": "bug", "color": "red"}]',
        "[{'name': 'bug', 'color': 'd73a4a'}]",
        '{"choices": ["bug"]}',
        '{"label": "bug", "score": 0.9}',
        '{"bug": 0.9, "billing": 0.1}',
        "{'bug': True, 'billing': False}",
        '[["bug"]]',
        '["bug", null]',
    ],
)
def test_a_list_or_an_object_with_one_label_is_that_label(cell):
    result = imported(*FOUR, cell)
    assert result.dataset.labels.names == ("billing", "bug") and result.dataset.examples[-1].label == "bug"
    assert not result.left_out


@pytest.mark.parametrize("cell", ["[]", "{}", "[null]", "[None]", '[""]', "()", '{"choices": []}'])
def test_an_empty_list_is_no_label(cell):
    assert imported(*FOUR, cell).left_out == {"no label": 1}


@pytest.mark.parametrize(
    "cell",
    [
        '["bug", "billing"]',
        "['bug', 'billing']",
        "['bug' 'billing']",
        "['bug'\n 'billing']",
        '[{"name": "bug"}, {"name": "billing"}]',
        "{'choices': ['bug', 'billing']}",
        "bug, billing",
        "bug;billing",
        "bug | billing",
        "bug#billing",
        '{"bug": 1.0, "billing": 1.0, "idea": 0.0}',
    ],
)
def test_several_labels_are_left_out_or_the_first_or_split(cell):
    result = imported(*FOUR, cell)
    assert result.dataset.labels.names == ("billing", "bug") and result.left_out == {"several labels": 1}
    assert any("1 row with several labels" in notice for notice in result.notices)
    first = imported(*FOUR, cell, columns=replace(PLAIN, several="first"))
    assert first.dataset.examples[-1].label == "bug" and len(first.dataset.examples) == 5
    split = imported(*FOUR, cell, columns=replace(PLAIN, several="split"))
    assert [row.label for row in split.dataset.examples][-2:] == ["bug", "billing"] and not split.left_out
    assert len({row.id for row in split.dataset.examples}) == 6


def test_a_combination_is_known_by_its_parts_or_by_another_order():
    assert read_label_cells(["a, b", "b, a", "c"]) == [("a", "b"), ("b", "a"), ("c",)]
    assert read_label_cells(["a, b", "a", "c"]) == [("a, b",), ("a",), ("c",)], "b never stands alone"
    assert read_label_cells(["a, b", "b", "a", "a, c"])[-1] == ("a", "c"), "others are written like it"
    assert read_label_cells(["bugs, crashes", "ideas, wishes"]) == [("bugs, crashes",), ("ideas, wishes",)]
    assert read_label_cells(["1,000", "2,000", "1"]) == [("1,000",), ("2,000",), ("1",)]


def test_what_only_begins_like_a_list_is_a_label():
    labels = ["[bug]", "[x", "(a)", "{x}", "[a]b]", "{}x"]
    assert read_label_cells(labels) == [(label,) for label in labels]


def test_an_object_that_names_no_label_is_left_out():
    result = imported(*FOUR, '{"start": 3, "end": 9}')
    assert list(result.left_out.values()) == [1] and "object" in " ".join(result.notices)


def test_a_file_of_nothing_but_several_labels_is_refused_with_the_reason():
    with pytest.raises(DataError, match="all are left out: several labels"):
        imported(*['["a", "b"]'] * 5)


def test_rows_without_a_label_can_be_kept_to_be_labelled():
    result = imported(*FOUR, "", "[]", columns=replace(PLAIN, unlabelled=True))
    assert [(row.label, row.excluded) for row in result.dataset.examples[4:]] == [("", True)] * 2
    assert result.dataset.labels.names == ("billing", "bug") and not result.left_out
    table = Table(("text",), (("one text",), ("another",)), "utf-8", "", ())
    columns = guess_columns(table, ColumnMap(unlabelled=True))
    assert len(to_dataset(table, columns, "x").dataset.examples) == 2 and columns.label == ""


def test_labels_that_look_alike_are_named_with_the_option_that_merges_them():
    labels = ("in review", "done", "in-review", "Done.", "done", "in review")
    apart = imported(*labels)
    assert any("--merge-labels" in notice and "“Done.”" in notice for notice in apart.notices)
    merged = imported(*labels, columns=replace(PLAIN, merge_labels=True))
    assert merged.dataset.labels.names == ("done", "in review")
    assert any("were merged" in notice for notice in merged.notices)


def test_what_stands_around_every_label_is_none_of_it():
    assert read_label_cells(['"a"', '"b"', ""]) == [("a",), ("b",), ()]
    assert read_label_cells(["a;", "b;", "a;b;"]) == [("a",), ("b",), ("a", "b")], "as forms write it"
    assert read_label_cells(["{a}", "{b}", '{a,"b"}']) == [("a",), ("b",), ("a", "b")], "as PostgreSQL does"


def test_weak_separators_and_decimal_commas_need_more():
    assert read_label_cells(["a/b", "b/a", "a", "b"])[:2] == [("a", "b"), ("b", "a")]
    assert read_label_cells(["a/b", "a", "b"])[0] == ("a/b",)
    assert read_label_cells(["New York", "York", "New"])[0] == ("New York",)
    assert read_label_cells(["4,5", "4", "5"])[0] == ("4,5",)


def test_of_labels_with_scores_the_likely_one_counts():
    scores = '[{"label": "bug", "score": 0.8}, {"label": "billing", "score": 0.2}]'
    assert imported(*FOUR, scores).dataset.examples[-1].label == "bug"


def test_lists_of_a_few_tags_are_known_where_no_tag_stands_alone_and_towns_are_none():
    tags = ("api", "bug", "crash", "login", "ui", "wish")
    lists = ["; ".join(pair) for pair in combinations(tags, 2)]
    assert read_label_cells(lists) == list(combinations(tags, 2))
    towns = [f"Town {number}, {land}" for number in range(10) for land in ("UK", "US")]
    assert read_label_cells(towns) == [(town,) for town in towns]
    assert read_label_cells(lists[:4] * 10) == [(cell,) for cell in lists[:4] * 10]
