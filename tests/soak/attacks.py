"""The attacks on "no call is ever paid twice". Each leaves a row: what the server answered, how many of these requests
differ, and what the run, command or file told of its calls in the end."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from core.services.file_jobs import FileJobs
from core.store.records import RunStatus
from core.types import Spend
from tests.soak.kept import Kept
from tests.soak.world import CONCURRENCY, TUNE, World, free_port, opened, until, world

ROWS, FILE_ROWS = 120, 400


@dataclass(frozen=True)
class Row:
    """`allowed`: so many repeats the promise lets pass; so many more than were answered may be told, as a call is written
    down before it leaves."""

    attack: str
    blows: int
    answered: int
    distinct: int
    told: int | None
    allowed: int
    notes: str = ""

    @property
    def repeats(self) -> int:
        return self.answered - self.distinct

    @property
    def kept(self) -> bool:
        too_many = 0 if self.told is None else self.told - self.answered
        return self.repeats <= self.allowed and 0 <= too_many <= self.allowed


def killed_tune(folder: Path, seed: int, blows: int = 10) -> Row:
    return _struck_tune(folder, seed, (signal.SIGKILL,), blows)


def stopped_tune(folder: Path, seed: int, blows: int = 4) -> Row:
    return _struck_tune(folder, seed, (signal.SIGTERM, signal.SIGINT), blows)


def _struck_tune(folder: Path, seed: int, signals: tuple[signal.Signals, ...], blows: int) -> Row:
    """One tune, struck again and again, resumed each time, and let go in the end."""
    with world(folder, seed) as here:
        child, struck = here.start("tune", here.data(ROWS), *TUNE), 0
        while struck < blows and here.strike(child, signals[struck % len(signals)], here.rng.randint(5, 25)):
            struck += 1
            child = here.start("tune", "--resume", _run_id(here), "--json")
        child.wait(900)
        name = "kill -9" if signal.SIGKILL in signals else "SIGTERM, SIGINT"
        most = CONCURRENCY * struck if signal.SIGKILL in signals else 0
        return _row(here, f"tune, {name}", struck, most)


def resumed_runs(folder: Path, seed: int, runs: int = 5, blows: int = 3) -> Kept:
    """Runs that are killed and resumed end as the one that nobody disturbed: the same steps, prompts and figures."""
    undisturbed, struck, broken = None, 0, 0
    for number in range(runs + 1):
        with world(folder / str(number), seed + number, latency=0.05) as here:
            child, left = here.start("tune", here.data(ROWS), *TUNE), blows if number else 0
            while left and here.strike(child, signal.SIGKILL, here.rng.randint(10, 90)):
                struck, left = struck + 1, left - 1
                child = here.start("tune", "--resume", _run_id(here), "--json")
            child.wait(900)
            with opened(here) as space:
                record = space.store.runs.all()[0]
                # what was spent differs: a call that a kill has cut off counts as well
                steps = [replace(step, spend={}) for step in space.store.steps.all(record.id)]
                end = record.status, record.result, steps
        undisturbed = undisturbed or end
        broken += end != undisturbed or record.status is not RunStatus.FINISHED
    return Kept("runs resumed after kill -9", struck, runs, broken, "compared with one undisturbed")


def dashboard_run(folder: Path, seed: int, blows: int = 4) -> Row:
    """A run in the dashboard's background, whose process is ended and started again."""
    with world(folder, seed) as here:
        here.start("import", here.data(ROWS)).wait(60)
        with opened(here) as space:
            dataset = space.store.datasets.all()[0].id
        words, struck, left = ["run", dataset], 0, []
        while struck < blows:
            how = (signal.SIGTERM, signal.SIGINT)[struck % 2]
            if not here.strike(_dashboard(here, words), how, here.rng.randint(10, 35)):
                break
            struck += 1
            record = _record(here)
            left.append(record.status.value)
            if record.status is RunStatus.FINISHED:
                break
            words = ["resume", record.id]
        if _record(here).status is not RunStatus.FINISHED:
            last = _dashboard(here, words)
            until(lambda: _record(here).status is RunStatus.FINISHED, 900)
            last.kill()
        return _row(here, "dashboard, SIGTERM, SIGINT", struck, 0, f"left {_tally(left)}")


def two_processes(folder: Path, seed: int) -> Row:
    """The same tune in two processes of one workspace."""
    with world(folder, seed) as here:
        here.start("import", here.data(ROWS)).wait(60)
        with opened(here) as space:
            name = space.store.datasets.all()[0].name
        for child in [here.start("tune", name, *TUNE) for _ in range(2)]:
            child.wait(900)
        return _row(here, "one tune in two processes", 2, 0)


def killed_file(folder: Path, seed: int, blows: int = 4) -> Row:
    return _struck_file(folder, seed, (signal.SIGKILL,), blows)


