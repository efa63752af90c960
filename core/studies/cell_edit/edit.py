"""One edit for one cell of the confusion matrix: asked for with the mistakes of that cell alone, measured at
once against all others.

Training rows are shown (cell_asking.py), validation rows measure: paired with what the prompt before made of
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.errors import CapReached, EditRefused
from core.metrics.comparison import compare
from core.metrics.confusion import CellEffect, cells_of, effect_in_words, effect_on
from core.prompts.edits import apply_edits
from core.prompts.rules import check_candidate, quotes_of, usual_size
from core.studies.cell_edit.request import CellContext, cell_request, findings_of
from core.tuning.acceptance import damage
from core.tuning.evaluate import evaluate
from core.tuning.reflect import reflect
from core.tuning.session import OnProgress, Session, reading_settings
from core.types import (
    Comparison,
    Edit,
    Evaluation,
    Example,
    LabelSet,
    Progress,
    Prompt,
    Reflection,
    Settings,
    Spend,
)

ROOM = 1.1  # calls that fail and are tried again count towards the cap, too


@dataclass(frozen=True, slots=True)
class ProposedEdit:
    """What came of it. `problem` says in a sentence why there is no edit, or why it was not measured or
    decides nothing; empty where all went well. `before` and `after` are the validation rows with either
    prompt, `effect` is seen from the cell, `comparison` from all."""

    reflection: Reflection
    edit: Edit | None = None
    candidate: Prompt | None = None
    problem: str = ""
    before: Evaluation | None = None
    after: Evaluation | None = None
    comparison: Comparison | None = None
    effect: CellEffect | None = None
    spend: Mapping[str, Spend] = field(default_factory=dict)


def run(
    session: Session,
    ground: CellContext,
    before: Evaluation | None = None,
    on_progress: OnProgress = lambda progress: None,
) -> ProposedEdit:
    """Reads training rows, asks once, takes the first edit that keeps the rules and measures it on the
    validation rows. `before` is the reading of these rows with the same prompt; without it they are read
    again. A reply or an edit that cannot be used is no error, nor is a cap that is reached once the edit is
    there. Raises CapReached, ModelRefused, and what `on_progress` raises."""
    read = _read(
        session, ground.prompt, ground.rows_to_read, ground.labels, "Reading training rows", on_progress
    )
    findings = findings_of(ground, read)
    on_progress(Progress("The heavyweight model reads " + _mistakes(len(findings.mistakes))))
    reflection = reflect(session, findings, cell_request(ground, findings))
    try:
        edit, candidate = take_one(reflection, ground)
    except EditRefused as refused:
        return ProposedEdit(reflection, problem=str(refused), spend=session.account.spends())
    proposed = ProposedEdit(reflection, edit, candidate)
    try:
        if before is None:
            before = _read(
                session,
                ground.prompt,
                ground.validation,
                ground.labels,
                "Reading the validation rows",
                on_progress,
            )
        after = _read(
            session,
            candidate,
            ground.validation,
            ground.labels,
            "Measuring the edit on the validation rows",
            on_progress,
        )
    except CapReached as reached:
        return replace(
            proposed, problem=f"The edit is not measured. {reached}", spend=session.account.spends()
        )
    names = ground.labels.names
    old, new = (cells_of(ground.validation, each.predictions, names) for each in (before, after))
    return replace(
        proposed,
        problem=damage(after),
        before=before,
        after=after,
        effect=effect_on(ground.cell, old, new),
        comparison=compare(ground.validation, before.predictions, after.predictions),
        spend=session.account.spends(),
    )


def outcome_in_words(proposed: ProposedEdit, labels: Sequence[str]) -> str:
    """What it did, or why it did nothing, in a sentence."""
    if proposed.problem or proposed.effect is None:
        return proposed.problem
    return effect_in_words(proposed.effect, labels)


def take_one(reflection: Reflection, ground: CellContext) -> tuple[Edit, Prompt]:
    """The first edit of the reply that keeps the rules, with the prompt that it makes. Raises EditRefused
    with the reason of the first one refused."""
    if reflection.problem:
        raise EditRefused(reflection.problem)
    reasons = []
    for edit in reflection.edits:
        try:
            candidate = apply_edits(ground.prompt, (edit,))
            if quotes_of(Prompt(edit.replace, "", ""), [row.text for row in ground.train]):
                raise EditRefused("The edit quotes a row word for word: an example, not a rule.")
            size = usual_size(ground.labels.names)
            check_candidate(candidate, ground.labels, ground.held_out, size, ground.terms)
        except EditRefused as refused:
            reasons.append(str(refused))
        else:
            return edit, candidate
    raise EditRefused(reasons[0] if reasons else "The reply holds nothing to try.")


def _read(
    session: Session,
    prompt: Prompt,
    rows: Sequence[Example],
    labels: LabelSet,
    what: str,
    on_progress: OnProgress,
) -> Evaluation:
    on_progress(Progress(what, 0, len(rows)))
    return evaluate(
        session, prompt, rows, labels.names, lambda done, total: on_progress(Progress(what, done, total))
    )


def _mistakes(count: int) -> str:
    return f"{count:,} mistake{'' if count == 1 else 's'}" if count else "rows of both labels"


def settings_for(settings: Settings, ground: CellContext) -> Settings:
    """The models of the run, with caps of their own that hold what was foreseen."""
    calls = len(ground.rows_to_read) + 2 * len(ground.validation)
    return reading_settings(
        settings,
        heavyweight=settings.heavyweight,
        seed=settings.seed,
        max_calls=round(calls * ROOM) + 5,
        max_heavy_calls=3,
    )
