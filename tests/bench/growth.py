"""How time and memory grow with the rows, each work in a process of its own. Not a test:

    PYTHONPATH=. .venv/bin/python tests/bench/growth.py [--rows N …] [--only WORK …] [--rounds N] [--seconds LIMIT]

Seconds are the processor's, which other work on the machine lengthens least, the middle of the rounds; MB is how much
more memory the process has held than before the work (Linux), the most of the rounds. `x` says how many times as much it
is as at a tenth of the rows: 10 is linear, 12 to 14 is n log n, 100 quadratic. Work that takes longer than the limit is
ended and printed as such.

Rows are made: sentences of 8 to 30 words whose frequencies fall as in any language (Zipf), so that the vocabulary grows
with the rows; five labels with words of their own; one row in twenty is another with a word changed. Pages are opened
in this process as Streamlit's own tests do it, on a workspace with two finished runs: `first` is the first opening,
`again` what every later click there costs.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is loaded: cores are shared

import argparse
import json
import math
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from core.types import Dataset, Example, LabelSet

LABELS = ("bug", "documentation", "improvement", "integration", "new_feature")
WORDS_THERE_ARE, OWN_WORDS = 300_000, 300  # in the language, and of a label
Work = Callable[[], object]

# ---- rows


def made_rows(count: int, seed: int = 0) -> tuple[Example, ...]:
    chance = random.Random(seed)
    rows: list[Example] = []
    for number in range(count):
        if rows and number % 20 == 0:
            twin = chance.choice(rows)
            words = twin.text.split()
            words[chance.randrange(len(words))] = _word(_rank(chance))
            rows.append(Example(f"row-{number}", " ".join(words), twin.label))
            continue
        label = chance.randrange(len(LABELS))
        words = [_drawn(chance, label) for _ in range(chance.randint(8, 30))]
        rows.append(Example(f"row-{number}", " ".join(words), LABELS[label]))
    return tuple(rows)


def _drawn(chance: random.Random, label: int) -> str:
    if chance.random() < 0.2:
        return _word(1_000 + label * OWN_WORDS + int(OWN_WORDS * chance.random() ** 2))
    return _word(_rank(chance))


def _rank(chance: random.Random) -> int:
    """1 is the most frequent word."""
    return int(math.exp(chance.random() * math.log(WORDS_THERE_ARE)))


def _word(rank: int) -> str:
    parts, left = [], rank * 7_919 + 13
    while left:
        left, at = divmod(left, 75)
        parts.append("bcdfgklmnprstvz"[at // 5] + "aeiou"[at % 5])
    return "".join(parts)


# ---- what is measured: each takes the rows and a folder, and returns what is timed


def _dataset(rows: Sequence[Example]) -> Dataset:
    return Dataset("bench", LabelSet(LABELS), tuple(rows))


def _import(rows: Sequence[Example], folder: Path) -> Work:
    from core.data.importing.mapping import import_dataset
    from core.exports.dataset import export_dataset

    raw = export_dataset(_dataset(rows), "csv")
    return lambda: import_dataset(raw, "bench")


def _stored(rows: Sequence[Example], folder: Path) -> Work:
    from core.store.store import Store

    store, dataset = Store.open(folder / "whetstone.db"), _dataset(rows)
    return lambda: store.datasets.add(dataset, "bench")


def _read(rows: Sequence[Example], folder: Path) -> Work:
    from core.store.store import Store

    store = Store.open(folder / "whetstone.db")
    dataset_id = store.datasets.add(_dataset(rows), "bench")
    return lambda: store.datasets.get(dataset_id)


def _duplicates(rows: Sequence[Example], folder: Path) -> Work:
    from core.similarity.duplicates import group_near_duplicates

    texts = [row.text for row in rows]
    return lambda: group_near_duplicates(texts)


def _duplicates_by_words(rows: Sequence[Example], folder: Path) -> Work:
    from core.similarity.minhash import group_by_words

    texts = [row.text for row in rows]
    return lambda: group_by_words(texts)


def _split(rows: Sequence[Example], folder: Path) -> Work:
    from core.data.splits import split

    return lambda: split(rows, 0)


def _suspects(rows: Sequence[Example], folder: Path) -> Work:
    from core.label_errors.suspects import find_suspects

    return lambda: find_suspects(rows)


def _in_doubt(rows: Sequence[Example], folder: Path) -> Work:
    from core.label_errors.in_doubt import labels_in_doubt

    return lambda: labels_in_doubt(rows, 0)


def _found_for_review(rows: Sequence[Example], folder: Path) -> Work:
    from core.services.review import find
    from core.workspace import Workspace

    workspace = Workspace(folder)
    dataset_id = workspace.store.datasets.add(_dataset(rows), "bench")
    return lambda: find(workspace, dataset_id)


def _index(rows: Sequence[Example], folder: Path) -> Work:
    from core.llm.embeddings.offline import OfflineEmbedder
    from core.llm.embeddings.row_index import RowIndex

    return lambda: RowIndex(rows, OfflineEmbedder.learned([row.text for row in rows]))


def _nearest(rows: Sequence[Example], folder: Path) -> Work:
    from core.llm.embeddings.offline import OfflineEmbedder
    from core.llm.embeddings.row_index import RowIndex

    texts = [row.text for row in rows]
    index, some = RowIndex(rows, OfflineEmbedder.learned(texts)), texts[:100]
    return lambda: index.nearest(some, 5)


CALCULATIONS: dict[str, Callable[[Sequence[Example], Path], Work]] = {
    "import a CSV": _import,
    "store": _stored,
    "read from the store": _read,
    "near duplicates": _duplicates,
    "near duplicates by words": _duplicates_by_words,
    "split": _split,
    "suspects": _suspects,
    "labels in doubt of a run": _in_doubt,
    "search for Review": _found_for_review,
    "neighbour index": _index,
    "neighbours of 100 texts": _nearest,
}
PAGES = {
    "Overview": "start/overview.py",
    "Dataset": "data/dataset.py",
    "Review": "data/review.py",
    "New run": "tune/new_run.py",
    "Runs": "tune/runs.py",
    "Compare": "tune/compare.py",
    "Playground": "use/playground.py",
}
WORKS = [*CALCULATIONS, *PAGES]


# ---- in a process of its own


def measure(name: str, count: int, folder: Path, rounds: int) -> dict[str, list[float]]:
    if name in PAGES:
        return _measured_page(name, folder)
    seconds, most = [], 0.0
    rows = made_rows(count)
    warm = folder / f"{name} {count} warm".replace(" ", "-")
    warm.mkdir()
    CALCULATIONS[name](rows[:200], warm)()  # what is imported once
    for number in range(rounds):
        place = folder / f"{name} {count} {number}".replace(" ", "-")
        place.mkdir()
        work = CALCULATIONS[name](rows, place)
        took, megabytes = _timed(work)
        seconds.append(took)
        most = max(most, megabytes)
    return {"": [statistics.median(seconds), most]}


def _measured_page(name: str, folder: Path) -> dict[str, list[float]]:
    from streamlit.testing.v1 import AppTest

    os.environ["WHETSTONE_WORKSPACE"] = str(folder)
    app = AppTest.from_file(str(Path(__file__).parents[2] / "pages" / "router.py"), default_timeout=3_600)
    AppTest.from_file(app._script_path, default_timeout=3_600).run()  # what is loaded once
    app.run()
    app.switch_page(PAGES[name])
    first = _timed(app.run)
    assert not app.exception, app.exception
    again = [_timed(app.run) for _ in range(3)]
    return {
        "first": list(first),
        "again": [statistics.median(each[0] for each in again), max(each[1] for each in again)],
    }


def _timed(work: Work) -> tuple[float, float]:
    """Seconds of the processor, and MB more than before."""
    Path("/proc/self/clear_refs").write_text("5")  # forgets the highest so far
    before, started = _memory("VmRSS"), time.process_time()
    _ = work()
    took = time.process_time() - started
    return took, max(0.0, _memory("VmHWM") - before)


def _memory(name: str) -> float:
    """In MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def prepare(count: int, folder: Path) -> None:
    """A workspace with the rows, two finished runs, and labels in doubt."""
    from core.services.review import find
    from core.services.runs import create_run, execute_here
    from core.types import Settings
    from core.workspace import Workspace

    workspace = Workspace(folder)
    dataset_id = workspace.store.datasets.add(_dataset(made_rows(count)), "bench")
    for seed in (0, 1):
        run_id = create_run(workspace, dataset_id, Settings(seed=seed, iterations=1))
        execute_here(workspace, run_id, lambda progress: None, lambda step: None)
    find(workspace, dataset_id)
    workspace.close()


