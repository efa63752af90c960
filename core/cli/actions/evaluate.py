"""`evaluate`: which rows are measured, the replies, and the figures they come to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.cli import json_output
from core.cli.actions.prompt_session import stoppable
from core.cli.actions.requests import MeasureRequest
from core.cli.cascade.evaluate import evaluate_cascade
from core.cli.inputs.data_source import Wanted, labelled_data
from core.cli.inputs.objective import typed_objective
from core.cli.inputs.prompt_files import cascade_at, prompt_of, template_in
from core.cli.options import Invocation, settings_typed
from core.cli.output import DONE, REFUSED, STOPPED, Output
from core.cli.words.evaluation import evaluation_in_words, failed_under
from core.data.templates import template_notice
from core.errors import UsageError
from core.exports.table_files import check_ending, table_bytes
from core.services.evaluation.evaluate import MeasuredPrompt, measure_prompt, rows_of_split
from core.services.evaluation.scorers import answered_labels, judge_notices, set_settings, stored_scorer
from core.store.files import write_file
from core.types import Example, Objective, Outcome, Prediction, Settings
from core.types.objectives import AUTO, COSTS
from core.wording import count


def evaluate_rows(invocation: Invocation, request: MeasureRequest) -> Output:
    asked = request.measuring
    if (cascade := cascade_at(asked.prompt)) is not None:
        return evaluate_cascade(invocation, request, cascade)
    typed = typed_objective(asked.objective)
    if asked.fail_under is not None and typed is not None and typed.kind == COSTS:
        raise UsageError("--fail-under is for figures that are better high, and costs are not: leave it out.")
    if asked.out:
        check_ending(asked.out.name)
        invocation.check_out(asked.out)
    with invocation.workspace() as workspace:
        scorer = stored_scorer(workspace, asked.scorer) if asked.scorer else ""
        wanted = Wanted(answers=bool(scorer), template=template_in(asked.prompt), versions=True)
        data = labelled_data(invocation, workspace, request.data, request.reading, wanted)
        scorer = scorer or data.scorer
        judge = judge_notices(workspace, scorer)
        file = prompt_of(asked.prompt, () if scorer else data.dataset.labels.names)
        other = template_notice(file.template, data.dataset.template)
        for notice in filter(None, (*data.notices, *file.notices, other, *judge)):
            invocation.console.say(notice)
        labels = answered_labels(data.dataset.labels, file.prompt)
        rows = rows_of_split(data.dataset, asked.split, asked.seed, bool(scorer) or labels.several)
        own: dict[str, Any] = {
            "lightweight": file.model or Settings().lightweight,
            "objective": typed or AUTO,
            "scorer": scorer,
        }
        settings = set_settings(Settings(**(own | settings_typed(request.models))), labels)
        with stoppable(invocation.console, workspace) as on_reply:
            measured = measure_prompt(workspace, rows, file, settings, on_reply)
    if measured.stopped:
        invocation.console.warn(measured.stopped)
    return _output(request, measured, data.notices, typed)


def _output(
    request: MeasureRequest, measured: MeasuredPrompt, notices: Sequence[str], typed: Objective | None
) -> Output:
    asked = request.measuring
    if asked.out:
        _write(asked.out, measured.rows, measured.evaluation.predictions, measured.scored)
    data = json_output.evaluated(asked.split, measured) | {"notices": list(notices)}
    words = evaluation_in_words(asked.split, measured)
    if asked.out:
        words += f"\n{count(len(measured.rows), 'row')} written to {asked.out}"
    counts = measured.objective if measured.scored else typed
    complaint = failed_under(asked.fail_under, measured.evaluation.metrics, counts)
    code = STOPPED if measured.stopped else REFUSED if complaint else DONE
    return Output(data, words, code, complaint, silent=str(asked.out) == "-")


PREDICTED = ("id", "text", "label", "predicted", "correct", "outcome", "reason")


def _write(out: Path, rows: Sequence[Example], predictions: Sequence[Prediction], scored: bool) -> None:
    """A line a row; free answers with their score."""
    lines = [
        (
            row.id,
            row.text,
            row.label,
            each.said if scored else each.label or each.said,
            "" if each.outcome is Outcome.FAILED else "yes" if each.label == row.label else "no",
            str(each.outcome),
            each.reason or each.error,
            *(["" if each.score is None else f"{each.score:g}"] if scored else []),
        )
        for row, each in zip(rows, predictions, strict=True)
    ]
    columns = (*PREDICTED, "score") if scored else PREDICTED
    write_file(out, table_bytes(out.name, columns, lines))
