"""What `batch` does: its four commands over one service, and how they print a batch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from core.cli import json_output
from core.cli.actions.classify import neighbours_asked, prompt_asked
from core.cli.actions.requests import Labelling
from core.cli.inputs.data_source import STDIN, STDIN_NAME, text_table
from core.cli.inputs.names import batch_named
from core.cli.options import Invocation, ModelOptions, Reading, settings_typed
from core.cli.output import DONE, STOPPED, Output, failures_in_words
from core.cli.paid import price_fields
from core.cli.shell import program
from core.exports.table_files import check_ending, table_bytes
from core.prompts.files import PromptFile
from core.services.batches.batches import BatchJobs
from core.services.batches.estimate import ROLE, BatchEstimate
from core.services.batches.order import BatchOrder
from core.services.batches.status import BatchStatus, next_in_words, status_in_words
from core.services.text_labels import LabelCounts
from core.store.batches.records import BatchPart
from core.store.files import write_file
from core.types import Outcome, Progress, Settings
from core.wording import count, estimates_in_words, money

Typed = tuple[Labelling, ModelOptions, Reading]


def submit(invocation: Invocation, source: str, typed: Typed, estimate: bool) -> Output:
    labelling, models, reading = typed
    file = prompt_asked(labelling, reading)
    with invocation.workspace() as workspace:
        texts = text_table(invocation, workspace, source, reading, file.template)
        notices = (*texts.notices, *file.notices)
        for notice in notices:
            invocation.console.say(notice)
        neighbours, dataset_id = neighbours_asked(workspace, labelling)
        settings = Settings(
            **({"lightweight": file.model or Settings().lightweight} | settings_typed(models))
        )
        prompt = PromptFile(file.prompt, file.labels, file.model, file.template)
        order = BatchOrder(
            _name_of(source),
            texts.table,
            texts.columns,
            prompt,
            settings,
            texts.template,
            neighbours,
            dataset_id,
        )
        jobs = BatchJobs(workspace)
        expected = jobs.estimate(order)
        if estimate:
            return Output(
                {"estimate": _estimate_fields(expected)},
                f"{expected.in_words}\nNext: the same without --estimate",
            )
        invocation.console.say(expected.in_words)
        sent = jobs.submit(order, lambda done, total: invocation.console(Progress("Sending", done, total)))
    fields = {**_fields(sent), "estimate": _estimate_fields(expected), "notices": list(notices)}
    words = [f"Batch {sent.batch.id}: {sent.batch.name}, {sent.batch.model}.", *_words(sent)]
    return Output(fields, "\n".join(words), STOPPED if sent.problem else DONE, sent.problem)


def status(invocation: Invocation, batch: str | None) -> Output:
    with invocation.workspace() as workspace:
        jobs = BatchJobs(workspace)
        if batch is not None:
            one = jobs.status(batch_named(workspace, batch))
            lines = [_headline(one), *_words(one), *map(_part_in_words, one.parts)]
            return Output(_fields(one), "\n".join(lines), DONE, one.problem)
        known = jobs.all() if workspace.exists else ()
        found = [jobs.status(each.batch.id) for each in known]
    problems = dict.fromkeys(each.problem for each in found if each.problem)
    none = f"No batches yet: {program()} batch submit IN --prompt FILE sends one."
    lines = [line for each in found for line in (_headline(each), *(f"  {line}" for line in _words(each)))]
    return Output(
        {"batches": [_fields(each) for each in found]}, "\n".join(lines) or none, DONE, " ".join(problems)
    )


def fetch(invocation: Invocation, batch: str, out: Path | None) -> Output:
    if out is not None:
        check_ending(out.name)
    with invocation.workspace() as workspace:
        batch_id = batch_named(workspace, batch)
        invocation.check_out(out)
        jobs = BatchJobs(workspace)
        on_progress = lambda done, total: invocation.console(Progress("Sending again", done, total))  # noqa: E731
        one = jobs.fetch(batch_id, on_progress)
        predictions = jobs.predictions(batch_id)
        if out is not None:
            header, *rows = jobs.prediction_rows(batch_id)
            write_file(out, table_bytes(out.name, header, rows))
    counts = LabelCounts.of(predictions)
    outcomes = counts.by_outcome
    figures = one.figures
    fields = {
        **_fields(one, out),
        "outcomes": outcomes,
        "cut_off": counts.cut_off,
        "out": None if out is None else str(out),
    }
    lines = [_headline(one)]
    if out is not None:
        lines.append(
            f"{count(len(predictions), 'row')} written to {out}, {outcomes[Outcome.LABEL]:,} with an answer"
        )
    lines.append(failures_in_words([each for each in predictions if each.error]) if figures.is_over else "")
    lines += [_spent_in_words(one), *_words(one, out), estimates_in_words([one.spend])]
    code = DONE if figures.is_over else STOPPED
    return Output(fields, "\n".join(filter(None, lines)), code, one.problem, silent=str(out) == "-")


def cancel(invocation: Invocation, batch: str, give_up: bool) -> Output:
    with invocation.workspace() as workspace:
        one = BatchJobs(workspace).cancel(batch_named(workspace, batch), give_up)
    lines = [_headline(one), *_words(one), estimates_in_words([one.spend])]
    code = STOPPED if one.problem else DONE
    return Output(_fields(one), "\n".join(filter(None, lines)), code, one.problem)


# ---- one batch, in words and in JSON


def _name_of(source: str) -> str:
    """Names of files may hold bytes that are no text."""
    return STDIN_NAME if source == STDIN else os.fsencode(Path(source).name).decode("utf-8", "replace")


def _headline(one: BatchStatus) -> str:
    return f"{one.batch.id}  {one.state.upper()}  {one.batch.name}, {one.batch.model}"


def _words(one: BatchStatus, out: Path | None = None) -> list[str]:
    return [status_in_words(one), f"Next: {_next(one, out)}"]


def _next(one: BatchStatus, out: Path | None = None) -> str:
    fetched = f"{program()} batch fetch {one.batch.id} --out {out or 'FILE'}"
    done = f"they are in {out}" if out else fetched
    again = f"the same {program()} batch submit again"
    return next_in_words(one, fetched, again, done, f"{program()} batch cancel {one.batch.id} --give-up")


def _spent_in_words(one: BatchStatus) -> str:
    spend = one.spend
    if not spend.api:
        return ""
    cost = f"{money(one.at_most)} at the very most" if one.uncertain else money(spend.cost_usd)
    return f"{count(spend.api, 'call')} at half the price, {cost}."


def _part_in_words(part: BatchPart) -> str:
    name = part.provider_id or "not known to have arrived"
    problem = f" {part.problem}" if part.problem else ""
    return f"  {name}: {part.state}, {part.answered:,} of {count(part.requests, 'request')} answered, {part.failed:,} failed.{problem}"


def _fields(one: BatchStatus, out: Path | None = None) -> dict[str, object]:
    figures = one.figures
    return {
        "batch": one.batch.id,
        "name": one.batch.name,
        "model": one.batch.model,
        "state": one.state,
        "created": _utc(one.batch.created),
        "rows": one.batch.total,
        "requests": {
            "waiting": figures.waiting,
            "sent": figures.sent,
            "done": figures.done,
            "failed": figures.failed,
            "cached": figures.cached,
        },
        "answered": one.answered,
        "due": None if one.due is None else _utc(one.due),
        "parts": _parts(one.parts),
        **json_output.spent({ROLE: one.spend}),
        "problem": one.problem,
        "next": _next(one, out),
    }


def _parts(parts: Sequence[BatchPart]) -> list[dict[str, object]]:
    names = ("provider_id", "state", "requests", "answered", "failed", "problem")
    return [{name: getattr(part, name) for name in names} for part in parts]


def _estimate_fields(expected: BatchEstimate) -> dict[str, object]:
    return price_fields(expected.price) | {
        "batches": expected.parts,
        "cached": expected.cached,
        "at_most_usd": expected.at_most,
    }


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
