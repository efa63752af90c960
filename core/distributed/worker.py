"""A worker of a cluster: one block after the other, asked by the same code as on one machine."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from core.data.importing.mapping import read_texts
from core.distributed.answers import AnswerFolder
from core.distributed.inputs.blocks import Layout, RowBlock
from core.distributed.inputs.registry import read_block
from core.distributed.permit_link import ClusterBudget, ClusterLimiter, PermitLink
from core.distributed.permits import ELSEWHERE, Demand, Permission
from core.errors import ModelRefused, Stopped, StoreError
from core.jobs.file_job import FileAnswer
from core.llm.account import Account
from core.llm.budget import Caps
from core.llm.catalogue.limits import NAME as LIMITS
from core.private_files import private_folder
from core.prompts.templates import ReadPrompt
from core.services.neighbour_index import NeighbourIndex
from core.services.text_labels import label_texts
from core.similarity.shortlist import examples_read
from core.store.files import MODELS, write_text
from core.types import NeighbourSource, Outcome, Prediction, Settings, Spend
from core.workspace import Workspace

SIGN_OF_LIFE = 1.0  # seconds between two, at most
RULES = (MODELS, LIMITS)  # files of a workspace that say what may be asked, and of whom; no key is in them


@dataclass(frozen=True, slots=True)
class ClusterJob:
    """What every worker is told. No key and no text of a row is in it. `columns` hold the texts, which `template` makes one of
    several. `workspace` is the folder on the machine `node`; on others, workers have one of their own, with its `rules`
    by name of file."""

    layout: Layout
    columns: tuple[str, ...]
    template: str
    file: ReadPrompt
    settings: Settings
    caps: Caps
    answers: AnswerFolder
    workers: int
    workspace: str
    node: str
    rules: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BlockResult:
    """`ended`: why not all rows were asked."""

    number: int
    ended: str = ""


class PermitOffice(Protocol):
    """The permits of the cluster as a worker reaches them."""

    def exchange(self, demand: Demand) -> Awaitable[Permission]: ...

    def begin(self, block: int, attempt: str) -> str: ...

    def end(self, attempt: str, spend: Spend) -> None: ...

    def stop(self, why: str, refused: bool = False) -> None: ...


def rules_of(folder: Path) -> dict[str, str]:
    """The files of rules that a workspace has. OSError."""
    return {name: (folder / name).read_text("utf-8") for name in RULES if (folder / name).is_file()}


def workspace_on(job: ClusterJob, node: str) -> Path:
    """The folder of the workspace on this machine. On another one than the command's it is a folder of temporary files, with the
    same rules: its kept replies hold for the workers of that machine. StoreError where somebody else has made that folder."""
    if node == job.node:
        return Path(job.workspace)
    ours = private_folder(Path(tempfile.gettempdir()) / f"whetstone-{os.getuid()}")
    if ours.lstat().st_uid != os.getuid():
        raise StoreError(
            f"{ours} on {node} belongs to another user: set TMPDIR there to a folder of your own."
        )
    folder = private_folder(ours / "-".join(job.answers.fingerprints))
    for name, text in job.rules.items():
        write_text(folder / name, text)
    return folder


class BlockWorker:
    """Keeps its connections and its limits from block to block, and nothing else."""

    def __init__(self, job: ClusterJob, workspace: Workspace, office: PermitOffice):
        self._job, self._workspace, self._office = job, workspace, office
        self._link = PermitLink(office.exchange)
        self._context = replace(
            workspace.model_context(), make_limiter=partial(ClusterLimiter, self._link, job.workers)
        )
        self._index = NeighbourIndex(
            workspace, "", examples_read(job.file.prompt), job.file.labels, NeighbourSource.PROMPT
        )

    def classify(self, block: RowBlock) -> BlockResult:
        """Asks for the rows of the block that have no answer yet, and keeps all of them. DataError, StoreError, UsageError."""
        job, attempt = self._job, secrets.token_hex(8)
        if job.answers.is_finished(block):  # its worker was killed after the last answer
            return BlockResult(block.number)
        if stop := self._office.begin(block.number, attempt):
            return BlockResult(block.number, stop)
        self._link.begin(attempt)
        texts = read_texts(read_block(job.layout, block), job.columns, job.template)
        kept = {at: each for at, each in job.answers.answers(block).items() if not each.is_due}
        if any(each.outcome is not Outcome.FAILED for each in kept.values()):
            # rows that the model refuses are all that is left: they say nothing of the model
            self._context.refusals(job.settings.lightweight, "lightweight").answered = True
        due = [at for at in range(block.rows) if at not in kept]
        account = Account(attempt, ClusterBudget(job.caps, self._link))
        session = self._workspace.session_of(job.settings, account, self._context)
        beat = _SignOfLife(self._link, self._workspace)
        try:
            found = label_texts(session, self._index, job.file, [texts[at] for at in due], beat)
        except ModelRefused as refusal:
            self._office.stop(str(refusal), refused=True)
            self._end(attempt, account)
            return BlockResult(block.number, str(refusal))
        new = {
            due[at]: _answer(due[at], each)
            for at, each in enumerate(found.predictions)
            if not found.is_left(at)
        }
        if not found.ended or any(each.is_due or each.outcome is not Outcome.FAILED for each in new.values()):
            # else it was ended before the first answer: rows without a text alone leave no file
            job.answers.write(block, [each for _, each in sorted((kept | new).items())])
        if found.ended and found.ended != ELSEWHERE:
            self._office.stop(found.ended)
        self._end(attempt, account)
        return BlockResult(block.number, found.ended)

    def close(self) -> None:
        self._workspace.calls.run(self._context.aclose())

    def _end(self, attempt: str, account: Account) -> None:
        self._workspace.calls.run(self._link.flush())
        self._office.end(attempt, account.meter.spend("lightweight"))


class _SignOfLife:
    """Tells how far the block is and ends it when everybody is told to stop."""

    def __init__(self, link: PermitLink, workspace: Workspace):
        self._link, self._workspace = link, workspace
        self._next = time.monotonic() + SIGN_OF_LIFE

    def __call__(self, done: int, total: int) -> None:
        self._link.done = done
        if time.monotonic() >= self._next:
            self._workspace.calls.run(self._link.flush())
            self._next = time.monotonic() + SIGN_OF_LIFE
        if self._link.stop:
            raise Stopped(self._link.stop)


def _answer(place: int, found: Prediction) -> FileAnswer:
    return FileAnswer(place, found.outcome, found.label, found.said, found.reason, found.error, found.cached)
