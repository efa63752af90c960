"""How long curating takes with 100,000 rows: filters, edits in place, bulk edits, labels.
Run: PYTHONPATH=. python tests/bench/curating.py [rows] [words a row]"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.store.records import Change, RowQuery
from core.store.store import Store
from core.types import Dataset, Example, LabelSet

WORDS = "login page fails after update button docs missing api token retry export slow crash please add option for dark mode".split()
LABELS = ("bug", "improvement", "new_feature", "documentation", "integration")
SOURCES = ("issues.csv", "forum.csv", "tickets.xlsx")
PAGE, FILTER, EDIT, BULK, ADD = 100, 200, 50, 3_000, 4_000  # milliseconds that are aimed at


@dataclass(frozen=True, slots=True)
class Planned:
    added: tuple[Example, ...]
    changed: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    example_id: str
    field: str
    before: str
    after: str


def main(rows: int, words: int) -> None:
    examples = generated(rows, words)
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "bench.db") as store:
        dataset_id = timed(
            "add", ADD, lambda: store.datasets.add(Dataset("bench", LabelSet(LABELS), examples), "bench")
        )
        size(folder, "after the import")
        suspects = {example.id: "{}" for example in random.Random(1).sample(examples, rows // 20)}
        timed(
            "mark 5 % as suspects",
            BULK,
            lambda: store.marks.replace(dataset_id, "suspect", suspects, "version 1"),
        )
        wrong = {example.id: "bug" for example in random.Random(2).sample(examples, rows // 4)}
        timed("mark 25 % as wrong", BULK, lambda: store.marks.replace(dataset_id, "wrong", wrong, "run 1"))
        edits(store, dataset_id, rows)
        filters(store, dataset_id)
        bulk(store, dataset_id, rows, examples)
        size(folder, "at the end")
    print(f"{'RSS at its highest':44} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:9.0f} MB")


def generated(rows: int, words: int) -> tuple[Example, ...]:
    rng = random.Random(0)
    splits = ("train", "train", "validation", "test")
    return tuple(
        Example(
            f"row-{n}",
            f"{n} " + " ".join(rng.choices(WORDS, k=words)),
            rng.choice(LABELS),
            "Ünsure" if n % 50 == 0 else "",
            n % 40 == 0,
            n % 500 == 0,
            rng.choice(splits),
            rng.choice(SOURCES),
        )
        for n in range(rows)
    )


def edits(store: Store, dataset_id: str, rows: int) -> None:
    change = store.edits.change
    timed("first edit", EDIT, lambda: change(dataset_id, [Change("row-7", "note", "seen", 1)]))
    numbers = random.Random(3).sample(range(10, rows), 200)
    timed(
        "200 edits, each",
        EDIT,
        lambda: [change(dataset_id, [Change(f"row-{n}", "label", LABELS[n % 5])]) for n in numbers],
        200,
    )
    timed(
        "200 reviews, each",
        EDIT,
        lambda: [change(dataset_id, [Change(f"row-{n}", "review", "kept")]) for n in numbers],
        200,
    )
    timed("undo", EDIT, lambda: store.edits.undo(dataset_id))
    timed("history of a row", EDIT, lambda: store.edits.history(dataset_id, "row-7"))
    timed("history", EDIT, lambda: store.edits.history(dataset_id))
    timed("upcoming", EDIT, lambda: store.edits.upcoming(dataset_id))


def filters(store: Store, dataset_id: str) -> None:
    queries = {
        "first page": RowQuery(),
        "last page": RowQuery(page=10**6),
        "label": RowQuery(labels=("bug",)),
        "two labels, page 100": RowQuery(labels=("bug", "improvement"), page=100),
        "split": RowQuery(splits=("test",)),
        "excluded": RowQuery(excluded=True),
        "not excluded": RowQuery(excluded=False),
        "noted": RowQuery(noted=True),
        "canonical": RowQuery(canonical=True),
        "suspect": RowQuery(suspect=True),
        "no suspect": RowQuery(suspect=False),
        "wrong": RowQuery(wrong=True),
        "edited": RowQuery(edited=True),
        "not edited": RowQuery(edited=False),
        "reviewed": RowQuery(reviewed=True),
        "source": RowQuery(sources=("forum.csv",)),
        "label, split, suspect, not reviewed": RowQuery(
            labels=("bug",), splits=("train",), suspect=True, reviewed=False, excluded=False
        ),
        "wrong, suspect, source, not edited": RowQuery(
            wrong=True, suspect=True, sources=("forum.csv",), edited=False
        ),
        "nothing found": RowQuery(labels=("none",), wrong=True),
        "search, many hits": RowQuery(search="dark"),
        "search, no hit": RowQuery(search="ÜNFOUND"),
        "search, label, wrong": RowQuery(search="login", labels=("bug",), wrong=True),
        "by doubt": RowQuery(sort="doubt"),
        "by doubt, suspects": RowQuery(sort="doubt", suspect=True),
        "by doubt, page 200": RowQuery(sort="doubt", page=200),
        "by label": RowQuery(sort="label", page=50),
        "by edits": RowQuery(sort="edits", descending=True),
        "by text": RowQuery(sort="text", page=2),
    }
    for name, query in queries.items():
        timed(
            "page: " + name,
            PAGE if name.endswith("page") else FILTER,
            lambda query=query: store.rows.page(dataset_id, query),
        )
    timed("counts", PAGE, lambda: store.rows.counts(dataset_id))
    timed("sources", PAGE, lambda: store.rows.sources(dataset_id))


def bulk(store: Store, dataset_id: str, rows: int, examples: tuple[Example, ...]) -> None:
    half = RowQuery(labels=LABELS[:2] + LABELS[3:4], excluded=False)
    found = store.rows.page(dataset_id, half).total
    timed(f"exclude {found:,} rows", BULK, lambda: store.edits.change_all(dataset_id, half, "excluded", True))
    timed("undo that", BULK, lambda: store.edits.undo(dataset_id))
    timed("redo that", BULK, lambda: store.edits.redo(dataset_id))
    timed("upcoming", EDIT, lambda: store.edits.upcoming(dataset_id))
    timed("history", EDIT, lambda: store.edits.history(dataset_id))
    store.edits.undo(dataset_id)
    timed("relabel all", BULK, lambda: store.edits.change_all(dataset_id, RowQuery(), "label", "improvement"))
    timed("undo that", BULK, lambda: store.edits.undo(dataset_id))
    timed(
        "merge two labels into another",
        BULK,
        lambda: store.labels.merge(dataset_id, ("improvement", "integration"), "new_feature"),
    )
    timed("undo that", BULK, lambda: store.edits.undo(dataset_id))
    timed("rename a label", BULK, lambda: store.labels.rename(dataset_id, "bug", "defect"))
    store.edits.undo(dataset_id)
    timed("define a label", EDIT, lambda: store.labels.define(dataset_id, {"bug": "It fails."}))
    again = Planned(
        tuple(Example(f"new-{n}", examples[n].text, "bug") for n in range(rows // 10)),
        tuple(
            Difference(f"row-{n}", "text", examples[n].text, examples[n].text + ".") for n in range(rows // 2)
        ),
    )
    timed("import again: 10 % added, 50 % changed", BULK, lambda: store.edits.update(dataset_id, again))
    timed("undo that", BULK, lambda: store.edits.undo(dataset_id))
    timed("redo that", BULK, lambda: store.edits.redo(dataset_id))


def timed(what: str, aim: int, action: Callable[[], Any], times: int = 1) -> Any:
    start = time.perf_counter()
    result = action()
    took = (time.perf_counter() - start) * 1000 / times
    print(f"{what:44} {took:9.1f} ms{'' if took < aim else f'   above {aim:,} ms'}", flush=True)
    return result


def size(folder: str, when: str) -> None:
    total = sum(file.stat().st_size for file in Path(folder).iterdir())
    print(f"{'database ' + when:44} {total / 2**20:9.0f} MB", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, int(sys.argv[2]) if len(sys.argv) > 2 else 35)
