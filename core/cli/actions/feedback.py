"""`feedback`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.cli.inputs.names import dataset_named
from core.cli.options import Invocation
from core.cli.output import Output
from core.cli.record_output import check_record_file, write_records
from core.cli.shell import program
from core.services.serving.feedback_records import FEEDBACK_FIELDS, feedback_records
from core.store.feedback.records import State
from core.wording import counted, shortened

MOST_LISTED = 10


def feedback(invocation: Invocation, typed: str, out: Path | None, state: str | None) -> Output:
    invocation.check_out(out)
    check_record_file(out)
    with invocation.workspace() as workspace:
        info = dataset_named(workspace, typed)
        records = feedback_records(workspace, info.id, State(state) if state else None)
    states = Counter(str(each["state"]) for each in records)
    data: dict[str, object] = {
        "dataset": info.name,
        "dataset_id": info.id,
        "feedback": len(records),
        "states": {str(each): states[str(each)] for each in State},
        "out": str(out) if out else None,
    }
    counts = ", ".join(f"{number:,} {name}" for name, number in states.items())
    head = f"{counted(len(records), 'post')} of feedback on {info.name!r}" + (f": {counts}" if counts else "")
    if out:
        write_records(out, FEEDBACK_FIELDS, records)
        return Output(data, f"{head}. Written to {out}", silent=str(out) == "-")
    return Output(data | {"entries": records}, "\n".join([head, *_newest(records), *_next(typed, records)]))


def _newest(records: Sequence[Mapping[str, object]]) -> list[str]:
    lines = []
    for each in records[: -MOST_LISTED - 1 : -1]:
        right = f"should be {each['correction']}" if each["correction"] else f"score {each['score']:g}"
        answered = each["predicted"] or each["outcome"] or "prediction not known"
        text = shortened(str(each["text"] or each["prediction_id"]), 60)
        lines.append(f"  {each['received']}  {each['state']:<9}  {answered}: {right}  {text}")
    more = len(records) - len(lines)
    return lines + ([f"  … {more:,} before these: --out FILE writes all"] if more else [])


def _next(typed: str, records: Sequence[Mapping[str, object]]) -> list[str]:
    if records:
        return [f'Next: {program()} feedback "{typed}" --out feedback.csv']
    return ["It comes from the playground, the library (Classifier.give_feedback) and POST /api/v1/feedback."]
