"""`classify --engine ray` with workers on this machine: throughput with 1, 2 and 4 of them against a server that takes a
fixed time to answer, a worker killed in the middle, and memory from 10,000 to 1,000,000 rows (of 1,000 different texts,
which the offline reader answers: it is about rows, not calls).

Not a test: `python -m tests.bench.ray_cluster [throughput] [kill] [memory [ROWS…]]`, about ten minutes; it says so where Ray
is not installed."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import psutil

from tests.fakes.process import ROOT, separate_server

LATENCY = 0.2  # seconds that the server takes for a reply
CALLS = 4_000
SIZES = (10_000, 100_000, 1_000_000)
PROMPT = {
    "system_prompt": "Label it.\nLabels: bug, docs, idea",
    "user_prompt_prefix": "Text: ",
    "user_prompt_suffix": "\nAnswer <label>…</label>",
    "bot_reply_prefix": "",
    "labels": ["bug", "docs", "idea"],
    "few_shot": {"strategy": "none", "k": 0, "examples": []},
    "model": None,
}


class Command:
    """`classify --engine ray` under way in a process of its own, and what its processes need."""

    def __init__(self, folder: Path, source: Path, workers: int, *more: str, url: str = ""):
        (folder / "prompt.json").write_text(json.dumps(PROMPT))
        self.target = source.with_suffix(".out.csv")
        model = "openai:gpt-6-luna" if url else "offline:reader"
        command = [sys.executable, "-m", "core", "classify", str(source), str(self.target), "--json", *more]
        command += ["--prompt", str(folder / "prompt.json"), "--lightweight", model, "--engine", "ray"]
        command += ["--workers", str(workers), "--workspace", str(folder / "workspace")]
        keys = {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": url + "/v1"} if url else {}
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | keys, stdout=subprocess.PIPE, text=True
        )
        self.peaks: Counter[str] = Counter()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def result(self) -> dict:
        """What it printed. Raises where it failed."""
        out, _ = self.process.communicate(timeout=1_800)
        self.seconds = time.perf_counter() - self.began
        self._watcher.join()
        assert self.process.returncode in (0, 3) and out, (self.process.returncode, out)
        return json.loads(out)

    def workers(self) -> list[psutil.Process]:
        """Those that classify, as Ray names them."""
        return [each for each in self._family() if "MapWorker" in _name(each)]

    def _family(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def _watch(self) -> None:
        while self.process.poll() is None:
            for kind, process in [
                ("driver", psutil.Process(self.process.pid)),
                *((_kind(each), each) for each in self._family()),
            ]:
                try:
                    memory = process.memory_info()
                    self.peaks[kind] = max(self.peaks[kind], memory.rss - memory.shared)
                except psutil.NoSuchProcess:
                    continue
            time.sleep(0.25)


def _name(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _kind(process: psutil.Process) -> str:
    name = _name(process)
    if "MapWorker" in name or "Permits" in name:
        return "worker" if "MapWorker" in name else "permits"
    return "Ray's " + name.split(" ")[0].rpartition("/")[2].replace("ray::", "")


def texts(path: Path, rows: int, different: int) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        writer.writerows(
            [number, f"A crash at the login page, ticket {number % different}"] for number in range(rows)
        )
    return path


def counts(url: str) -> dict:
    with urllib.request.urlopen(url + "/_counts") as reply:
        return json.load(reply)


def throughput() -> None:
    for workers in (1, 2, 4):
        with tempfile.TemporaryDirectory() as folder, separate_server(LATENCY) as url:
            began: list[float] = []
            source = texts(Path(folder) / "texts.csv", CALLS, CALLS)
            command = Command(Path(folder), source, workers, url=url)
            while not counts(url).get("answered") and command.process.poll() is None:
                time.sleep(0.05)
            began.append(time.perf_counter())
            while counts(url).get("answered", 0) < CALLS and command.process.poll() is None:
                time.sleep(0.05)
            took = time.perf_counter() - began[0]
            found = command.result()
            print(
                f"{workers} workers: {CALLS / took:,.0f} calls a second from the first reply to the last, {command.seconds:.0f} s with the "
                f"start of Ray; {counts(url)} at the server, {found['outcomes']['label']:,} labels"
            )


def killed() -> None:
    with tempfile.TemporaryDirectory() as folder, separate_server(LATENCY) as url:
        source = texts(Path(folder) / "texts.csv", CALLS, CALLS)
        command = Command(Path(folder), source, 2, url=url)
        while counts(url).get("answered", 0) < CALLS // 3:
            time.sleep(0.05)
        victim = command.workers()[0]
        victim.send_signal(signal.SIGKILL)
        found = command.result()
        with command.target.open(newline="", encoding="utf-8-sig") as file:
            ids = [row["id"] for row in csv.DictReader(file)]
        same = ids == [str(number) for number in range(CALLS)]
        print(
            f"a worker of 2 killed after {CALLS // 3:,} of {CALLS:,} calls: every row once and in order: {same}; "
            f"{found['outcomes']['label']:,} labels; {counts(url)} at the server; told: {found['calls']['lightweight']}"
        )


def memory(sizes: tuple[int, ...]) -> None:
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            command = Command(Path(folder), texts(Path(folder) / "texts.csv", rows, 1_000), 2)
            found = command.result()
            peaks = ", ".join(f"{kind} {size / 1e6:.0f} MB" for kind, size in sorted(command.peaks.items()))
            print(
                f"{rows:,} rows ({found['rows']:,} written) in {command.seconds:.0f} s; most memory of its own of a process: {peaks}",
                flush=True,
            )


def main(asked: list[str]) -> None:
    if find_spec("ray") is None:
        print("Ray is not installed (pip install -r requirements-ray.txt): nothing is measured.")
        return
    sizes = tuple(int(each) for each in asked if each.isdigit()) or SIZES
    parts = {"throughput": throughput, "kill": killed, "memory": lambda: memory(sizes)}
    for name, part in parts.items():
        if name in asked or not set(asked) & set(parts):
            part()


if __name__ == "__main__":
    main(sys.argv[1:])
