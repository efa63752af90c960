"""What a shortlist of labels is worth with 77 and 150 labels, without a download: accuracy, tokens a call, how often the
right label is on it; beside it a tree, two questions one after the other (which thing, then what happened to it).

    PYTHONPATH=. .venv/bin/python tests/bench/many_labels.py [--labels 77 150] [--sizes 5 10 20 30] [--tune]

The offline reader answers, with a prompt made from the labels and their definitions; figures are of the sealed test rows
(a quarter), p is McNemar's exact test against the whole prompt, a token is taken to be four bytes. `--tune` tunes from
bare label names instead (three steps of the offline editor), with all labels in every request and with a shortlist.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.costs.call_price import BYTES_PER_TOKEN, request_size
from core.data.splits import HELD_OUT, split
from core.metrics.comparison import compare
from core.metrics.metrics import evaluation
from core.prompts.starting_prompt import starting_prompt
from core.services.runs import create_run, execute_here
from core.similarity.requests import classify_requests
from core.similarity.shortlist import neighbours_read, on_shortlist
from core.tuning.evaluate import evaluate_requests
from core.tuning.few_shot import with_shortlist
from core.tuning.session import Session
from core.types import Dataset, Evaluation, Example, LabelSet, Prediction, Request, Settings
from core.wording import percent
from core.workspace import Workspace
from tests.bench.bank_world import EVENTS, SHOWN, THINGS, bank_world

COLUMNS = ("labels", "a request names", "right", "against all", "tokens a call", "right label named")


def rows_of(dataset: Dataset) -> tuple[list[Example], list[Example]]:
    """Training and held-out rows."""
    rows = split(dataset.examples, 0)
    return [row for row in rows if row.split == "train"], [row for row in rows if row.split in HELD_OUT]


def tokens(requests: Sequence[Request]) -> float:
    return sum(map(request_size, requests)) / BYTES_PER_TOKEN / len(requests)


def line(*cells: object) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def untuned(session: Session, dataset: Dataset, sizes: Sequence[int]) -> None:
    """All labels, shortlists of some sizes, the tree."""
    train, held_out = rows_of(dataset)
    test = [row for row in held_out if row.split == "test"]
    texts, names = [row.text for row in test], dataset.labels.names
    whole = starting_prompt(dataset.labels)
    requests = classify_requests(whole, texts)
    all_named = evaluate_requests(session, requests, test, names)
    line(len(names), "all", percent(all_named.metrics.accuracy), "", f"{tokens(requests):,.0f}", "100 %")
    for size in sizes:
        prompt = with_shortlist(whole, size, train, held_out, 0)
        neighbours = neighbours_read(prompt, texts)
        requests = classify_requests(prompt, texts, (), neighbours)
        short = evaluate_requests(session, requests, test, names)
        named = on_shortlist(prompt, [row.label for row in test], neighbours) / len(test)
        line(len(names), size, *against(test, all_named, short), f"{tokens(requests):,.0f}", percent(named))
    answers, sent, named = two_questions(session, dataset, test)
    tree = evaluation(test, answers, names)
    line(len(names), "a tree", *against(test, all_named, tree), f"{sent:,.0f} in two calls", percent(named))


def against(rows: Sequence[Example], before: Evaluation, after: Evaluation) -> tuple[str, str]:
    compared = compare(rows, before.predictions, after.predictions)
    moved = f"{len(compared.fixed)} fixed, {len(compared.broke)} new, p = {compared.p:.2g}"
    return percent(after.metrics.accuracy), moved


def two_questions(
    session: Session, dataset: Dataset, rows: Sequence[Example]
) -> tuple[list[Prediction], float, float]:
    """The tree at its best: its groups are those the rows were made by. Predictions, tokens of both calls, and for
    which share of rows the first answer leaves the right label in."""
    things = [thing for thing in THINGS if f"{thing}_{next(iter(EVENTS))}" in dataset.labels.names]
    groups = LabelSet(tuple(things), {thing: ", ".join(THINGS[thing][:SHOWN]) for thing in things})
    texts, asked = [row.text for row in rows], [replace(row, label=thing_of(row.label)) for row in rows]
    first_requests = classify_requests(starting_prompt(groups), texts)
    first = evaluate_requests(session, first_requests, asked, things)
    second_prompts = {thing: starting_prompt(members(dataset.labels, thing)) for thing in things}
    second_requests = [
        classify_requests(second_prompts[each.label], [row.text])[0]
        for row, each in zip(rows, first.predictions, strict=True)
    ]
    second = evaluate_requests(session, second_requests, rows, dataset.labels.names)
    kept = sum(each.label == row.label for each, row in zip(first.predictions, asked, strict=True))
    return list(second.predictions), tokens(first_requests) + tokens(second_requests), kept / len(rows)


def thing_of(label: str) -> str:
    return next(label.removesuffix("_" + event) for event in EVENTS if label.endswith("_" + event))


def members(labels: LabelSet, thing: str) -> LabelSet:
    names = tuple(name for name in labels.names if thing_of(name) == thing)
    return LabelSet(names, {name: labels.definitions[name] for name in names})


def tuned(workspace: Workspace, dataset: Dataset, shortlist: int) -> None:
    """From bare label names, definitions first; figures of the sealed test rows, before and after."""
    bare = replace(dataset, labels=LabelSet(dataset.labels.names))
    dataset_id = workspace.store.datasets.add(bare, f"{len(bare.labels.names)} by {shortlist or 'all'}")
    settings = Settings(iterations=3, definitions_first=True, shortlist=shortlist)
    run_id = create_run(workspace, dataset_id, settings)
    record = execute_here(workspace, run_id, lambda progress: None, lambda step: None)
    assert record.result is not None and record.result.test is not None
    before, after = (
        each.evaluations["test"].metrics.accuracy for each in (record.result.baseline, record.result.best)
    )
    spent = record.spend["lightweight"]
    a_call = spent.input_tokens / max(spent.api, 1)
    line(
        len(bare.labels.names),
        shortlist or "all",
        f"{percent(before)} → {percent(after)}",
        record.result.test.reason,
        f"{a_call:,.0f}",
        "",
    )


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--labels", nargs="+", type=int, default=[77, 150], choices=(77, 150))
    parser.add_argument("--sizes", nargs="+", type=int, default=[5, 10, 20, 30])
    parser.add_argument("--tune", action="store_true")
    options = parser.parse_args(argv)
    line(*COLUMNS)
    line(*["---"] * len(COLUMNS))
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        try:
            for labels in options.labels:
                dataset = bank_world(labels)
                if not options.tune:
                    untuned(workspace.session(Settings()), dataset, options.sizes)
                    continue
                for size in (0, options.sizes[-2] if len(options.sizes) > 1 else options.sizes[0]):
                    tuned(workspace, dataset, size)
        finally:
            workspace.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
