"""What every command has in common: exit codes, one line for what is refused, one object on stdout."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import core
from core.cli.main import main
from core.cli.output import Output
from core.errors import CapReached, DataError, Stopped, UsageError
from tests.core.cli.conftest import Shell
from tests.core.cli.trade import rows, write_csv

ROOT = Path(__file__).resolve().parents[3]


def test_the_version_is_told(shell: Shell):
    done = shell("--version")
    assert (done.code, done.out, done.err) == (0, f"whetstone {core.__version__}\n", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("evaluat",),
            "There is no command 'evaluat': did you mean evaluate? All that can be typed: python -m core",
        ),
        (("frobnicate",), "There is no command 'frobnicate'."),
        (("README.md",), "but a file: python -m core tune README.md."),
        (("tune", "My", "issues"), "a name with spaces stands in quotation marks"),
        (("tune", "a.csv", "--max-calls"), "--max-calls needs a value behind it."),
        (("evaluate", "a.csv", "--prompt", "p.json", "-o", "-", "--json"), "both write to standard output"),
        (("--json",), "python -m core COMMAND --json"),
        (("tune", "--json"), "tune needs a labelled file"),
        (("tune", "a.csv", "--colour", "red"), "--colour"),
        (("tune", "a.csv", "--iter", "3"), "There is no option --iter: did you mean --iterations?"),
        (("tune", "a.csv", "--max-heavy-cals", "3"), "did you mean --max-heavy-calls?"),
        (("tune", "a.csv", "--iterations", "x"), "'x' is not a whole number, 0 or more"),
        (("tune", "a.csv", "--iterations", "-1"), "'-1' is not a whole number, 0 or more"),
        (("tune", "a.csv", "--max-calls", "-5"), "'-5' is not a whole number, 0 or more"),
        (("tune", "a.csv", "--budget-usd", "nan"), "'nan' is not an amount of dollars"),
        (("tune", "a.csv", "--budget-usd", "cheap"), "'cheap' is not an amount of dollars"),
        (("tune", "a.csv", "--seed", "1.5"), "'1.5' is not a whole number"),
        (("tune", "a.csv", "--strategy", "luck"), "--strategy: 'luck' is no choice. Choose edit or rewrite."),
        (("tune", "a.csv", "--strategy", "edits"), "did you mean edit?"),
        (("tune", "a.csv", "--objective", "balancd"), "did you mean balanced?"),
        (("tune", "a.csv", "--label", "bug", "--label", "idea"), "classify --labels bug,idea"),
        (
            ("evaluate", "a.csv"),
            "--prompt is missing: prompt file (that of a run: export latest --format json --out prompt.json), or",
        ),
        (("evaluate", "a.csv", "--prompt", "p.json", "--split", "exam"), "'exam' is no choice"),
        (("classify", "a.csv", "--prompt", "p.json"), "OUT"),
        (
            ("evaluate", "a.csv", "--prompt", "p.json", "--fail-under", "80"),
            "'80' is not a share from 0 to 1",
        ),
        (("suspects",), "DATA"),
        (("suspects", "a.csv", "--limit", "0"), "'0' is not a whole number, 1 or more"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(shell: Shell, words: tuple[str, ...], said: str):
    done = shell(*words)
    assert (done.code, done.out) == (2, "")
    assert said in done.complaint


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DataError("The file is empty:\nfill it."), 1),
        (UsageError("No such thing."), 2),
        (CapReached("Spent."), 3),
        (Stopped("Stopped."), 3),
        (KeyboardInterrupt(), 3),
        (FileNotFoundError(2, "No such file or directory", "a.csv"), 1),
        (PermissionError("no"), 1),
    ],
)
def test_each_kind_of_end_has_its_exit_code_and_one_line(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
):
    def fail(workspace: object) -> Output:
        raise error

    monkeypatch.setattr("core.cli.words.runs.list_output", fail)
    done = shell("runs")
    assert (done.code, done.out) == (code, "")
    assert done.err.count("\n") == 1 and done.err.strip()


def test_a_file_that_is_not_there_is_named(shell: Shell, tmp_path: Path):
    done = shell("tune", tmp_path / "nothing.csv")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"There is no file {tmp_path / 'nothing.csv'}: ") and done.err.count("\n") == 1


def test_alone_it_shows_what_there_is(shell: Shell):
    done = shell()
    assert (done.code, done.out) == (2, "") and "Find a better prompt:" in done.err and "suspects" in done.err


def test_an_empty_folder_is_no_data(shell: Shell, tmp_path: Path):
    assert "None of the files holds data" in shell("tune", tmp_path).complaint


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize("flag", ["--json", None])
def test_whatever_stdout_can_hold_the_answer_gets_out(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, flag: str | None
):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    answer = Output({"label": "Müll 💡 \udc80"}, "Müll 💡 \udc80")
    monkeypatch.setattr("core.cli.words.runs.list_output", lambda workspace: answer)
    assert main(["runs", flag] if flag else ["runs"]) == 0
    sys.stdout.flush()
    said = raw.getvalue().decode(encoding)
    assert said.endswith("\n") and not said.endswith("\n\n")
    if flag:
        assert json.loads(said) == {"label": "Müll 💡 \udc80"}
    else:
        assert "ll" in said and "\\udc80" in said


def test_a_reader_who_has_seen_enough_is_no_error(workspace: Path):
    """As `python -m core runs | head -1` may do."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "core", "runs"],
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_is_changed_or_spent_where_the_workspace_is_only_shown(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    data = write_csv(tmp_path / "a.csv", rows(24))
    assert shell("tune", data, "--iterations", 1, "--out", tmp_path / "p.json").code == 0
    before = shell("runs", "--json").found
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    refused = [
        ("tune", data),
        ("tune", "--resume", before["runs"][0]["run_id"]),
        ("import", data, "--as", "mine"),
        ("cache", "--clear"),
        ("evaluate", data, "--prompt", tmp_path / "p.json"),
        ("classify", data, tmp_path / "o.csv", "--prompt", tmp_path / "p.json"),
    ]
    for words in refused:
        done = shell(*words)
        assert done.code in (1, 2) and "WHETSTONE_READ_ONLY" in done.complaint, words
    assert not (tmp_path / "o.csv").exists()
    assert shell("runs", "--json").found == before
    assert shell("cache").code == 0
