"""Rows that a run's starting prompt shows as examples are part of no reading."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.data.parts import run_parts
from core.errors import DataError
from core.tuning.tune import tune
from core.types import Dataset, Example, FewShot, LabelSet, Prompt, Settings, Shot
from tests.core.tuning.toy import LABELS, START, ZEBRA, Editor, edits, session_of, small_model, text_of, zoo

ROWS = zoo()


def showing(rows: list[Example]) -> Prompt:
    return replace(
        START, few_shot=FewShot("fixed", len(rows), tuple(Shot(row.text.upper(), row.label) for row in rows))
    )


def test_a_run_reads_no_row_that_its_starting_prompt_shows_and_says_so():
    shown = [row for row in ROWS if row.id.endswith("-0")]
    asked = set()

    def light(request):
        asked.add(text_of(request))
        return small_model(request)

    settings = Settings(iterations=1, start=showing(shown))
    *steps, result = tune(
        Dataset("d", LabelSet(LABELS), ROWS), session_of(Editor(edits(ZEBRA)), light), settings
    )
    assert asked == {row.text for row in ROWS if row not in shown}
    assert result.split_sizes == {"train": 30, "validation": 12, "test": 9}
    for name, n in (("validation", 12), ("test", 9)):
        assert {each.evaluations[name].metrics.n for each in (result.baseline, result.best)} == {n}
    assert steps[0].verdict.reason.endswith("9 of 60 rows are examples of the prompt and are left out.")


def test_canonical_training_rows_stay_whatever_the_prompt_shows():
    canonical = replace(ROWS[0], canonical=True)
    assert canonical in run_parts((canonical, *ROWS[1:]), showing([ROWS[0], ROWS[1]])).rows["train"]


@pytest.mark.parametrize(("part", "word"), [("train", "training"), ("validation", "validation")])
def test_a_prompt_that_shows_all_rows_of_a_part_is_refused_in_a_sentence(part: str, word: str):
    shown = [row for row in ROWS if row.split == part]
    with pytest.raises(DataError, match=f"All {len(shown)} {word} rows are examples of the starting prompt"):
        run_parts(ROWS, showing(shown))
