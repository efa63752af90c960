"""`tune --json`: the object of docs/contracts.md section 2, the same every time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.data.formats.reading.delimited import read_table
from core.data.importing.mapping import import_dataset
from core.data.splits import split
from core.prompts.files import from_json
from core.types import Branch
from core.workspace import Workspace
from tests.core.cli.conftest import Shell
from tests.core.cli.trade import rows, write_csv

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "data" / "samples" / "github_issues.csv"
KEYS = {
    "run_id",
    "status",
    "stop_reason",
    "labels",
    "split_sizes",
    "majority_accuracy",
    "baseline",
    "best",
    "verdict",
    "calls",
    "cost_usd",
    "steps",
}
FIGURES = {"n", "accuracy", "interval", "macro_f1", "unreadable", "unknown_label", "failed"}
PROMPT = {"system_prompt", "user_prompt_prefix", "user_prompt_suffix", "bot_reply_prefix"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "tickets.csv", rows(60))


def split_rows(table: list[tuple[str, str]], parts: str) -> list[tuple[str, str, str]]:
    """Rows with a split each, in turn by the letters of `parts`: t(rain), v(alidation), e(xam, that is
    test)."""
    names = {"t": "train", "v": "validation", "e": "test", "-": ""}
    return [(*row, names[parts[number // 4 % len(parts)]]) for number, row in enumerate(table)]


# ---- the sample, as a newcomer would


def test_the_sample_is_tuned_with_no_key_the_same_in_a_fresh_and_a_used_workspace(
    shell: Shell, tmp_path: Path
):
    """The fresh one in a process of its own, with hash seeds of its own and another number of calls at a
    time."""
    environment = os.environ | {"WHETSTONE_WORKSPACE": str(tmp_path / "other"), "PYTHONHASHSEED": "7"}
    process = subprocess.Popen(
        [sys.executable, "-m", "core", "tune", str(SAMPLE), "--json", "--concurrency", "3"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert shell("tune", ROOT / "data" / "samples" / "five_topics.csv", "--iterations", 1).code == 0
    found = shell("tune", SAMPLE, "--json").found
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert out.count("\n") == 1
    fresh = json.loads(out)
    assert fresh.pop("run_id") != found.pop("run_id")
    assert fresh == found
    check_form(found | {"run_id": "x"})

    # issue 2: the test accuracy clears the majority class by a wide margin and beats the starting prompt with
    # a paired p < 0.05
    best, start = found["best"]["test"], found["baseline"]["test"]
    assert best["accuracy"] > found["majority_accuracy"] + 0.15 and best["accuracy"] > start["accuracy"]
    assert found["verdict"]["p"] < 0.05 and found["verdict"]["fixed"] > found["verdict"]["broke"]


def check_form(found: dict) -> None:
    assert set(found) >= KEYS
    assert set(found["labels"]) == {"bug", "documentation", "improvement", "integration", "new_feature"}
    assert set(found["split_sizes"]) == {"train", "validation", "test"}
    assert sum(found["split_sizes"].values()) <= len(read_table(SAMPLE.read_bytes()).rows)
    for scored in (found["baseline"], found["best"]):
        assert set(scored["prompt"]) >= PROMPT
        for part in ("validation", "test"):
            figures = scored[part]
            assert set(figures) >= FIGURES and figures["n"] == found["split_sizes"][part]
            low, high = figures["interval"]
            assert 0 <= low <= figures["accuracy"] <= high <= 1
    assert set(found["verdict"]) >= {"fixed", "broke", "p"}
    assert set(found["calls"]) == set(found["cost_usd"]) == {"lightweight", "heavyweight"}
    assert all(set(calls) >= {"api", "cached", "failed"} for calls in found["calls"].values())
    for step in found["steps"]:
        assert {"accepted", "reason", "edits", "validation"} <= set(step) and set(
            step["validation"]
        ) >= FIGURES
    assert any(step["edits"] for step in found["steps"])
    tested = found["split_sizes"]["test"]
    gain = round(tested * (found["best"]["test"]["accuracy"] - found["baseline"]["test"]["accuracy"]))
    assert found["verdict"]["fixed"] - found["verdict"]["broke"] == gain, (
        "the verdict is about the same rows as the figures"
    )


def test_another_seed_splits_otherwise_and_the_same_seed_does_not(shell: Shell, data: Path):
    first, again, other = (
        shell("tune", data, "--iterations", 2, "--seed", seed, "--json").found for seed in (1, 1, 2)
    )
    assert again | {"run_id": ""} == first | {"run_id": ""}
    assert other["baseline"] != first["baseline"]


def test_progress_goes_to_stderr_and_words_to_stdout(shell: Shell, data: Path):
    done = shell("tune", data, "--iterations", 1)
    assert (
        done.code == 0 and done.out.startswith("run ") and "validation:" in done.out and "test:" in done.out
    )
    assert "Measuring the starting prompt" in done.err and "step 0:" in done.err
    run_id = done.out.split()[1].rstrip(":")
    assert f"--resume {run_id}" in done.err, "one knows how to go on with it before it is interrupted"


# ---- files in and out


@pytest.mark.parametrize("given", [True, False], ids=["splits given", "splits chosen"])
def test_the_prompt_file_reproduces_the_figures_of_the_run(shell: Shell, tmp_path: Path, given: bool):
    table = split_rows(rows(60), "ttve") if given else rows(60)
    data = write_csv(tmp_path / "a.csv", table, ("text", "label", "split")[: len(table[0])])
    found = shell(
        "tune", data, "--iterations", 3, "--seed", 5, "--out", tmp_path / "made" / "best.json", "--json"
    ).found
    file = from_json((tmp_path / "made" / "best.json").read_text(encoding="utf-8"))
    assert (list(file.labels), file.model) == (found["labels"], "offline:reader")
    assert file.prompt.system_prompt == found["best"]["prompt"]["system_prompt"]
    for part in ("validation", "test"):
        again = shell(
            "evaluate",
            data,
            "--prompt",
            tmp_path / "made" / "best.json",
            "--split",
            part,
            "--seed",
            5,
            "--json",
        ).found
        assert {name: again[name] for name in FIGURES} == {
            name: found["best"][part][name] for name in FIGURES
        }


def test_the_file_begins_with_a_prompt_of_ones_own(shell: Shell, tmp_path: Path, data: Path):
    own = {
        "system_prompt": "Sort tickets into bug, docs, idea or spam.\nTexts about a crash are bug.",
        "user_prompt_prefix": "Ticket: ",
        "user_prompt_suffix": "\nEnd with <label>the label</label>",
        "labels": ["spam", "bug", "docs", "idea"],
    }
    (tmp_path / "own.json").write_text(json.dumps(own), encoding="utf-8")
    done = shell(
        "tune",
        data,
        "--iterations",
        1,
        "--prompt",
        tmp_path / "own.json",
        "--out",
        tmp_path / "best.json",
        "--json",
    )
    start = done.found["baseline"]["prompt"]
    assert {name: start[name] for name in PROMPT} == {name: own.get(name, "") for name in PROMPT}
    assert done.found["labels"] == ["bug", "docs", "idea", "spam"], (
        "a label that these rows happen to lack stays"
    )
    assert from_json((tmp_path / "best.json").read_text(encoding="utf-8")).labels == (
        "bug",
        "docs",
        "idea",
        "spam",
    )


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"labels": ["bug", "docs"]}, 2, "'idea'"),
        ({"colour": "red"}, 1, "colour"),
        ({"labels": []}, 1, "labels"),
        (None, 1, "JSON"),
    ],
)
def test_a_prompt_file_that_cannot_be_meant_is_refused_before_anything_runs(
    shell: Shell, tmp_path: Path, data: Path, change: dict | None, code: int, said: str
):
    whole = {
        "system_prompt": "s",
        "user_prompt_prefix": "",
        "user_prompt_suffix": "",
        "labels": ["bug", "docs", "idea"],
    }
    (tmp_path / "p.json").write_text("{" if change is None else json.dumps(whole | change), encoding="utf-8")
    done = shell("tune", data, "--prompt", tmp_path / "p.json")
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1) and said in done.err
    assert shell("runs", "--json").found == {"runs": []}


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_spent(
    shell: Shell, tmp_path: Path, data: Path
):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    for target in (tmp_path / "folder", tmp_path / "file" / "best.json"):
        done = shell("tune", data, "--out", target)
        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1) and str(target.parent) in done.err
    assert shell("runs", "--json").found == {"runs": []}


# ---- the split column


def test_given_splits_stand_and_empty_ones_are_chosen(shell: Shell, tmp_path: Path):
    data = write_csv(tmp_path / "a.csv", split_rows(rows(80), "tve-"), ("text", "label", "split"))
    sizes = shell("tune", data, "--iterations", 1, "--json").found["split_sizes"]
    assert all(size >= 20 for size in sizes.values()) and sum(sizes.values()) == 80
    dataset = import_dataset(data.read_bytes(), "a").dataset
    assert sizes == {part: sum(row.split == part for row in split(dataset.examples, 0)) for part in sizes}


def test_without_test_rows_there_is_no_test_reading_and_its_figures_are_null(shell: Shell, tmp_path: Path):
    data = write_csv(tmp_path / "a.csv", split_rows(rows(60), "ttv"), ("text", "label", "split"))
    done = shell("tune", data, "--iterations", 2, "--json")
    assert done.code == 0 and "Classifying the test rows" not in done.err
    found = done.found
    assert found["split_sizes"]["test"] == 0
    for name in ("baseline", "best"):
        assert set(found[name]["test"].values()) == {None} and found[name]["validation"]["n"] == 20
    assert {name: found["verdict"][name] for name in ("fixed", "broke", "p")} == {
        "fixed": None,
        "broke": None,
        "p": None,
    }


@pytest.mark.parametrize(
    ("parts", "said"), [("t", "none is validation"), ("v", "none is train"), ("ev", "none is train")]
)
def test_splits_that_leave_nothing_to_learn_from_are_refused(
    shell: Shell, tmp_path: Path, parts: str, said: str
):
    data = write_csv(tmp_path / "a.csv", split_rows(rows(24), parts), ("text", "label", "split"))
    done = shell("tune", data)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1) and said in done.err


# ---- caps and resuming


def test_without_heavyweight_calls_none_is_made(shell: Shell, data: Path):
    found = shell("tune", data, "--max-heavy-calls", 0, "--json").found
    assert found["calls"]["heavyweight"] == {"api": 0, "cached": 0, "failed": 0}
    assert found["best"]["validation"]["accuracy"] >= found["baseline"]["validation"]["accuracy"]


def test_without_iterations_the_starting_prompt_is_only_measured(shell: Shell, data: Path):
    done = shell("tune", data, "--iterations", 0, "--json")
    assert done.code == 0 and done.found["calls"]["heavyweight"]["api"] == 0
    assert len(done.found["steps"]) == 1 and done.found["baseline"] == done.found["best"]


def test_caps_too_small_for_anything_are_refused_before_anything_is_stored(shell: Shell, data: Path):
    done = shell("tune", data, "--max-calls", 10)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1) and "too few" in done.err
    assert shell("runs", "--json").found == {"runs": []}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--seed", 9), "another --seed"),
        (("--strategy", "rewrite"), "another --strategy"),
        (("--lightweight", "openai:x"), "another --lightweight"),
        (("--iterations", 7), "another --iterations"),
        (("--reply-tokens", 900), "another --reply-tokens"),
    ],
)
def test_a_resumed_run_keeps_what_is_not_a_cap(shell: Shell, data: Path, words: tuple, said: str):
    run_id = shell("tune", data, "--iterations", 1, "--json").found["run_id"]
    done = shell("tune", "--resume", run_id, *words)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1) and said in done.err


def test_a_finished_run_and_no_run_at_all_cannot_be_resumed(shell: Shell, data: Path):
    run_id = shell("tune", data, "--iterations", 1, "--json").found["run_id"]
    done = shell("tune", data, "--iterations", 1, "--resume", run_id)
    assert (done.code, done.complaint) == (1, "This run has finished: start a new one.")
    done = shell("tune", "--resume", "nothing")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1) and "no such run" in done.err


# ---- locked lines

FORM = "First give a short reason in one sentence. Then end with your answer in this form: <label>the label</label>"


def test_lines_are_locked_by_option_and_by_file_and_a_resumed_run_keeps_them(
    shell: Shell, tmp_path: Path, data: Path
):
    (tmp_path / "locks.txt").write_bytes(b"\xef\xbb\xbfClassify this text.\r\n\r\n")
    words = ("--lock", FORM, "--lock-file", tmp_path / "locks.txt")
    run_id = shell("tune", data, "--iterations", 1, *words, "--json").found["run_id"]
    workspace = Workspace.open()
    assert workspace.store.runs.get(run_id).settings.locked == (FORM, "Classify this text.")
    workspace.close()
    done = shell("tune", "--resume", run_id, "--lock", FORM)
    assert (done.code, done.out) == (2, "") and "another --lock" in done.err


@pytest.mark.parametrize("line", [FORM + ".", "First give a short reason", "no such line"])
def test_a_locked_line_that_the_starting_prompt_lacks_is_refused_before_anything_is_stored(
    shell: Shell, data: Path, line: str
):
    done = shell("tune", data, "--lock", line)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1) and line in done.err
    assert shell("runs", "--json").found == {"runs": []}


# ---- definitions first


@pytest.mark.parametrize("words", [(), ("--no-definitions",)])
def test_a_run_begins_with_definitions_unless_it_is_told_not_to(
    shell: Shell, data: Path, words: tuple[str, ...]
):
    done = shell("tune", data, "--json", *words)
    assert ("writes what the labels mean" in done.err) is not words
    run_id = done.found["run_id"]
    refused = shell("tune", "--resume", run_id, "--no-definitions")
    assert refused.code == (2 if not words else 1) and (words or "--no-definitions" in refused.complaint)


# ---- a prompt of one's own in another form


def test_a_run_begins_with_a_text_of_ones_own(shell: Shell, tmp_path: Path, data: Path):
    own = "Sort tickets into bug, docs or idea.\r\n\r\nTicket: {{ text }}"
    (tmp_path / "own.txt").write_bytes(own.encode("utf-8-sig"))
    words = ("--prompt", tmp_path / "own.txt", "--lock", "Sort tickets into bug, docs or idea.")
    done = shell("tune", data, "--iterations", 1, *words, "--json")
    start = done.found["baseline"]["prompt"]
    assert [start[name] for name in sorted(PROMPT)] == [
        "",
        "Sort tickets into bug, docs or idea.",
        "Ticket: ",
        "\n\n" + FORM,
    ]
    assert "a sentence that does was added" in done.err
    again = shell("tune", "--resume", done.found["run_id"], *words[:2])
    assert "another --prompt" not in again.err


# ---- a branch


def test_a_run_begins_with_a_step_of_another_and_keeps_its_locked_lines(shell: Shell, data: Path):
    first = shell("tune", data, "--iterations", 2, "--lock", FORM, "--json").found
    workspace = Workspace.open()
    try:
        step = workspace.store.steps.get(first["run_id"], 1)
        for words, prompt, number in (
            ((data, "--from-step", 1), step.candidate or step.prompt, 1),
            ((), workspace.store.runs.get(first["run_id"]).result.best.prompt, first["best"]["step"]),
        ):
            done = shell("tune", *words, "--from-run", first["run_id"], "--iterations", 1, "--json")
            assert done.code == 0, done.err
            begun = workspace.store.runs.get(done.found["run_id"])
            assert (begun.settings.start, begun.settings.locked) == (prompt, (FORM,))
            assert begun.settings.branch == Branch(first["run_id"], number)
            assert begun.dataset_id == workspace.store.runs.get(first["run_id"]).dataset_id
    finally:
        workspace.close()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--from-step", 1), 2, "--from-run"),
        (("--from-run", "nothing"), 1, "no such run"),
        (("--from-run", "RUN", "--from-step", 99), 1, "no step 99"),
        (("--from-run", "RUN", "--resume", "RUN"), 2, "leave --prompt and --resume out"),
    ],
)
def test_a_branch_that_cannot_be_meant_is_one_sentence(
    shell: Shell, data: Path, words: tuple, code: int, said: str
):
    run_id = shell("tune", data, "--iterations", 1, "--json").found["run_id"]
    done = shell("tune", data, *(run_id if word == "RUN" else word for word in words))
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1) and said in done.err


# ---- numbers of each label


def test_numbers_of_each_label_are_settings_and_what_a_cap_cuts_is_said(shell: Shell, data: Path):
    words = ("--rows-per-label", 100, "--mistakes-per-label", 10, "--correct-per-label", 5)
    done = shell("tune", data, "--max-calls", 120, "--max-heavy-calls", 3, *words, "--json")
    cuts = [
        line for line in done.err.splitlines() if line.startswith("The cap of 120 lightweight calls pays for")
    ]
    assert len(cuts) == 1 and "of the 100 rows of each label" in cuts[0]
    workspace = Workspace.open()
    settings = workspace.store.runs.get(done.found["run_id"]).settings
    workspace.close()
    assert (settings.rows_per_label, settings.mistakes_per_label, settings.correct_per_label) == (100, 10, 5)
    refused = shell("tune", data, "--rows-per-label", 0)
    assert refused.code == 2 and "whole number, 1 or more" in refused.err
