"""Every prediction of a run as a record: what the prompt of each step said of each row that it read, and at the end
the first and the best prompt once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from core.exports.report.run import ReportRun
from core.metrics.run_evaluations import RunEvaluation, run_evaluations
from core.types import Example, Outcome, Prediction, Prompt, Reply

PREDICTION_FIELDS = (
    "run_id",
    "step",
    "stage",
    "split",
    "row_id",
    "text",
    "label",
    "predicted",
    "outcome",
    "correct",
    "reason",
    "reply",
    "cached",
    "input_tokens",
    "output_tokens",
    "cost_usd",
)

# The kept replies to a prompt, one a text; None where there is none.
KeptReplies = Callable[[Prompt, Sequence[str]], Sequence[Reply | None]]


def prediction_records(run: ReportRun, kept: KeptReplies) -> Iterator[dict[str, object]]:
    """`correct` is None for a failed call, tokens and cost where the reply is kept no more. Cost is what the
    reply took when it was paid, also where a later step found it in the cache."""
    rows = {row.id: row for row in run.dataset.examples}
    for each in run_evaluations(run.steps, run.result):
        predictions = [one for one in each.evaluation.predictions if one.example_id in rows]
        texts = [rows[one.example_id].text for one in predictions]
        replies = kept(each.prompt, texts) if each.prompt is not None else [None] * len(texts)
        for prediction, reply in zip(predictions, replies, strict=True):
            yield _record(run.run_id, each, rows[prediction.example_id], prediction, reply)


def _record(
    run_id: str, of: RunEvaluation, row: Example, prediction: Prediction, reply: Reply | None
) -> dict[str, object]:
    right = prediction.outcome is Outcome.LABEL and prediction.label == row.label
    return {
        "run_id": run_id,
        "step": of.step,
        "stage": of.stage,
        "split": of.split,
        "row_id": row.id,
        "text": row.text,
        "label": row.label,
        "predicted": prediction.label or prediction.said or None,
        "outcome": str(prediction.outcome),
        "correct": None if prediction.outcome is Outcome.FAILED else right,
        "reason": prediction.reason or prediction.error,
        "reply": prediction.reply,
        "cached": prediction.cached,
        "input_tokens": reply.usage.input if reply else None,
        "output_tokens": reply.usage.output if reply else None,
        "cost_usd": reply.cost_usd if reply else None,
    }
