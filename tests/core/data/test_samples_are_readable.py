"""The sample files, and the files that issue 2 says must be withstood, through reading, mapping and
splitting."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from core.data.formats.reading.delimited import read_table
from core.data.importing.columns import guess_columns
from core.data.importing.mapping import to_dataset
from core.data.splits import split
from core.errors import DataError
from core.types import SPLITS

SAMPLES = Path(__file__).parents[3] / "data" / "samples"
NAMES = {
    "github_issues": (300, 5),
    "insincere_questions": (300, 2),
    "question_pairs": (200, 2),
    "five_topics": (5, 5),
}


def imported(raw: bytes):
    table = read_table(raw)
    result = to_dataset(table, guess_columns(table), "sample")
    dataset, notices = result.dataset, result.notices
    return dataset, (*table.notices, *notices)


@pytest.mark.parametrize("name", NAMES)
def test_each_sample_is_read_and_split(name):
    least, labels = NAMES[name]
    dataset, notices = imported((SAMPLES / f"{name}.csv").read_bytes())
    assert len(dataset.examples) >= least and len(dataset.labels.names) == labels
    assert not any("left out" in notice or "repeat" in notice for notice in notices)
    found = Counter((e.label, e.split) for e in split(dataset.examples, seed=0) if not e.excluded)
    assert all(found[label, part] for label in dataset.labels.names for part in SPLITS)


FILE = "text,label\n" + "".join(
    f"{text},{label}\n"
    for text, label in zip(
        ("It crashes at start", "Add a dark mode", "Wrong total in the report", "Support tablets"),
        ("bug", "idea") * 2,
        strict=True,
    )
)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"text,other\na b c,1\nd e f,2\ng h i,3\nj k l,4\n", "no column for the label"),
        (FILE.replace("idea", "bug").encode(), "at least two labels"),
        (b"", "empty"),
        (b"text,label\na,bug\nb,idea\n", "only 2 usable rows"),
    ],
)
def test_an_unusable_file_gets_one_clear_sentence(raw, words):
    with pytest.raises(DataError, match=words) as caught:
        imported(raw)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 250


@pytest.mark.parametrize(
    "raw",
    [
        FILE.replace("idea", "NA").replace("bug", "None").encode(),
        FILE.replace("idea", "001").replace("bug", "1").encode(),
        FILE.encode("utf-8-sig"),
        FILE.encode("utf-16"),
        FILE.replace("dark", "dunklen – “schönen”").encode("cp1252"),
        (FILE + "It crashes at start,bug\n").encode(),
        (FILE + "It crashes at start,idea\n").encode(),
        (FILE + "long " * 200_000 + ",bug\n").encode(),
        FILE.replace("idea", "new idea").replace("bug", "<b>bug</b>").encode(),
        FILE.replace("idea", "💡").replace("bug", "🐛 bug").encode(),
    ],
)
def test_an_odd_file_works_right(raw):
    dataset, _ = imported(raw)
    assert len(dataset.labels.names) == 2
    assert {e.split for e in split(dataset.examples, seed=0)} == {"train", "validation"}
