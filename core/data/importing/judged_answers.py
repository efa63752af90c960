"""Answers that people have judged: a question, an answer and a verdict on it, as a judge is tuned on (docs/judges.md)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from statistics import median

from core.data.fields import LABEL_NAMES, TEXT_NAMES, ColumnMap
from core.data.importing.column_content import column_cells, distinct_cells
from core.data.importing.column_names import is_named, is_reference, is_scale_name, plain, take
from core.data.table import Table

_GOOD = frozenset(
    "good pass passed yes correct right acceptable accept accepted approve approved true ok okay helpful satisfactory "
    "thumbs_up up 1".split()
)
_BAD = frozenset(
    "bad fail failed no incorrect wrong unacceptable not_acceptable reject rejected disapproved false not_ok not_okay "
    "unhelpful not_helpful unsatisfactory poor thumbs_down down 0".split()
)
_UNSURE = frozenset("unsure unclear uncertain maybe borderline partial partly mixed unknown".split())
_ALSO_ELSEWHERE = frozenset("yes no true false right 1 0 up down".split())  # labels of many another question
_VERDICT_NAMES = (
    "verdict judgement judgment rating grade score assessment evaluation pass passed correct is_correct acceptable approved"
).split()
_QUESTIONS = "question input prompt query user_input user_message user_query request instruction".split()
_ANSWERS = (
    "answer output response reply completion model_output model_answer model_response actual_output generated_answer "
    "generation prediction"
).split()
_CONTEXTS = "context contexts passage document documents retrieved_context".split()
_WORDS = 4  # of an answer, from which on it is a text and no label


def guess_good_verdict(labels: Collection[str]) -> str:
    """Which of two verdicts, or three with an unsure one, says that an answer is good; "" where that is not plain."""
    kinds = {plain(label) for label in labels}
    good = [label for label in labels if plain(label) in _GOOD]
    rest = kinds - _GOOD
    known = len(kinds - rest) == 1 and bool(rest & _BAD) and rest <= _BAD | _UNSURE
    return good[0] if known and len(kinds) <= 3 else ""


def may_be_verdicts(columns: ColumnMap, labels: Collection[str]) -> bool:
    """Whether it is worth asking which label means a good answer: of the label column by its name and labels, where
    answers are read."""
    named = is_named(columns.label, _VERDICT_NAMES)
    return (
        2 <= len(labels) <= 3
        and take(list(columns.text), _ANSWERS) != ""
        and (named or bool(guess_good_verdict(labels)))
    )


def judged_answers(table: Table, free: Sequence[str], label: str = "") -> tuple[tuple[str, ...], str]:
    """The columns of the text and of the verdict, of those that are free; nothing where the file has no judged answers.
    The answer comes last, as the exports of a judge take it. `label`: the verdict's column where it is known."""
    verdict = label or next((column for column in free if _holds_verdicts(table, column)), "")
    others = [column for column in free if column != verdict]
    answer, question = take(list(others), _ANSWERS), take(list(others), _QUESTIONS)
    if not answer or not _is_text(table, answer):
        return (), ""
    if not question:
        return _answer_alone(others, answer, verdict)
    if not verdict or (label and not guess_good_verdict(distinct_cells(table, label))):
        return (), ""
    if not label and any(is_reference(column) and is_named(column, LABEL_NAMES) for column in others):
        return (), ""  # what is right is there to be learned itself
    context = take(list(others), _CONTEXTS)
    return tuple(filter(None, (question, context, answer))), verdict


def _answer_alone(others: Sequence[str], answer: str, verdict: str) -> tuple[tuple[str, ...], str]:
    """Beside a verdict or a score, and nothing else that is by its name a text."""
    if any(is_named(column, TEXT_NAMES) for column in others):
        return (), ""
    verdict = verdict or next((column for column in others if is_scale_name(column)), "")
    return ((answer,), verdict) if verdict else ((), "")


def _holds_verdicts(table: Table, column: str) -> bool:
    """By its labels, and by its name unless they are hardly anything else."""
    labels = distinct_cells(table, column)
    if not guess_good_verdict(labels):
        return False
    plainly = not any(plain(label) in _ALSO_ELSEWHERE for label in labels)
    return is_named(column, _VERDICT_NAMES) or (plainly and is_named(column, LABEL_NAMES))


def _is_text(table: Table, column: str) -> bool:
    """Whether the answers are long, or hardly one comes again: few short ones are labels themselves."""
    cells = [cell for cell in column_cells(table, column) if cell.strip()]
    if not cells:
        return False
    return median(len(cell.split()) for cell in cells) >= _WORDS or 2 * len(set(cells)) > len(cells)
