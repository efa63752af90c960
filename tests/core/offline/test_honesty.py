"""The offline pair knows no dataset: what it knows is in the request."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import core.offline
from core.llm.providers.offline import offline_editor, offline_reader
from core.offline import editor, reader
from core.prompts.replies import predict
from core.types import Message, Outcome, Reply, Request
from tests.core.offline.offline_requests import label_of, prompt_with, reply_to, said
from tests.work import assert_linear, processor_limit

ROOT = Path(__file__).parents[3]
SOURCES = sorted(Path(core.offline.__file__).parent.glob("*.py"))
SAMPLES = sorted(
    path for path in (ROOT / "data" / "samples").glob("*.csv") if not path.name.endswith(".truth.csv")
)
PIECES = st.sampled_from(
    [
        "<text>",
        "</text>",
        "<label>",
        "</label>",
        "<mistake>\n",
        "\n</mistake>",
        "<correct_label>",
        "</correct_label>",
        "<edit>",
        "<refused>",
        "Labels: a, b",
        "labels: ",
        "- a: b",
        "If the text mentions ",
        "answer first",
        '"',
        "`" * 3,
        "\n",
        ", ",
        " or ",
        "alpha",
        "gamma",
        "\ud800",
        "١",
        "%",
        "0",
    ]
)
HOSTILE = st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=14).map("".join)


def sample_labels() -> set[str]:
    found = set()
    for path in SAMPLES:
        with path.open(encoding="utf-8-sig", newline="") as file:
            # verdicts of a judge (pass, fail) are everyday words and no labels that could be learned by heart
            found |= {row["label"] for row in csv.DictReader(file) if "label" in row}
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
        assert not re.search(rf"(?<![A-Za-z]){re.escape(label)}(?![A-Za-z])", code, re.I), (
            f"{path.name} holds {label}"
        )


@pytest.mark.parametrize("model", [reader.PromptReader, editor])
def test_both_say_that_they_are_no_language_models(model):
    assert "no language model" in model.__doc__


def _stop_words() -> frozenset[str]:
    from core.offline.words import STOP_WORDS

    return STOP_WORDS


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), HOSTILE), max_size=5))
def test_no_request_makes_either_of_them_fail(turns):
    request = Request(tuple(Message(role, content) for role, content in turns))
    for model in (offline_reader(), offline_editor()):
        assert isinstance(said(model, request), str)


@settings(max_examples=100, deadline=None)
@given(HOSTILE)
def test_no_text_changes_the_label_list_or_the_answer_form(text):
    labels = ("first", "second one")
    prompt = prompt_with(labels, "- first: alpha, beta", '- If the text mentions "gamma", answer second one.')
    assert predict("1", Reply(reply_to(offline_reader(), prompt, text)), labels).outcome is Outcome.LABEL


@pytest.mark.parametrize("filler", ["hay stack, ", "<b>\n", '"', "a" * 11, "\n- first: x\n"])
def test_the_work_of_an_answer_grows_with_the_length_of_the_text(filler):
    prompt = prompt_with(("first", "second"), "- second: needle")

    def answering(length: int) -> Callable[[], str]:
        text = filler * (length // len(filler)) + " needle"
        return lambda: label_of(reply_to(offline_reader(), prompt, text))

    with processor_limit():
        assert answering(100_000)() in ("first", "second")
    assert_linear(answering, 2_000)
