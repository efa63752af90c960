"""The offline pair knows no dataset: what it knows is in the request."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

import core.models.offline
from core.models.offline.editor import OfflineEditor
from core.models.offline.reader import OfflineReader

ROOT = Path(__file__).parents[4]
SOURCES = sorted(Path(core.models.offline.__file__).parent.glob("*.py"))
SAMPLES = sorted(path for path in (ROOT / "data" / "samples").glob("*.csv") if not path.name.endswith(".truth.csv"))


def sample_labels() -> set[str]:
    found = set()
    for path in SAMPLES:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found |= {row["label"] for row in csv.DictReader(file)}
    return found


def code_without_prose(source: str) -> str:
    """The source without docstrings and comments, where examples of prompts may stand."""
    return re.sub(r'"""(?:.|\n)*?"""|#.*', "", source)


def test_there_are_sources_and_sample_labels_to_compare():
    assert len(SOURCES) > 8 and len(sample_labels()) > 8


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_source_holds_a_label_of_a_sample_set(path):
    code = code_without_prose(path.read_text(encoding="utf-8"))
    allowed = {"same", "different"} & set(_stop_words())  # English words that carry no meaning of their own
    for label in sample_labels() - allowed:
        assert not re.search(rf"(?<![A-Za-z]){re.escape(label)}(?![A-Za-z])", code, re.I), f"{path.name} holds {label}"


@pytest.mark.parametrize("model", [OfflineReader, OfflineEditor])
def test_both_say_that_they_are_no_language_models(model):
    assert "no language model" in model.__doc__


def _stop_words() -> frozenset[str]:
    from core.models.offline.words import STOP_WORDS

    return STOP_WORDS
