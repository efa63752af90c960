"""Checking before a run whether there is anything to gain. Workspace and loop are wired here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.data.importing.label_shape import check_label_set
from core.errors import DataError
from core.studies.headroom import check as headroom_study
from core.studies.headroom.check import EDITOR, Check, Headroom
from core.tuning.session import OnProgress
from core.types import Dataset, Settings
from core.workspace import NO_KEYS, Workspace

NO_LABELS = "{what}, and this check asks what the labels of similar rows say: a run of one iteration shows what there is to gain."


def check_single_labels(dataset: Dataset, scorer: str = "") -> None:
    """DataError where rows have no label each that similar rows could have, too."""
    if dataset.labels.several:
        raise DataError(NO_LABELS.format(what="Rows have several labels here"))
    if scorer:
        raise DataError(NO_LABELS.format(what="Answers are scored here and are no labels"))
    check_label_set(dataset.examples)


def headroom(
    workspace: Workspace,
    dataset: Dataset,
    settings: Settings,
    check: Check = Check(),
    keys: Mapping[str, str] = NO_KEYS,
    on_progress: OnProgress = lambda progress: None,
) -> Headroom:
    """As the study, under the caps of the settings on an account of its own, through the cache that
    the run will find. Stores nothing. Raises as it does, and UsageError for a model that cannot be opened and
    in a workspace that is only to be looked at, and DataError for labels that are no label set."""
    workspace.check_spendable()
    check_single_labels(dataset, settings.scorer)
    needed = (
        settings if check.ceiling else replace(settings, heavyweight=EDITOR)
    )  # a model that is not asked needs no key
    return headroom_study.run(
        workspace.session(needed, keys=keys),
        dataset,
        settings,
        check,
        on_progress,
    )
