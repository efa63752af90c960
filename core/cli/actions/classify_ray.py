"""`classify --engine ray`: one file, by the workers of a cluster."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

from core.cli.actions.classify_output import LabelledFile, labelled_output
from core.cli.actions.prompt_session import session_for
from core.cli.actions.requests import LabelRequest
from core.cli.console import stop_on_signals
from core.cli.inputs.data_source import STDIN, texts_of
from core.cli.inputs.prompt_files import cascade_at
from core.cli.options import Invocation, settings_typed
from core.cli.output import Output
from core.cli.shell import program
from core.distributed.cluster_run import ClusterRequest, classify_on_cluster
from core.distributed.inputs.registry import plan_input
from core.distributed.ray_engine import check_installed
from core.errors import UsageError
from core.exports.table_files import GROWING
from core.prompts.templates import ReadPrompt
from core.types import NeighbourSource, Progress, Settings
from core.wording import count, listed


def check_request(request: LabelRequest) -> None:
    """What only one machine can do is refused, before anything is read. UsageError."""
    labelling, target = request.labelling, request.target
    check_installed()
    if request.source == STDIN:
        raise UsageError("--engine ray reads a file, which every worker can open: standard input is none.")
    if not Path(request.source).is_file():
        raise UsageError(
            f"--engine ray reads one file, and {request.source} is none here: write a folder or a dataset of the workspace "
            f"into one first ({program()} export DATASET --format csv --out FILE)."
        )
    if str(target) == STDIN or target.suffix.casefold() not in GROWING:
        raise UsageError(
            f"--engine ray writes block by block into a file that ends in {listed(GROWING)}: name one as OUT."
        )
    if labelling.neighbours != NeighbourSource.PROMPT or labelling.dataset:
        raise UsageError(
            "--engine ray takes the examples that the prompt carries, since a dataset is on one machine: leave out --neighbours "
            "and --dataset."
        )
    if cascade_at(labelling.prompt) is not None:
        raise UsageError(
            "--engine ray takes a prompt and no cascade, whose local model is learned from rows on one machine: name a prompt file."
        )
    if request.reading.sheet:
        raise UsageError("--sheet is for workbooks, which --engine ray does not read: save it as CSV.")


def classify_ray(invocation: Invocation, request: LabelRequest, file: ReadPrompt) -> Output:
    request.reading.check_one_label()
    invocation.check_out(request.target)
    with invocation.workspace() as workspace:
        workspace.check_spendable()
        reply_tokens = session_for(
            workspace, request.models, file
        ).reply_tokens  # refused before anything is read
        source = Path(request.source).resolve()
        plan, head = plan_input(source, request.reading.options)
        texts = texts_of(replace(head, notices=(), left_out={}), request.reading, file.template)
        for notice in (*texts.notices, *file.notices):
            invocation.console.say(notice)
        own = {"lightweight": file.model or Settings().lightweight}
        settings = Settings(**(own | settings_typed(request.models)))
        workers = request.engine.workers or os.cpu_count() or 1
        asked = ClusterRequest(plan, texts.columns, texts.template, file, settings, workers)
        stop = threading.Event()

        def on_rows(done: int, total: int) -> str:
            invocation.console(Progress(f"Classifying with {count(workers, 'worker')}", done, total))
            return "Stopped by a signal." if stop.is_set() else ""

        target, on_signals = request.target.resolve(), partial(stop_on_signals, stop.set)
        run = classify_on_cluster(workspace, asked, target, on_rows, on_signals)
    if run.ended:
        invocation.console.warn(run.ended)
    labelled = LabelledFile(
        request.target,
        plan.rows,
        run.rows,
        {"lightweight": run.state.spend},
        texts.notices,
        reply_tokens,
        bool(run.ended),
        file.free,
    )
    output = labelled_output(labelled)
    data = {
        **output.data,
        "engine": "ray",
        "workers": workers,
        "blocks": len(plan.blocks),
        "blocks_kept": run.kept,
        "workers_killed": run.state.killed,
    }
    words = output.words
    if run.state.killed:
        words += (
            f"\n{count(run.state.killed, 'worker')} died in the middle of a block, which was done again; of its "
            f"{count(run.state.repeated, 'call')}, those whose answer was not kept may have been paid twice."
        )
    return Output(data, words, output.code)
