"""How long the store takes with 100,000 rows, and with a long run. Run: PYTHONPATH=. python
tests/bench/store.py [rows]"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.store.records import Change, RowQuery
from core.store.store import Store
from core.types import (
    Dataset,
    Decision,
    Evaluation,
    Example,
    LabelSet,
    Metrics,
    Outcome,
    Prediction,
    Prompt,
    Settings,
    Step,
    Verdict,
)

WORDS = "login page fails after update button docs missing api token retry export slow crash please add option for dark mode".split()
LABELS = ("bug", "improvement", "new_feature", "documentation", "integration")


def main(rows: int) -> None:
    rng = random.Random(0)
    examples = tuple(
        Example(
            f"row-{n}",
            f"{n} " + " ".join(rng.choices(WORDS, k=35)),
            rng.choice(LABELS),
            note="Ünsure" if n % 50 == 0 else "",
        )
        for n in range(rows)
    )
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "bench.db") as store:
        dataset_id = timed(
            "add", lambda: store.datasets.add(Dataset("bench", LabelSet(LABELS), examples), "bench")
        )
        timed("list of datasets", store.datasets.all)
        timed("get all rows", lambda: store.datasets.get(dataset_id))
        timed("counts", lambda: store.rows.counts(dataset_id))
        queries = {
            "first page": RowQuery(),
            "last page": RowQuery(page=rows),
            "one label, last page": RowQuery(labels=("bug",), page=rows),
            "noted": RowQuery(noted=True),
            "search, many hits": RowQuery(search="dark"),
            "search, one hit": RowQuery(search=f"{rows - 1} "),
            "search, no hit": RowQuery(search="ÜNFOUND"),
            "search in notes": RowQuery(search="ünsure", page=3),
            "sorted by label": RowQuery(sort="label", page=50),
            "sorted by text": RowQuery(sort="text", descending=True, page=2),
        }
        for name, query in queries.items():
            timed("page: " + name, lambda query=query: store.rows.page(dataset_id, query))
        splits = {example.id: rng.choice(("train", "validation")) for example in examples}
        timed("assign all splits", lambda: store.rows.assign_splits(dataset_id, splits))
        timed("change one label", lambda: store.edits.change(dataset_id, [Change("row-7", "label", "bug")]))
        timed(
            "exclude 1,000 rows",
            lambda: store.edits.change(
                dataset_id, [Change(f"row-{n}", "excluded", True) for n in range(1_000)]
            ),
        )
        timed("undo that", lambda: store.edits.undo(dataset_id))
        run_id = timed("create a run (snapshot)", lambda: store.runs.create(dataset_id, Settings()))
        timed("read the snapshot", lambda: store.runs.snapshot(run_id))
        timed("save a step of 20,000 predictions", lambda: store.steps.save(run_id, big_step(0, 20_000)))
        for number in range(1, 20):
            store.steps.save(run_id, big_step(number, 2_000))
        timed("list of runs", store.runs.all)
        timed("figures of 20 steps", lambda: store.steps.figures(run_id))
        timed("20 steps in full", lambda: store.steps.all(run_id))


def big_step(number: int, predictions: int) -> Step:
    made = tuple(
        Prediction(f"row-{n}", Outcome.LABEL, "bug", "bug", "", "It fails. <label>bug</label>")
        for n in range(predictions)
    )
    metrics = Metrics(predictions, predictions, 1.0, (0.9, 1.0), 1.0, 0, 0, 0, (), ())
    prompt = Prompt("a", "b", "c")
    return Step(
        number, prompt, prompt, None, Evaluation(made, metrics), None, Verdict(Decision.ACCEPTED, "kept")
    )


def timed(what: str, action: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    result = action()
    print(f"{what:40} {time.perf_counter() - start:8.3f} s", flush=True)
    return result


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
