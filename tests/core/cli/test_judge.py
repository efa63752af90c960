"""A judge from the command line: the worked example of docs/judges.md, with its figures."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from core import judge
from core.exports.llm_rubric import to_llm_rubric
from core.exports.request_template import RequestTemplate
from core.prompts.starting_prompt import ANSWER_FORM
from core.samples import FOLDER
from core.services.exports.shown import rubric_of_judge
from core.services.judges.report import judge_report
from core.store.store import Store
from core.types import Example, TextTemplate
from core.workspace import Workspace
from tests.core.cli.conftest import Shell

ANSWERS = FOLDER / "help_desk_answers.csv"
PAGE = " ".join(
    (Path(__file__).resolve().parents[3] / "docs" / "judges.md").read_text(encoding="utf-8").split()
)
NAME = "Help desk answers"


@pytest.fixture
def tuned(shell: Shell) -> dict:
    shell("import", ANSWERS, "--text", "question", "--text", "answer", "--keep-unlabelled", "--as", NAME)
    shell("definitions", NAME, "--set", FOLDER / "help_desk_answers.labels.json")
    return shell("tune", NAME, "--iterations", 6, "--json").found


def test_the_worked_example_has_its_figures(shell: Shell, workspace: Path, tuned: dict, tmp_path: Path):
    unmarked = shell("judge", "latest")
    assert unmarked.code == 2 and "--good" in unmarked.complaint and "“good”" in unmarked.complaint

    out = tmp_path / "disagreements.csv"
    command = ("judge", "latest", "--good", "good", "--answers", NAME)
    price = shell(*command, "--estimate", "--json").found["estimate"]
    assert (price["calls"], price["usd"]) == (60, [0.0, 0.0])
    found = shell(*command, "--out", out, "--json").found
    before, after, verdict = found["before"], found["after"], found["verdict"]
    assert (found["split"], before["agreement"]["k"], after["agreement"]["k"], after["n"]) == (
        "test",
        30,
        39,
        50,
    )
    assert after["agreement"]["value"] == tuned["best"]["test"]["accuracy"]
    assert (
        "30 → 39 of 50" in PAGE
        and f"{verdict['fixed']} disagreements settled, {verdict['broke']} new" in PAGE
    )
    assert f"p = {verdict['p']:.2g}" in PAGE
    kappa = "{:.2f} ({:.2f} to {:.2f})".format(after["kappa"], *after["kappa_interval"])
    assert kappa in PAGE and "13 of 20" in PAGE and "26 of 30" in PAGE
    assert after["confusion"] == {"bad": {"bad": 26, "good": 4}, "good": {"bad": 7, "good": 13}}

    with (FOLDER / "help_desk_answers.truth.csv").open(encoding="utf-8", newline="") as file:
        truth = {row["id"]: row for row in csv.DictReader(file)}
    causes = [(each["cause"], truth.get(each["id"], {}).get("kind", "")) for each in found["disagreements"]]
    assert [kind != "" for cause, kind in causes if cause == "human_wrong"] == [True, True]
    with out.open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(causes) == 11

    rate = found["pass_rate"]
    low, high = rate["interval"]
    told = (
        f"about {100 * rate['corrected']:.0f} of 100 are (95 % interval: {100 * low:.0f} to {100 * high:.0f})"
    )
    assert told in PAGE and told in shell(*command).out
    people = [row["verdict"] for row in truth.values() if row["kind"] == "unjudged"]
    assert low <= people.count("good") / len(people) <= high

    again = judge(found["run_id"], workspace=workspace)  # marked by now
    assert (again.agreement, again.kappa) == (39 / 50, after["kappa"])
    assert again.pass_rate(progress=False).corrected == rate["corrected"]
    assert list(again.to_frame()["cause"]) == [cause for cause, _ in causes]
    with Store.open(workspace / "whetstone.db") as store:
        [info] = store.datasets.all()
        assert info.labels.good == "good"
        store.labels.rename(info.id, "good", "fine")
        assert store.datasets.info(info.id).labels.good == "fine"
    assert judge(found["run_id"], workspace=workspace).agreement == 39 / 50


def test_a_judge_is_handed_over_as_llm_rubric_and_as_plain_text(shell: Shell, tuned: dict, tmp_path: Path):
    run = tuned["run_id"]
    assert "which label" in shell("export", run, "--format", "llm-rubric").complaint
    shell("judge", run, "--good", "good")
    text = shell("export", run, "--format", "llm-rubric").out
    turns = json.loads(json.loads(re.search(r"rubricPrompt: (.*)", text)[1]))
    assert "Question: {{ question }}\nAnswer: {{ output }}\n" in turns[-1]["content"]
    assert '"pass": true' in turns[-1]["content"] and ANSWER_FORM not in text
    assert text.count('type: "llm-rubric"') == 20 and text.count('type: "not-llm-rubric"') == 30
    assert text.count("question: ") == 50 and 'id: "openai:chat:' in text
    workspace = Workspace.open(tmp_path / "workspace", {})
    try:
        offered = rubric_of_judge(workspace, judge_report(workspace, run))
    finally:
        workspace.close()
    assert offered.strip() == text.strip(), "the page hands over the same"
    plain = shell("export", run, "--format", "text").out
    assert plain.startswith(tuned["best"]["prompt"]["system_prompt"].strip())
    assert "Question: {{question}}\nAnswer: {{answer}}\n" in plain and ANSWER_FORM in plain

    new = tmp_path / "new.csv"  # a file with the fields of the dataset, in any order
    new.write_text("answer,question\nPress Share and choose Print.,How do I print?\n,\n", encoding="utf-8")
    rate = shell("judge", run, "--answers", new, "--json").found["pass_rate"]
    assert (rate["asked"], rate["counted"]["n"]) == (1, 1)
    other = shell("judge", run, "--answers", new, "--lightweight", "openai:gpt-6-luna")
    assert other.code == 2 and "offline:reader alone" in other.complaint


def test_a_text_that_promptfoo_would_open_as_a_file_is_no_variable():
    template = TextTemplate(("question", "answer"), "Q: {question}\nA: {answer}")
    asked = RequestTemplate(
        "openai:m", "/chat", "messages", {"model": "m"}, (), "<t>", "</t>", (), "t", made_of=template
    )
    fine = to_llm_rubric(asked, [Example("1", "Q: why?\nA: no", "good")], "t", "good")
    assert "Q: {{ question }}" in fine and 'question: "why?"' in fine
    whole = to_llm_rubric(asked, [Example("1", "Q: file:///etc/passwd\nA: no", "good")], "t", "good")
    assert "{{ output }}" in whole and "question" not in whole
