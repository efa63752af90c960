"""Files as their makers write them, for every shape that is known: read without a mapping, and nothing in
them is run or fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.formats.registry import open_file
from core.data.importing.mapping import import_dataset
from core.types import Dataset

FOLDER = Path(__file__).parent / "fixtures"
FOUR = [
    ("I want my money back", "billing"),
    ("The app crashes", "bug"),
    ("Charged twice", "billing"),
    ("Blank screen", "bug"),
]
PLAIN = {
    "openai_chat.jsonl": "OpenAI chat",
    "openai_evals.jsonl": "OpenAI Evals",
    "openai_evals_open.jsonl": "OpenAI Evals",
    "langsmith.jsonl": "LangSmith",
    "langsmith.csv": "LangSmith",
    "label_studio.json": "Label Studio",
    "label_studio_min.json": "Label Studio",
    "argilla.json": "Argilla",
    "argilla_flat.json": "Argilla",
}


def read(name: str) -> tuple[Dataset, str]:
    result = import_dataset((FOLDER / name).read_bytes(), "x")
    dataset, notices = result.dataset, result.notices
    return dataset, "\n".join(notices)


@pytest.mark.parametrize("name", PLAIN)
def test_an_export_is_read_without_a_mapping(name: str):
    table = open_file((FOLDER / name).read_bytes())
    assert table.format == PLAIN[name] and table.known is not None
    assert [(row.text, row.label) for row in read(name)[0].examples] == FOUR


def test_promptfoo_tests_are_read_and_what_is_code_or_elsewhere_is_skipped():
    dataset, notices = read("promptfooconfig.yaml")
    assert [(row.text, row.label) for row in dataset.examples] == [
        ("I want my money back", "billing"),
        ("The app crashes on start", "bug"),
        ("Can you add dark mode?", "yes"),
        ("Charged twice for {{plan}}", "billing"),
    ]
    assert dataset.examples[0].split == "test"
    assert (
        "3 references to something outside the file" in notices
        and "code were skipped, not run" in notices
        and "llm-rubric" in notices
    )
    assert not Path("/tmp/formats/owned").exists()


def test_promptfoo_csv_knows_its_own_columns():
    dataset, notices = read("promptfoo_tests.csv")
    assert [(row.text, row.label, row.split) for row in dataset.examples] == [
        ("I want my money back", "billing", "test"),
        ("The app crashes", "bug", "train"),
        ("Note: the total is wrong", "billing", ""),
        ("Runs out of memory", "bug", "validation"),
        ("=SUM(A1) fails", "bug", ""),
    ]
    assert "secret.txt" in notices and "not run" in notices


def test_annotators_are_kept_apart():
    dataset, notices = read("label_studio.json")
    first, crash, settled, _ = dataset.examples
    assert first.note == "Annotators: ana@example.com: billing; 7: bug; 8: billing"
    assert crash.note == "A crash is always a bug." and settled.note.startswith(
        "Annotators: 1: billing (settled)"
    )
    assert "2 rows annotators disagree" in notices
    assert "1 row with several labels" in notices and "only predicted by a model" in notices


def test_label_studio_rows_of_one_task_are_one_example():
    dataset, notices = read("label_studio_min.json")
    assert dataset.examples[0].note == "Annotators: 1: billing; 2: bug" and "evenly" in notices
    assert [row.id for row in dataset.examples] == ["1", "2", "3", "4"]


def test_argilla_suggestions_are_no_answers():
    dataset, notices = read("argilla.json")
    assert "u3: bug" in dataset.examples[0].note and "only suggested by a model" in notices
    assert read("argilla_flat.json")[0].examples[0].note == "", "a discarded answer is none"


def test_splits_of_langsmith_are_ours_where_they_can_be():
    dataset, notices = read("langsmith.jsonl")
    assert [row.split for row in dataset.examples] == ["test", "", "train", ""] and "“base”" in notices
    assert dataset.examples[0].id == "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def test_earlier_turns_of_a_conversation_are_told():
    assert "1 conversation had earlier turns" in read("openai_chat.jsonl")[1]


def test_numbers_and_truth_values_are_cells_as_the_file_writes_them():
    assert [row.label for row in read("pandas_columns.json")[0].examples] == ["1.0", "true", "1.0", "true"]
