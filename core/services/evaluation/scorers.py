"""Scorers of free answers: named, kept in the workspace where they are files, and checked against rows before anything
is spent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from core.scoring.function import is_function, keep_file
from core.scoring.registry import scorer_of
from core.tuning.free_answers.run import check_free
from core.types import Example, Settings
from core.workspace import Workspace


def stored_scorer(workspace: Workspace, typed: str) -> str:
    """The name of the scorer as runs store it: a function's file is copied into the workspace. UsageError for one that
    there is not or whose file fails."""
    name = typed
    if is_function(typed):
        workspace.check_writable()
        name = keep_file(typed, workspace.scorers)
    return scorer_of(name, workspace.scorers).name


def scored_settings(workspace: Workspace, settings: Settings, rows: Iterable[Example]) -> Settings:
    """The settings with the objective that their scorer has. UsageError for settings that need labels, DataError for an
    answer that cannot be scored against."""
    check_free(settings)
    scorer = scorer_of(settings.scorer, workspace.scorers)
    scorer.check(rows)
    return replace(settings, objective=scorer.objective)


def last_scorer(workspace: Workspace, dataset_id: str) -> str:
    """That of the newest run on the dataset; "" where its answers are labels, or there is none."""
    newest = next(iter(workspace.store.runs.all(dataset_id)), None)
    return newest.settings.scorer if newest else ""
