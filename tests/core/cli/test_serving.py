"""Served predictions and webhooks from the command line."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from core.prompts.files import PromptFile
from core.prompts.starting_prompt import starting_prompt
from core.services.classify import PromptClassifier, Service
from core.store.store import Store
from core.workspace import Workspace
from tests.core.cli.conftest import Shell
from tests.core.cli.trade import write_csv
from tests.core.services.receiver import SECRET, receiving
from tests.core.store.posting import LABELS, answer, post


def test_predictions_are_listed_shown_and_cleaned_up(shell: Shell, workspace: Path, tmp_path: Path):
    table = [(f"row {number}", LABELS[number % 3]) for number in range(9)]
    shell("import", write_csv(tmp_path / "trade.csv", table), "--as", "trade")
    with closing(Workspace.open(workspace)) as here:
        dataset_id = here.store.datasets.find("trade")
        file = PromptFile(starting_prompt(here.store.datasets.info(dataset_id).labels), LABELS)
        classifier = PromptClassifier(Service(here, dataset_id), file)
        classifier.classify_many([f"text {number}" for number in range(12)], [f"p{n}" for n in range(12)])
        here.store.answers.add(replace(here.store.answers.get("p3"), id="old", at=1_000.0))
        here.store.feedback.give(dataset_id, "p3", score=0.0, note="no")
    listed = shell("predictions", "trade", "--json").found
    assert (listed["predictions"], len(listed["entries"]), listed["keep_days"]) == (13, 10, None)
    assert shell("predictions", "trade", "--search", "TEXT 1", "--json").found["predictions"] == 3
    shown = shell("predictions", "--show", "p3", "--json").found
    assert shown["reply"] and "text 3" in shown["request"]["messages"][-1]["content"]
    assert (
        shown["feedback"][0]["score"] == 0 and "score 0, new (no)" in shell("predictions", "--show", "p3").out
    )
    out = tmp_path / "predictions.csv"
    assert shell("predictions", "trade", "--out", out).code == 0 and len(out.read_text().splitlines()) == 14
    for wrong in ((), ("--clean",), ("--older-than", 3), ("--show", "nobody")):
        assert shell("predictions", *wrong).complaint.endswith("."), wrong
    kept = shell("predictions", "--keep-days", 30, "--json").found
    assert (kept["deleted"], kept["keep_days"]) == (1, 30) and Path(kept["file"]).is_file()
    assert "0 predictions deleted; they are kept for 30 days" in shell("predictions", "--clean").out
    assert shell("predictions", "--keep-days", 0, "--json").found["keep_days"] is None


def test_a_webhook_is_chosen_and_what_it_did_not_take_is_sent_again(
    shell: Shell, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    table = [(f"row {number}", LABELS[number % 3]) for number in range(9)]
    shell("import", write_csv(tmp_path / "trade.csv", table), "--as", "trade")
    refused = shell("feedback", "trade", "--webhook", "https://a.example")
    assert (refused.code, "put it into WHETSTONE_WEBHOOKS first" in refused.complaint) == (2, True)
    with receiving() as receiver:
        monkeypatch.setenv("WHETSTONE_WEBHOOKS", receiver.url)
        monkeypatch.setenv("WHETSTONE_WEBHOOK_SECRET", SECRET)
        assert (
            shell("feedback", "trade", "--webhook", receiver.url, "--json").found["webhook"] == receiver.url
        )
        with Store.open(workspace / "whetstone.db") as store:
            [info] = store.datasets.all()
            store.answers.add(answer(1, info.id))
            post(store, info.id, 1)
            store.deliveries.settle(store.deliveries.claim(), "The receiver answered with status 404.", True)
        assert "1 failed" in shell("feedback", "trade", "--webhook", receiver.url).out
        assert shell("feedback", "trade", "--retry", "--json").found["deliveries"]["sent"] == 1
        assert receiver.got[0]["data"]["note"] == "why 1"
        assert shell("feedback", "trade", "--webhook", "off", "--json").found["webhook"] is None
