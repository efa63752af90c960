"""A step as a chapter of the story: rows that the heavyweight model read, the rules it wrote with what became of
them, and the rows whose answer changed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.exports.report.run import is_accepted
from core.metrics.flips import Flip, RightSide, flips
from core.metrics.metrics import is_graded, is_mistake
from core.prompts.diffs import DiffLine, changed_lines, edit_lines, narrowed
from core.tuning.outcomes import EditOutcome, JudgedEdit, judged_edits, step_outcome
from core.types import (
    PROMPT_FIELDS,
    Decision,
    Evaluation,
    Example,
    Metrics,
    Prediction,
    Prompt,
    Step,
)
from core.wording import FIELDS, count, percent, read_as, right_in_words, sentence, shortened

_ANSWER = re.compile(r"<\s*(?:edit|" + "|".join(PROMPT_FIELDS) + r")\s*>", re.IGNORECASE)
LINES, WIDE = 14, 2_000  # of an edit that are shown, and characters of a line


@dataclass(frozen=True, slots=True)
class Entering:
    """What a step began with: the prompt, and its answers on the validation rows (None: not known)."""

    prompt: Prompt
    validation: Evaluation | None


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that the heavyweight model read. `predicted` is empty where no model had classified it before."""

    text: str
    label: str
    predicted: str
    note: str


@dataclass(frozen=True, slots=True)
class WrittenEdit:
    """`rule` says in a sentence why it was kept or not; `fixed` and `broke` count rows and `tried` has them in words,
    None and empty where nothing was measured."""

    field: str
    lines: tuple[DiffLine, ...]
    left_out: int
    outcome: EditOutcome
    rule: str
    fixed: int | None = None
    broke: int | None = None
    tried: str = ""


@dataclass(frozen=True, slots=True)
class Flipped:
    """A row whose answer changed; of `graded` answers each has its score beside it."""

    text: str
    label: str
    before: str
    after: str
    graded: bool


@dataclass(frozen=True, slots=True)
class Chapter:
    """`verdict` is "start", "kept", "refused" or "undecided". `read` counts what the heavyweight model read
    (`kind`: mistakes, or rows), of which `rows` are some. `fixed` and `broke` are rows that became right, or
    wrong, against the prompt that entered the step (of graded answers: that got a higher, or a lower score); `before` and
    `after` its figures and those of what it tried."""

    number: int
    verdict: str
    reason: str
    read: int
    kind: str
    rows: tuple[ReadRow, ...]
    edits: tuple[WrittenEdit, ...]
    before: Metrics | None
    after: Metrics | None
    fixed: tuple[Flipped, ...]
    broke: tuple[Flipped, ...]

    @property
    def kept(self) -> int:
        return sum(each.outcome is EditOutcome.KEPT for each in self.edits)

    @property
    def graded(self) -> bool:
        return any(each is not None and each.graded for each in (self.before, self.after))

    @property
    def gain(self) -> str:
        """26 → 54 of 104 right"""
        return right_in_words(self.before, self.after)


def why_in_words(chapter: Chapter) -> str:
    """Such as "Most of it came with step 1: 5 rules kept, 26 → 54 of 104 right on the validation rows."."""
    kept = f"{count(chapter.kept, 'rule')} kept, " if chapter.kept else ""
    return f"Most of it came with step {chapter.number}: {kept}{chapter.gain} on the validation rows."


def chapter_of(step: Step, entering: Entering | None, rows: Mapping[str, Example]) -> Chapter:
    """`rows` are those of the run, by id."""
    before = entering.validation if entering is not None else None
    moved = _moved(rows, before, step.validation)
    reflection = step.reflection
    return Chapter(
        step.number,
        _verdict(step),
        sentence(step.verdict.reason),
        len(reflection.shown) if reflection is not None else 0,
        "mistake" if step.batch else "row",
        _read_rows(step, rows),
        _edits(step, entering),
        before.metrics if before is not None else None,
        step.validation.metrics if step.validation is not None else None,
        tuple(_flipped(each) for each in moved if each.right is RightSide.SECOND),
        tuple(_flipped(each) for each in moved if each.right is RightSide.FIRST),
    )


def _verdict(step: Step) -> str:
    if step.number == 0:
        return "start"
    if is_accepted(step):
        return "kept"
    return "undecided" if step.verdict.decision is Decision.UNDECIDED else "refused"


# ---- what was read


