"""`evaluate` with a cascade: how many rows are answered, and how many of these answers are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.cli import json_output
from core.cli.actions.prompt_session import session_for, stoppable
from core.cli.actions.requests import MeasureRequest, Measuring
from core.cli.cascade.fields import answer_fields
from core.cli.inputs.data_source import Wanted, labelled_data
from core.cli.options import Invocation
from core.cli.output import DONE, REFUSED, STOPPED, Output, failures_in_words
from core.confidence.cascade import AnsweredBy, Cascade, CascadeAnswer
from core.confidence.trial import WayFigures
from core.errors import DataError, UsageError
from core.exports.dataset import confidence_cell
from core.exports.table_files import check_ending, table_bytes
from core.metrics.metrics import right
from core.services.cascade.answers import cascade_answers
from core.services.evaluation.evaluate import rows_of_split
from core.similarity.examples import without_examples
from core.store.files import write_file
from core.types import Example, Outcome
from core.wording import count, percent, quoted, with_interval

COLUMNS = ("id", "text", "label", "predicted", "correct", "outcome", "reason", "answered_by", "confidence")


def evaluate_cascade(invocation: Invocation, request: MeasureRequest, cascade: Cascade) -> Output:
    asked = request.measuring
    if asked.scorer or asked.objective:
        raise UsageError(
            "A cascade is measured by its answers that are right: leave out --objective and --scorer."
        )
    if asked.out:
        check_ending(asked.out.name)
        invocation.check_out(asked.out)
    with invocation.workspace() as workspace:
        wanted = Wanted(template=cascade.file.template, versions=True)
        data = labelled_data(invocation, workspace, request.data, request.reading, wanted)
        for notice in data.notices:
            invocation.console.say(notice)
        rows = _usable(rows_of_split(data.dataset, asked.split, asked.seed), cascade)
        workspace.check_spendable()
        session = session_for(workspace, request.models, cascade.file)
        with stoppable(invocation.console, workspace) as on_reply:
            answers, ended = cascade_answers(session, cascade, [row.text for row in rows], on_reply)
    if asked.out:
        _write(asked.out, rows, answers)
    fields = {"notices": list(data.notices)} | json_output.spent(session.account.spends())
    return _output(request.measuring, rows, answers, fields, ended)


def _output(
    asked: Measuring,
    rows: Sequence[Example],
    answers: Sequence[CascadeAnswer],
    fields: Mapping[str, object],
    ended: str,
) -> Output:
    figures = _figures(rows, answers)
    low = asked.fail_under is not None and (figures.accuracy or 0.0) < asked.fail_under
    complaint = f"Accuracy of the answers is {percent(figures.accuracy)}, below --fail-under." if low else ""
    words = _words(asked.split, figures, len(rows))
    words.append(failures_in_words([each.prediction for each in answers]))
    return Output(
        {"split": asked.split} | _fields(figures, len(rows)) | dict(fields),
        "\n".join(filter(None, words)),
        STOPPED if ended else REFUSED if low else DONE,
        ended or complaint,
        silent=str(asked.out) == "-",
    )


def _figures(rows: Sequence[Example], answers: Sequence[CascadeAnswer]) -> WayFigures:
    """Failed calls are left out. `calls`: not counted here."""
    scored = [
        (row, each)
        for row, each in zip(rows, answers, strict=True)
        if each.prediction.outcome is not Outcome.FAILED
    ]
    given = [(row, each) for row, each in scored if not each.abstained]
    correct = sum(right(each.prediction, row.label) for row, each in given)
    local = sum(each.by is AnsweredBy.LOCAL for _, each in given)
    return WayFigures("cascade", len(scored), len(given), correct, local, 0)


def _usable(rows: Sequence[Example], cascade: Cascade) -> list[Example]:
    """Without the examples of the prompt, and what the local model has learned by heart."""
    fresh = without_examples(rows, cascade.file.prompt.few_shot)
    learned = {row.text for row in cascade.local.rows} if cascade.local else set()
    usable = [row for row in fresh if row.text not in learned]
    if not usable:
        raise DataError(
            f"All {count(len(rows), 'row')} are known to the cascade, which would answer by heart: measure it on others, "
            "such as --split test."
        )
    unknown = next((row.label for row in usable if row.label not in cascade.file.labels), None)
    if unknown is not None:
        raise DataError(
            f"The cascade does not know the label {quoted(unknown)}: correct the rows, or measure a new one."
        )
    return usable


def _fields(figures: WayFigures, rows: int) -> dict[str, object]:
    return answer_fields(figures) | {
        "abstained": figures.rows - figures.answered,
        "failed": rows - figures.rows,
    }


def _words(split: str, figures: WayFigures, rows: int) -> list[str]:
    head = f"{split}: {figures.answered:,} of {count(figures.rows, 'row')} answered, {figures.local:,} of them without a call"
    lines = [head + f"; {count(rows - figures.rows, 'failed call')}"]
    if figures.answered:
        accuracy = with_interval(figures.accuracy, figures.interval)
        lines.append(f"{figures.right:,} of {count(figures.answered, 'answer')} right ({accuracy})")
    return lines


def _write(out: Path, rows: Sequence[Example], answers: Sequence[CascadeAnswer]) -> None:
    lines = []
    for row, each in zip(rows, answers, strict=True):
        failed = each.prediction.outcome is Outcome.FAILED
        correct = "" if failed or each.abstained else "yes" if right(each.prediction, row.label) else "no"
        outcome = Outcome.ABSTAINED if each.abstained else str(each.prediction.outcome)
        said = each.prediction.label or each.prediction.said
        why = each.prediction.reason or each.prediction.error
        confidence = confidence_cell(each.confidence)
        cells = (row.id, row.text, row.label, said, correct, outcome, why, str(each.by), confidence)
        lines.append(cells)
    write_file(out, table_bytes(out.name, COLUMNS, lines))
