"""`classify`: texts asked about and written with their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.cli import json_output
from core.cli.actions.asking import ask, label_choices, session_for
from core.cli.actions.requests import Labelling, LabelRequest
from core.cli.cascade.classify import classify_cascade
from core.cli.inputs.data_source import Texts, text_table
from core.cli.inputs.names import dataset_named
from core.cli.inputs.prompt_files import cascade_at, prompt_of
from core.cli.options import Invocation, Reading
from core.cli.output import DONE, LONGER, STOPPED, Output, failures_in_words
from core.cli.shell import program
from core.errors import CallFailed, UsageError
from core.exports.dataset import NO_TEXT, prediction_table, to_ask_again
from core.exports.table_files import check_ending, table_bytes
from core.label_sets.replies import predict_reply
from core.prompts.rendering import asks_for_tag
from core.prompts.templates import ReadPrompt
from core.services.classify import named_dataset
from core.services.neighbour_index import SOURCE_TITLES, NeighbourIndex
from core.similarity.requests import classify_requests
from core.similarity.shortlist import examples_read
from core.store.files import write_file
from core.types import NeighbourSource, Outcome, Prediction, Spend
from core.wording import count, estimates_in_words
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _Answers:
    """A prediction a row, those that were asked for by index, and what that cost."""

    predictions: Sequence[Prediction]
    asked: Sequence[Prediction]
    spend: Mapping[str, Spend]
    reply_tokens: int
    ended_early: bool
    free: bool = False


def classify(invocation: Invocation, request: LabelRequest) -> Output:
    check_ending(request.target.name)
    if (cascade := cascade_at(request.labelling.prompt)) is not None:
        return classify_cascade(invocation, request, cascade)
    file = prompt_asked(request.labelling, request.reading)
    with invocation.workspace() as workspace:
        source = text_table(invocation, workspace, request.source, request.reading, file.template)
        for notice in (*source.notices, *file.notices):
            invocation.console.say(notice)
        texts = source.all()
        invocation.check_out(request.target)
        answers = _answers(invocation, workspace, request, file, texts)
    _write(request.target, source, texts, answers.predictions)
    return _output(request.target, source, answers)


def prompt_asked(labelling: Labelling, reading: Reading) -> ReadPrompt:
    """The prompt with the labels that it may answer: its own, or those typed. PromptError, UsageError."""
    typed = labels_typed(labelling.labels)
    file = prompt_of(labelling.prompt, typed)
    if file.free and not typed:
        return file
    if typed and file.labels != typed:
        raise UsageError("--labels is for prompts that name no labels themselves: leave it out.")
    if len(file.labels) < 2:
        was = "--label names the column of the labels in a file. " if reading.label else ""
        raise UsageError(
            f"{labelling.prompt} does not say which labels there are: {was}"
            "Name them, --labels bug,question, say."
        )
    return file


def labels_typed(words: Sequence[str]) -> tuple[str, ...]:
    """Each once; a word may name several, with commas between."""
    names = (name.strip() for word in words for name in word.split(","))
    return tuple(dict.fromkeys(filter(None, names)))


def _answers(
    invocation: Invocation,
    workspace: Workspace,
    request: LabelRequest,
    file: ReadPrompt,
    texts: Sequence[str],
) -> _Answers:
    readable = [text for text in texts if text]
    session = session_for(workspace, request.models, file)
    index = _neighbour_index(workspace, request.labelling, file)
    if index.is_needed:
        invocation.console.say(SOURCE_TITLES[index.source])
    shots = [[each.shot for each in nearest] for nearest in index.nearest(readable)]
    requests = classify_requests(
        file.prompt, readable, label_choices(session, file), shots, session.reply_tokens
    )
    replies, why_ended = ask(session, requests, invocation.console, workspace)
    left, not_asked = iter(replies), f"Not asked: {why_ended}"
    answers = [next(left) or CallFailed(not_asked) if text else CallFailed(NO_TEXT) for text in texts]
    predictions = [
        predict_reply(str(number), answer, (file.prompt, file.labels), asks_for_tag(file.prompt))
        for number, answer in enumerate(answers)
    ]
    asked = [each for each, text in zip(predictions, texts, strict=True) if text and each.error != not_asked]
    return _Answers(
        predictions, asked, session.account.spends(), session.reply_tokens, bool(why_ended), file.free
    )


def _neighbour_index(workspace: Workspace, labelling: Labelling, file: ReadPrompt) -> NeighbourIndex:
    source, dataset_id = neighbours_asked(workspace, labelling)
    return NeighbourIndex(workspace, dataset_id, examples_read(file.prompt), file.labels, source)


def neighbours_asked(workspace: Workspace, labelling: Labelling) -> tuple[NeighbourSource, str]:
    """Where similar examples come from, with the id of the dataset where it is one. NotFound, UsageError."""
    source = NeighbourSource(labelling.neighbours)
    if source is NeighbourSource.DATASET:
        if labelling.dataset:
            return source, dataset_named(workspace, labelling.dataset).id
        return source, named_dataset(workspace, labelling.prompt.path.stem, "name it with --dataset")
    if labelling.dataset:
        raise UsageError("--dataset is for --neighbours dataset: leave it out, or ask for both.")
    return source, ""


def outcomes_of(predictions: Sequence[Prediction]) -> dict[Outcome, int]:
    """How many rows have which outcome, as the file says it."""
    return {
        outcome: sum(to_ask_again(each).outcome is outcome for each in predictions)
        for outcome in Outcome
        if outcome is not Outcome.ABSTAINED  # which is a cascade's
    }


def _write(target: Path, source: Texts, texts: Sequence[str], predictions: Sequence[Prediction]) -> None:
    name = target.name
    again = [to_ask_again(each) for each in predictions]
    header, *rows = prediction_table(source.table, source.columns, texts, again)
    write_file(target, table_bytes(name, header, rows))


def _output(target: Path, source: Texts, answers: _Answers) -> Output:
    outcomes = outcomes_of(answers.predictions)
    rows, cut_off = len(answers.predictions), sum(each.cut_off for each in answers.predictions)
    data = {
        "rows": rows,
        "outcomes": outcomes,
        "cut_off": cut_off,
        "out": str(target),
        **json_output.spent(answers.spend),
        "notices": list(source.notices),
    }
    lines = [
        f"{count(rows, 'row')} written to {target}, {outcomes[Outcome.LABEL]:,} with {'an answer' if answers.free else 'a label'}"
    ]
    lines.append(failures_in_words(answers.asked))
    if cut_off:
        lines.append(f"{count(cut_off, 'reply')} cut off at {answers.reply_tokens:,} tokens: {LONGER}")
    lines.append(estimates_in_words(answers.spend.values()))
    if answers.ended_early:
        lines.append(f"Next: the same again, {program()} classify …, asks only for what is missing.")
    code = STOPPED if answers.ended_early else DONE
    return Output(data, "\n".join(filter(None, lines)), code, silent=str(target) == "-")
