"""DATA: a file, standard input, or a dataset of the workspace; RUN: an id, the beginning of one, latest."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from core.store.store import Store
from tests.core.cli.conftest import Shell
from tests.core.cli.trade import rows, write_csv, write_prompt


@pytest.fixture
def stored(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of the dataset “My issues”, whose first row has a note; the folder of work holds no such file."""
    monkeypatch.chdir(tmp_path)
    table = [(text, label, "So it is." if n == 0 else "") for n, (text, label) in enumerate(rows(40))]
    write_csv(tmp_path / "a.csv", table, ("text", "label", "note"))
    return shell("import", "a.csv", "--as", "My issues", "--json").found["dataset_id"]


def test_a_stored_dataset_is_tuned_with_its_splits_and_notes_and_keeps_its_runs(
    shell: Shell, stored: str, workspace: Path
):
    for name in ("My issues", stored, "my is", stored[:6]):
        done = shell("tune", name, "--iterations", 1, "--json")
        assert done.code == 0, done.err
    with Store.open(workspace / "whetstone.db") as store:
        assert [(info.id, info.rows) for info in store.datasets.all()] == [(stored, 40)]
        assert {run.dataset_id for run in store.runs.all()} == {stored}
        snapshot = store.runs.snapshot(done.found["run_id"])
        assert snapshot.examples[0].note == "So it is."
        assert [row.split for row in snapshot.examples] == [
            row.split for row in store.datasets.get(stored).examples
        ]


def test_the_other_commands_take_a_dataset_too(shell: Shell, stored: str, tmp_path: Path):
    prompt = write_prompt(tmp_path / "p.json", model="offline:reader")
    assert shell("evaluate", "My issues", "--prompt", prompt, "--json").found["n"] == 40
    assert len(shell("suspects", "My issues", "--json").found["suspects"]) == 40
    assert (
        shell("classify", "My issues", tmp_path / "out.csv", "--prompt", prompt, "--json").found["rows"] == 40
    )
    done = shell("evaluate", "My issues", "--prompt", prompt, "--label", "topic")
    assert done.code == 2 and "--label says how a file is read" in done.complaint


def test_rows_without_a_label_are_counted_classified_and_not_tuned_on(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "a.csv", [*rows(24), ("still open", ""), ("open, too", "")])
    kept = shell("import", "a.csv", "--keep-unlabelled", "--json")
    assert (kept.found["rows"], kept.found["unlabelled"]) == (26, 2)
    assert shell("datasets", "--json").found["datasets"][0]["unlabelled"] == 2
    prompt = write_prompt(tmp_path / "p.json", model="offline:reader")
    monkeypatch.chdir(tmp_path.parent)
    assert shell("classify", "a", tmp_path / "out.csv", "--prompt", prompt, "--json").found["rows"] == 26
    done = shell("evaluate", "a", "--prompt", prompt, "--json")
    assert done.found["n"] == 24 and "left out that are: 2 without a label" in done.err


def test_a_file_wins_over_a_dataset_and_that_is_said(shell: Shell, stored: str, tmp_path: Path):
    write_csv(tmp_path / "My issues", rows(12))
    done = shell("suspects", "My issues", "--json")
    assert len(done.found["suspects"]) == 12
    assert "My issues is a file here and a dataset of the workspace: the file is read." in done.err
    assert "the file is read" not in shell("suspects", "My issues", "-q").err


def test_what_may_be_several_or_none_is_said_with_what_to_type(shell: Shell, stored: str):
    shell("import", "a.csv", "--as", "My tickets")
    done = shell("tune", "My")
    assert done.code == 1 and "“My” may be 2 datasets: “My issues”, “My tickets”." in done.complaint
    assert "did you mean “My issues”? python -m core datasets" in shell("tune", "My isues").complaint
    assert "did you mean a.csv?" in shell("tune", "b.csv").complaint
    assert "did you mean “My issues”?" in shell("datasets", "Mi issues").complaint
    assert "There is no such run" in shell("runs", "zzz").complaint


