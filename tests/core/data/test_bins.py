"""Numbers into bins: how they are read, where the edges are, and what the bins are called."""

from __future__ import annotations

import random

import pytest

from core.data.bins import Bins, bin_edges, bin_names, bin_of, number_of, read_bins
from core.data.fields import ColumnMap
from core.data.importing.mapping import to_dataset
from core.data.table import Table
from core.errors import DataError, UsageError


@pytest.mark.parametrize(
    ("cell", "number"),
    [("4,5", 4.5), ("1,200.5", 1200.5), ("$12", 12), ("85 %", 85), ("\u22123", -3), ("12,50 €", 12.5), ("1e3", 1000)]
    + [(cell, None) for cell in ("", "N/A", "7/10", "1.2.3", "inf", "4 stars", "1e999", "1" + 10**5 * " " + "x")],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(cell, number):
    assert number_of(cell) == number


@pytest.mark.parametrize(
    ("typed", "bins"), [("3", Bins(3)), ("50, 80", Bins(edges=(50, 80))), ("50,", Bins(edges=(50,))), ("None", Bins())]
)  # fmt: skip
def test_bins_are_typed_as_a_count_or_as_edges(typed, bins):
    assert read_bins(typed) == bins and read_bins(bins.typed) == bins


@pytest.mark.parametrize(
    "typed", ["", "1", "21", "x", "80,50", "5,5", "1,inf", "nan,", ",".join(map(str, range(20)))]
)
def test_bins_that_cannot_be_meant_are_refused(typed):
    with pytest.raises(UsageError, match="give a number of bins from 2 to 20"):
        read_bins(typed)


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("digits", [0, 2])
def test_bins_part_the_rows_evenly(count, digits):
    chance = random.Random(count)
    numbers = [round(chance.uniform(-20, 100), digits) for _ in range(400)]
    edges = bin_edges(numbers, count)
    rows = [[bin_of(number, edges) for number in numbers].count(at) for at in range(count)]
    assert max(rows) - min(rows) <= 0.05 * 400


def test_edges_are_as_round_as_they_can_be():
    assert bin_edges([0.12, 0.348, 0.397, 0.81], 2) == (0.39,)
    assert bin_edges([-900, 12_345, 98_765, 120_000], 2) == (90_000,)


def test_equal_numbers_stay_together_so_that_there_may_be_fewer_bins():
    assert bin_names(bin_edges([1, 1, 1, 1, 1, 2, 3], 4)) == ("under 2", "2 or more")
    assert bin_edges([5, 5, 5], 3) == ()


def imported(cells: list[str], bins: Bins):
    rows = tuple((f"text {at}", cell) for at, cell in enumerate(cells))
    return to_dataset(
        Table(("text", "label"), rows, "utf-8", ",", ()), ColumnMap(("text",), "label", bins=bins), "x"
    )


def test_what_is_no_number_is_left_out_and_counted_and_words_are_refused():
    result = imported(["10", "60", "90", "N/A", "55", "12"], Bins(edges=(50,)))
    assert result.dataset.labels.names == ("under 50", "50 or more") and result.left_out == {"no label": 1}
    assert "1 cell of column “label” is no number (such as “N/A”), and counted as no label." in result.notices
    with pytest.raises(
        DataError, match=r"holds no numbers that could be put into bins \(it holds “bug” and 3 more\)"
    ):
        imported(["bug", "bug", "idea", "idea"], Bins(3))
    with pytest.raises(DataError, match="give the edges"):
        imported(["5"] * 9, Bins(3))


def test_numbers_stay_labels_where_that_is_chosen():
    cells = [str(10 * at + last) for at in range(3, 33) for last in (1, 1, 1)]
    assert len(imported(cells, Bins()).dataset.labels.names) == 30
