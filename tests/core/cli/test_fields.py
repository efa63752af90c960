"""Inputs of two columns, from the command line: the worked example of docs/fields.md, with its figures."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from core.store.store import Store
from tests.core.cli.conftest import Shell

ROOT = Path(__file__).resolve().parents[3]
CONTACTS = ROOT / "docs" / "examples" / "contacts.csv"
TEXT = "Subject: {subject}\nMessage: {message}"


def test_the_worked_example_has_its_figures_and_its_template_goes_with_the_prompt(
    shell: Shell, workspace: Path, tmp_path: Path
):
    out, labelled = tmp_path / "contacts.json", tmp_path / "labelled.csv"
    columns = ("--template", TEXT.replace("\n", "\\n"), "--label", "team")
    found = shell("tune", CONTACTS, *columns, "--iterations", 1, "--out", out, "--json").found
    before, after = found["baseline"]["test"]["accuracy"], found["best"]["test"]["accuracy"]
    page = (ROOT / "docs" / "fields.md").read_text(encoding="utf-8")
    assert f"| subject and message | {100 * before:.1f} % | {100 * after:.1f} % |" in page
    assert found["verdict"]["p"] < 0.0001

    template = {"fields": ["subject", "message"], "text": TEXT}
    assert json.loads(out.read_text(encoding="utf-8"))["template"] == template
    with Store.open(workspace / "whetstone.db") as store:
        [info] = store.datasets.all()
        assert info.template.text == TEXT and store.runs.snapshot(found["run_id"]).template == info.template

    measured = shell("evaluate", CONTACTS, "--label", "team", "--prompt", out, "--split", "test", "--json")
    assert measured.found["accuracy"] == after
    assert shell("classify", CONTACTS, labelled, "--prompt", out).code == 0
    with labelled.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["text"] == f"Subject: {rows[0]['subject']}\nMessage: {rows[0]['message']}"
    ready = tmp_path / "ready.csv"
    ready.write_text("text\n" + '"Subject: Invoice\nMessage: See above."' + "\n", encoding="utf-8")
    assert shell("classify", ready, labelled, "--prompt", out, "--json").found["rows"] == 1
    ready.write_text("subject,body\na,b\n", encoding="utf-8")
    refused = shell("classify", ready, labelled, "--prompt", out)
    assert refused.code == 1 and "no column “message”: add it, or give texts that are" in refused.complaint
    for form, part in (
        ("python", "TEMPLATE = "),
        ("promptfoo", "{{ fields["),
        ("md", "Made of `subject`, `message`"),
    ):
        assert part in shell("export", found["run_id"], "--format", form).out
