"""Files classified in the background: whole, resumed after a kill, stopped, the same as the command line
writes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.cli.main import main
from core.errors import Conflict, DataError, NotFound, UsageError
from core.jobs.file_job import DONE, FAILED, INTERRUPTED, RUNNING, STOPPED, Upload
from core.prompts.files import PromptFile, to_json
from core.prompts.starting_prompt import starting_prompt
from core.services.file_jobs import FileJobs
from core.services.playground import PromptedModel
from core.types import Dataset, LabelSet, Outcome
from core.workspace import Workspace
from tests.fakes import acts
from tests.fakes.server import FakeServer

ROOT = Path(__file__).parents[3]
KEY = "sk-test-Zx81Qm7TtuwRk02LpVd9"
LABELS = LabelSet(("bug", "documentation"))
TOLD = starting_prompt(
    LabelSet(LABELS.names, {"documentation": "docs, documentation", "bug": "crash, error"})
)
OFFLINE = PromptedModel(TOLD, LABELS.names, "offline:reader")
PAID = PromptedModel(TOLD, LABELS.names, "openai:gpt-6-luna")
ROWS = 300
BIG = ("id,text\r\n" + "".join(f"r{n},fix docs number {n}\r\n" for n in range(ROWS))).encode()
CHILD = """
import sys, time
from pathlib import Path
from core.jobs.file_job import Upload
from core.services.file_jobs import FileJobs
from core.workspace import Workspace
from tests.core.services.test_file_worker import BIG, PAID
here = Workspace.open(Path(sys.argv[1]))
print(FileJobs(here).start(sys.argv[2], Upload("big.csv", BIG), PAID), flush=True)
time.sleep(60)
"""


def wait(until: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def ended(workspace: Workspace, job: str):
    wait(lambda: FileJobs(workspace).status(job).state != RUNNING)
    return FileJobs(workspace).status(job)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace(tmp_path / "workspace", {})
    yield opened
    opened.close()


def added(workspace: Workspace) -> str:
    return workspace.store.datasets.add(Dataset("issues", LABELS, ()), "test")


def at_server(tmp_path: Path, server: FakeServer) -> Workspace:
    return Workspace(tmp_path / "wire", {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.openai_url})


UGLY = '\ufeffid,text,label,reason\r\n1,"a, ""crash""\nover lines",old,=cmd()\r\n2,,x,\r\n3,<b>docs</b> | é,,-\r\n'.encode()


def test_it_writes_what_the_command_line_writes(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture
):
    job = FileJobs(workspace).start(added(workspace), Upload("ugly.csv", UGLY), OFFLINE)
    assert ended(workspace, job).state == DONE
    (tmp_path / "ugly.csv").write_bytes(UGLY)
    (tmp_path / "p.json").write_text(to_json(PromptFile(TOLD, LABELS.names)), encoding="utf-8")
    paths = [str(tmp_path / name) for name in ("ugly.csv", "out.csv", "p.json", "other")]
    assert main(["classify", paths[0], paths[1], "--prompt", paths[2], "--workspace", paths[3]]) == 0
    assert FileJobs(workspace).csv(job).encode() == (tmp_path / "out.csv").read_bytes()
    header, first, blank, _ = FileJobs(workspace).table(job)
    assert header == ["text", "label", "outcome", "reason", "id", "input_label", "input_reason"]
    assert first[1:3] == ["bug", "label"] and blank[1:3] == ["", "failed"] and "no text" in blank[3]


def test_a_row_that_cannot_be_stored_says_so_and_the_others_are_answered(workspace: Workspace):
    raw = b'[{"text": "docs \\ud800"}, {"text": "docs \\u0000"}, {"text": "docs"}]'
    job = FileJobs(workspace).start(added(workspace), Upload("x.json", raw), OFFLINE)
    assert ended(workspace, job).state == DONE
    first, second, third = FileJobs(workspace).table(job)[1:]
    assert first[2] == second[2] == "failed" and "surrogate" in first[3] and "NUL" in second[3]
    assert third[1] == "documentation"


def test_a_killed_one_is_resumed_and_asks_only_what_is_missing(tmp_path: Path):
    with FakeServer(key=KEY, latency=0.02) as server:
        here = at_server(tmp_path, server)
        dataset = added(here)
        there = {
            **os.environ,
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": server.openai_url,
            "PYTHONPATH": str(ROOT),
        }
        there.pop("WHETSTONE_DATABASE_URL", None)
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(here.folder), dataset],
            cwd=ROOT,
            env=there,
            stdout=subprocess.PIPE,
            text=True,
        )
        job = child.stdout.readline().strip()
        wait(lambda: len(FileJobs(here).answers(job)) >= ROWS // 3)
        assert FileJobs(here).status(job).state == RUNNING, "seen from another process, too"
        assert not FileJobs(here).resume(job), "nobody else may take it up"
        with pytest.raises(Conflict):
            FileJobs(here).delete(job)
        os.kill(child.pid, signal.SIGKILL)
        child.wait(10)
        left = FileJobs(here).status(job)
        assert left.state == INTERRUPTED and ROWS // 3 <= left.figures.done < ROWS
        with (here.folder / "classified" / job / "answers.jsonl").open("ab") as file:
            file.write(b'{"place": 299, "outcome": "lab')  # as if cut off in the middle of a line
        assert FileJobs(here).resume(job) and ended(here, job).state == DONE
        table = FileJobs(here).table(job)
        assert [row[4] for row in table[1:]] == [f"r{n}" for n in range(ROWS)] and {
            row[2] for row in table[1:]
        } == {"label"}
        times = Counter(str(body["messages"][-1]["content"]) for body in server.bodies)
        assert len(times) == ROWS and sum(times.values()) <= ROWS + 32, (
            "paid twice: at most what was under way at the kill"
        )
        assert max(times.values()) <= 2
        here.close()


def test_it_stops_when_told_and_goes_on_later(tmp_path: Path):
    with FakeServer(key=KEY, latency=0.05) as server:
        here = at_server(tmp_path, server)
        job = FileJobs(here).start(added(here), Upload("big.csv", BIG), PAID)
        wait(lambda: FileJobs(here).status(job).figures.done > 0)
        FileJobs(here).stop(job)
        stopped = ended(here, job)
        assert stopped.state == STOPPED and 0 < stopped.figures.done < ROWS
        assert {row[2] for row in FileJobs(here).table(job)[1:]} == {"label", "failed"}, (
            "what is there can be taken away already"
        )
        server.latency = 0.0
        assert FileJobs(here).resume(job) and ended(here, job).figures.done == ROWS
        FileJobs(here).delete(job)
        with pytest.raises(NotFound):
            FileJobs(here).request(job)
        assert FileJobs(here).all("another") == ()
        here.close()


def test_failed_calls_are_asked_again_and_nothing_else(tmp_path: Path):
    with FakeServer(key=KEY) as server:
        here = at_server(tmp_path, server)
        server.script.extend([acts.FILTERED_REQUEST, acts.FILTERED_REQUEST])
        job = FileJobs(here).start(
            added(here), Upload("x.csv", b"text\none docs\ntwo docs\nthree docs\n"), PAID
        )
        first = ended(here, job)
        assert (first.state, first.figures.done, first.figures.failed) == (
            DONE,
            3,
            2,
        ) and first.figures.cost_usd > 0
        assert FileJobs(here).resume(job)
        again = ended(here, job)
        assert (again.state, again.figures.failed) == (DONE, 0) and len(server.bodies) == 5
        here.close()


def test_a_wrong_key_ends_it_with_a_sentence_and_without_the_key(tmp_path: Path):
    with FakeServer(key="another") as server:
        here = at_server(tmp_path, server)
        job = FileJobs(here).start(added(here), Upload("x.csv", b"text\none docs\n"), PAID)
        failed = ended(here, job)
        assert failed.state == FAILED and failed.error and KEY not in failed.error
        kept = b"".join(
            path.read_bytes() for path in (here.folder / "classified").rglob("*") if path.is_file()
        )
        assert KEY.encode() not in kept
        here.close()


def test_closing_the_workspace_leaves_it_to_be_resumed(tmp_path: Path):
    with FakeServer(key=KEY, latency=0.05) as server:
        here = at_server(tmp_path, server)
        job = FileJobs(here).start(added(here), Upload("big.csv", BIG), PAID)
        wait(lambda: FileJobs(here).status(job).figures.done > 0)
        here.close()
        again = at_server(tmp_path, server)
        assert FileJobs(again).status(job).state == INTERRUPTED
        server.latency = 0.0
        assert FileJobs(again).resume(job) and ended(again, job).state == DONE
        again.close()


def test_what_cannot_begin_is_refused_and_leaves_nothing(workspace: Workspace):
    dataset = added(workspace)
    with pytest.raises(UsageError):
        FileJobs(workspace).start(dataset, Upload("big.csv", BIG), PAID)  # no key
    with pytest.raises(DataError):
        FileJobs(workspace).start(dataset, Upload("empty.csv", b""), OFFLINE)
    with pytest.raises(DataError):
        FileJobs(workspace).start(
            dataset, Upload("big.csv", BIG), PromptedModel(TOLD, ("bug", "poem"), "offline:reader")
        )
    shown = Workspace(workspace.folder, {"WHETSTONE_READ_ONLY": "1"})
    with pytest.raises(UsageError, match="read-only"):
        FileJobs(shown).start(dataset, Upload("big.csv", BIG), OFFLINE)
    for name in ("../x", "", "nothere", "/etc"):
        with pytest.raises(NotFound):
            FileJobs(workspace).request(name)
    assert FileJobs(workspace).all(dataset) == () and not list((workspace.folder / "classified").glob("*"))
    shown.close()


def test_the_price_is_told_by_the_texts(tmp_path: Path):
    with FakeServer(key=KEY) as server:
        here = at_server(tmp_path, server)
        part = FileJobs(here).price(added(here), PAID, ["docs"] * 1_000 + [""], here.model_context())
        assert part.calls == 1_000 and part.usd.low > 0 and server.bodies == []
        here.close()


def test_outcomes_are_never_mixed(workspace: Workspace):
    job = FileJobs(workspace).start(added(workspace), Upload("x.csv", b"text\ndocs\n"), OFFLINE)
    ended(workspace, job)
    assert FileJobs(workspace).answers(job)[0].outcome is Outcome.LABEL


def test_rows_that_the_model_refuses_end_no_file_that_is_begun_again(tmp_path: Path):
    """They are all that is left to be asked, by a program that has no answer of the model yet."""
    content = ("text\n" + "".join(f"docs number {n}\n" for n in range(12))).encode()
    with FakeServer(key=KEY) as server:
        first = at_server(tmp_path, server)
        job = FileJobs(first).start(added(first), Upload("docs.csv", content), PAID)
        assert ended(first, job).state == DONE
        first.replies.clear()
        first.close()
        with (tmp_path / "wire" / "classified" / job / "answers.jsonl").open("a") as answers:
            answers.writelines(f'{{"place":{n},"outcome":"failed","error":"no"}}\n' for n in range(5, 10))
        server.check = lambda path, body: "no"
        again = at_server(tmp_path, server)
        FileJobs(again).resume(job)
        status = ended(again, job)
        assert status.state == DONE and status.figures.failed == 5, status
        again.close()
