"""What a narrow window and white words on a colour must leave readable."""

from pathlib import Path

import pytest

from core.exports.report.palette import LABELS, label_colors, under_white
from core.types import LabelSet
from pages.ui.charts import label_counts_chart
from pages.ui.keys import STATES
from pages.ui.settings.model_table import PILLS

WIDEST = "12,345 · 31 %"


@pytest.mark.parametrize("color", [*STATES.values(), *PILLS.values()])
def test_white_words_on_a_pill_can_be_read(color):
    assert under_white(color) == color


def test_colours_of_labels_are_made_dark_enough_for_white_words():
    assert [color for color in LABELS if under_white(under_white(color)) != under_white(color)] == []
    assert under_white("#0072B2") == "#0072B2"
    assert under_white("#56B4E9") != "#56B4E9"


def test_a_good_verdict_has_the_first_colour_wherever_it_stands():
    assert label_colors(("bad", "good", "unclear"), "good") == dict(
        zip(("good", "bad", "unclear"), LABELS, strict=False)
    )
    assert label_colors(("bad", "good"))["bad"] == LABELS[0]


def test_the_counts_beside_the_bars_have_room_however_narrow_the_chart():
    chart = label_counts_chart({"bug": 12_345, "docs": 27_477}, LabelSet(("bug", "docs")), 39_822)
    assert chart.layout.margin.r >= 7 * len(WIDEST)
    assert chart.layout.xaxis.range[1] == 27_477


def test_names_in_charts_have_the_entities_that_plotly_reads_and_no_others():
    name = 'R&D "logins" <b>\'s'
    chart = label_counts_chart({name: 3}, LabelSet((name, "other")), 3)
    assert list(chart.layout.yaxis.ticktext) == ['R&amp;D "logins" &lt;b&gt;\'s']
    for file in (Path(__file__).parents[2] / "pages").rglob("*.py"):
        words = file.read_text()
        assert "import plotly" not in words or "from html import" not in words, file
