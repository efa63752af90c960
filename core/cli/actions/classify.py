"""`classify`: texts asked about and written with their labels."""

from __future__ import annotations

from collections.abc import Sequence

from core.cli.actions.classify_output import LabelledFile, labelled_output
from core.cli.actions.prompt_session import session_for, stoppable
from core.cli.actions.requests import Labelling, LabelRequest
from core.cli.cascade.classify import classify_cascade
from core.cli.inputs.data_source import Texts, text_table
from core.cli.inputs.names import dataset_named
from core.cli.inputs.prompt_files import cascade_at, prompt_of
from core.cli.options import Invocation, Reading
from core.cli.output import Output
from core.errors import UsageError
from core.exports.dataset import prediction_table, to_ask_again
from core.exports.table_files import check_ending, table_bytes
from core.prompts.templates import ReadPrompt
from core.services.classify import named_dataset
from core.services.neighbour_index import SOURCE_TITLES, NeighbourIndex
from core.services.text_labels import LabelCounts, label_texts
from core.similarity.shortlist import examples_read
from core.store.files import write_file
from core.types import NeighbourSource, Prediction
from core.workspace import Workspace


def classify(invocation: Invocation, request: LabelRequest) -> Output:
    check_ending(request.target.name)
    if request.engine.name == "ray":
        from core.cli.actions.classify_ray import check_request, classify_ray

        check_request(request)
        return classify_ray(invocation, request, prompt_asked(request.labelling, request.reading))
    if request.engine.workers is not None:
        raise UsageError("--workers is for --engine ray: leave it out, or ask for both.")
    if (cascade := cascade_at(request.labelling.prompt)) is not None:
        return classify_cascade(invocation, request, cascade)
    file = prompt_asked(request.labelling, request.reading)
    with invocation.workspace() as workspace:
        source = text_table(invocation, workspace, request.source, request.reading, file.template)
        for notice in (*source.notices, *file.notices):
            invocation.console.say(notice)
        texts = source.all()
        invocation.check_out(request.target)
        session = session_for(workspace, request.models, file)
        index = _neighbour_index(workspace, request.labelling, file)
        if index.is_needed:
            invocation.console.say(SOURCE_TITLES[index.source])
        with stoppable(invocation.console, workspace) as on_reply:
            found = label_texts(session, index, file, texts, on_reply)
        if found.ended:
            invocation.console.warn(found.ended)
    _write(request, source, texts, found.predictions)
    counts = LabelCounts.of(found.predictions)
    spend, ended = session.account.spends(), bool(found.ended)
    return labelled_output(
        LabelledFile(
            request.target, len(texts), counts, spend, source.notices, session.reply_tokens, ended, file.free
        )
    )


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


def _write(
    request: LabelRequest, source: Texts, texts: Sequence[str], predictions: Sequence[Prediction]
) -> None:
    again = [to_ask_again(each) for each in predictions]
    header, *rows = prediction_table(source.table, source.columns, texts, again)
    write_file(request.target, table_bytes(request.target.name, header, rows))
