"""Answers that are no labels, from the command line: the worked example of docs/scorers.md, with its figures."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from core.store.store import Store
from tests.core.cli.conftest import Shell

ROOT = Path(__file__).resolve().parents[3]
ORDERS = ROOT / "data" / "samples" / "orders.csv"
OWN = ROOT / "docs" / "examples" / "score_orders.py"
PAGE = (ROOT / "docs" / "scorers.md").read_text(encoding="utf-8")
PURPOSE = ("--purpose", "Extract the order number from the message.")


def shown(share: float) -> bool:
    return f"{100 * share:.1f} %" in PAGE


def test_the_worked_example_has_its_figures(shell: Shell, tmp_path: Path):
    out = tmp_path / "orders.json"
    command = ("tune", ORDERS, "--scorer", "normalised", *PURPOSE, "--iterations", 4, "--json")
    found = shell(*command, "--out", out).found
    verdict, before, after = found["verdict"], found["baseline"]["test"], found["best"]["test"]
    assert (found["labels"], found["scorer"], found["objective"]["kind"]) == ([], "normalised", "accuracy")
    assert found["split_sizes"] == {"train": 120, "validation": 60, "test": 60}
    assert (verdict["decision"], verdict["fixed"], verdict["broke"]) == ("accepted", 44, 1)
    assert "44 mistakes fixed, 1 new; p = 2.6e-12" in PAGE and f"{verdict['p']:.1e}" == "2.6e-12"
    assert shown(before["accuracy"]) and shown(after["accuracy"]) and after["macro_f1"] is None

    measured = shell(
        "evaluate", ORDERS, "--scorer", "normalised", "--prompt", out, "--split", "test", "--json"
    ).found
    assert measured["score"] == after["score"] and measured["constant"]["score"] == pytest.approx(1 / 60)
    words = shell("evaluate", ORDERS, "--scorer", "normalised", "--prompt", out, "--split", "test").out
    assert "lowest scores" in words and "together with" in words and "confused" not in words

    answers = tmp_path / "answers.csv"
    assert "240 with an answer" in shell("classify", ORDERS, answers, "--prompt", out, "--text", "text").out
    with answers.open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert sum(row["label"] == row["answer"] for row in read) > 230


def test_scores_between_are_told_by_the_permutation_test(shell: Shell):
    found = shell("tune", ORDERS, "--scorer", "token-f1", *PURPOSE, "--iterations", 4, "--json").found
    before, after = found["baseline"]["test"], found["best"]["test"]
    assert found["objective"]["kind"] == "score" and shown(before["score"]) and shown(after["score"])
    assert after["objective_value"] == after["score"] > after["accuracy"]
    assert found["verdict"]["p"] == 1 / 10_001 and "44 rows better, 1 worse" in found["verdict"]["reason"]

    first = shell("tune", "orders", "--iterations", 1, "--json").found
    compared = shell("compare", first["run_id"], found["run_id"], "--json").found
    scores = [each["best"]["test"]["score"] for each in (first, found)]
    assert compared["test"]["mean_score"] == scores and compared["test"]["accuracy"][1] < scores[1]
    assert "rows better" in compared["headline"] and {"score_a", "score_b"} <= set(compared["flips"][0])
    assert "test, mean score: 93.3 %" in shell("compare", first["run_id"], found["run_id"]).out
    listed = {run["run_id"]: run for run in shell("runs", "--json").found["runs"]}[found["run_id"]]
    assert listed["best_score"] == found["best"]["validation"]["score"] > listed["best_accuracy"]
    assert f"{100 * listed['best_score']:.1f}%" in shell("runs").out
    assert f"mean score {100 * after['score']:.1f} % on 60 test rows" in shell("runs", "--tree").out
    assert (
        f"Mean score {100 * after['score']:.1f} %" in shell("export", found["run_id"], "--format", "md").out
    )
    report = shell("export", found["run_id"], "--format", "html").out
    assert "Mean score, step by step" in report and "rows better" in report and "of 60 right" not in report


def test_a_function_scores_as_it_began_when_its_run_goes_on(shell: Shell, workspace: Path, tmp_path: Path):
    mine = tmp_path / "mine.py"
    mine.write_text(OWN.read_text(encoding="utf-8"), encoding="utf-8")
    command = ("tune", ORDERS, "--scorer", f"{mine}:score", *PURPOSE, "--max-calls", 200)
    found = shell(*command, "--max-heavy-calls", 2, "--json").found
    mine.write_text("def score(example, reply):\n    return 0\n", encoding="utf-8")
    assert [path.name for path in (workspace / "scorers").iterdir()] == [found["scorer"].partition(":")[0]]
    again = shell("tune", "--resume", found["run_id"], "--max-calls", 260, "--json").found
    assert again["scorer"] == found["scorer"] and again["baseline"]["test"]["score"] > 0
    refused = shell("tune", "--resume", found["run_id"], "--scorer", f"{mine}:score")
    assert refused.code == 2 and "another --scorer" in refused.complaint


def test_a_row_is_written_with_what_it_answered_and_its_score(shell: Shell, tmp_path: Path):
    data, out, prompt = tmp_path / "totals.csv", tmp_path / "rows.csv", tmp_path / "p.json"
    data.write_text(
        'text,expected\nThe total is 20.50 today.,20.5\nWe owe nothing.,"1,000"\n', encoding="utf-8"
    )
    prompt.write_text(
        json.dumps(
            {
                "system_prompt": "Give the total.",
                "user_prompt_prefix": "<text>\n",
                "user_prompt_suffix": "\n</text>\nEnd with <label>the answer</label>",
                "labels": [],
            }
        ),
        encoding="utf-8",
    )
    done = shell(
        "evaluate", data, "--scorer", "number:0.01", "--prompt", prompt, "--out", out, "--fail-under", 0.6
    )
    assert done.code == 1 and "Accuracy is 50.0 %, below 60.0 %" in done.complaint
    with out.open(encoding="utf-8", newline="") as file:
        rows = [
            (row["label"], row["predicted"], row["correct"], row["score"]) for row in csv.DictReader(file)
        ]
    assert rows == [("20.5", "20.50", "yes", "1"), ("1,000", "We", "no", "0")]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--scorer", "exactly"), "There is no scorer 'exactly': there are exact, normalised"),
        (("--scorer", "json"), "which is no JSON object"),
        (("--scorer", "nowhere.py:score"), "There is no file nowhere.py"),
        (("--scorer", "exact", "--objective", "balanced"), "leave objective out"),
        (("--scorer", "exact", "--rows-per-label", 3), "leave rows per label out"),
        (("--scorer", "exact", "--bins", "3"), "leave the bins or the scorer out"),
        ((), "can be scored instead with --scorer"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_stored(
    shell: Shell, workspace: Path, more: tuple, why: str
):
    refused = shell("tune", ORDERS, *more)
    assert refused.code in (1, 2) and why in refused.complaint
    if (workspace / "whetstone.db").exists():
        store = Store.open(workspace / "whetstone.db")
        assert store.datasets.all() == ()
        store.close()


def test_a_run_of_free_answers_is_told_and_exported_where_that_needs_no_labels(shell: Shell, tmp_path: Path):
    run = shell("tune", ORDERS, "--scorer", "exact", "--iterations", 1, "--json").found["run_id"]
    assert "59 of 60 right" in shell("runs", run).out
    page = tmp_path / "report.html"
    assert shell("export", run, "--format", "html", "--out", page).code == 0
    text = page.read_text(encoding="utf-8")
    assert "by the scorer <b>exact</b>" in text and "always the best constant answer" in text
    assert "There are no labels" in text and "most frequent label" not in text and "0 labels" not in text
    assert shell("export", run, "--format", "md", "--out", tmp_path / "p.md").code == 0
    assert "Its answers are free." in (tmp_path / "p.md").read_text(encoding="utf-8")
    for form in ("python", "promptfoo"):
        assert shell("export", run, "--format", form, "--out", tmp_path / form).code == 0


def test_a_dataset_keeps_the_scorer_of_its_answers(shell: Shell, tmp_path: Path):
    assert shell("import", ORDERS, "--scorer", "token-f1", "--json").found["scorer"] == "token-f1"
    [listed] = shell("datasets", "--json").found["datasets"]
    assert listed["scorer"] == "token-f1" and "scored by token-f1" in shell("datasets", "orders").out
    prompt = tmp_path / "p.json"
    done = shell("tune", "orders", *PURPOSE, "--iterations", 1, "--out", prompt)
    assert done.code == 0 and "mean score" in done.out and "label set" not in done.err
    assert "mean score" in shell("evaluate", "orders", "--prompt", prompt, "--split", "test").out
    refused = shell("import", ORDERS, "--scorer", "json")
    assert refused.code == 1 and "correct or exclude it, or choose another scorer" in refused.complaint
    coded = shell("import", ORDERS, "--scorer", "number:1%", "--json").found["notices"]
    assert any("only the number is compared" in notice for notice in coded)


def test_what_each_rule_is_worth_is_measured_by_the_same_scorer(shell: Shell):
    run = shell("tune", ORDERS, "--scorer", "normalised", *PURPOSE, "--iterations", 1, "--json").found[
        "run_id"
    ]
    measured = shell("ablation", run, "--json").found
    figures = [rule["without"] for rule in measured["rules"]]
    assert {each["accuracy_with"] for each in figures if each["p"] is not None} == {0.95}