# ---- the table


def child(arguments: Sequence[str], limit: float) -> str | None:
    """What it printed last; None where it took longer than the limit, "" where it failed."""
    command = [sys.executable, __file__, *arguments]
    try:
        ended = subprocess.run(command, timeout=limit, capture_output=True, text=True)
    except subprocess.TimeoutExpired:
        return None
    if ended.returncode:
        print(ended.stderr[-2_000:], file=sys.stderr)
        return ""
    return (ended.stdout.strip().splitlines() or [""])[-1]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, nargs="*", default=[1_000, 10_000])
    asked.add_argument("--only", nargs="*", default=WORKS, choices=WORKS)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--seconds", type=float, default=900.0, help="limit for each work")
    asked.add_argument("--child", nargs=3, metavar=("WORK", "ROWS", "FOLDER"), help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.child:
        name, rows, folder = given.child
        if name == "prepare":
            prepare(int(rows), Path(folder))
        else:
            print(json.dumps(measure(name, int(rows), Path(folder), given.rounds)))
        return
    print(f"{'':34}" + "".join(f"{count:>12,} rows{'':10}" for count in given.rows))
    print(f"{'':34}" + f"{'seconds':>9}{'x':>5}{'MB':>8}{'x':>5}" * len(given.rows))
    with tempfile.TemporaryDirectory() as folder:
        spaces = {count: Path(folder) / str(count) for count in given.rows}
        if set(given.only) & set(PAGES):
            for count, place in spaces.items():
                child(["--child", "prepare", str(count), str(place)], 4 * given.seconds)
        for name in given.only:
            _line(name, given, spaces if name in PAGES else dict.fromkeys(spaces, Path(folder)))


def _line(name: str, given: argparse.Namespace, places: dict[int, Path]) -> None:
    found: dict[str, dict[int, list[float] | str]] = {}
    for count, place in places.items():
        arguments = [
            "--rounds",
            str(given.rounds if count < 50_000 else 1),
            "--child",
            name,
            str(count),
            str(place),
        ]
        told = child(arguments, given.seconds)
        figures = (
            json.loads(told)
            if told
            else dict.fromkeys(found or [""], "too long" if told is None else "failed")
        )
        for part, figure in figures.items():
            found.setdefault(part, {})[count] = figure
    for part, by_rows in found.items():
        print(
            f"{' '.join(filter(None, (name, part))):34}"
            + "".join(_cells(by_rows, count) for count in places),
            flush=True,
        )


def _cells(by_rows: dict[int, list[float] | str], count: int) -> str:
    figure, tenth = by_rows.get(count, "failed"), by_rows.get(count // 10)
    if isinstance(figure, str):
        return f"{figure:>27}"
    times = (
        [each / before if before else 0.0 for each, before in zip(figure, tenth, strict=True)]
        if isinstance(tenth, list)
        else []
    )
    growth = [f"{each:.0f}" if each else "" for each in times] or ["", ""]
    return f"{figure[0]:>9.2f}{growth[0]:>5}{figure[1]:>8.0f}{growth[1]:>5}"


if __name__ == "__main__":
    main()
