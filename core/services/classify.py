"""A prompt at work on texts of today: requests with their neighbours, predictions, what of them is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.confidence.cascade import Cascade
from core.confidence.logprobs import label_probability, with_logprobs
from core.data.templates import text_of_fields
from core.errors import CallFailed, Conflict, DataError, NotFound
from core.label_sets.replies import predict_reply
from core.prompts.files import PromptFile, prompt_key
from core.prompts.replies import in_tag
from core.services.cascade.served import ServedCascade, local_classification
from core.services.neighbour_index import NeighbourIndex
from core.services.serving.classification import Classification, Input, served_again, served_call
from core.services.serving.predictions import clean_when_due
from core.similarity.neighbours import Neighbour
from core.similarity.requests import classify_requests
from core.similarity.shortlist import examples_read, shown_of
from core.store.codec import new_id
from core.store.feedback.answers import checked_answer
from core.store.feedback.records import ServedPrediction
from core.types import NeighbourSource, Outcome, Reply, Request, Settings
from core.types.runs import REPLY_TOKENS
from core.workspace import Workspace

OFFLINE = "offline:reader"


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

    def __init__(
        self, service: Service, file: PromptFile, model: str | None = None, cascade: Cascade | None = None
    ):
        """`cascade`: what answers with the prompt's help; None: the prompt alone. DataError where the dataset lacks a label
        that the prompt may answer."""
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
        of = service.workspace, service.dataset_id
        self._cascade = ServedCascade(*of, cascade) if cascade else None
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
        due = [draft for draft in drafts if draft.id not in known]
        fresh = self._answers(due, on_reply)
        if fresh and self.service.keeps and not self.service.workspace.read_only:
            store = self.service.workspace.store
            calls = {result.prediction_id: served_call(result) for result in fresh}
            answers = [_answer(draft, result) for draft, result in zip(due, fresh, strict=True)]
            store.answers.add_all(answers, calls)
            clean_when_due(self.service.workspace)
        results = self._known(known) | {result.prediction_id: result for result in fresh}
        return tuple(results[draft.id] for draft in drafts)

    def calls_a_text(self, texts: Sequence[str]) -> float:
        """Calls that each of these texts takes on the average, were nothing in the cache: none where a local model is
        sure, more than one where answers are asked for again."""
        if self._cascade is None or not texts:
            return 1.0
        left = sum(answer is None for answer in self._cascade.local_answers(texts))
        return left / len(texts) * (1 + self._cascade.samples)

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

    def _known(self, answers: Mapping[str, ServedPrediction]) -> dict[str, Classification]:
        """What was said under these ids before."""
        if not answers:
            return {}
        calls = self.service.workspace.store.answers.calls(list(answers))
        several = bool(self.prompt.several)
        return {id_: served_again(answer, calls.get(id_), several) for id_, answer in answers.items()}

    def _answers(
        self, drafts: Sequence[ServedPrediction], on_reply: Callable[[int, int], None] | None
    ) -> list[Classification]:
        """Of the local model where there is one that is sure, else of the prompt."""
        if self._cascade is None:
            return self._ask(drafts, on_reply)
        sure = self._cascade.local_answers([draft.text for draft in drafts])
        left = [draft for draft, answer in zip(drafts, sure, strict=True) if answer is None]
        rest = iter(self._ask(left, on_reply))
        return [
            next(rest) if answer is None else local_classification(draft.id, draft.text, answer)
            for draft, answer in zip(drafts, sure, strict=True)
        ]

    def _ask(
        self, drafts: Sequence[ServedPrediction], on_reply: Callable[[int, int], None] | None
    ) -> list[Classification]:
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
        results = [self._result(*each) for each in zip(drafts, neighbours, requests, replies, strict=True)]
        return self._cascade.weighed(session, results, on_reply) if self._cascade else results

    def _requests(self, texts: Sequence[str], neighbours: Sequence[tuple[Neighbour, ...]]) -> list[Request]:
        held = self.service.structured_output and not self.prompt.several
        choices = self.labels if held else ()
        shots = [[each.shot for each in nearest] for nearest in neighbours]
        requests = classify_requests(self.prompt, texts, choices, shots, self.service.reply_tokens)
        return with_logprobs(requests) if self._cascade and self._cascade.wants_logprobs else requests

    def _result(
        self,
        draft: ServedPrediction,
        neighbours: tuple[Neighbour, ...],
        request: Request,
        reply: Reply | CallFailed,
    ) -> Classification:
        read = predict_reply(draft.id, reply, (self.prompt, self.labels), in_tag(request))
        came = reply if isinstance(reply, Reply) else Reply("")
        cost = 0.0 if came.cached or isinstance(reply, CallFailed) else came.cost_usd
        return Classification(
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
            confidence=label_probability(read, came) if request.logprobs else None,
        )


def _answer(draft: ServedPrediction, made: Classification) -> ServedPrediction:
    """As it is stored."""
    return replace(
        draft,
        label=made.label,
        outcome=str(made.outcome),
        said=made.said,
        reason=made.reason,
        model=made.model,
        cost_usd=made.cost_usd,
    )


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
