"""Scorers of free answers: named, kept in the workspace where they are files, and checked against rows before anything
is spent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from core.errors import UsageError
from core.prompts.starting import starting_prompt
from core.scoring.function import is_function, keep_file
from core.scoring.label_sets import is_set_scorer, set_scorer_name
from core.scoring.registry import scorer_of
from core.tuning.free_answers.run import check_free
from core.types import Example, LabelSet, Prompt, Settings
from core.workspace import Workspace


def stored_scorer(workspace: Workspace, typed: str) -> str:
    """The name of the scorer as runs store it: a function's file is copied into the workspace. UsageError for one that
    there is not or whose file fails."""
    name = typed
    if is_function(typed):
        workspace.check_writable()
        name = keep_file(typed, workspace.scorers)
    return scorer_of(name, workspace.scorers).name


def built_in_scorer(typed: str) -> str:
    """The name of one that is no function of the user's: pages name no files. UsageError."""
    if is_function(typed):
        raise UsageError(
            "A function of your own is named on the command line, which runs its file: import FILE --scorer FILE.py:FUNCTION."
        )
    return scorer_of(typed.strip(), Path()).name


def checked_scorer(workspace: Workspace, typed: str, rows: Iterable[Example]) -> str:
    """As `stored_scorer`, "" for "". DataError for an answer that cannot be scored against; rows without one are left
    out."""
    if not typed:
        return ""
    name = stored_scorer(workspace, typed)
    scorer_of(name, workspace.scorers).check(row for row in rows if row.label)
    return name


def set_settings(settings: Settings, labels: LabelSet) -> Settings:
    """Where rows have several labels: with the scorer of their sets, and a prompt that asks for all labels that fit,
    unless the settings have one to start from. UsageError for another scorer."""
    if not labels.several:
        return settings
    name = set_scorer_name(labels.names)
    if settings.scorer and not is_set_scorer(settings.scorer):
        raise UsageError(
            f"Rows have several labels here, which the scorer {settings.scorer} does not read: leave the scorer out."
        )
    start = settings.start or starting_prompt(labels, settings.purpose)
    return replace(settings, scorer=settings.scorer or name, start=replace(start, several=labels.names))


def answered_labels(labels: LabelSet, prompt: Prompt) -> LabelSet:
    """The labels of rows as a prompt answers them: of one that may name several every row may have several."""
    if labels.several or not prompt.several:
        return labels
    return replace(labels, names=tuple(dict.fromkeys((*labels.names, *prompt.several))), several=True)


def scored_settings(workspace: Workspace, settings: Settings, rows: Iterable[Example]) -> Settings:
    """The settings with the objective that their scorer has. UsageError for settings that need labels, DataError for an
    answer that cannot be scored against."""
    check_free(settings)
    scorer = scorer_of(settings.scorer, workspace.scorers)
    scorer.check(rows)
    return replace(settings, objective=scorer.objective)


def keep_scorer(workspace: Workspace, dataset_id: str, scorer: str) -> None:
    """From now on it scores the answers of the dataset, where no other one does yet; sets of labels are labels."""
    if not scorer or is_set_scorer(scorer):
        return
    if not workspace.store.datasets.info(dataset_id).scorer:
        workspace.store.datasets.set_scorer(dataset_id, scorer)
