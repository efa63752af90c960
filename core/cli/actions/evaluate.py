"""`evaluate`: which rows are measured, the replies, and the figures they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.cli import json_output
from core.cli.actions.asking import ask, label_choices, session_for
from core.cli.actions.requests import Measuring
from core.cli.inputs.data_source import labelled_data
from core.cli.inputs.objective import typed_objective
from core.cli.inputs.prompt_files import prompt_of
from core.cli.options import Invocation, ModelOptions, Reading
from core.cli.output import DONE, REFUSED, STOPPED, Output
from core.cli.words.evaluation import Measured, evaluation_in_words, failed_under
from core.data.formats.csv_text import escape_formula
from core.data.splits import split
from core.errors import DataError, UsageError
from core.exports.table_files import check_ending, for_spreadsheets, table_bytes
from core.metrics.metrics import evaluation
from core.metrics.objective_choice import check_objective, objective_for
from core.prompts.replies import predict
from core.prompts.templates import ReadPrompt
from core.similarity.examples import without_examples
from core.store.files import write_file
from core.tuning.evaluate import classify_requests
from core.types import Example, Objective, Outcome, Prediction
from core.types.objectives import AUTO, COSTS
from core.wording import count
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class MeasureRequest:
    """What was typed."""

    data: str
    measuring: Measuring
    models: ModelOptions
    reading: Reading


@dataclass(frozen=True, slots=True)
class _Rows:
    """Those that are measured, and how many of the part are not, being examples of the prompt."""

    rows: Sequence[Example]
    examples_left_out: int
    notices: tuple[str, ...]


def evaluate_rows(invocation: Invocation, request: MeasureRequest) -> Output:
    asked = request.measuring
    typed = typed_objective(asked.objective)
    if asked.fail_under is not None and typed is not None and typed.kind == COSTS:
        raise UsageError("--fail-under is for figures that are better high, and costs are not: leave it out.")
    if asked.out:
        check_ending(asked.out.name)
        invocation.check_out(asked.out)
    with invocation.workspace() as workspace:
        file, rows = _prompt_and_rows(invocation, workspace, request)
        for notice in (*rows.notices, *file.notices):
            invocation.console.say(notice)
        objective = objective_for(typed or AUTO, rows.rows)
        check_objective(objective, file.labels)
        measured = _measured(invocation, workspace, request, file, rows)
    return _output(request, rows, measured, objective, typed)


def _prompt_and_rows(
    invocation: Invocation, workspace: Workspace, request: MeasureRequest
) -> tuple[ReadPrompt, _Rows]:
    data = labelled_data(invocation, workspace, request.data, request.reading)
    file = prompt_of(request.measuring.prompt, data.dataset.labels.names)
    part = _part(request, data.dataset.examples, file)
    rows = without_examples(part, file.prompt.few_shot)
    if not rows:
        raise DataError(
            f"All {count(len(part), 'row')} are examples of the prompt, which holds their answers: measure it on others."
        )
    return file, _Rows(rows, len(part) - len(rows), data.notices)


def _part(request: MeasureRequest, examples: Sequence[Example], file: ReadPrompt) -> list[Example]:
    """The rows of the wanted part. Rows are split only where it matters, so that a file of test rows alone
    can be measured."""
    wanted = request.measuring.split
    usable = tuple(row for row in examples if not row.excluded)
    if wanted != "all" and not all(row.split for row in usable):
        usable = split(usable, request.measuring.seed)
    rows = [row for row in usable if wanted in ("all", row.split)]
    if not rows:
        raise DataError(f"{request.data} has no rows in the {wanted} part: choose another with --split.")
    unknown = sorted({row.label for row in rows} - set(file.labels))
    if unknown:
        raise DataError(
            f"The prompt file does not know the label {unknown[0]!r} of {request.data}: "
            "add it to its labels, or correct the rows."
        )
    return rows


def _measured(
    invocation: Invocation, workspace: Workspace, request: MeasureRequest, file: ReadPrompt, rows: _Rows
) -> Measured:
    session = session_for(workspace, request.models, file)
    requests = classify_requests(
        file.prompt,
        [row.text for row in rows.rows],
        label_choices(session, file),
        reply_tokens=session.reply_tokens,
    )
    replies, why_ended = ask(session, requests, invocation.console, workspace)
    read = [(row, reply) for row, reply in zip(rows.rows, replies, strict=True) if reply is not None]
    answered = [row for row, _ in read]
    judged = evaluation(answered, [predict(row.id, reply, file.labels) for row, reply in read], file.labels)
    return Measured(
        answered, judged, file.labels, session.account.spends(), session.reply_tokens, bool(why_ended)
    )


def _output(
    request: MeasureRequest, rows: _Rows, measured: Measured, objective: Objective, typed: Objective | None
) -> Output:
    asked = request.measuring
    if asked.out:
        _write(asked.out, measured.rows, measured.judged.predictions)
    data = json_output.evaluated(asked.split, measured, objective) | {
        "examples_left_out": rows.examples_left_out,
        "notices": list(rows.notices),
    }
    words = evaluation_in_words(asked.split, measured, objective, rows.examples_left_out)
    if asked.out:
        words += f"\n{count(len(measured.rows), 'row')} written to {asked.out}"
    complaint = failed_under(asked.fail_under, measured.judged.metrics, typed)
    code = STOPPED if measured.ended_early else REFUSED if complaint else DONE
    return Output(data, words, code, complaint, silent=str(asked.out) == "-")


PREDICTED = ("id", "text", "label", "predicted", "correct", "outcome", "reason")


def _write(out: Path, rows: Sequence[Example], predictions: Sequence[Prediction]) -> None:
    """A line a row, safe for spreadsheets where a spreadsheet may open it."""
    own = escape_formula if for_spreadsheets(out.name) else str
    lines = [
        (
            row.id,
            own(row.text),
            row.label,
            own(each.label or each.said),
            "" if each.outcome is Outcome.FAILED else "yes" if each.label == row.label else "no",
            str(each.outcome),
            own(each.reason or each.error),
        )
        for row, each in zip(rows, predictions, strict=True)
    ]
    write_file(out, table_bytes(out.name, PREDICTED, lines))
