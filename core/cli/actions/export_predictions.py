"""`export RUN --format predictions`: a line for every prediction of every step."""

from __future__ import annotations

from pathlib import Path

from core.cli.output import Output
from core.cli.record_output import check_record_file, write_records
from core.errors import DataError
from core.exports.predictions import PREDICTION_FIELDS
from core.exports.records import records_file
from core.services.run_report import every_prediction
from core.wording import count
from core.workspace import Workspace

ALL = "all"


def export_predictions(
    workspace: Workspace, run_id: str, step: int | None, split: str | None, out: Path | None
) -> Output:
    """Of all steps and parts, unless one is named."""
    check_record_file(out)
    records = [
        each
        for each in every_prediction(workspace, run_id)
        if step in (None, each["step"]) and split in (None, ALL, each["split"])
    ]
    if not records:
        raise DataError("There is no such prediction: name another --step or --split, or leave them out.")
    data: dict[str, object] = {
        "run_id": run_id,
        "format": "predictions",
        "step": step,
        "predictions": len(records),
        "columns": list(PREDICTION_FIELDS),
        "out": str(out) if out else None,
        "notices": [],
    }
    if out is None:
        text = records_file(PREDICTION_FIELDS, records, "-").decode("utf-8", "replace")
        return Output(data | {"content": text}, text.removesuffix("\r\n"))
    write_records(out, PREDICTION_FIELDS, records)
    words = f"{count(len(records), 'prediction')} of run {run_id} written to {out}"
    return Output(data, words, silent=str(out) == "-")
