"""`predictions`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.cli.inputs.names import dataset_named
from core.cli.options import Invocation
from core.cli.output import Output
from core.cli.record_output import check_record_file, write_records
from core.errors import UsageError
from core.services.cascade.words import cascade_in_words
from core.services.serving.predictions import (
    PREDICTION_FIELDS,
    PredictionRecord,
    find_prediction,
    prediction_fields,
)
from core.services.storage.clean import CleanOptions, clean, keep_predictions_for
from core.services.storage.removed import removed_folder
from core.store.feedback.records import ServedPrediction
from core.wording import counted, shortened
from core.workspace import Workspace

MOST_LISTED, AT_ONCE = 10, 1_000


@dataclass(frozen=True, slots=True)
class PredictionsWish:
    """What was typed."""

    dataset: str | None
    show: str | None
    search: str
    out: Path | None
    keep_days: int | None
    clean: bool
    older_than: int | None


def predictions(invocation: Invocation, wish: PredictionsWish) -> Output:
    """UsageError, NotFound."""
    if wish.older_than is not None and not wish.clean:
        raise UsageError("--older-than belongs to --clean: type both.")
    invocation.check_out(wish.out)
    check_record_file(wish.out)
    with invocation.workspace() as workspace:
        if wish.show is not None:
            return _shown(find_prediction(workspace, wish.show))
        if wish.keep_days is not None or wish.clean:
            return _cleaned(workspace, wish)
        if wish.dataset is None:
            raise UsageError("Name a dataset to list its predictions, or a prediction: --show ID.")
        return _listed(workspace, wish.dataset, wish)


def _cleaned(workspace: Workspace, wish: PredictionsWish) -> Output:
    cleaned = []
    if wish.keep_days is not None and (kept := keep_predictions_for(workspace, wish.keep_days or None)):
        cleaned.append(kept)
    if wish.clean:
        folder = removed_folder(workspace)
        cleaned.append(clean(workspace, "predictions", CleanOptions(wish.older_than, folder)))
    gone, days = sum(each.count for each in cleaned), workspace.store.retention.days()
    file = next((str(each.file) for each in cleaned if each.file), None)
    written = f", written to {file} first" if file else ""
    words = f"{counted(gone, 'prediction')} deleted{written}; they are kept {_kept(days)}"
    return Output({"deleted": gone, "file": file, "keep_days": days}, words)


def _listed(workspace: Workspace, typed: str, wish: PredictionsWish) -> Output:
    info = dataset_named(workspace, typed)
    answers, days = workspace.store.answers, workspace.store.retention.days()
    newest = answers.page(info.id, MOST_LISTED, search=wish.search)
    data: dict[str, object] = {
        "dataset": info.name,
        "dataset_id": info.id,
        "predictions": newest.total,
        "keep_days": days,
        "out": str(wish.out) if wish.out else None,
    }
    head = f"{counted(newest.total, 'prediction')} served on {info.name!r}, kept {_kept(days)}"
    if wish.out:
        pages = _pages(workspace, info.id, wish.search)
        write_records(wish.out, PREDICTION_FIELDS, [prediction_fields(each) for each in pages])
        return Output(data, f"{head}. Written to {wish.out}", silent=str(wish.out) == "-")
    entries = [prediction_fields(each) for each in newest.answers]
    lines = [
        f"  {each['prediction_id']}  {each['at']}  {each['label'] or each['outcome']}  {shortened(str(each['text']), 60)}"
        for each in entries
    ]
    return Output(data | {"entries": entries}, "\n".join([head, *lines]))


def _pages(workspace: Workspace, dataset_id: str, search: str) -> Iterator[ServedPrediction]:
    """All of them, newest first."""
    number, page = 1, workspace.store.answers.page(dataset_id, AT_ONCE, search=search)
    while page.page == number:
        yield from page.answers
        number += 1
        page = workspace.store.answers.page(dataset_id, AT_ONCE, number, search=search)


def _shown(record: PredictionRecord) -> Output:
    prediction, call = record.prediction, record.call
    lines = [
        f"{prediction.id}: {prediction.label or prediction.outcome}",
        f"  {shortened(prediction.text, 200)}",
        f"  {record.dataset}, {prediction.model}, prompt {prediction.prompt_key}, from {prediction.source}",
    ]
    lines += [f"  {each}" for each in cascade_in_words(record.as_classification())]
    if call is None:
        lines.append("  Its request and reply were not kept.")
    elif call.request is not None or call.error:
        tokens = f"{call.usage.input:,} tokens in, {call.usage.output:,} out"
        lines.append(f"  {tokens}, {call.seconds:.1f} s" + (", from the cache" if call.cached else ""))
        lines += [f"{each.role}:\n{each.content}" for each in (call.request.messages if call.request else ())]
        lines.append(f"reply:\n{call.reply or call.error}")
    for each in record.feedback:
        opinion = f"should be {each.correction}" if each.correction else f"score {each.score:g}"
        lines.append(f"feedback: {opinion}, {each.state}" + (f" ({each.note})" if each.note else ""))
    return Output(record.as_json(), "\n".join(lines))


def _kept(days: int | None) -> str:
    return "for ever" if days is None else f"for {counted(days, 'day')}"