def test_the_first_letter_of_a_random_id_names_no_dataset(
    shell: Shell, stored: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("core.store.rows.datasets.new_id", lambda: "xk4mnpqrst")
    shell("import", write_csv(tmp_path / "b.csv", rows(24)), "--as", "Orders")
    assert "There is no dataset “x” in this workspace" in shell("datasets", "x").complaint
    assert shell("datasets", "xk4m", "--json").found["dataset"] == "Orders"


def test_standard_input_is_a_file_like_any_other(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workspace: Path
):
    data = write_csv(tmp_path / "a.csv", rows(24)).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert shell("suspects", "-", "--json").code == 0
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert shell("import", "-", "--json").found["dataset"] == "standard input"


def test_columns_are_named_where_a_guess_goes_wrong(shell: Shell, tmp_path: Path, workspace: Path):
    table = [(label, text, "x", label) for text, label in rows(24)]
    data = write_csv(tmp_path / "a.csv", table, ("text", "body", "kind", "gold"))
    found = shell("import", data, "--text", "body", "--label", "gold", "--json").found
    assert (found["rows"], found["labels"]) == (24, {"bug": 12, "docs": 6, "idea": 6})
    done = shell("import", data, "--text", "bodi")
    assert (
        done.code == 2
        and "--text bodi: the file has no such column: did you mean body? It has" in done.complaint
    )


def test_a_run_is_shown_by_its_id_the_beginning_of_it_or_as_the_latest(shell: Shell, stored: str):
    run_id = shell("tune", "My issues", "--iterations", 1, "--json").found["run_id"]
    for name in (run_id, run_id[:6], "latest"):
        assert shell("runs", name, "--json").found["run_id"] == run_id
    words = shell("runs", "latest").out
    assert "validation: " in words and "The best prompt, of step" in words
    assert f"Next: python -m core export {run_id}" in words
    [listed] = shell("datasets", "--json").found["datasets"]
    assert (listed["dataset"], listed["rows"], listed["runs"], listed["champion"]) == (
        "My issues",
        40,
        1,
        False,
    )
    shown = shell("datasets", "My", "--json").found
    assert shown["label_counts"] == {"bug": 20, "docs": 10, "idea": 10} and shown["run_ids"] == [run_id]
    assert "bug" in shell("datasets", "My").out


def test_datasets_and_runs_are_exported_by_the_ending_of_the_file(shell: Shell, stored: str, tmp_path: Path):
    shell("tune", "My issues", "--iterations", 1)
    assert shell("export", "My issues", "-o", "rows.jsonl").code == 0
    assert len((tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()) == 40
    assert shell("export", "latest", "-o", "prompt.json").code == 0
    assert json.loads((tmp_path / "prompt.json").read_text())["labels"] == ["bug", "docs", "idea"]
    assert shell("export", "My", "--format", "csv").out.startswith("id,text,label,note")
    assert shell("export", "latest", "--format", "csv").out.startswith("run_id,"), "of a run: its predictions"
    for words in (("My issues", "--format", "html"), ("My issues",)):
        done = shell("export", *words)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), words
    assert shell("export", "My issues", "--format", "html").complaint.count("python -m core export") == 1


def test_two_things_are_not_written_to_standard_output(shell: Shell, stored: str, tmp_path: Path):
    prompt = write_prompt(tmp_path / "p.json", model="offline:reader")
    done = shell("classify", "a.csv", "-", "--prompt", prompt, "--json")
    assert done.code == 2 and "both write to standard output" in done.complaint


def test_rows_that_the_format_leaves_out_are_counted_by_every_command(shell: Shell, tmp_path: Path):
    tasks = [
        {"text": text, "label": label, "answer": "reject" if n < 2 else "accept", "_task_hash": n}
        for n, (text, label) in enumerate(rows(14))
    ]
    data = tmp_path / "prodigy.jsonl"
    data.write_text("\n".join(map(json.dumps, tasks)), encoding="utf-8")
    prompt = write_prompt(tmp_path / "p.json", model="offline:reader")
    for command in (["import"], ["suspects"], ["evaluate", "--prompt", prompt]):
        done = shell(command[0], data, *command[1:])
        assert "2 rows are left out: rejected by the annotator." in done.out + done.err
    done = shell("classify", data, tmp_path / "o.csv", "--prompt", prompt)
    assert done.code == 0 and "2 rows are left out: rejected by the annotator." in done.err


def test_what_is_no_label_set_is_refused_and_scores_are_put_into_bins(
    shell: Shell, tmp_path: Path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    texts = [text for text, _ in rows(60)]
    write_csv(tmp_path / "free.csv", [(text, f"So said number {at}.") for at, text in enumerate(texts)])
    write_csv(
        tmp_path / "s.csv", [(text, (37 * at) % 101) for at, text in enumerate(texts)], ("text", "score")
    )
    for command in ("import", "tune"):
        done = shell(command, "free.csv")
        assert (done.code, done.out) == (
            1,
            "",
        ) and "looks like free text (60 different labels" in done.complaint
        assert "choose another column with --label" in done.complaint
        assert "put them into bins with --bins, such as 3 or 50,80" in shell(command, "s.csv").complaint
    assert shell("import", "s.csv", "--bins", "80,50").code == 2
    found = shell("import", "s.csv", "--bins", "50,80", "--json").found
    assert set(found["labels"]) == {"under 50", "50 to under 80", "80 or more"}
    assert "were put into bins: “under 50” (" in " ".join(found["notices"])
    told = shell("datasets", "s", "--json").found
    assert told["origin"] == "s.csv, score in bins: under 50, 50 to under 80, 80 or more"
    assert shell("tune", "s.csv", "--bins", "3", "--iterations", 1, "--json").code == 0
