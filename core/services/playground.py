"""The playground: texts read by one prompt and model, or by several beside each other; and the prompts that
were tried, kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.confidence.cascade import Cascade
from core.errors import PromptError
from core.prompts.files import PromptFile, from_json, prompt_key, to_json
from core.prompts.starting_prompt import starting_prompt
from core.services.cascade.adoption import champion_cascade
from core.services.classify import PromptClassifier, Service
from core.services.serving.classification import Classification
from core.similarity.shortlist import with_few_shot
from core.store.records import DatasetInfo
from core.types import FewShot, Prompt, Request
from core.types.runs import REPLY_TOKENS
from core.workspace import NO_KEYS, Workspace

SOURCE = "playground"
TRIED = "prompt "  # kind of the list of marks that holds a prompt that was tried, before its key


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """What if? None leaves a thing as the prompt has it. `k` similar training rows are shown, 0: no examples
    at all. `structured`: the model is held to the labels, if it can. `reply_tokens`: how long
    replies may be."""

    k: int | None = None
    reply_prefix: str | None = None
    structured: bool = False
    reply_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class PromptedModel:
    """One of those beside each other: a prompt as it is to be sent, its labels, the lightweight model, how long its
    replies may be, and the key of the cascade that answers with it (the champion's; "": the prompt alone). `name`: what the
    prompt was called where it was chosen."""

    prompt: Prompt
    labels: tuple[str, ...]
    model: str
    reply_tokens: int = REPLY_TOKENS
    cascade: str = ""
    name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class PlaygroundContext:
    """Where it is played: on which dataset, with which switches and typed keys."""

    workspace: Workspace
    dataset_id: str
    switches: RequestOptions = RequestOptions()
    keys: Mapping[str, str] = field(default_factory=lambda: NO_KEYS, repr=False)


def switched(prompt: Prompt, switches: RequestOptions) -> Prompt:
    """The prompt as the switches would have it."""
    if switches.reply_prefix is not None:
        prompt = replace(prompt, bot_reply_prefix=switches.reply_prefix)
    if switches.k is None:
        return prompt
    few_shot = FewShot("similar", switches.k, prompt.few_shot.examples) if switches.k else FewShot()
    return with_few_shot(prompt, few_shot)


def play(
    table: PlaygroundContext, sides: Sequence[PromptedModel], texts: Sequence[str]
) -> tuple[tuple[Classification, ...], ...]:
    """Per side an answer per text. Answers and prompts are kept, but for a workspace that is only to be
    looked at. A failed call is an outcome; a side that cannot be asked at all raises what `PromptClassifier`
    does."""
    classifiers = [_classifier(table, side) for side in sides]  # each can be asked, before any is
    answers = []
    for side, classifier in zip(sides, classifiers, strict=True):
        if not table.workspace.read_only:
            keep(table.workspace, table.dataset_id, side)
        answers.append(classifier.classify_many(texts))
    return tuple(answers)


def request_of(table: PlaygroundContext, side: PromptedModel, text: str) -> Request:
    """To the letter what `play` would send for the text, neighbours included."""
    return _classifier(table, side).request(text)


def keep(workspace: Workspace, dataset_id: str, side: PromptedModel) -> None:
    """The prompt, so that an answer of the history can be opened with it."""
    kind = TRIED + prompt_key(side.prompt)
    if not workspace.store.marks.about(dataset_id, kind):
        text = to_json(PromptFile(side.prompt, side.labels, side.model)).encode("utf-8", "replace").decode()
        workspace.store.marks.replace(dataset_id, kind, {}, text)


def prompt_of_key(workspace: Workspace, dataset_id: str, key: str) -> PromptFile | None:
    """The prompt with this key: one that was tried, a champion of any time, or the starting prompt; None
    where it is not known any more."""
    store = workspace.store
    text = store.marks.about(dataset_id, TRIED + key) if len(key) <= 12 else ""
    if text:
        try:
            return from_json(text)
        except PromptError:  # of a dataset with a single label, say
            return None
    labels = store.datasets.info(dataset_id).labels
    known = [(champion.prompt, champion.model) for champion in store.champions.history(dataset_id)]
    known.append((starting_prompt(labels), ""))
    return next(
        (
            PromptFile(prompt, labels.names, model or None)
            for prompt, model in known
            if prompt_key(prompt) == key
        ),
        None,
    )


def _classifier(table: PlaygroundContext, side: PromptedModel) -> PromptClassifier:
    """One that was made before, if there is one: it has the rows to show at hand."""
    service = Service(
        table.workspace,
        table.dataset_id,
        SOURCE,
        structured_output=table.switches.structured,
        keys=table.keys,
        reply_tokens=side.reply_tokens,
    )
    info = table.workspace.store.datasets.info(table.dataset_id)
    who = table.workspace.person  # what one may ask, another may not
    key = (
        table.dataset_id,
        info.labels.names,
        info.template,
        side,
        table.switches.structured,
        tuple(table.keys.items()),
        who,
    )
    shelf = "playing " + prompt_key(side.prompt)[0]  # a few are kept
    file = PromptFile(side.prompt, side.labels)
    return table.workspace.cached(
        shelf,
        key,
        lambda: PromptClassifier(service, file, side.model, cascade_of_side(table.workspace, side, info)),
    )


def cascade_of_side(workspace: Workspace, side: PromptedModel, info: DatasetInfo) -> Cascade | None:
    """None where the champion is another one by now."""
    champion = workspace.store.champions.current(info.id) if side.cascade else None
    if champion is None or champion.cascade != side.cascade:
        return None
    return champion_cascade(workspace, champion, info)
