"""A file classified by many workers: what is asked of whom, what was kept before, and what stands in OUT at the end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from core.distributed.answers import AnswerFolder
from core.distributed.inputs.blocks import InputPlan
from core.distributed.output import ClusterOutput
from core.distributed.permits import ClusterState, Permits
from core.distributed.ray_engine import check_installed, classify_blocks, node_of, ray_started
from core.distributed.worker import ClusterJob, rules_of
from core.errors import ModelRefused
from core.llm.account import account_for
from core.llm.budget import Caps
from core.llm.catalogue.limits import CallLimits
from core.prompts.templates import ReadPrompt
from core.services.text_labels import LabelCounts
from core.types import Settings
from core.workspace import Workspace

# Called with the rows that have come back, and how many are asked; why to stop, or "".
OnRows = Callable[[int, int], str]


@dataclass(frozen=True, slots=True)
class ClusterRequest:
    """A file in blocks, whose `columns` hold the texts, which `template` makes one of several; the prompt, the settings, and how
    many workers."""

    plan: InputPlan
    columns: tuple[str, ...]
    template: str
    file: ReadPrompt
    settings: Settings
    workers: int

    @property
    def asked(self) -> object:
        """All that answers depend on, but for the content of the file."""
        file, settings = self.file, self.settings
        of = (settings.lightweight, settings.reply_tokens, settings.structured_output)
        layout = self.plan.layout
        read = (layout.kind, layout.columns, layout.encoding, layout.delimiter)
        return (file.prompt, file.labels, file.free, of, read, self.columns, self.template)


@dataclass(frozen=True, slots=True)
class ClusterRun:
    """`kept`: blocks that were finished before; `ended`: why not every row was asked."""

    rows: LabelCounts
    kept: int
    state: ClusterState
    ended: str


def classify_on_cluster(
    workspace: Workspace,
    request: ClusterRequest,
    target: Path,
    on_rows: OnRows,
    on_signals: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> ClusterRun:
    """Writes OUT. `on_signals` is entered when Ray has started, which sets handlers of its own. WhetstoneError; ModelRefused where
    not one answer came."""
    plan = request.plan
    answers = AnswerFolder.beside(target, plan.fingerprint, request.asked)
    check_installed()
    with answers.create():
        due = [block for block in plan.blocks if not answers.is_finished(block)]
        state = Permits(Caps(), CallLimits()).state()
        if due:
            with ray_started(request.workers) as ray, on_signals():
                rows = sum(block.rows for block in due)

                def watch(finished: int, now: ClusterState) -> str:
                    done = sum(block.rows for block in due[:finished]) + now.rows
                    return on_rows(min(done, rows), rows)

                job = _job(workspace, request, answers, node_of(ray))
                limits = workspace.model_context().limits_of(request.settings.lightweight)
                state = classify_blocks(ray, job, limits, due, watch)
        if state.refused and not any(map(answers.answers, plan.blocks)):
            raise ModelRefused(state.stopped)
        output = ClusterOutput(plan, request.columns, request.template, answers, state.stopped)
        return ClusterRun(output.write(target), len(plan.blocks) - len(due), state, state.stopped)


def _job(workspace: Workspace, request: ClusterRequest, answers: AnswerFolder, node: str) -> ClusterJob:
    return ClusterJob(
        request.plan.layout,
        request.columns,
        request.template,
        request.file,
        request.settings,
        account_for(request.settings).budget.caps,
        answers,
        request.workers,
        str(workspace.folder.resolve()),
        node,
        rules_of(workspace.folder),
    )
