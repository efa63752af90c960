"""The scorers that there are, by the names that are typed and stored."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from core.errors import UsageError
from core.scoring.function import function_scorer, is_function
from core.scoring.json_fields import field_score, json_problem
from core.scoring.judge import is_judge, judge_scorer
from core.scoring.label_sets import KIND, scored_again, set_scorer
from core.scoring.numbers import number_problem, number_remark, tolerance
from core.scoring.scorer import Problem, Scorer
from core.scoring.texts import (
    exact,
    matched_part,
    matches,
    normalised,
    pattern_problem,
    token_f1,
    token_problem,
)
from core.types import Example, Prediction

NAMES = (
    "exact, normalised, number[:TOLERANCE], json[:FIELD,FIELD], token-f1, regex[:PATTERN], judge:PROMPT.json or "
    "FILE.py:FUNCTION"
)


def scorer_of(name: str, folder: Path) -> Scorer:
    """The scorer of that name; functions and judges are looked for in `folder`. UsageError, in a sentence."""
    if is_function(name):
        return function_scorer(name, folder)
    if is_judge(name):
        return judge_scorer(name, folder)
    kind, _, rest = name.partition(":")
    if kind == KIND:
        return set_scorer(name)
    if kind == "number":
        return replace(_scorer(name, tolerance(rest).score, problem=number_problem), remark=number_remark)
    if kind == "json":
        return _of_fields(name, tuple(filter(None, (field.strip() for field in rest.split(",")))))
    if kind == "regex" and rest:
        return _of_pattern(name, rest)
    if kind == "regex":
        return _scorer(name, matches, problem=pattern_problem)
    if name == "exact":
        return _scorer(name, exact)
    if name == "normalised":
        return _scorer(name, normalised)
    if name == "token-f1":
        return _scorer(name, token_f1, graded=True, problem=token_problem)
    raise UsageError(f"There is no scorer {name!r}: there are {NAMES}.")


def scores_again(name: str) -> bool:
    """Whether stored answers can be scored by another reference without asking anybody: a function of the user's is not
    called, and no judge is, when somebody only looks."""
    return not is_function(name) and not is_judge(name)


def rescore_by(name: str) -> Callable[[Example, Prediction], Prediction] | None:
    """What scores a stored answer by another reference; None where answers are labels (no name). Where none can be asked,
    an answer is right if it is exactly the reference."""
    if not name:
        return None
    by = scorer_of(name if scores_again(name) else "exact", Path())

    def rescore(row: Example, prediction: Prediction) -> Prediction:
        if by.problem(row.label):
            return replace(prediction, score=0.0, label="")
        return scored_again(by, row, prediction)

    return rescore


def _scorer(
    name: str, compare: Callable[[str, str], float], graded: bool = False, problem: Problem | None = None
) -> Scorer:
    def score(example: Example, answer: str) -> float:
        return compare(answer, example.label)

    return Scorer(name, score, graded, problem) if problem else Scorer(name, score, graded)


def _of_fields(name: str, fields: tuple[str, ...]) -> Scorer:
    return _scorer(
        name,
        lambda answer, reference: field_score(answer, reference, fields),
        graded=len(fields) != 1,
        problem=lambda reference: json_problem(reference, fields),
    )


def _of_pattern(name: str, pattern: str) -> Scorer:
    """What the pattern matches in the answer and in the reference, compared as normalised."""
    if problem := pattern_problem(pattern):
        raise UsageError(f"The scorer {name} has a pattern {problem.removeprefix('which ')}: correct it.")
    if re.compile(pattern).fullmatch(""):
        raise UsageError(
            f"The pattern of the scorer {name} matches nothing at all: write one that has to match."
        )

    def compare(answer: str, reference: str) -> float:
        part = matched_part(answer, pattern)
        return normalised(part, matched_part(reference, pattern)) if part else 0.0

    return _scorer(
        name,
        compare,
        problem=lambda reference: (
            "" if matched_part(reference, pattern) else "in which the pattern matches nothing"
        ),
    )
