"""Rows with several labels, from the command line: the worked example of docs/several-labels.md, with its figures."""

from __future__ import annotations

import csv
import json
from contextlib import closing
from pathlib import Path

import pytest

from core.classifier import Classifier
from core.workspace import Workspace
from tests.core.cli.conftest import Shell

ROOT = Path(__file__).resolve().parents[3]
HELP_DESK = ROOT / "data" / "samples" / "help_desk_labels.csv"
PAGE = (ROOT / "docs" / "several-labels.md").read_text(encoding="utf-8")
LABELS = ["account", "billing", "cancellation", "delivery", "praise", "quality"]


def shown(share: float) -> bool:
    return f"{100 * share:.1f} %" in PAGE


def test_labels_in_doubt_are_ranked_as_sets(shell: Shell):
    ranked = shell("suspects", HELP_DESK, "--several", "keep", "--json").found["suspects"]
    assert len(ranked) == 205 and all(set(each["suggested"].split("; ")) <= set(LABELS) for each in ranked)
    first = ranked[0]
    assert first["suggested"] != first["label"]
    assert " is probably missing: " in first["reasons"][0] or " is probably too much: " in first["reasons"][0]


def test_the_worked_example_has_its_figures(shell: Shell, workspace: Path, tmp_path: Path):
    out, answers = tmp_path / "help_desk.json", tmp_path / "answers.csv"
    found = shell("tune", HELP_DESK, "--several", "keep", "--iterations", 4, "--out", out, "--json").found
    before, after = (found["label_sets"]["test"][side] for side in ("start", "best"))
    assert found["labels"] == LABELS and found["verdict"]["decision"] == "accepted"
    for name in ("exact", "micro_f1", "macro_f1", "mean_f1"):
        assert shown(before[name]) and shown(after[name]), (name, before[name], after[name])
    assert after["exact"] == found["best"]["test"]["accuracy"]
    assert max(found["label_sets"]["test"]["macro_f1_p"], found["verdict"]["p"]) == 1 / 10_001
    file = json.loads(out.read_text(encoding="utf-8"))
    assert file["several"] is True and file["labels"] == LABELS

    measured = shell("evaluate", "help_desk_labels", "--prompt", out, "--split", "test", "--json").found
    assert measured["label_sets"]["macro_f1"] == after["macro_f1"]
    assert "macro-F1" in shell("evaluate", "help_desk_labels", "--prompt", out, "--split", "test").out
    assert "205 with a label" in shell("classify", HELP_DESK, answers, "--prompt", out, "--text", "text").out
    with answers.open(encoding="utf-8", newline="") as read:
        assert any("; " in row["label"] for row in csv.DictReader(read))
    [made] = shell("benchmark", "help_desk_labels", "--iterations", 4, "--json").found["benchmarks"]
    [pair] = made["pairs"]
    assert (made["objective"], made["settings"]["max_calls"]) == ("mean score", None)
    assert pair["test"]["accuracy"] == pytest.approx(after["mean_f1"])
    assert (pair["verdict"]["decision"], pair["verdict"]["p"]) == ("accepted", 1 / 10_001)
    assert shell("runs", "latest", "--json").found["run_id"] == found["run_id"]  # not the benchmark's
    assert "labels are in doubt:" in shell("suspects", "help_desk_labels").out
    markdown = shell("export", "latest", "--format", "md").out
    assert "Labels, of which a text may have several: `account`" in markdown

    with closing(Workspace.open(workspace)) as opened:
        made = Classifier.from_file(out, opened, dataset="help_desk_labels").classify("Refund me, I cancel.")
    assert made.labels == tuple(made.label.split("; ")) and set(made.labels) <= set(LABELS)


def test_columns_of_labels_become_datasets_that_are_held_out_alike(
    shell: Shell, workspace: Path, tmp_path: Path
):
    rows = [(f"text number {n} about {n * n}", "ab"[n % 2], "xyz"[n % 3] if n else "") for n in range(30)]
    lines = ["text,topic,urgency", *(",".join(row) for row in rows)]
    file = tmp_path / "notes.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    columns = ("--label", "topic", "--label", "urgency")
    found = shell("import", file, *columns, "--json").found["datasets"]
    assert [(each["name"], each["rows"]) for each in found] == [("notes: topic", 30), ("notes: urgency", 29)]
    with closing(Workspace.open(workspace)) as opened:
        first, second = (opened.store.datasets.get(each["dataset_id"]) for each in found)
    parts = {row.id: row.split for row in first.examples}
    assert {row.split for row in first.examples} == {"train", "validation", "test"}
    assert all(parts[row.id] == row.split for row in second.examples)
    assert "import makes a dataset of each column" in shell("tune", file, *columns).complaint

    file.write_text("\n".join(lines).replace("urgency", "comment"), encoding="utf-8")
    columns = ("--label", "topic", "--label", "comment")
    found = shell("import", file, *columns, "--json").found["datasets"]
    with closing(Workspace.open(workspace)) as opened:
        answered = [opened.store.datasets.get(each["dataset_id"]).examples for each in found]
    assert {row.note for rows in answered for row in rows} == {""}, "a column of labels is no note"
    assert "named as text or label as well" in shell("import", file, *columns, "--note", "comment").complaint
