"""A prompt at work on texts of today: requests with their neighbours, predictions, what of them is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.data.templates import text_of_fields
from core.errors import CallFailed, Conflict, DataError, NotFound
from core.label_sets.replies import predict_reply
from core.label_sets.sets import label_names
from core.prompts.files import PromptFile, prompt_key
from core.prompts.replies import in_tag
from core.services.neighbour_index import NeighbourIndex
from core.similarity.neighbours import Neighbour
from core.similarity.shortlist import examples_read, shown_of
from core.store.codec import new_id
from core.store.feedback.answers import checked_answer
from core.store.feedback.records import ServedCall, ServedPrediction
from core.store.records import Champion, DatasetInfo
from core.store.store import Store
from core.tuning.evaluate import classify_requests
from core.types import NeighbourSource, Outcome, Reply, Request, Settings, Usage
from core.types.runs import REPLY_TOKENS
from core.workspace import Workspace

OFFLINE = "offline:reader"
Input = str | Mapping[str, str]  # a text as it is sent, or the fields that a prompt's template makes one of


@dataclass(frozen=True, slots=True)
class Classification:
    """What came of one text. `label` is set for outcome LABEL only, `error` says why a call failed, or that an
    unreadable reply was cut off. `examples` are
    the neighbours that were shown, least similar first, chosen from `examples_from` (None: the prompt has no
    neighbours). `again`: it was served before under this id, and is what was said then (`request` is None,
    `usage` empty). `reply` is the whole text that the model wrote. `several`: the label is a set ("billing; bug")."""

    prediction_id: str
    text: str
    outcome: Outcome
    label: str
    reason: str
    said: str
    model: str
    examples: tuple[Neighbour, ...] = ()
    error: str = ""
    cached: bool = False
    cost_usd: float | None = None
    seconds: float = 0.0
    usage: Usage = field(default_factory=Usage)
    request: Request | None = None
    again: bool = False
    reply: str = ""
    examples_from: NeighbourSource | None = None
    several: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """One by one, where the prompt may name several; else the one there is."""
        if self.several:
            return label_names(self.label)
        return (self.label,) if self.label else ()


@dataclass(frozen=True, slots=True)
class Service:
    """Where predictions are stored and what they are for. `source` is "library", "api", "playground" or
    "file"; `keys` were typed. Without `keeps`, nothing is stored. `neighbours` is where neighbour examples are
    chosen from; `embeddings` the model that compares a dataset's rows; empty: that of WHETSTONE_EMBEDDINGS, or
    the offline one. `reply_tokens`: how long a reply may be."""

    workspace: Workspace
    dataset_id: str
    source: str = "library"
    concurrency: int = 16
    structured_output: bool = False
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    keeps: bool = True
    embeddings: str = ""
    neighbours: NeighbourSource = NeighbourSource.DATASET
    reply_tokens: int = REPLY_TOKENS


class PromptClassifier:
    """May be used from many threads."""

    def __init__(self, service: Service, file: PromptFile, model: str | None = None):
        """DataError where the dataset lacks a label that the prompt may answer."""
        self.service = service
        self.prompt = file.prompt
        self.template = file.template
        self.labels = file.labels
        self.model = model or file.model or OFFLINE
        self.prompt_key = prompt_key(file.prompt)
        names = service.workspace.store.datasets.info(service.dataset_id).labels.names
        lacking = [label for label in file.labels if label not in names]
        if lacking:
            raise DataError(
                "The prompt may answer “"
                + lacking[0]
                + "”, which is no label of the dataset: choose the dataset that the "
                "prompt was made for, or add the label to it."
            )
        self._index = NeighbourIndex(
            service.workspace,
            service.dataset_id,
            examples_read(file.prompt),
            frozenset(file.labels),
            service.neighbours,
            service.embeddings,
        )

    def classify_many(
        self,
        texts: Sequence[Input],
        prediction_ids: Sequence[str] | None = None,
        on_reply: Callable[[int, int], None] | None = None,
    ) -> tuple[Classification, ...]:
        """One per text, in order; a text may come as the fields of the prompt's template. `on_reply(done, total)` runs
        in this thread and may raise, which ends it. All are stored, or none."""
        ids = list(prediction_ids) if prediction_ids is not None else [new_id() for _ in texts]
        drafts = self._drafts([self.text_of(each) for each in texts], ids)
        known = self._answered(drafts) if self.service.keeps else {}
        fresh = self._ask([draft for draft in drafts if draft.id not in known], on_reply)
        if fresh and self.service.keeps and not self.service.workspace.read_only:
            store = self.service.workspace.store
            calls = {result.prediction_id: _call(result) for _, result in fresh}
            store.answers.add_all([answer for answer, _ in fresh], calls)
            store.retention.clean_if_due()
        several = bool(self.prompt.several)
        results = {id_: replace(_again(answer), several=several) for id_, answer in known.items()}
        results |= {result.prediction_id: result for _, result in fresh}
        return tuple(results[draft.id] for draft in drafts)

    def request(self, text: Input) -> Request:
        """What would be sent for the text."""
        texts = [self.text_of(text)]
        return self._requests(texts, self._index.nearest(texts))[0]

    def text_of(self, given: Input) -> str:
        """The text that is sent for it. DataError for fields that the prompt does not take, or one that is missing."""
        return given if isinstance(given, str) else text_of_fields(self.template, given)

    # ---- private

    def _drafts(self, texts: Sequence[str], ids: Sequence[str]) -> list[ServedPrediction]:
        """The answers to be, refused before anything is spent where they could not be stored."""
        if len(texts) != len(ids) or len(set(ids)) != len(ids):
            raise DataError(
                "Every text needs a prediction id of its own: give as many different ids as texts, or none."
            )
        draft = ServedPrediction(
            "",
            self.service.dataset_id,
            0.0,
            "",
            "",
            "",
            model=self.model,
            prompt_key=self.prompt_key,
            source=self.service.source,
            free=not self.labels,
        )
        return [
            checked_answer(replace(draft, id=id_, text=text)) for id_, text in zip(ids, texts, strict=True)
        ]

    def _answered(self, drafts: Sequence[ServedPrediction]) -> dict[str, ServedPrediction]:
        """Those that were answered before, by id; a failed call is asked again."""
        known = self.service.workspace.store.answers.some([draft.id for draft in drafts])
        for draft in drafts:
            before = known.get(draft.id)
            if before is not None and (before.dataset_id, before.text) != (draft.dataset_id, draft.text):
                raise Conflict(
                    "The prediction id “"
                    + draft.id
                    + "” is taken by another text: give every prediction an id of its own."
                )
        return {id_: answer for id_, answer in known.items() if answer.outcome != Outcome.FAILED}

    def _ask(
        self, drafts: Sequence[ServedPrediction], on_reply: Callable[[int, int], None] | None
    ) -> list[tuple[ServedPrediction, Classification]]:
        if not drafts:
            return []
        settings = Settings(
            lightweight=self.model,
            concurrency=self.service.concurrency,
            structured_output=self.service.structured_output,
        )
        session = self.service.workspace.session(settings, keys=self.service.keys)
        texts = [draft.text for draft in drafts]
        neighbours = self._index.nearest(texts)
        requests = self._requests(texts, neighbours)
        replies = session.ask_all(
            session.lightweight, requests, concurrency=session.concurrency, on_reply=on_reply
        )
        return [self._result(*each) for each in zip(drafts, neighbours, requests, replies, strict=True)]

    def _requests(self, texts: Sequence[str], neighbours: Sequence[tuple[Neighbour, ...]]) -> list[Request]:
        held = self.service.structured_output and not self.prompt.several
        choices = self.labels if held else ()
        shots = [[each.shot for each in nearest] for nearest in neighbours]
        return classify_requests(self.prompt, texts, choices, shots, self.service.reply_tokens)

    def _result(
        self,
        draft: ServedPrediction,
        neighbours: tuple[Neighbour, ...],
        request: Request,
        reply: Reply | CallFailed,
    ) -> tuple[ServedPrediction, Classification]:
        read = predict_reply(draft.id, reply, (self.prompt, self.labels), in_tag(request))
        came = reply if isinstance(reply, Reply) else Reply("")
        cost = 0.0 if came.cached or isinstance(reply, CallFailed) else came.cost_usd
        answer = replace(
            draft,
            label=read.label,
            outcome=str(read.outcome),
            said=read.said,
            reason=read.reason,
            cost_usd=cost,
        )
        return answer, Classification(
            draft.id,
            draft.text,
            read.outcome,
            read.label,
            read.reason,
            read.said,
            self.model,
            shown_of(self.prompt, neighbours),
            read.error,
            came.cached,
            cost,
            came.seconds,
            came.usage,
            request,
            reply=came.text,
            examples_from=self._index.source if self._index.is_needed and self.prompt.few_shot.k else None,
            several=bool(self.prompt.several),
        )


def _call(made: Classification) -> ServedCall:
    """What is kept beside the answer, so that it can be looked up by its id."""
    return ServedCall(
        made.request, made.reply, made.examples, made.usage, made.seconds, made.cached, made.error
    )


def _again(answer: ServedPrediction) -> Classification:
    return Classification(
        answer.id,
        answer.text,
        Outcome(answer.outcome),
        answer.label,
        answer.reason,
        answer.said,
        answer.model,
        cost_usd=0.0,
        cached=True,
        again=True,
    )


def champion_file(store: Store, champion: Champion, info: DatasetInfo) -> PromptFile:
    """The adopted prompt with the labels of today; without any where its run had a scorer, so that answers are free."""
    free = bool(champion_settings(store, champion).scorer)
    labels = () if free else info.labels.names
    return PromptFile(champion.prompt, labels, champion.model or None, info.template)


def champion_reply_tokens(store: Store, champion: Champion) -> int:
    """How long replies may be with an adopted prompt: as in its run, where that is still there."""
    return champion_settings(store, champion).reply_tokens


def champion_settings(store: Store, champion: Champion) -> Settings:
    """Those of the run that an adopted prompt came from; the usual ones where it is gone."""
    try:
        return store.runs.get(champion.run_id).settings
    except NotFound:
        return Settings()


def named_dataset(workspace: Workspace, name: str, advice: str) -> str:
    """The id of the dataset with this name or id. NotFound, with what else could be done."""
    infos = workspace.store.datasets.all()
    for info in infos:
        if name in (info.name, info.id):
            return info.id
    names = ", ".join(info.name for info in infos) or "none"
    raise NotFound(
        "There is no dataset “" + name + "” in this workspace: it has " + names + "; " + advice + "."
    )
