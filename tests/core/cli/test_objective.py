"""What counts, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.cli.inputs.objective import costs_from, typed_objective
from core.cli.main import main
from core.errors import UsageError
from core.types import Objective
from core.types.objectives import AUTO

SAMPLES = Path(__file__).resolve().parents[3] / "data" / "samples"


def typed(objective: str | None = None, *floors: str) -> Objective | None:
    return typed_objective(objective, floors)


def test_every_form_is_read():
    assert typed() is None
    assert typed("accuracy") == Objective("accuracy")
    assert typed("balanced", "spam=0.6", "a=b=0.5") == Objective(
        "balanced", recall_floors=(("spam", 0.6), ("a=b", 0.5))
    )
    assert typed("f1:not spam") == Objective("f1", "not spam")
    assert typed("recall:me@home@0.8") == Objective("recall", "me@home", 0.8)
    assert typed(None, "spam=0.6") == Objective("auto", recall_floors=(("spam", 0.6),))
    assert typed("auto") == AUTO


@pytest.mark.parametrize(
    ("objective", "floors"),
    [("f1", ()), ("f1:", ()), ("recall:spam", ()), ("costs", ()), ("accuracy:spam", ()), (None, ("spam",))],
)
def test_what_cannot_be_read_is_refused(objective: str | None, floors: tuple[str, ...]):
    with pytest.raises(UsageError):
        typed(objective, *floors)


def test_costs_are_read_from_json_and_from_a_table(tmp_path: Path):
    as_json, table, wrong = tmp_path / "costs.json", tmp_path / "costs.csv", tmp_path / "wrong.csv"
    as_json.write_text('{"spam": {"ham": 5, "(unreadable)": 2}}')
    table.write_text("label,spam,ham,(unreadable)\nspam,0,5,2\nham,,0,\n")
    wrong.write_text("label,spam,ham\nspam,0,much\n")
    assert costs_from(as_json) == costs_from(table) == (("spam", "ham", 5.0), ("spam", "", 2.0))
    with pytest.raises(UsageError, match="much"):
        costs_from(wrong)
    as_json.write_text("[" * 100_000)  # before: a RecursionError
    with pytest.raises(UsageError, match="is not JSON"):
        costs_from(as_json)
    as_json.write_text('{"spam": {"ham": 1' + "0" * 400 + "}}")  # before: an OverflowError
    with pytest.raises(UsageError, match="write a number, 0 or more"):
        costs_from(as_json)


def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    assert main([*words, "--workspace", str(tmp_path / "w"), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_run_names_its_objective_and_its_figures(tmp_path: Path, capsys):
    five = str(SAMPLES / "five_topics.csv")
    out, prompt = tmp_path / "costs.json", tmp_path / "prompt.json"
    out.write_text('{"bug": {"integration": 4}}')
    tuned = run(
        tmp_path,
        capsys,
        *("tune", five, "--iterations", "1", "--objective", f"costs:{out}", "--recall-floor", "bug=0.1"),
        *("--out", str(prompt)),
    )
    assert tuned["objective"] == {
        "kind": "costs",
        "name": "cost of a row",
        "label": None,
        "precision_floor": None,
        "costs": {"bug": {"integration": 4.0}},
        "recall_floors": {"bug": 0.1},
        "chosen": False,
    }
    assert tuned["baseline"]["validation"]["objective_value"] > 0
    assert tuned["baseline"]["validation"]["balanced_accuracy"] is not None
    read = run(tmp_path, capsys, "evaluate", five, "--prompt", str(prompt))
    assert read["objective"]["kind"] == "accuracy" and read["objective"]["chosen"]
    assert read["objective_value"] == read["accuracy"]
    again = run(tmp_path, capsys, "evaluate", five, "--prompt", str(prompt), "--objective", "balanced")
    assert again["objective_value"] == again["balanced_accuracy"] == read["balanced_accuracy"]


def test_a_label_that_is_not_there_is_refused_before_anything_is_stored(tmp_path: Path, capsys):
    words = ("tune", str(SAMPLES / "five_topics.csv"), "--objective", "f1:eggs")
    assert main([*words, "--workspace", str(tmp_path / "w")]) == 2
    assert "'eggs'" in capsys.readouterr().err
    assert main(["runs", "--workspace", str(tmp_path / "w"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"] == []