def stopped_file(folder: Path, seed: int, blows: int = 4) -> Row:
    return _struck_file(folder, seed, (signal.SIGTERM, signal.SIGINT), blows)


def _struck_file(folder: Path, seed: int, signals: tuple[signal.Signals, ...], blows: int) -> Row:
    """A file that the dashboard classifies."""
    with world(folder, seed) as here:
        here.start("import", here.data(ROWS)).wait(60)
        with opened(here) as space:
            dataset = space.store.datasets.all()[0].id
        data, prompt, struck = here.data(FILE_ROWS), here.prompt(), 0
        words = ["file", dataset, str(data), str(prompt)]
        while struck < blows and here.strike(
            _dashboard(here, words), signals[struck % len(signals)], here.rng.randint(10, 30)
        ):
            struck += 1
            words = ["go-on", _job(here, dataset)]
        last = _dashboard(here, words)
        with opened(here) as space:
            until(lambda: FileJobs(space).status(_job(here, dataset)).figures.done == FILE_ROWS, 900)
        last.kill()
        kill = signal.SIGKILL in signals
        name = "kill -9" if kill else "SIGTERM, SIGINT"
        # a file goes with the concurrency of its model's settings, 16
        return Row(f"file, {name}", struck, here.asked, here.distinct, None, 16 * struck if kill else 0)


def stopped_classify(folder: Path, seed: int, blows: int = 4) -> Row:
    with world(folder, seed) as here:
        words = ("classify", here.data(FILE_ROWS), here.folder / "out.csv", "--prompt", here.prompt())
        struck, ask = 0, (*words, "--concurrency", CONCURRENCY)
        while struck < blows and here.strike(
            here.start(*ask), (signal.SIGTERM, signal.SIGINT)[struck % 2], here.rng.randint(15, 50)
        ):
            struck += 1
        here.start(*ask).wait(120)
        return Row("classify, SIGTERM, SIGINT", struck, here.asked, here.distinct, None, 0)


def full_disk(folder: Path, seed: int) -> Row:
    """A tune on a disk of 24 MB that something else fills meanwhile; resumed when there is room again."""
    with world(folder, seed) as here, _small_disk(here.workspace) as fill:
        child = here.start("tune", here.data(ROWS), *TUNE)
        before, tries = here.asked, 0
        until(lambda: here.asked >= before + 60 or child.poll() is not None)
        fill()
        child.wait(120)
        at_first_error = here.asked
        for _ in range(2):  # whoever tries again while it is full
            here.start("tune", "--resume", _run_id(here), "--json").wait(120)
            tries += 1
        sent_while_full = here.asked - at_first_error
        (here.workspace / "filler").unlink()
        here.start("tune", "--resume", _run_id(here), "--json").wait(300)
        notes = f"{sent_while_full} sent after the first error"
        return _row(here, "tune, full disk", 1 + tries, CONCURRENCY, notes)


ATTACKS: tuple[Callable[[Path, int], Row], ...] = (
    killed_tune,
    stopped_tune,
    dashboard_run,
    two_processes,
    killed_file,
    stopped_file,
    stopped_classify,
    full_disk,
)


@contextmanager
def _small_disk(path: Path) -> Iterator[Callable[[], None]]:
    """A tmpfs at `path`, and what fills it to the last byte. It needs root."""
    path.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(path)], check=True)

    def fill() -> None:
        with (path / "filler").open("wb", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    continue

    try:
        yield fill
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def _row(here: World, attack: str, blows: int, allowed: int, notes: str = "") -> Row:
    """Told is what all runs of the workspace say that they called."""
    with opened(here) as space:
        records = space.store.runs.all()
        spends = [spend for record in records for spend in space.spent_by(record).values()]
    uncertain = sum(spend.uncertain for spend in spends)
    status = _tally([record.status.value for record in records])
    notes = "; ".join(filter(None, (f"{uncertain} may have been paid", f"runs {status}", notes)))
    told = sum(spends, Spend()).api
    return Row(attack, blows, here.asked, here.distinct, told, allowed, notes)


def _dashboard(here: World, words: list[str]) -> subprocess.Popen[bytes]:
    return here.child("tests.soak.dashboard", free_port(), *words)


def _record(here: World):
    with opened(here) as space:
        return space.store.runs.all()[0]


def _run_id(here: World) -> str:
    until(lambda: re.search(r"^run (\w+):", here.said(), re.M), 30)
    return re.search(r"^run (\w+):", here.said(), re.M)[1]


def _job(here: World, dataset: str) -> str:
    with opened(here) as space:
        until(lambda: FileJobs(space).all(dataset))
        return FileJobs(space).all(dataset)[0].id


def _tally(words: list[str]) -> str:
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words)) or "none"
