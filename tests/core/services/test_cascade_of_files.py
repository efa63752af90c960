"""A file in the Playground, answered by the champion's cascade: priced, and the same as the command line writes. An
exported prompt goes without it, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.cli.main import main
from core.confidence.cascade import cascade_to_json
from core.confidence.trial import CascadeWish
from core.jobs.file_job import DONE, Upload
from core.prompts.files import PromptFile
from core.samples import sample
from core.services.cascade import measure
from core.services.cascade.adoption import PROMPT_ALONE, adopt_cascade
from core.services.champions import adopt_prompt
from core.services.datasets import import_sample
from core.services.exports.shown import export_of_prompt
from core.services.file_jobs import FileJobs
from core.services.playground import PromptedModel
from core.services.run_report import compared_run
from core.workspace import Workspace
from tests.core.services.test_file_worker import ended
from tests.pages.made import run_of

TEXTS = ("How do I learn to fix my bike at home?", "Why are they all?", "", "Why do gamers just never wash?")
RAW = "\n".join(["text,confidence", *(f"{text},high" for text in TEXTS)]).encode()


def test_it_is_answered_as_the_command_line_answers(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture
):
    dataset_id = import_sample(workspace, sample("insincere_questions"))
    of = compared_run(workspace, run_of(workspace.store, dataset_id), "run")
    cascade = measure.cascade_of(of, measure.measured_trial(workspace, of, CascadeWish(0.75, samples=2)))
    champion, files = adopt_cascade(workspace, of), FileJobs(workspace)
    side = PromptedModel(of.prompt, of.dataset.labels.names, "offline:reader", cascade=champion.cascade)
    alone = PromptedModel(of.prompt, of.dataset.labels.names, "offline:reader")
    shared = workspace.model_context()
    with_local, by_prompt = (files.price(dataset_id, each, TEXTS, shared).calls for each in (side, alone))
    assert by_prompt == 3 and with_local < by_prompt

    exported = PromptFile(of.prompt, of.dataset.labels.names, "offline:reader")
    export = export_of_prompt(workspace, dataset_id, exported, "a run", None, 500)
    assert PROMPT_ALONE in export.notices

    job = files.start(dataset_id, Upload("few.csv", RAW), side)
    adopt_prompt(workspace, dataset_id, of.prompt, "offline:reader")  # the file goes on as it began
    assert ended(workspace, job).state == DONE
    table = files.table(job)
    assert table[0] == [
        "text", "label", "outcome", "reason", "input_confidence", "answered_by", "confidence", "unsure_label",
    ]  # fmt: skip
    assert [row[5] for row in table[1:]].count("local") >= 1 and table[3][5] == ""

    (tmp_path / "few.csv").write_bytes(RAW)
    (tmp_path / "cascade.json").write_text(cascade_to_json(cascade), encoding="utf-8")
    paths = [str(tmp_path / name) for name in ("few.csv", "out.csv", "cascade.json", "other")]
    assert main(["classify", paths[0], paths[1], "--prompt", paths[2], "--workspace", paths[3]]) == 0
    assert files.csv(job).encode() == (tmp_path / "out.csv").read_bytes()

    later = files.start(dataset_id, Upload("few.csv", RAW), side)  # the champion is another one by now
    assert ended(workspace, later).state == DONE and "answered_by" not in files.table(later)[0]
