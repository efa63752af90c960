"""A prompt measured on labelled rows: which rows count, the calls, the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.data.splits import split
from core.errors import CallFailed, DataError, EndedEarly, ModelRefused
from core.label_sets.figures import SetFigures, set_figures
from core.llm.base import Model, OnReply
from core.metrics.metrics import evaluation
from core.metrics.objective_choice import check_objective, objective_for
from core.prompts.files import PromptFile
from core.prompts.templates import ReadPrompt
from core.scoring.constant import Constant, best_constant
from core.scoring.judge import ScoringJudge
from core.services.evaluation.scorers import scored_settings
from core.similarity.examples import without_examples
from core.similarity.requests import classify_requests
from core.similarity.shortlist import neighbours_read, on_shortlist
from core.tuning.evaluate import free_answers, scored_predictions
from core.tuning.free_answers.judged import judge_requests, with_verdicts
from core.tuning.session import Session
from core.types import (
    Dataset,
    Evaluation,
    Example,
    Objective,
    Outcome,
    Prediction,
    Reply,
    Request,
    Settings,
    Spend,
)
from core.types.objectives import AUTO
from core.wording import count, quoted
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class MeasuredPrompt:
    """`rows` are those that were read, in the order of the predictions; `examples_left_out` rows stand in the prompt
    itself. `stopped` says why not all were read. `constant`, of free answers: the one that would score best if every
    row had it; a judge is not asked for that. `shortlisted`, of a prompt with a shortlist: rows whose right label was
    on it. `sets`: figures of rows that may have several labels. `judge`: who scored the answers, if one did."""

    evaluation: Evaluation
    rows: tuple[Example, ...]
    labels: tuple[str, ...]
    objective: Objective
    spend: Mapping[str, Spend]
    reply_tokens: int
    examples_left_out: int = 0
    stopped: str = ""
    constant: Constant | None = None
    shortlisted: int | None = None
    sets: SetFigures | None = None
    judge: ScoringJudge | None = None

    @property
    def scored(self) -> bool:
        """Whether its answers were scored, and are no labels."""
        return not self.labels


def rows_of_split(dataset: Dataset, part: str, seed: int, free: bool = False) -> list[Example]:
    """The usable rows of one part, or of "all". Rows are split only where it matters, so that a file of test rows
    alone can be measured. `free`: answers are no labels. DataError where there are none."""
    usable = tuple(row for row in dataset.examples if not row.excluded)
    if part != "all" and not all(row.split for row in usable):
        usable = split(usable, seed, free)
    rows = [row for row in usable if part in ("all", row.split)]
    if not rows:
        raise DataError(f"{quoted(dataset.name)} has no rows in the {part} part: choose another with split.")
    return rows


def measure_prompt(
    workspace: Workspace,
    rows: Sequence[Example],
    file: PromptFile | ReadPrompt,
    settings: Settings,
    on_reply: OnReply,
) -> MeasuredPrompt:
    """What the prompt makes of the rows with the settings' lightweight model. DataError where a row's label is none
    of the prompt's or every row is an example of it, or its answer cannot be scored against; ModelRefused where not
    one reply came."""
    workspace.check_spendable()
    counted = without_examples(rows, file.prompt.few_shot)
    labels = () if settings.scorer else file.labels
    _check(rows, counted, None if settings.scorer else file)
    if settings.scorer:
        settings = scored_settings(workspace, settings, counted)
    objective = objective_for(settings.objective or AUTO, counted)
    check_objective(objective, labels)
    session = workspace.session(settings)
    choices = labels if session.structured else ()
    texts = [row.text for row in counted]
    neighbours = neighbours_read(file.prompt, texts)
    requests = classify_requests(file.prompt, texts, choices, neighbours, session.reply_tokens)
    replies, stopped = replies_until_end(session, requests, on_reply)
    at = [index for index, reply in enumerate(replies) if reply is not None]
    sent, read = [requests[index] for index in at], [counted[index] for index in at]
    received = [reply for reply in replies if reply is not None]
    shortlisted = on_shortlist(file.prompt, [row.label for row in read], [neighbours[index] for index in at])
    if session.judge is None:
        predictions = scored_predictions(session, sent, read, received, labels)
    else:
        read, predictions, unjudged = _judged(session, read, free_answers(sent, read, received), on_reply)
        stopped = stopped or unjudged
    several = session.scorer.labels if session.scorer else ()
    return MeasuredPrompt(
        evaluation(read, predictions, labels),
        tuple(read),
        labels,
        objective,
        session.account.spends(),
        session.reply_tokens,
        len(rows) - len(counted),
        stopped,
        best_constant(session.scorer, read) if session.scorer and not session.judge else None,
        shortlisted if file.prompt.shortlist else None,
        set_figures(read, predictions, several) if several else None,
        session.judge.judge if session.judge else None,
    )


def _judged(
    session: Session, rows: Sequence[Example], answers: Sequence[Prediction], on_reply: OnReply
) -> tuple[list[Example], list[Prediction], str]:
    """Rows and answers that a judge has scored, as far as it came, and why no further."""
    assert session.judge is not None
    by, waiting = session.judge, [each.outcome is Outcome.LABEL for each in answers]
    replies, stopped = replies_until_end(session, judge_requests(by, rows, answers), on_reply, by.model)
    verdicts = iter(replies)
    at = [n for n, waits in enumerate(waiting) if not waits or next(verdicts) is not None]
    read, answered = [rows[n] for n in at], [answers[n] for n in at]
    received = [reply for reply in replies if reply is not None]
    return read, with_verdicts(by, read, answered, received), stopped


def replies_until_end(
    session: Session, requests: Sequence[Request], on_reply: OnReply, model: Model | None = None
) -> tuple[Sequence[Reply | CallFailed | None], str]:
    """Replies in the order of the requests, None where a cap, a refusal or a stop came first, and a sentence about
    that. `model`: the lightweight one unless another is given. Raises ModelRefused where not one came."""
    model = model or session.lightweight
    try:
        asked = session.ask_all(model, requests, concurrency=session.concurrency, on_reply=on_reply)
        return asked, ""
    except EndedEarly as ended:
        if isinstance(ended, ModelRefused) and not any(isinstance(reply, Reply) for reply in ended.replies):
            raise
        return ended.replies or (None,) * len(requests), str(ended)


def _check(rows: Sequence[Example], counted: Sequence[Example], file: PromptFile | ReadPrompt | None) -> None:
    """`file`: None where answers are no labels."""
    if not counted:
        raise DataError(
            f"All {count(len(rows), 'row')} are examples of the prompt, which holds their answers: measure it on others."
        )
    unknown = sorted({row.label for row in rows} - set(file.labels)) if file else []
    if unknown:
        raise DataError(
            f"The prompt does not know the label {quoted(unknown[0])}: add it to its labels, or correct the rows."
        )
