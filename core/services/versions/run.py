"""A run on a named version: the rows and labels as they were, in the parts of today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.data.importing.label_shape import check_label_set
from core.data.parts import run_parts
from core.metrics.objective_choice import check_objective, objective_for
from core.prompts.starting import starting_prompt
from core.services.datasets import hold_out
from core.services.evaluation.scorers import keep_scorer, scored_settings, set_settings
from core.services.runs import check_locked
from core.services.versions.versions import dataset_then
from core.store.rows.versions import DatasetVersion
from core.tuning.free_answers.run import OPEN, rows_in_parts
from core.types import Dataset, Objective, Settings
from core.workspace import NO_KEYS, Workspace


def create_version_run(
    workspace: Workspace,
    version: DatasetVersion,
    settings: Settings,
    name: str = "",
    keys: Mapping[str, str] = NO_KEYS,
) -> str:
    """As `create_run`, on the dataset as it was. Rows that are there today are in the same parts as today, so that the
    run compares with those on other versions."""
    workspace.check_spendable()
    settings = set_settings(settings, version.labels)
    workspace.session(settings, keys=keys)
    labels = OPEN if settings.scorer else version.labels
    check_locked(settings.start or starting_prompt(labels, settings.purpose), settings)
    check_objective(settings.objective, labels.names)
    hold_out(workspace, version.dataset_id, settings.seed, bool(settings.scorer))
    dataset = _in_parts(dataset_then(workspace, version), settings)
    if settings.start is not None and settings.start.few_shot.strategy == "fixed":
        run_parts(dataset.examples, settings.start)
    if settings.scorer:
        settings = scored_settings(workspace, settings, dataset.examples)
    else:
        objective = objective_for(settings.objective or Objective(), dataset.examples)
        settings = replace(settings, objective=objective)
    keep_scorer(workspace, version.dataset_id, settings.scorer)
    return workspace.store.runs.create(version.dataset_id, settings, name, rows=dataset)


def _in_parts(dataset: Dataset, settings: Settings) -> Dataset:
    """Rows that are gone today may have no part yet."""
    if not settings.scorer:
        check_label_set(dataset.examples)
    return replace(dataset, examples=rows_in_parts(dataset.examples, settings))
