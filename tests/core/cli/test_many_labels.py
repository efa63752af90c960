"""Many labels, from the command line to a classified file, HTTP and exports: requests that name a few of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from core import Classifier
from tests.bench.bank_world import bank_world
from tests.core.cli.conftest import Shell

PLAIN = ("--iterations", 1, "--no-definitions", "--max-calls", 160)


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """77 labels, three rows of each."""
    path = tmp_path_factory.mktemp("bank") / "bank.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [("text", "label"), *((row.text, row.label) for row in bank_world(77, 231).examples)]
        )
    return path


def test_a_tuned_prompt_names_the_likely_labels_wherever_it_is_used(shell: Shell, questions, tmp_path):
    out = tmp_path / "bank.json"
    found = shell("tune", questions, "--shortlist", 10, *PLAIN, "--out", out, "--json").found
    file = json.loads(out.read_text())
    assert file["shortlist"] == 10 and len(file["labels"]) == 77 and file["few_shot"]["k"] == 0
    assert all(name in file["system_prompt"] for name in file["labels"]), "the prompt itself stays whole"
    texts = {shot["text"] for shot in file["few_shot"]["examples"]}
    assert len(texts) > 70 and found["labels"] == file["labels"]

    measured = shell("evaluate", questions, "--prompt", out, "--split", "test", "--json").found
    assert 0 < measured["shortlisted"] <= measured["n"]
    answers = tmp_path / "answers.csv"
    assert "231 with a label" in shell("classify", questions, answers, "--prompt", out, "--text", "text").out

    written = shell("export", found["run_id"], "--format", "python")
    assert written.code == 0 and "SHORTLIST" in written.out.upper()
    assert "names only the 10 labels likeliest" in shell("export", found["run_id"], "--format", "md").out

    words = shell("tune", questions, "--shortlist", 10, "--estimate").out
    assert "With 10 labels a request, the right one is among them for" in words

    with Classifier.from_file(out) as classifier:
        request = classifier.request("My debit card got refused, was declined.")
        named = [name for name in file["labels"] if name in request.messages[0].content]
        assert len(request.messages) == 2 and "card_declined" in named and len(named) <= 12
