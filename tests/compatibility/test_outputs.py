"""Commands print and write what they did before the code moved, word by word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.compatibility.outputs import CASES, GOLDEN, Case, files, output


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_command_prints_and_writes_what_it_did(case: Case, tmp_path: Path, no_keys: None):
    came = output(case, tmp_path)
    assert came.code == case.code
    for path, text in files(case, came):
        assert text == path.read_bytes().decode("utf-8"), path.name
    if "--json" in case.words:
        golden = json.loads((GOLDEN / f"{case.name}.json").read_bytes())
        assert came.printed == json.dumps(golden, ensure_ascii=False) + "\n", "byte for byte"


def test_every_golden_file_belongs_to_a_case():
    names = {case.name for case in CASES}
    assert {path.name.partition(".")[0] for path in GOLDEN.iterdir()} == names
