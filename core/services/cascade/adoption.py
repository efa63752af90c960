"""The cascade of a champion: what was measured for a run's prompt, adopted together with it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from core.confidence.cascade import Cascade, cascade_from_json, cascade_to_json
from core.errors import StoreError, UsageError
from core.services.cascade.measure import cascade_of, kept_text, last_trial
from core.services.champions import adopt_prompt
from core.services.compare.basis import ComparedRun
from core.store.records import Champion, DatasetInfo
from core.types import Branch, Prompt, TextTemplate
from core.workspace import Workspace

SERVED = "served "  # kind of the list of marks that holds a cascade, before its key
NOT_MEASURED = "No cascade has been measured for this prompt yet: measure one first (When to answer, or the command cascade)."
WORSE = (
    "With this cascade more test rows are wrong than with the prompt alone: let the prompt answer everything."
)
PROMPT_ALONE = (
    "This is the prompt alone: the cascade that answers with it as the champion is a file of its own (When to answer, Download, or "
    "the command cascade with --out)."
)
OTHER_LABELS = "The dataset has other labels, or another template, than when this run began: start a new run, and measure there."


def adopt_cascade(workspace: Workspace, of: ComparedRun, why: str = "") -> Champion:
    """The prompt becomes the champion of its dataset, and what is served is answered by the cascade that was measured
    for it last. UsageError where there is none, where it is proven worse, and in a workspace that is only shown."""
    workspace.check_writable()
    trial, dataset_id = last_trial(workspace, of), of.record.dataset_id
    if trial is None:
        raise UsageError(NOT_MEASURED)
    if trial.worse:
        raise UsageError(WORSE)
    if not _fits(of.dataset.labels.names, of.dataset.template, workspace.store.datasets.info(dataset_id)):
        raise UsageError(OTHER_LABELS)
    text, key = cascade_to_json(cascade_of(of, trial)), cascade_key(workspace, of)
    workspace.store.marks.replace(dataset_id, SERVED + key, {}, text)
    model, branch = of.record.settings.lightweight, Branch(of.record.id, of.step)
    return adopt_prompt(workspace, dataset_id, of.prompt, model, branch, why, key)


def cascade_key(workspace: Workspace, of: ComparedRun) -> str:
    """Tells the cascade that was measured last for the run from all others."""
    measured = of.record.id + kept_text(workspace, of.record)
    return hashlib.sha256(measured.encode()).hexdigest()[:12]


def is_in_force(workspace: Workspace, of: ComparedRun) -> bool:
    """Whether the champion of the dataset answers with the cascade that was measured last for the run."""
    current = workspace.store.champions.current(of.record.dataset_id)
    if current is None or not current.cascade or current.cascade != cascade_key(workspace, of):
        return False
    info = workspace.store.datasets.info(of.record.dataset_id)
    return _fits(of.dataset.labels.names, of.dataset.template, info)


def champion_cascade(workspace: Workspace, champion: Champion, info: DatasetInfo) -> Cascade | None:
    """None where the prompt answers alone: no cascade was adopted with it, or the labels or the template of the dataset
    are others now than when it was measured. StoreError where it is gone."""
    if not champion.cascade:
        return None
    cascade = kept_cascade(workspace, info.id, champion.cascade)
    return cascade if _fits(cascade.file.labels, cascade.file.template, info) else None


def without_cascade(workspace: Workspace, dataset_id: str, prompt: Prompt, model: str) -> list[str]:
    """A sentence for whoever takes the champion's prompt along, where a cascade answers with it; else nothing."""
    champion = workspace.store.champions.current(dataset_id)
    same = champion is not None and (champion.prompt, champion.model) == (prompt, model)
    return [PROMPT_ALONE] if same and champion and champion.cascade else []


def kept_cascade(workspace: Workspace, dataset_id: str, key: str) -> Cascade:
    """One that was adopted, whatever the champion is by now. StoreError where it is gone."""
    text = workspace.store.marks.about(dataset_id, SERVED + key)
    if not text:
        raise StoreError("The cascade of the champion is gone: adopt its prompt again.")
    return cascade_from_json(text)


def _fits(labels: Sequence[str], template: TextTemplate | None, info: DatasetInfo) -> bool:
    return set(labels) == set(info.labels.names) and template == info.template
