"""docs/notebook.ipynb is run as it stands, by a kernel: inside its running event loop."""

from __future__ import annotations

import os
from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    folder = tmp_path_factory.mktemp("notebook")
    read = nbformat.read(ROOT / "docs" / "notebook.ipynb", as_version=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        nbclient.NotebookClient(read, timeout=300, resources={"metadata": {"path": str(folder)}}).execute(
            env=dict(os.environ)
        )
    assert (folder / "prompt.json").is_file() and (folder / "report.html").is_file()
    return read


def outputs(notebook: nbformat.NotebookNode, kind: str) -> list[str]:
    return [
        output["data"][kind]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if kind in output.get("data", {})
    ]


def test_the_notebook_runs_and_shows_results(notebook: nbformat.NotebookNode):
    html = outputs(notebook, "text/html")
    assert sum("whetstone" in each for each in html) == 3, "the run, the evaluation, the labels of new texts"
    assert "<svg" in next(each for each in html if "whetstone" in each)
    assert any("dataframe" in each for each in html)


def test_it_is_kept_without_outputs(notebook: nbformat.NotebookNode):
    stored = nbformat.read(ROOT / "docs" / "notebook.ipynb", as_version=4)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in stored.cells)
