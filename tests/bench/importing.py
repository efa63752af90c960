"""How long a file of 100,000 rows takes from its bytes to a dataset, in every shape, each written by our own
export. Not a test:

    PYTHONPATH=. .venv/bin/python tests/bench/importing.py [rows] [words a row]

`cpu` is what this process used, `seconds` what passed on the wall, which other work on the machine lengthens;
`to CSV` compares cpu."""

from __future__ import annotations

import random
import resource
import sys
import time

from core.data.formats.registry import export_formats, open_file
from core.data.importing.columns import guess_columns
from core.data.importing.mapping import to_dataset
from core.exports.dataset import export_dataset
from core.types import Dataset, Example, LabelSet

WORDS = "login page fails after update button docs missing api token retry export slow crash please add option for dark mode".split()
LABELS = ("bug", "improvement", "new_feature", "documentation", "integration")
AIM = 10.0


def main(rows: int, words: int) -> None:
    dataset = generated(rows, words)
    first = 0.0
    print(f"{'':14}{'MB':>7}{'written':>9}{'open':>7}{'seconds':>9}{'cpu':>7}{'to CSV':>8}{'RSS MB':>8}")
    for format, ending in ((each.name, each.ending) for each in export_formats().values()):
        started = time.perf_counter()
        raw = export_dataset(dataset, format)
        written = time.perf_counter() - started
        started, cpu = time.perf_counter(), time.process_time()
        table = open_file(raw, "rows" + ending)
        opened = time.perf_counter() - started
        again = to_dataset(table, guess_columns(table), dataset.name).dataset
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        first = first or cpu
        highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        told = "" if again.examples == dataset.examples else "   other rows came back"
        told += "" if seconds < AIM else f"   above {AIM:.0f} s"
        figures = f"{len(raw) / 1e6:7.1f}{written:9.1f}{opened:7.1f}{seconds:9.1f}{cpu:7.1f}{cpu / first:8.1f}{highest:8.0f}"
        print(f"{format:14}{figures}{told}", flush=True)


def generated(rows: int, words: int) -> Dataset:
    rng = random.Random(0)
    splits = ("train", "train", "validation", "test")
    return Dataset(
        "bench",
        LabelSet(tuple(sorted(LABELS))),
        tuple(
            Example(
                f"row-{n}",
                f"{n} " + " ".join(rng.choices(WORDS, k=words)),
                rng.choice(LABELS),
                "Ünsure" if n % 50 == 0 else "",
                n % 40 == 0,
                n % 500 == 0,
                rng.choice(splits),
            )
            for n in range(rows)
        ),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, int(sys.argv[2]) if len(sys.argv) > 2 else 35)
