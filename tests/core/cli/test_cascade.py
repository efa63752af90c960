"""`cascade`, and its file with `evaluate` and `classify`: the worked example of docs/cascades.md, with its figures."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from core.samples import sample
from tests.core.cli.conftest import Shell

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "cascades.md").read_text(encoding="utf-8")
QUESTIONS, DATASET = sample("insincere_questions").path, "insincere_questions"


def in_page(figures: dict) -> bool:
    return f"{figures['right']:,} of {figures['answered']:,}" in PAGE


def test_the_worked_example_has_its_figures(shell: Shell, tmp_path: Path):
    assert shell("tune", QUESTIONS, "--iterations", 4, "-q").code == 0
    out = tmp_path / "cascade.json"
    found = shell("cascade", "latest", "--target", 0.8, "--out", out, "--json").found
    test = found["figures"]["test"]
    assert found["estimate"]["calls"] == 0 and found["out"] == str(out) and found["agreement"] is None
    assert all(in_page(test[way]) for way in ("prompt", "local", "cascade"))
    assert f"{test['cascade']['local']:,} of 99 test rows without a call" in PAGE
    assert test["cascade"]["against_prompt"]["words"] in PAGE

    measured = shell("evaluate", DATASET, "--prompt", out, "--split", "test", "--json").found
    assert (measured["n"], measured["right"], measured["local"]) == (99, 82, 78)
    answers = tmp_path / "answers.csv"
    words = shell("classify", QUESTIONS, answers, "--prompt", out).out
    assert "without a call" in words
    with answers.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["answered_by"] for row in rows} == {"local", "prompt"} and len(rows) == 400
    assert all(row["outcome"] == "label" for row in rows)

    assert shell("adopt", "latest", "--json").found["cascade"] is False
    adopted = shell("adopt", "latest", "--cascade", "--json").found
    assert adopted["cascade"] and adopted["changed"]
    assert "with its cascade" in shell("adopt", "--history", DATASET).out
    assert shell("adopt", "latest", "--step", 0, "--cascade").code == 2 == shell("adopt", "--cascade").code


def test_unsure_answers_are_left_out_in_the_example(shell: Shell, tmp_path: Path):
    assert shell("tune", QUESTIONS, "--iterations", 4, "-q").code == 0
    out, answers = tmp_path / "unsure.json", tmp_path / "answers.csv"
    wish = ("cascade", "latest", "--samples", 5, "--target", 0.75, "--no-local")
    estimate = shell(*wish, "--estimate", "--json").found["estimate"]
    found = shell(*wish, "--out", out, "--json").found
    partial = found["figures"]["test"]["abstaining"]
    assert estimate["calls"] > 900 and in_page(partial) and partial["calls_per_thousand"] == 6_000
    points = found["agreement"]["curve"]
    assert [each["coverage"] for each in points] == sorted(each["coverage"] for each in points)

    evaluated = shell("evaluate", DATASET, "--prompt", out, "--split", "test", "--json").found
    assert (evaluated["answered"], evaluated["right"]) == (partial["answered"], partial["right"])
    assert shell("evaluate", DATASET, "--prompt", out, "--fail-under", 0.99).code == 1
    done = shell("classify", QUESTIONS, answers, "--prompt", out, "--json").found
    assert done["outcomes"]["abstained"] > 50 and sum(done["outcomes"].values()) == done["rows"] == 400
    with answers.open(encoding="utf-8", newline="") as file:
        unsure = [row for row in csv.DictReader(file) if row["outcome"] == "abstained"]
    assert len(unsure) == done["outcomes"]["abstained"]
    assert all(not row["label"] and row["unsure_label"] for row in unsure)

    refused = shell("tune", QUESTIONS, "--prompt", out)
    assert refused.code == 1 and "is a cascade" in refused.complaint
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(json.loads(out.read_text()) | {"abstain": {"samples": 0}}))
    assert (
        "exactly samples, temperature, threshold"
        in shell("classify", QUESTIONS, answers, "--prompt", broken).complaint
    )
    assert (
        shell("cascade", "latest", "--no-local").code == 2 == shell("cascade", "latest", "--samples", 3).code
    )
