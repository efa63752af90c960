"""`classify --engine ray` from the command line, with workers that are threads of this process, and once with Ray itself."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from core.data.formats.registry import open_file
from core.distributed.inputs import blocks, parquet_rows
from core.distributed.permits import Permits
from core.exports.table_files import table_bytes
from tests.core.cli.conftest import Shell
from tests.core.cli.trade import KEY, rows, write_csv, write_prompt
from tests.core.distributed.cluster import LocalCluster, LocalOffice, without_ray
from tests.fakes import acts
from tests.fakes.server import FakeServer


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> LocalCluster:
    """Blocks of 20 rows."""
    monkeypatch.setattr(blocks.blocks_of, "__defaults__", (20,))
    monkeypatch.setattr(parquet_rows, "BLOCK_ROWS", 20)
    return without_ray(monkeypatch)


@pytest.fixture
def prompt(tmp_path: Path) -> Path:
    return write_prompt(tmp_path / "prompt.json")


def texts(path: Path, count: int = 90) -> Path:
    table = [[text, f"={number}", "x" * (number % 2)] for number, (text, _) in enumerate(rows(count))]
    table[7][0] = "  "
    table[8][0] = "=a crash\nover two lines"
    return write_csv(path, table, ["text", "id", ""])


def on_ray(folder: Path, prompt: Path) -> tuple[object, ...]:
    """The words of a command that classifies these texts, in this folder."""
    return "classify", texts(folder / "in.csv"), folder / "out.csv", "--prompt", prompt, "--engine", "ray"


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_it_writes_what_one_machine_writes(
    shell: Shell, server: FakeServer, cluster: LocalCluster, prompt: Path, tmp_path: Path, ending: str
):
    table = open_file(texts(tmp_path / "in.csv").read_bytes(), "in.csv")
    source = tmp_path / f"in.{ending}"
    source.write_bytes(table_bytes(source.name, table.columns, table.rows))
    alone = shell("classify", source, tmp_path / f"a.{ending}", "--prompt", prompt, "--json")
    sent = len(server.seen)
    together = shell(
        "classify",
        source,
        tmp_path / f"b.{ending}",
        "--prompt",
        prompt,
        "--engine",
        "ray",
        "--workers",
        2,
        "--json",
    )
    assert together.code == alone.code == 0 and len(server.seen) == sent, "the cache of this machine answers"
    one, other = (open_file((tmp_path / f"{name}.{ending}").read_bytes(), f"x.{ending}") for name in "ab")
    assert one == other
    if ending != "parquet":
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()
    ours, theirs = alone.found, together.found
    assert all(theirs[name] == ours[name] for name in ("rows", "outcomes", "cut_off"))
    assert theirs["calls"]["lightweight"] == {"api": 0, "cached": 89, "failed": 0}
    assert (theirs["engine"], theirs["workers"], theirs["blocks"], theirs["blocks_kept"]) == ("ray", 2, 5, 0)


def test_a_finished_block_is_not_asked_again_and_a_failed_call_is(
    shell: Shell, server: FakeServer, cluster: LocalCluster, prompt: Path, tmp_path: Path
):
    source, target = texts(tmp_path / "in.csv"), tmp_path / "out.csv"
    cluster.node = "another machine"  # whose cache is not that of the workspace
    words = ("classify", source, target, "--prompt", prompt, "--engine", "ray", "--workers", 1, "--json")
    first = shell(*words, "--max-calls", 45)
    assert first.code == 3 and "cap of 45" in first.err and len(server.seen) == 45
    found = first.found
    assert found["rows"] == 90 and found["outcomes"]["label"] == 45
    with target.open(newline="") as file:
        written = list(csv.DictReader(file))
    assert len(written) == 90 and sum(row["reason"].startswith("Not asked: The cap") for row in written) == 44
    again = shell(*words)
    assert again.code == 0 and again.found["outcomes"]["label"] == 89 and len(server.seen) == 89
    assert again.found["blocks_kept"] == 2 and again.found["calls"]["lightweight"]["api"] == 44
    before = target.read_bytes()
    target.unlink()
    once_more = shell(*words)
    assert once_more.found["blocks_kept"] == 5 and len(server.seen) == 89 and target.read_bytes() == before


def test_a_failed_call_is_made_again_and_no_other_one(
    shell: Shell, server: FakeServer, cluster: LocalCluster, prompt: Path, tmp_path: Path
):
    cluster.node = "another machine"
    words = (
        *on_ray(tmp_path, prompt),
        "--json",
    )
    server.check = lambda path, body: "not this one" if "two lines" in str(body) else None
    done = shell(*words, "--workers", 1)
    assert done.code == 0 and done.found["outcomes"] == {
        "label": 88,
        "unknown_label": 0,
        "unreadable": 0,
        "failed": 2,
    }
    shutil.rmtree(cluster.folders[0])
    server.check, server.seen[:] = None, []
    again = shell(*words, "--workers", 1)
    assert (
        again.found["outcomes"]["label"] == 89 and again.found["blocks_kept"] == 4 and len(server.seen) == 1
    )


def test_rows_that_the_model_refuses_are_all_that_they_were_when_the_rest_was_answered_before(
    shell: Shell, server: FakeServer, cluster: LocalCluster, prompt: Path, tmp_path: Path
):
    alone = {text for number, (text, _) in enumerate(rows(90)) if number % 20 == 3}
    server.check = lambda path, body: "no" if any(text in str(body) for text in alone) else None
    words = ("classify", texts(tmp_path / "in.csv"), tmp_path / "out.csv", "--prompt", prompt, "--json")
    for more in (("--engine", "ray", "--workers", 1), ()):
        found = []
        for _ in range(2):
            done = shell(*words, *more)
            assert done.code == 0, done.err
            found.append(done.found["outcomes"])
        assert found[0] == found[1] and found[0]["failed"] > 3, "and the row without a text"


def test_caps_hold_for_all_workers_together(
    shell: Shell, server: FakeServer, cluster: LocalCluster, prompt: Path, tmp_path: Path
):
    done = shell(
        *on_ray(tmp_path, prompt),
        *("--workers", 4, "--max-calls", 33, "--json"),
    )
    assert done.code == 3 and len(server.seen) == 33
    assert done.found["calls"]["lightweight"]["api"] == 33 == done.found["outcomes"]["label"]


def test_every_call_waits_for_its_turn_where_requests_a_minute_are_limited(
    shell: Shell, server: FakeServer, cluster: LocalCluster, prompt: Path, tmp_path: Path, workspace: Path
):
    workspace.mkdir(parents=True)
    (workspace / "limits.toml").write_text("[others]\nrequests_per_minute = 3000\n")
    done = shell(
        *on_ray(tmp_path, prompt),
        *("--workers", 3, "--json"),
    )
    assert done.code == 0 and done.found["outcomes"]["label"] == 89
    assert sum(len(each.turns) for each in cluster.demands) == 89 == len(server.seen)


def test_a_pause_that_one_worker_is_told_of_is_for_all(
    shell: Shell, server: FakeServer, cluster: LocalCluster, prompt: Path, tmp_path: Path
):
    server.script.extend([acts.status(429, "Too many", retry_after="0.2")] * 3)
    done = shell(
        *("classify", texts(tmp_path / "in.csv"), tmp_path / "out.csv", "--prompt", prompt),
        *("--engine", "ray", "--workers", 1, "--json"),
    )
    assert done.code == 0 and done.found["outcomes"]["label"] == 89
    assert any(0 < each.pause <= 0.2 for each in cluster.demands)
    assert done.found["calls"]["lightweight"]["api"] == 89, "who was told to wait made no call"


def test_a_wrong_key_is_refused_and_nothing_is_written(
    shell: Shell,
    server: FakeServer,
    cluster: LocalCluster,
    prompt: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-Zx81")
    done = shell(
        *on_ray(tmp_path, prompt),
        "--workers",
        2,
    )
    assert done.code == 1 and "key" in done.complaint and not (tmp_path / "out.csv").exists()
    assert len(server.seen) <= 2 and not list((tmp_path / "out.csv.blocks").glob("*.jsonl"))


def test_a_block_that_ends_before_its_first_answer_leaves_no_file(
    shell: Shell,
    server: FakeServer,
    cluster: LocalCluster,
    prompt: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    begin = LocalOffice.begin

    def begin_and_stop(office: LocalOffice, block: int, attempt: str) -> str:
        told = begin(office, block, attempt)
        office.stop("Enough.")
        return told

    monkeypatch.setattr(LocalOffice, "begin", begin_and_stop)
    shell(*on_ray(tmp_path, prompt))
    assert server.seen == [] and not list((tmp_path / "out.csv.blocks").glob("*.jsonl"))


def test_the_key_is_in_nothing_that_is_sent_to_workers_or_kept(
    shell: Shell,
    server: FakeServer,
    cluster: LocalCluster,
    prompt: Path,
    tmp_path: Path,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    jobs = []
    monkeypatch.setattr(
        "core.distributed.cluster_run.classify_blocks",
        lambda ray, job, *more: jobs.append(job) or cluster.classify_blocks(ray, job, *more),
    )
    workspace.mkdir(parents=True)
    (workspace / "models.toml").write_text('[prices."openai:light"]\ninput = 1.0\noutput = 0.4\n')
    cluster.node = "another machine"
    source = texts(tmp_path / "in.csv")
    done = shell(
        "classify",
        source,
        tmp_path / "out.csv",
        "--prompt",
        prompt,
        "--engine",
        "ray",
        "--workers",
        1,
        "--json",
    )
    assert done.code == 0 and done.found["cost_usd"]["lightweight"] > 0, "the other machine has the prices"
    job = jobs[0]
    assert KEY not in repr(job) and "crash" not in repr(job.layout) and job.rules.keys() == {"models.toml"}
    folder = cluster.folders[0]
    assert folder != workspace and os.stat(folder).st_mode & 0o777 == 0o700
    for path in [*folder.rglob("*"), *tmp_path.rglob("*")]:
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


def test_a_block_that_another_worker_has_taken_over_ends_no_other_block(
    shell: Shell,
    server: FakeServer,
    cluster: LocalCluster,
    prompt: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    begin, taken = Permits.begin, list[int]()

    def begin_and_lose_one(permits: Permits, block: int, attempt: str) -> str:
        stop = begin(permits, block, attempt)
        if block == 1 and not taken:
            taken.append(block)
            begin(permits, block, "another worker's")
        return stop

    monkeypatch.setattr(Permits, "begin", begin_and_lose_one)
    words = (
        texts(tmp_path / "in.csv"),
        tmp_path / "b.csv",
        "--prompt",
        prompt,
        "--engine",
        "ray",
        "--workers",
        1,
    )
    done = shell("classify", *words, "--json")
    assert taken and sorted(cluster.blocks) == [0, 2, 3, 4], done.err


def test_a_signal_ends_it_and_what_is_finished_is_kept(
    shell: Shell,
    server: FakeServer,
    cluster: LocalCluster,
    prompt: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    real, sent = cluster.classify_blocks, []

    def interrupted(
        ray: object, job: object, limits: object, due: object, watch: Callable[..., str]
    ) -> object:
        def watched(finished: int, state: object) -> str:
            if finished != 2 or sent:
                return watch(finished, state)
            sent.append(finished)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)
            while not (stop := watch(finished, state)):
                time.sleep(0.01)
            return stop

        return real(ray, job, limits, due, watched)

    monkeypatch.setattr("core.distributed.cluster_run.classify_blocks", interrupted)
    done = shell(
        *on_ray(tmp_path, prompt),
        "--workers",
        1,
        "--json",
    )
    assert done.code == 3 and "Stopped by a signal." in done.err
    assert done.found["rows"] == 90 and done.found["outcomes"]["label"] == 39


@pytest.mark.parametrize(
    ("source", "target", "more", "words"),
    [
        ("-", "out.csv", (), "standard input is none"),
        ("folder", "out.csv", (), "reads one file"),
        ("My issues", "out.csv", (), "reads one file"),
        ("in.csv", "-", (), "block by block into a file"),
        ("in.csv", "out.xlsx", (), "block by block into a file"),
        ("in.csv", "out.csv.gz", (), "block by block into a file"),
        ("in.csv.gz", "out.csv", (), "reads one file that ends in"),
        ("in.csv", "out.csv", ("--neighbours", "dataset"), "leave out --neighbours"),
        ("in.csv", "out.csv", ("--sheet", "One"), "--sheet is for workbooks"),
        ("in.csv", "out.csv", ("--prompt", "cascade.json"), "no cascade"),
    ],
)
def test_what_only_one_machine_can_do_is_refused(
    shell: Shell,
    server: FakeServer,
    cluster: LocalCluster,
    prompt: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    target: str,
    more: tuple[str, ...],
    words: str,
):
    monkeypatch.chdir(tmp_path)
    texts(tmp_path / "in.csv")
    (tmp_path / "in.csv.gz").write_bytes(b"\x1f\x8b")
    (tmp_path / "folder").mkdir()
    content = json.loads(prompt.read_text())
    cascade = {"prompt": content, "local": None, "abstain": None}
    (tmp_path / "cascade.json").write_text(json.dumps(cascade))
    done = shell("classify", source, target, "--prompt", prompt, *more, "--engine", "ray")
    assert done.code in (1, 2) and words in done.complaint and not server.seen


def test_workers_are_for_ray_alone(shell: Shell, prompt: Path, tmp_path: Path):
    done = shell(
        "classify", texts(tmp_path / "in.csv"), tmp_path / "out.csv", "--prompt", prompt, "--workers", 2
    )
    assert done.code == 2 and "--workers is for --engine ray" in done.complaint


def test_a_ray_that_does_not_start_is_one_sentence(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Ray raises no class of its own where the machine is too busy."""
    ray, data = ModuleType("ray"), ModuleType("ray.data")
    ray.data = data
    ray.init = lambda **options: (_ for _ in ()).throw(Exception("The current node timed out.\nMore."))
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.setitem(sys.modules, "ray.data", data)
    monkeypatch.setattr("core.distributed.ray_engine.find_spec", lambda name: True)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    words = on_ray(tmp_path, prompt)
    done = shell(*words)
    assert done.code == 1 and done.complaint == (
        "Ray cannot be started on this machine (The current node timed out.): try again when it is less busy."
    )


def test_without_ray_one_sentence_says_how_to_install_it(
    shell: Shell, prompt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("core.distributed.ray_engine.find_spec", lambda name: None)
    done = shell(*on_ray(tmp_path, prompt))
    assert done.code == 2 and done.complaint.endswith("pip install -r requirements-ray.txt")
    assert not (tmp_path / "out.csv.blocks").exists()
