"""`classify` with a cascade: texts written with their labels, who gave each, and how sure it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from core.cli import json_output
from core.cli.actions.prompt_session import session_for, stoppable
from core.cli.actions.requests import LabelRequest
from core.cli.inputs.data_source import Texts, text_table
from core.cli.options import Invocation
from core.cli.output import DONE, STOPPED, Output, failures_in_words
from core.confidence.cascade import AnsweredBy, Cascade, CascadeAnswer
from core.errors import UsageError
from core.exports.dataset import NO_TEXT, prediction_table, to_ask_again
from core.exports.table_files import table_bytes
from core.services.cascade.answers import cascade_answers
from core.store.files import write_file
from core.types import NeighbourSource, Outcome, Prediction, Spend
from core.wording import count
from core.workspace import Workspace


def classify_cascade(invocation: Invocation, request: LabelRequest, cascade: Cascade) -> Output:
    labelling = request.labelling
    if labelling.labels or labelling.dataset or labelling.neighbours != NeighbourSource.PROMPT:
        raise UsageError(
            "A cascade names its labels and examples itself: leave out --labels, --neighbours and --dataset."
        )
    with invocation.workspace() as workspace:
        source = text_table(invocation, workspace, request.source, request.reading, cascade.file.template)
        for notice in source.notices:
            invocation.console.say(notice)
        texts = source.all()
        invocation.check_out(request.target)
        answers, ended, spend = answers_to_texts(invocation, workspace, request, cascade, texts)
    name = request.target.name
    table = cascade_table(source, texts, answers)
    write_file(request.target, table_bytes(name, table[0], table[1:]))
    data, words = _summary(answers), _words(answers, str(request.target))
    data |= json_output.spent(spend) | {"out": str(request.target), "notices": list(source.notices)}
    return Output(data, words, STOPPED if ended else DONE, ended, silent=str(request.target) == "-")


def answers_to_texts(
    invocation: Invocation,
    workspace: Workspace,
    request: LabelRequest,
    cascade: Cascade,
    texts: Sequence[str],
) -> tuple[list[CascadeAnswer], str, dict[str, Spend]]:
    """One per text; a blank one is not asked."""
    session = session_for(workspace, request.models, cascade.file)
    with stoppable(invocation.console, workspace) as on_reply:
        given, ended = cascade_answers(session, cascade, [text for text in texts if text], on_reply)
    left = iter(given)
    blank = CascadeAnswer(Prediction("", Outcome.FAILED, error=NO_TEXT), AnsweredBy.PROMPT)
    return [next(left) if text else blank for text in texts], ended, dict(session.account.spends())


def cascade_table(source: Texts, texts: Sequence[str], answers: Sequence[CascadeAnswer]) -> list[list[str]]:
    """As `classify` writes it, with three columns more. An answer that is too unsure has no label: it stands in a
    column of its own."""
    answered = [(str(each.by), each.confidence) for each in answers]
    return prediction_table(source.table, source.columns, texts, list(map(_as_given, answers)), answered)


def _as_given(answer: CascadeAnswer) -> Prediction:
    prediction = to_ask_again(answer.prediction)
    if not answer.abstained:
        return prediction
    return replace(prediction, outcome=Outcome.ABSTAINED, label="", said=prediction.label)


def _summary(answers: Sequence[CascadeAnswer]) -> dict[str, object]:
    outcomes = Counter(_outcome(each) for each in answers)
    return {
        "rows": len(answers),
        "outcomes": {name: outcomes[name] for name in map(str, Outcome)},
        "local": sum(each.by is AnsweredBy.LOCAL for each in answers),
    }


def _outcome(answer: CascadeAnswer) -> str:
    return Outcome.ABSTAINED if answer.abstained else str(to_ask_again(answer.prediction).outcome)


def _words(answers: Sequence[CascadeAnswer], target: str) -> str:
    outcomes = Counter(_outcome(each) for each in answers)
    local = sum(each.by is AnsweredBy.LOCAL for each in answers)
    parts = [f"{outcomes[Outcome.LABEL]:,} with a label ({local:,} without a call)"]
    unsure = outcomes[Outcome.ABSTAINED]
    parts += [f"{unsure:,} too unsure to answer"] if unsure else []
    lines = [f"{count(len(answers), 'row')} written to {target}: {', '.join(parts)}"]
    lines.append(failures_in_words([each.prediction for each in answers]))
    return "\n".join(filter(None, lines))