def _read_rows(step: Step, rows: Mapping[str, Example]) -> tuple[ReadRow, ...]:
    """Those whose label the edits speak of come first, each kind of mistake once before any twice."""
    if step.reflection is None:
        return ()
    answers = {each.example_id: each for each in step.batch.predictions} if step.batch else {}
    shown = [rows[id] for id in step.reflection.shown if id in rows]
    if answers:
        shown = [row for row in shown if row.id in answers and is_mistake(answers[row.id], row.label)]
    written = " ".join(edit.replace for edit in step.reflection.edits)
    seen: dict[tuple[str, str], int] = {}
    ranked = []
    for place, row in enumerate(shown):
        kind = row.label, read_as(answers[row.id]) if row.id in answers else ""
        seen[kind] = seen.get(kind, 0) + 1
        ranked.append((seen[kind], row.label not in written, place, row))
    return tuple(_read_row(row, answers.get(row.id)) for *_, row in sorted(ranked, key=lambda each: each[:3]))


def _read_row(row: Example, answer: Prediction | None) -> ReadRow:
    return ReadRow(row.text, row.label, read_as(answer) if answer is not None else "", row.note)


def comment_of(step: Step, longest: int) -> str:
    """What the heavyweight model wrote before its edits, cut where a sentence ends; empty where it wrote nothing."""
    reply = step.reflection.reply if step.reflection is not None else ""
    answer = _ANSWER.search(reply)
    words = " ".join((reply[: answer.start()] if answer else reply).split())
    if len(words) <= longest:
        return words
    cut = words[:longest]
    end = max(cut.rfind(". "), cut.rfind("? "), cut.rfind("! "))
    return cut[: end + 1] + " …" if end > longest // 2 else cut.rstrip() + "…"


# ---- what was written


def _edits(step: Step, entering: Entering | None) -> tuple[WrittenEdit, ...]:
    """Those that were kept first, the ones that did most at the top; then the others."""
    before = entering.prompt if entering is not None else None
    written = [_written(each, before) for each in judged_edits(step)]
    if not written and before is not None and step.candidate is not None:
        written = _between(before, step.candidate, step)
    return tuple(sorted(written, key=lambda each: (each.outcome != EditOutcome.KEPT, _loss(each))))


def _loss(edit: WrittenEdit) -> int:
    return (edit.broke or 0) - (edit.fixed or 0)


def _written(judged: JudgedEdit, before: Prompt | None) -> WrittenEdit:
    compared, field = judged.comparison, FIELDS.get(judged.edit.field, judged.edit.field)
    written = _diff(field, edit_lines(judged.edit, before), judged.outcome, judged.rule)
    if compared is None:
        return written
    return replace(written, fixed=len(compared.fixed), broke=len(compared.broke), tried=judged.in_words())


def _between(before: Prompt, after: Prompt, step: Step) -> list[WrittenEdit]:
    """What a step without edits changed: fields, or the examples in the prompt."""
    outcome = step_outcome(step.verdict, step.validation is not None, 1)
    pairs = [(FIELDS[name], getattr(before, name), getattr(after, name)) for name in PROMPT_FIELDS]
    old, new = (
        "\n".join(f"{shot.label}: {shortened(shot.text, 160)}" for shot in each.few_shot.examples)
        for each in (before, after)
    )
    pairs.append(("Examples in the prompt", old, new))
    return [
        _diff(field, changed_lines(was, now), outcome, sentence(step.verdict.reason))
        for field, was, now in pairs
        if was != now
    ]


def _diff(field: str, lines: Sequence[DiffLine], outcome: EditOutcome, rule: str) -> WrittenEdit:
    visible = tuple(narrowed(lines[:LINES], WIDE))
    return WrittenEdit(field, visible, len(lines) - len(visible), outcome, rule)


# ---- what changed


def _moved(
    rows: Mapping[str, Example], before: Evaluation | None, after: Evaluation | None
) -> tuple[Flip, ...]:
    if before is None or after is None:
        return ()
    read = [rows[each.example_id] for each in after.predictions if each.example_id in rows]
    return flips(read, before.predictions, after.predictions)


def _flipped(flip: Flip) -> Flipped:
    graded = is_graded(flip.first) or is_graded(flip.second)
    answers = _answered(flip.first), _answered(flip.second)
    return Flipped(flip.example.text, flip.example.label, *answers, graded)


def _answered(prediction: Prediction) -> str:
    score = f" (scores {percent(prediction.score, 0)})" if is_graded(prediction) else ""
    return read_as(prediction) + score
