"""Labelled texts in every form that a program has them in: the same rows, or one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy
import pandas
import pytest

from core.errors import DataError, WhetstoneError
from core.library.labelled_texts import LabelledTexts, TextsWanted, texts_with_labels
from core.services.datasets import add_once
from core.workspace import Workspace

PAIRS = [("it crashes", "bug"), ("add a map", "wish"), ("it hangs", "bug"), ("add a list", "wish")]
RECORDS = [{"text": text, "label": label} for text, label in PAIRS]


@pytest.fixture
def workspace(tmp_path: Path):
    opened = Workspace(tmp_path / "workspace")
    yield opened
    opened.close()


def rows(read: LabelledTexts) -> list[tuple[str, str]]:
    return [(row.text, row.label) for row in read.dataset.examples]


class Arrow:
    """As polars, pyarrow and Hugging Face's datasets have it; a ClassLabel holds numbers."""

    class ClassLabel:
        names = ("bug", "wish")

    features = property(lambda self: {"label": self.ClassLabel(), "text": None})

    def to_pandas(self) -> pandas.DataFrame:
        return pandas.DataFrame({"text": [text for text, _ in PAIRS], "label": [0, 1, 0, 1]})


@pytest.mark.parametrize(
    "data",
    [
        PAIRS,
        tuple(PAIRS),
        (list(pair) for pair in PAIRS),
        [(*pair, "a note") for pair in PAIRS],
        RECORDS,
        {"text": [text for text, _ in PAIRS], "label": [label for _, label in PAIRS]},
        {
            "text": numpy.array([text for text, _ in PAIRS]),
            "label": pandas.Series([label for _, label in PAIRS]),
        },
        pandas.DataFrame(RECORDS),
        pandas.DataFrame(RECORDS).astype({"label": "category"}).set_index(pandas.Index([3, 3, 3, 3])),
        Arrow(),
    ],
    ids=lambda data: type(data).__name__,
)
def test_every_form_gives_the_same_rows(workspace: Workspace, data: object):
    assert rows(texts_with_labels(workspace, data, "", "")) == PAIRS


def test_columns_are_guessed_or_named(workspace: Workspace):
    frame = pandas.DataFrame(
        {"a": ["it crashes", "add a map"], "kind": ["x", "y"], "b": ["bug", "wish"], "why": ["since", None]}
    )
    named = texts_with_labels(workspace, frame, "a", "b")
    assert rows(named) == [("it crashes", "bug"), ("add a map", "wish")]
    assert (
        texts_with_labels(workspace, [(*PAIRS[0], "why"), PAIRS[1]], "", "").dataset.examples[0].note == "why"
    )
    both = texts_with_labels(workspace, frame, ["a", "why"], "b")
    assert both.dataset.examples[0].text == "A: it crashes\nWhy: since"


def test_numbers_stay_what_they_were_and_gaps_are_left_out(workspace: Workspace):
    frame = pandas.DataFrame({"text": ["a b", "c d", "e f", None], "label": [1, 0, None, 1]})
    read = texts_with_labels(workspace, frame, "", "label")
    assert rows(read) == [("a b", "1"), ("c d", "0")], "1.0 is how pandas keeps a 1 beside a gap"
    assert any("without a label" in notice for notice in read.notices)
    records = [
        {"text": "a b", "label": numpy.int64(1)},
        {"text": "c d", "label": float("nan")},
        {"text": "e", "label": 0},
    ]
    assert rows(texts_with_labels(workspace, records, "", "")) == [("a b", "1"), ("e", "0")]


def test_a_path_and_the_name_of_a_dataset(workspace: Workspace, tmp_path: Path):
    path = tmp_path / "issues.csv"
    path.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in PAIRS))
    for given in (path, str(path)):
        assert rows(texts_with_labels(workspace, given, "", "")) == PAIRS
    stored = add_once(workspace, texts_with_labels(workspace, path, "", "").dataset, "issues.csv")
    assert texts_with_labels(workspace, "issues", "", "").dataset_id == stored
    with pytest.raises(WhetstoneError, match="no dataset “isues”"):
        texts_with_labels(workspace, "isues", "", "")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "no rows"),
        (7, "int is no labelled data"),
        (b"text,label", "bytes is no labelled data"),
        (["a", "b"], "Row 1 is no"),
        ([("a", "b"), ("c", "d", "e", "f")], "Row 2 is no"),
        ({"text": ["a"], "label": ["b", "c"]}, "differ in length"),
        ({"text": "a", "label": "b"}, "list of values per column"),
        ("no/such.csv", "There is no file “no/such.csv”"),
        (Path("no/such.csv"), "no/such.csv"),
        (pandas.DataFrame({"only": ["a", "b"]}), "text= and label="),
    ],
)
def test_what_is_no_labelled_data_is_one_sentence(workspace: Workspace, data: object, words: str):
    with pytest.raises(DataError, match=words) as error:
        texts_with_labels(workspace, data, "", "")
    assert "\n" not in str(error.value)


def test_a_column_that_is_not_there_is_named(workspace: Workspace):
    with pytest.raises(DataError, match="no column “labl”: there are “text”, “label”"):
        texts_with_labels(workspace, RECORDS, "text", "labl")


def test_scores_are_refused_with_the_parameter_that_puts_them_into_bins(workspace: Workspace):
    scores = [(f"text number {at}", (37 * at) % 101) for at in range(60)]
    with pytest.raises(
        DataError,
        match=r"numbers on a scale .* put them into bins with bins=3 or bins=\[50, 80\], or choose .* scorer=",
    ):
        texts_with_labels(workspace, scores, "", "", TextsWanted(to_tune=True))
    free = texts_with_labels(workspace, scores, "", "", TextsWanted(True, answers=True))
    assert len(free.dataset.examples) == 60 and not any("scale" in notice for notice in free.notices)
    for bins in ([50, 80], "50,80", numpy.array([50, 80])):
        read = texts_with_labels(workspace, scores, "", "", TextsWanted(True, bins=bins))
        assert read.dataset.labels.names == ("under 50", "50 to under 80", "80 or more")
        assert read.origin == "Python, label in bins: under 50, 50 to under 80, 80 or more"
    assert (
        len(texts_with_labels(workspace, scores, "", "", TextsWanted(True, bins=3)).dataset.labels.names) == 3
    )
    with pytest.raises(WhetstoneError, match="cannot be made"):
        texts_with_labels(workspace, scores, "", "", TextsWanted(True, bins=1))
