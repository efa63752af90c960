"""Neighbour examples: how long an index takes, and what examples are worth. Not a test:

PYTHONPATH=. .venv/bin/python tests/bench/neighbours.py index [ROWS]     100,000 by default: build, open again
from core.data.importing.mapping import import_dataset
from disk, ask PYTHONPATH=. .venv/bin/python tests/bench/neighbours.py worth            none against similar on the sample sets and one made
                                                                         here, untuned; the offline reader
                                                                         answers
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "2")

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from core.data.importing.mapping import import_dataset
from core.data.splits import split
from core.llm.embeddings.open_embedder import offline_embedder
from core.llm.embeddings.row_index import RowIndex
from core.llm.embeddings.vectors import Vectors
from core.metrics.comparison import compare, comparison_in_words
from core.prompts.starting_prompt import starting_prompt
from core.samples import FOLDER
from core.similarity.requests import classify_requests
from core.studies import leak_meter as leak_study
from core.studies.leak_meter import leak_in_words, shots_of
from core.tuning.evaluate import evaluate, evaluate_requests
from core.types import Dataset, Example, FewShot, LabelSet, Prompt, Settings
from core.workspace import Workspace

SETS = ("five_topics.csv", "github_issues.csv", "insincere_questions.csv", "question_pairs.csv")
COUNTS = (2, 4, 8)
THINGS = {
    "delivery": ("parcel", "courier", "tracking", "doorstep", "van", "shipment", "postman", "depot"),
    "payment": ("invoice", "card", "charge", "receipt", "bank", "instalment", "checkout", "transfer"),
    "return": (
        "sizing",
        "exchange",
        "label",
        "send back",
        "wrong colour",
        "too small",
        "store credit",
        "unopened",
    ),
    "account": (
        "password",
        "login",
        "profile",
        "e-mail address",
        "two-factor",
        "username",
        "signed out",
        "newsletter",
    ),
}
FRAMES = (
    "Hello, my {a} is a mess since Monday, and the {b} as well.",
    "Could somebody look at the {a}? I also asked about the {b}.",
    "The {a} again! Last time it was the {b}, I have no patience left.",
    "Just a question on {a} and {b}, no hurry.",
    "I would like to know why the {a} does not go with the {b} any more.",
    "Nothing happens with {a}. What does {b} have to do with it?",
)


def held_back(count: int = 600, seed: int = 2611) -> Dataset:
    """Letters to a shop: two things of one label in a sentence that says nothing; one letter in five names a
    thing of another label, and one label in twenty is wrong."""
    rng, rows = random.Random(seed), {}
    while len(rows) < count:
        label = rng.choice(list(THINGS))
        a, b = rng.sample(THINGS[label], 2)
        if rng.random() < 0.2:
            b = rng.choice(THINGS[rng.choice(list(THINGS))])
        text = rng.choice(FRAMES).replace("{a}", a).replace("{b}", b)
        rows.setdefault(
            text, Example(f"h{len(rows)}", text, label if rng.random() > 0.05 else rng.choice(list(THINGS)))
        )
    return Dataset("held back", LabelSet(tuple(sorted(THINGS))), tuple(rows.values()))


def index(count: int) -> None:
    rng = random.Random(1)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(3, 9))) for _ in range(20_000)]
    shares = [1 / (rank + 10) for rank in range(len(words))]
    rows = [
        Example(
            str(n), " ".join(rng.choices(words, shares, k=rng.randint(6, 25))), "abc"[n % 3], split="train"
        )
        for n in range(count)
    ]
    with tempfile.TemporaryDirectory() as folder, closing(Vectors(folder)) as vectors:
        found = timed(f"{count:,} rows: index built", lambda: build(rows, vectors))
        timed("opened again from disk", lambda: build(rows, vectors))
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        print(f"on disk {size / 1e6:.0f} MB", flush=True)
        texts = [" ".join(rng.choices(words, shares, k=15)) for _ in range(100)] + [
            row.text + "!" for row in rows[:100]
        ]
        taken = []
        for text in texts:
            started = time.perf_counter()
            found.nearest([text], 8)
            taken.append(time.perf_counter() - started)
        ordered = sorted(taken)
        median, usual, longest = (
            1e3 * seconds for seconds in (statistics.median(ordered), ordered[189], ordered[-1])
        )
        print(
            f"a query: median {median:.1f} ms, 95 % within {usual:.1f} ms, longest {longest:.1f} ms",
            flush=True,
        )
        timed("one row more", lambda: found.plus([Example("new", "a text that is new", "a", split="train")]))


def build(rows: list[Example], vectors: Vectors) -> RowIndex:
    return RowIndex(rows, offline_embedder([row.text for row in rows], vectors.path.parent), vectors)


def worth() -> None:
    sets = [import_dataset((FOLDER / name).read_bytes(), name).dataset for name in SETS] + [held_back()]
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        try:
            for dataset in sets:
                of_one(workspace, dataset)
        finally:
            workspace.close()


def of_one(workspace: Workspace, dataset: Dataset) -> None:
    rows = split(dataset.examples, 0)
    held_out = [row for row in rows if row.split in ("validation", "test") and not row.excluded]
    prompt, session, names = (
        starting_prompt(dataset.labels),
        workspace.session(Settings()),
        dataset.labels.names,
    )
    training = [row for row in rows if row.split == "train"]
    found = RowIndex(training, offline_embedder([row.text for row in training]))
    plain = evaluate(session, prompt, held_out, names)
    print(
        f"{dataset.name}: {len(found.rows)} training, {len(held_out)} validation and test rows; none {plain.metrics.accuracy:.3f}"
    )
    for k in COUNTS:
        with_k = shown_prompt(prompt, k)
        shown = [shots_of(each) for each in found.nearest([row.text for row in held_out], k)]
        requests = classify_requests(with_k, [row.text for row in held_out], (), shown)
        read = evaluate_requests(session, requests, held_out, names)
        print(
            f"  {k} similar: {read.metrics.accuracy:.3f}  {comparison_in_words(compare(held_out, plain.predictions, read.predictions))}",
            flush=True,
        )
    print(
        "  " + leak_in_words(leak_study.run(session, shown_prompt(prompt, 4), found, held_out, names)),
        flush=True,
    )


def shown_prompt(prompt: Prompt, k: int) -> Prompt:
    return replace(prompt, few_shot=FewShot("similar", k))


def timed(what: str, work: Callable[[], RowIndex]) -> RowIndex:
    started = time.perf_counter()
    done = work()
    print(f"{what}: {time.perf_counter() - started:.1f} s", flush=True)
    return done


if __name__ == "__main__":
    index(int(sys.argv[2]) if len(sys.argv) > 2 else 100_000) if sys.argv[1:2] == ["index"] else worth()
