"""`evaluate` and `classify`: a prompt file at work."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from core.command_line import report
from core.command_line.files import dataset_of, prompt_of, table_of, write_text
from core.command_line.main import DONE, STOPPED, Answer
from core.command_line.options import settings_from
from core.command_line.progress import Ticker
from core.data.reading import Table
from core.data.splitting import split
from core.data.texts import guess_text_columns, read_texts
from core.errors import CallFailed, CapReached, DataError
from core.loop.crew import Crew
from core.loop.evaluate import classify_requests
from core.measure.metrics import evaluation
from core.prompts.files import PromptFile
from core.prompts.replies import predict
from core.types import Dataset, Example, Outcome, Prediction, Progress, Reply, Request, Settings
from core.workspace import Workspace

OURS = ("text", "label", "outcome", "reason")


def evaluate(options: argparse.Namespace) -> Answer:
    file, ticker = prompt_of(options.prompt), Ticker()
    dataset, notices = dataset_of(options.data)
    for notice in notices:
        ticker.say(notice)
    rows = _rows(options, dataset, file)
    with _working(options, file) as crew:
        replies, cap = _ask(crew, classify_requests(file.prompt, [row.text for row in rows]), ticker)
        spend = crew.account.spends()
    read = [(row, reply) for row, reply in zip(rows, replies, strict=True) if reply is not None]
    judged = evaluation([row for row, _ in read], [predict(row.id, reply, file.labels) for row, reply in read], file.labels)
    metrics = judged.metrics
    accuracy = "no row could be scored" if metrics.accuracy is None else f"accuracy {100 * metrics.accuracy:.1f} %"
    words = f"{options.split}: {accuracy} on {metrics.n:,} rows, {metrics.failed:,} failed calls"
    return Answer(report.evaluated(options.split, judged, file.labels, spend), words, STOPPED if cap else DONE)


def classify(options: argparse.Namespace) -> Answer:
    file, ticker, table = prompt_of(options.prompt), Ticker(), table_of(options.source)
    columns = guess_text_columns(table)
    texts = read_texts(table, columns)
    with _working(options, file) as crew:
        replies, cap = _ask(crew, classify_requests(file.prompt, texts), ticker)
        spend = crew.account.spends()
    predictions = [predict(str(place), reply or CallFailed(f"Not asked: {cap}"), file.labels) for place, reply in enumerate(replies)]
    write_text(options.target, csv_text(_labelled(table, columns, texts, predictions)))
    outcomes = {outcome: sum(prediction.outcome is outcome for prediction in predictions) for outcome in Outcome}
    found = {
        "rows": len(texts), "outcomes": outcomes, "out": str(options.target), "calls": report.calls(spend), "cost_usd": report.costs(spend),
    }
    words = f"{len(texts):,} rows written to {options.target}, {outcomes[Outcome.LABEL]:,} with a label"
    return Answer(found, words, STOPPED if cap else DONE)


def _rows(options: argparse.Namespace, dataset: Dataset, file: PromptFile) -> list[Example]:
    rows = [row for row in split(dataset.examples, options.seed) if not row.excluded and options.split in ("all", row.split)]
    if not rows:
        raise DataError(f"{options.data} has no rows in the {options.split} part: choose another with --split.")
    unknown = sorted({row.label for row in rows} - set(file.labels))
    if unknown:
        raise DataError(
            f"The prompt file does not know the label {unknown[0]!r} of {options.data}: add it to its labels, or correct the rows."
        )
    return rows


def _labelled(table: Table, columns: Sequence[str], texts: Sequence[str], predictions: Sequence[Prediction]) -> list[list[str]]:
    """A header and a row per text: ours first, then every other column of the input under a name that is still free."""
    others = [place for place, name in enumerate(table.columns) if (name,) != tuple(columns)]
    header = list(OURS)
    for place in others:
        header.append(_free(table.columns[place], header))
    rows = [
        [text, prediction.label, str(prediction.outcome), prediction.reason or prediction.error, *(row[place] for place in others)]
        for text, prediction, row in zip(texts, predictions, table.rows, strict=True)
    ]
    return [header, *rows]


def _free(name: str, taken: Sequence[str]) -> str:
    """`name`, or where that is taken input_name, input_name_2 and so on."""
    names = (name, *(f"input_{name}" + f"_{number}" * (number > 1) for number in range(1, len(taken) + 2)))
    return next(each for each in names if each not in taken)


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def _ask(crew: Crew, requests: Sequence[Request], ticker: Ticker) -> tuple[Sequence[Reply | CallFailed | None], str]:
    """Replies by place, None where a cap came first, and that cap's sentence."""
    def on_reply(done: int, total: int) -> None:
        ticker(Progress("Classifying", done, total))

    try:
        return crew.ask_all(crew.lightweight, requests, concurrency=crew.concurrency, on_reply=on_reply), ""
    except CapReached as reached:
        ticker.say(str(reached))
        return reached.replies, str(reached)


@contextmanager
def _working(options: argparse.Namespace, file: PromptFile) -> Iterator[Crew]:
    """A crew outside of any run; the model typed wins over the prompt file's."""
    typed = settings_from(options, Settings())
    settings = Settings(**{"lightweight": file.model or Settings().lightweight} | typed)
    workspace = Workspace.open(options.workspace)
    try:
        yield workspace.crew(settings)
    finally:
        workspace.close()
