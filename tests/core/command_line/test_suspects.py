"""`suspects`: no run, no key, nothing stored."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from core.samples import FOLDER
from core.state.files import write_text
from tests.core.command_line.conftest import Shell
from tests.core.command_line.trade import rows, write_csv

KEYS = {"id", "text", "label", "suggested", "doubt", "reasons"}


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    """Rows 7 and 40 are labelled wrongly."""
    table = [[str(number), text, label] for number, (text, label) in enumerate(rows(90))]
    for place in (7, 40):
        table[place][2] = next(label for *_, label in table if label != table[place][2])
    return write_csv(tmp_path / "tickets.csv", table, ("id", "text", "label"))


def test_every_row_is_ranked_as_json_with_the_wrong_ones_first(shell: Shell, tickets: Path):
    done = shell("suspects", tickets, "--json")
    listed = done.found["suspects"]
    assert done.code == 0 and len(listed) == 90 and all(set(row) == KEYS for row in listed)
    assert {row["id"] for row in listed[:2]} == {"7", "40"} and all(row["reasons"] for row in listed[:2])
    truth = {str(number): label for number, (_, label) in enumerate(rows(90))}
    assert all(row["suggested"] == truth[row["id"]] != row["label"] for row in listed[:2])
    assert [row["doubt"] for row in listed] == sorted((row["doubt"] for row in listed), reverse=True)


def test_a_limit_cuts_the_list(shell: Shell, tickets: Path):
    assert [row["id"] for row in shell("suspects", tickets, "--limit", 1, "--json").found["suspects"]] == [
        row["id"] for row in shell("suspects", tickets, "--json").found["suspects"][:1]
    ]
    words = shell("suspects", tickets, "--limit", 1).out
    assert words.count("->") == 1 and "the 1 most doubtful:" in words


def test_words_name_the_labels_the_text_and_the_reasons(shell: Shell, tickets: Path):
    done = shell("suspects", tickets)
    assert done.code == 0 and done.out.startswith("Of 90 rows, 2 labels are in doubt:\n")
    assert "Judged from the other rows it reads as " in done.out and "ticket" in done.out


def test_the_same_seed_gives_the_same_bytes(shell: Shell, tickets: Path):
    assert shell("suspects", tickets, "--seed", 3, "--json").out == shell("suspects", tickets, "--seed", 3, "--json").out


def test_nothing_is_stored(shell: Shell, tickets: Path, workspace: Path):
    assert shell("suspects", tickets).code == 0
    assert not workspace.exists()


def test_excluded_rows_are_not_listed(shell: Shell):
    with (FOLDER / "github_issues.csv").open(encoding="utf-8", newline="") as file:
        excluded = {row["id"] for row in csv.DictReader(file) if row["exclude"]}
    listed = {row["id"] for row in shell("suspects", FOLDER / "github_issues.csv", "--json").found["suspects"]}
    assert excluded and len(listed) == 420 - len(excluded) and not listed & excluded


@pytest.mark.parametrize(("name", "least"), [("github_issues.csv", 0.40), ("insincere_questions.csv", 0.45), ("question_pairs.csv", 0.45)])
def test_planted_labels_are_found(shell: Shell, name: str, least: float):
    """Plain cleanlab finds 22, 37 and 19 % of them (docs/suspects.md); below these bounds something broke."""
    with (FOLDER / name).with_suffix(".truth.csv").open(encoding="utf-8", newline="") as file:
        planted = {row["id"] for row in csv.DictReader(file)}
    listed = shell("suspects", FOLDER / name, "--json").found["suspects"][: len(planted)]
    assert sum(row["id"] in planted for row in listed) / len(planted) >= least


@pytest.mark.parametrize(("content", "said"), [
    ("text,label\none,a\n", "Fewer than two labels"), ("text,label\none,a\ntwo,b\n", "No label is in doubt, judged from 2 rows."),
])
def test_where_nothing_can_be_in_doubt_it_says_so(shell: Shell, tmp_path: Path, content: str, said: str):
    write_text(tmp_path / "few.csv", content)
    done = shell("suspects", tmp_path / "few.csv")
    assert done.code == 0 and said in done.out


def test_a_file_that_cannot_be_read_is_refused_in_one_line(shell: Shell, tmp_path: Path):
    write_text(tmp_path / "bad.csv", "a\n1\n")
    done = shell("suspects", tmp_path / "bad.csv", "--json")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
