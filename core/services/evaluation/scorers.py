"""Scorers of free answers: named, kept in the workspace where they are files, and checked against rows before anything
is spent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from core.errors import UsageError
from core.prompts.starting_prompt import starting_prompt
from core.scoring.function import is_function, keep_file
from core.scoring.judge import ScoringJudge, is_judge, keep_judge, kept_judge, typed_judge
from core.scoring.label_sets import is_set_scorer, set_scorer_name
from core.scoring.registry import scorer_of
from core.tuning.free_answers.run import check_free
from core.types import Example, LabelSet, Prompt, Settings
from core.workspace import Workspace


def stored_scorer(workspace: Workspace, typed: str) -> str:
    """The name of the scorer as runs store it: the file of a function or a judge is copied into the workspace. UsageError
    for one that there is not or whose file fails."""
    name = typed
    if names_file(typed):
        workspace.check_writable()
        keep = keep_judge if is_judge(typed) else keep_file
        name = keep(typed, workspace.scorers)
    return scorer_of(name, workspace.scorers).name


def names_file(scorer: str) -> bool:
    """Whether a scorer is a file, which pages and requests do not name."""
    return is_function(scorer) or is_judge(scorer)


def judge_named(workspace: Workspace, scorer: str) -> ScoringJudge | None:
    """The judge whose verdicts are the scores, typed or as runs store it; None for any other scorer. UsageError."""
    return typed_judge(scorer, workspace.scorers)[1] if is_judge(scorer) else None


def judge_model(workspace: Workspace, settings: Settings) -> str:
    """The model that scores the answers; "" where none does."""
    judge = judge_named(workspace, settings.scorer)
    return judge.model if judge else ""


def scorer_notices(workspace: Workspace, scorer: str, rows: Iterable[Example]) -> tuple[str, ...]:
    """What is to be said of a scorer, as runs store it, and of the reference answers of these rows."""
    return (*judge_notices(workspace, scorer), *answer_notices(workspace, scorer, rows))


def answer_notices(workspace: Workspace, scorer: str, rows: Iterable[Example]) -> tuple[str, ...]:
    """What is to be said of reference answers that can be scored against, but perhaps not as they are meant."""
    if not scorer:
        return ()
    references = [row.label for row in rows if row.label and not row.excluded]
    remark = scorer_of(scorer, workspace.scorers).remark(references)
    return (remark,) if remark else ()


def judge_notices(workspace: Workspace, scorer: str) -> tuple[str, ...]:
    """What is to be said of a scorer that is a judge, as runs store it: what it reads, what counts, how far it is right."""
    return (kept_judge(scorer, workspace.scorers).in_words,) if is_judge(scorer) else ()


def built_in_scorer(typed: str) -> str:
    """The name of one that is no function of the user's: pages name no files. UsageError."""
    if names_file(typed):
        raise UsageError(
            "A file of your own is named on the command line: import FILE --scorer FILE.py:FUNCTION, or judge:PROMPT.json."
        )
    return scorer_of(typed.strip(), Path()).name


def checked_scorer(workspace: Workspace, typed: str, rows: Iterable[Example], called: str = "") -> str:
    """As `stored_scorer`, "" for "". DataError for an answer that cannot be scored against, by a scorer `called` so; rows
    without one are left out."""
    if not typed:
        return ""
    name = stored_scorer(workspace, typed)
    scorer_of(name, workspace.scorers).check((row for row in rows if row.label), called)
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
