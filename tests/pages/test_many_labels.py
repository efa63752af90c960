"""Pages with 77 labels: the choice of a shortlist, and a matrix of those that are confused."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core.label_errors.suspects import Suspect
from core.services.review import Card, SimilarRow
from core.store.records import Row
from core.store.store import Store
from pages.ui.key_button import likely_labels
from pages.ui.runs.confusion.matrix_chart import Matrix, matrix_chart
from tests.bench.bank_world import bank_world
from tests.pages.test_new_run_page import opened, texts


def test_new_run_says_what_a_shortlist_would_name(app: AppTest, store: Store):
    store.datasets.add(bank_world(77, 231), "bank")
    opened(app)
    choice = app.segmented_control(key="new_shortlist")
    assert choice.options[:2] == ["All 77", "5"]
    assert "is among them for" not in texts(app)
    choice.set_value(10).run()
    assert not app.exception and "With 10 labels a request, the right one is among them for" in texts(app)


def test_a_matrix_of_some_labels_has_their_cells_under_the_names_of_the_whole():
    labels = tuple(f"label {place}" for place in range(40))
    counts = [[(i == j) * 5 + (i == 7 and j in (3, 41)) for j in range(42)] for i in range(40)]
    figure = matrix_chart(Matrix(labels, counts, shown=(3, 7)), None, "light")
    heat, marks = figure.data
    assert list(marks.customdata) == ["3-3", "3-7", "3-41", "7-3", "7-7", "7-41"]
    assert [list(row) for row in heat.text] == [["5", "", ""], ["1", "5", "1"]]
    assert list(figure.layout.yaxis.ticktext) == ["label 3", "label 7"]


def test_of_many_labels_those_that_something_speaks_for_have_the_numbers():
    def row(label: str) -> Row:
        return Row("r", "text", label, "", False, False, "", "", 0, 0)

    alike = [SimilarRow(row(label), 0.9) for label in ("wire", "loan", "loan")]
    doubt = Suspect("r", "card", "fee", 0.8, ())
    assert likely_labels(Card(row("card"), doubt, (), tuple(alike), (row("wire"),), ())) == (
        "fee",
        "wire",
        "loan",
    )
