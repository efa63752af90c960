"""The work behind the calls, in blocking functions: never run on the thread of the event loop."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

from msgspec import convert

from core.confidence.cascade import Cascade
from core.errors import NotFound, UsageError
from core.http.responses import Refused
from core.http.schemas import (
    ChampionCascade,
    ChampionReply,
    ClassifyRequest,
    FeedbackReply,
    FeedbackRequest,
    Health,
    PredictionDetails,
    PredictionReply,
    Predictions,
    ShownExample,
)
from core.prompts.files import prompt_key, to_json
from core.services.cascade.adoption import champion_cascade
from core.services.champions import champion_file, champion_reply_tokens
from core.services.classify import PromptClassifier, Service
from core.services.feedback import Said, receive
from core.services.serving.classification import Classification
from core.services.serving.predictions import find_prediction
from core.store.codec import new_id
from core.store.records import Champion, DatasetInfo
from core.types import NeighbourSource
from core.version import __version__
from core.workspace import Workspace


class Handlers:
    """`workspace` gives the one that is open, which may be another one later. May be used from many
    threads."""

    def __init__(self, workspace: Callable[[], Workspace]):
        self._workspace = workspace
        self._lock = threading.Lock()
        # What it was made from, and the classifier with its index of rows.
        self._classifiers: dict[tuple[str, NeighbourSource], tuple[object, PromptClassifier]] = {}

    def classify(self, request: ClassifyRequest) -> PredictionReply | Predictions:
        """Errors as for PromptClassifier.classify_many, and those of finding the dataset."""
        texts = request.all_texts()
        workspace = self._workspace()
        classifier = self._classifier(workspace, _dataset(workspace, request.dataset), request.neighbours)
        ids = [each.prediction_id or new_id() for each in texts]
        given = [each.given() for each in texts]
        try:
            predictions = [_prediction(each) for each in classifier.classify_many(given, ids)]
        except UsageError as problem:  # of the model's name, key or rules here, which the caller cannot mend
            raise Refused(503, "setup", str(problem)) from problem
        return predictions[0] if request.texts is None else Predictions(predictions)

    def feedback(self, request: FeedbackRequest) -> FeedbackReply:
        """Goes to the dataset that is named, else to that of the prediction, else to the only one. What is
        returned is on the disk."""
        workspace = self._workspace()
        if workspace.read_only:
            raise Refused(
                403,
                "read_only",
                "This workspace is shown read-only: start Whetstone without WHETSTONE_READ_ONLY to take in "
                "feedback.",
            )
        info = None
        if request.dataset is None:
            answer = workspace.store.answers.some([request.prediction_id]).get(request.prediction_id)
            info = workspace.store.datasets.info(answer.dataset_id) if answer else None
        info = info or _dataset(workspace, request.dataset)
        given = Said(
            request.prediction_id, request.score, request.correction, request.note, request.who, request.key
        )
        feedback = receive(workspace, info.id, given)
        return FeedbackReply(
            feedback.id,
            feedback.prediction_id,
            info.name,
            str(feedback.state),
            feedback.why,
            feedback.example_id,
        )

    def prediction(self, prediction_id: str) -> PredictionDetails:
        """NotFound."""
        return convert(find_prediction(self._workspace(), prediction_id).as_json(), PredictionDetails)

    def champion(self, dataset: str | None) -> ChampionReply:
        """NotFound, UsageError."""
        workspace = self._workspace()
        info = _dataset(workspace, dataset)
        champion = _champion(workspace, info)
        file = champion_file(workspace.store, champion, info)
        return ChampionReply(
            info.name,
            info.id,
            champion.model,
            list(file.labels),
            prompt_key(champion.prompt),
            json.loads(to_json(file)),
            champion.run_id,
            champion.step,
            champion.adopted,
            _cascade(champion_cascade(workspace, champion, info)),
        )

    def health(self) -> Health:
        """StoreError where the workspace cannot be read."""
        workspace = self._workspace()
        workspace.store.datasets.all()
        return Health("ok", __version__, workspace.read_only)

    # ---- private

    def _classifier(
        self, workspace: Workspace, info: DatasetInfo, neighbours: NeighbourSource
    ) -> PromptClassifier:
        champion = _champion(workspace, info)
        made_from = (
            id(workspace),
            champion.adopted,
            champion.model,
            prompt_key(champion.prompt),
            champion.cascade,
            info.labels.names,
            info.template,
        )
        with self._lock:
            before, classifier = self._classifiers.get((info.id, neighbours), (None, None))
            if classifier is None or before != made_from:
                file = champion_file(workspace.store, champion, info)
                tokens = champion_reply_tokens(workspace.store, champion)
                service = Service(workspace, info.id, "api", neighbours=neighbours, reply_tokens=tokens)
                cascade = champion_cascade(workspace, champion, info)
                classifier = PromptClassifier(service, file, cascade=cascade)
                self._classifiers[info.id, neighbours] = made_from, classifier
            return classifier


def _champion(workspace: Workspace, info: DatasetInfo) -> Champion:
    champion = workspace.store.champions.current(info.id)
    if champion is None:
        raise NotFound(
            "No prompt has been adopted for the dataset “"
            + info.name
            + "”: adopt one on the Runs page first."
        )
    return champion


def _dataset(workspace: Workspace, wanted: str | None) -> DatasetInfo:
    """The one of that name or id; without either, the only one with a champion. Nothing that is given is ever
    taken for a file."""
    infos = workspace.store.datasets.all()
    if wanted is not None:
        named = next((info for info in infos if info.id == wanted), None) or next(
            (info for info in infos if info.name == wanted), None
        )
        if named is not None:
            return named
        if any(mark in wanted for mark in ("/", "\\", "\0")) or wanted.strip(". ") == "":
            raise UsageError(
                "A dataset is asked for by its name or id, not by a path: see the Dataset page for both."
            )
        raise NotFound(
            "There is no dataset “"
            + wanted[:80]
            + "” in this workspace: give the name or id of one that is there."
        )
    able = [info for info in infos if workspace.store.champions.current(info.id) is not None]
    if not able:
        raise NotFound("No prompt has been adopted yet: adopt one on the Runs page first.")
    if len(able) > 1:
        names = ", ".join("“" + info.name + "”" for info in able[:5]) + (", …" if len(able) > 5 else "")
        raise UsageError(
            "More than one dataset has an adopted prompt: say which you mean as “dataset”: " + names + "."
        )
    return able[0]


def _prediction(made: Classification) -> PredictionReply:
    examples = [ShownExample(each.text, each.label, round(each.similarity, 4)) for each in made.examples]
    return PredictionReply(
        made.prediction_id,
        made.label,
        str(made.outcome),
        made.reason,
        made.said,
        made.error,
        made.model,
        examples,
        made.cached,
        made.again,
        made.cost_usd,
        round(made.seconds, 4),
        list(made.labels),
        made.answered_by,
        made.confidence,
        made.unsure_label,
    )


def _cascade(cascade: Cascade | None) -> ChampionCascade | None:
    if cascade is None:
        return None
    local, abstain = cascade.local, cascade.abstain
    return ChampionCascade(
        local.threshold if local else None,
        abstain.samples if abstain else 0,
        abstain.threshold if abstain else None,
        abstain.logprobs if abstain else False,
    )
