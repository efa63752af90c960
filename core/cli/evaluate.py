"""`evaluate` and `classify`: a prompt file at work."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from core.cli import json_output
from core.cli.files import dataset_of, prompt_of, table_of
from core.cli.objective import typed_objective
from core.cli.options import settings_from
from core.cli.output import DONE, LONGER, STOPPED, Output, failures_in_words
from core.cli.progress import Ticker, stop_on_signals
from core.data.formats.csv_text import csv_text
from core.data.importing.mapping import guess_text_columns, read_texts
from core.data.splits import split
from core.errors import CallFailed, DataError, EndedEarly, ModelRefused, Stopped, UsageError
from core.exports.dataset import NO_TEXT, prediction_table, to_ask_again
from core.metrics.metrics import evaluation
from core.metrics.objective_choice import check_objective, objective_for
from core.metrics.objective_words import asked_in_words, measured_in_words
from core.prompts.replies import predict
from core.prompts.templates import ReadPrompt
from core.services.classify import named_dataset
from core.services.neighbour_index import SOURCE_TITLES, NeighbourIndex
from core.similarity.examples import left_out_in_words, without_examples
from core.store.files import check_target, write_text
from core.tuning.evaluate import classify_requests
from core.tuning.session import Session
from core.types import Dataset, Example, NeighbourSource, Outcome, Progress, Reply, Request, Settings
from core.types.objectives import ACCURACY, AUTO
from core.wording import count, cut_off_in_words, estimates_in_words
from core.workspace import Workspace


def evaluate_command(options: argparse.Namespace) -> Output:
    ticker = Ticker()
    imported = dataset_of(options.data, to_tune=False)
    dataset, notices = imported.dataset, imported.notices
    file = prompt_of(options.prompt, dataset.labels.names)
    for notice in (*notices, *file.notices):
        ticker.say(notice)
    part = _rows(options, dataset, file)
    rows = without_examples(part, file.prompt.few_shot)
    left_out = left_out_in_words(len(part) - len(rows), len(part))
    if not rows:
        raise DataError(
            f"All {count(len(part), 'row')} are examples of the prompt, which holds their answers: measure it on others."
        )
    objective = objective_for(typed_objective(options) or AUTO, rows)
    check_objective(objective, file.labels)
    with _working(options, file) as (workspace, session):
        requests = classify_requests(
            file.prompt,
            [row.text for row in rows],
            _choices(session, file),
            reply_tokens=session.reply_tokens,
        )
        replies, why_ended = _ask(session, requests, ticker, workspace.slowed)
        spend = session.account.spends()
    read = [(row, reply) for row, reply in zip(rows, replies, strict=True) if reply is not None]
    judged = evaluation(
        [row for row, _ in read], [predict(row.id, reply, file.labels) for row, reply in read], file.labels
    )
    metrics = judged.metrics
    accuracy = (
        "no row could be scored" if metrics.accuracy is None else f"accuracy {100 * metrics.accuracy:.1f} %"
    )
    words = f"{options.split}: {accuracy} on {metrics.n:,} rows, {metrics.failed:,} failed calls"
    if objective.kind != ACCURACY and metrics.n:
        words += f", {asked_in_words(objective)}: {measured_in_words(objective, metrics)}"
    if why_failed := failures_in_words(judged.predictions):
        words += f"\n{why_failed}"
    words += f"\n{left_out}" if left_out else ""
    if cut_off := cut_off_in_words(metrics, session.reply_tokens):
        words += f"\n{cut_off}: {LONGER}"
    return Output(
        json_output.evaluated(options.split, judged, file.labels, spend, objective)
        | {"examples_left_out": len(part) - len(rows)},
        "\n".join(filter(None, (words, estimates_in_words(spend.values())))),
        STOPPED if why_ended else DONE,
    )


def classify_command(options: argparse.Namespace) -> Output:
    file, ticker, table = _with_labels(options), Ticker(), table_of(options.source)
    for notice in file.notices:
        ticker.say(notice)
    columns = guess_text_columns(table)
    texts = read_texts(table, columns)
    readable = [text for text in texts if text]
    check_target(options.target)
    with _working(options, file) as (workspace, session):
        index = _neighbour_index(workspace, options, file)
        if index.is_needed:
            ticker.say(SOURCE_TITLES[index.source])
        shots = [[each.shot for each in nearest] for nearest in index.nearest(readable)]
        requests = classify_requests(
            file.prompt, readable, _choices(session, file), shots, session.reply_tokens
        )
        replies, why_ended = _ask(session, requests, ticker, workspace.slowed)
        spend = session.account.spends()
    left = iter(replies)
    not_asked = f"Not asked: {why_ended}"
    answers = [next(left) or CallFailed(not_asked) if text else CallFailed(NO_TEXT) for text in texts]
    predictions = [predict(str(number), answer, file.labels) for number, answer in enumerate(answers)]
    cut_off = sum(prediction.cut_off for prediction in predictions)
    asked = [each for each, text in zip(predictions, texts, strict=True) if text and each.error != not_asked]
    predictions = [to_ask_again(prediction) for prediction in predictions]
    write_text(options.target, csv_text(prediction_table(table, columns, texts, predictions)))
    outcomes = {
        outcome: sum(prediction.outcome is outcome for prediction in predictions) for outcome in Outcome
    }
    data = {
        "rows": len(texts),
        "outcomes": outcomes,
        "cut_off": cut_off,
        "out": str(options.target),
        "calls": json_output.calls(spend),
        "cost_usd": json_output.costs(spend),
    }
    words = f"{len(texts):,} rows written to {options.target}, {outcomes[Outcome.LABEL]:,} with a label"
    if why_failed := failures_in_words(asked):
        words += f"\n{why_failed}"
    if cut_off:
        words += f"\n{count(cut_off, 'reply')} cut off at {session.reply_tokens:,} tokens: {LONGER}"
    words = "\n".join(filter(None, (words, estimates_in_words(spend.values()))))
    return Output(data, words, STOPPED if why_ended else DONE)


def _with_labels(options: argparse.Namespace) -> ReadPrompt:
    """The prompt with the labels that it may answer: its own, or those typed."""
    typed = tuple(dict.fromkeys(options.label or ()))
    file = prompt_of(options.prompt, typed)
    if typed and file.labels != typed:
        raise UsageError("--label is for prompts that name no labels themselves: leave it out.")
    if len(file.labels) < 2:
        raise UsageError(
            f"{options.prompt} does not say which labels there are: name them, --label bug --label question, say."
        )
    return file


def _rows(options: argparse.Namespace, dataset: Dataset, file: ReadPrompt) -> list[Example]:
    """The rows of the wanted part. Rows are split only where it matters, so that a file of test rows alone
    can be measured."""
    usable = tuple(row for row in dataset.examples if not row.excluded)
    if options.split != "all" and not all(row.split for row in usable):
        usable = split(usable, options.seed)
    rows = [row for row in usable if options.split in ("all", row.split)]
    if not rows:
        raise DataError(
            f"{options.data} has no rows in the {options.split} part: choose another with --split."
        )
    unknown = sorted({row.label for row in rows} - set(file.labels))
    if unknown:
        raise DataError(
            f"The prompt file does not know the label {unknown[0]!r} of {options.data}: add it to its labels, or correct the rows."
        )
    return rows


def _neighbour_index(workspace: Workspace, options: argparse.Namespace, file: ReadPrompt) -> NeighbourIndex:
    source, dataset_id = NeighbourSource(options.neighbours), ""
    if source is NeighbourSource.DATASET:
        dataset_id = named_dataset(
            workspace, options.dataset or options.prompt.stem, "name it with --dataset"
        )
    elif options.dataset:
        raise UsageError("--dataset is for --neighbours dataset: leave it out, or ask for both.")
    return NeighbourIndex(workspace, dataset_id, file.prompt.few_shot, file.labels, source)


def _choices(session: Session, file: ReadPrompt) -> tuple[str, ...]:
    return file.labels if session.structured else ()


def _ask(
    session: Session, requests: Sequence[Request], ticker: Ticker, slowed: Callable[[], str]
) -> tuple[Sequence[Reply | CallFailed | None], str]:
    """Replies in the order of the requests, None where a cap, a refusal or a signal came first, and a sentence about
    that. Raises ModelRefused where not one came."""
    stop = threading.Event()

    def on_reply(done: int, total: int) -> None:
        ticker(Progress("Classifying", done, total, slowed()))
        if stop.is_set():
            raise Stopped("Stopped by a signal.")

    try:
        with stop_on_signals(stop.set):
            return session.ask_all(
                session.lightweight, requests, concurrency=session.concurrency, on_reply=on_reply
            ), ""
    except EndedEarly as ended:
        if isinstance(ended, ModelRefused) and not any(isinstance(reply, Reply) for reply in ended.replies):
            raise
        ticker.say(str(ended))
        return ended.replies or (None,) * len(requests), str(ended)


@contextmanager
def _working(options: argparse.Namespace, file: ReadPrompt) -> Iterator[tuple[Workspace, Session]]:
    """A workspace and a session outside of any run; the model typed wins over the prompt file's."""
    typed = settings_from(options, Settings())
    settings = Settings(**{"lightweight": file.model or Settings().lightweight} | typed)
    workspace = Workspace.open(options.workspace)
    try:
        workspace.check_writable()
        yield workspace, workspace.session(settings)
    finally:
        workspace.close()
