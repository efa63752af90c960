"""A tuned prompt at work in your own program: texts in, labels out, feedback back.

from whetstone import Classifier

classifier = Classifier.from_file("prompt.json")
found = classifier.classify("fix bug in documentation")
found.label, found.reason, found.prediction_id
classifier.give_feedback(found.prediction_id, correction="documentation", note="About the docs, even if they
are broken.")
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import TracebackType

from core.confidence.cascade import Cascade, cascade_from_json, is_cascade
from core.errors import DataError, NotFound, PromptError, UsageError
from core.prompts.files import PromptFile, from_json
from core.prompts.label_match import fold
from core.services.cascade.adoption import champion_cascade
from core.services.champions import champion_file, champion_reply_tokens
from core.services.classify import PromptClassifier, Service, named_dataset
from core.services.feedback import Said, receive
from core.services.serving.classification import Classification, Input
from core.services.serving.predictions import PredictionRecord, find_prediction
from core.store.feedback.records import Feedback
from core.types import LabelSet, NeighbourSource
from core.types.runs import MOST_REPLY_TOKENS, REPLY_TOKENS
from core.workspace import Workspace


class Classifier(PromptClassifier):
    """May be used from many threads. Usable as a context manager, which closes what it opened."""

    _owned: Workspace | None = None

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        workspace: Workspace | str | Path | None = None,
        model: str | None = None,
        dataset: str | None = None,
        embeddings: str = "",
        neighbours: str = NeighbourSource.DATASET,
        reply_tokens: int = REPLY_TOKENS,
    ) -> Classifier:
        """The prompt of a prompt file, or a cascade file. `workspace` is a folder (WHETSTONE_WORKSPACE or data/local if none is
        named); `model` goes before that of the file; without either the offline reader answers. `dataset` is
        the name or id of the one that feedback goes to; without it, it is one named like the file, made if
        need be. `neighbours` says where neighbour examples come from: its rows ("dataset"), or the file's own
        examples ("prompt"), as a run chose them. `embeddings` is the model that compares rows
        ("openai:text-embedding-3-small"); without it they are compared offline. `reply_tokens`: how long a reply
        may be. PromptError, NotFound,
        DataError, UsageError."""
        if neighbours not in set(NeighbourSource):
            raise UsageError(f"Neighbours come from “prompt” or “dataset”, not from “{neighbours}”.")
        if not 1 <= reply_tokens <= MOST_REPLY_TOKENS:
            raise UsageError(f"A reply can be 1 to {MOST_REPLY_TOKENS:,} tokens long, not {reply_tokens}.")
        file, cascade = _read(Path(path))
        opened = (
            workspace
            if isinstance(workspace, Workspace)
            else Workspace.open(Path(workspace) if workspace else None)
        )
        try:
            dataset_id = (
                _dataset_of_file(opened, Path(path).stem, file)
                if dataset is None
                else named_dataset(
                    opened, dataset, "leave the name out to take one named like the prompt file"
                )
            )
            service = Service(
                opened,
                dataset_id,
                embeddings=embeddings,
                neighbours=NeighbourSource(neighbours),
                reply_tokens=reply_tokens,
            )
            made = cls(service, file, model, cascade)
        except BaseException:
            if opened is not workspace:
                opened.close()
            raise
        made._owned = opened if opened is not workspace else None
        return made

    @classmethod
    def of_champion(cls, service: Service, model: str | None = None) -> Classifier:
        """The prompt that was adopted for the dataset, with its labels of today, and with its cascade unless another
        `model` is to answer; replies may be as long as in its run. NotFound without one."""
        store = service.workspace.store
        champion = store.champions.current(service.dataset_id)
        if champion is None:
            raise NotFound("No prompt has been adopted for this dataset: adopt one on the Runs page first.")
        info = store.datasets.info(service.dataset_id)
        file, own = champion_file(store, champion, info), model in (None, champion.model)
        cascade = champion_cascade(service.workspace, champion, info) if own else None
        tokens = champion_reply_tokens(store, champion)
        return cls(replace(service, reply_tokens=tokens), file, model, cascade)

    def classify(self, text: Input, prediction_id: str | None = None) -> Classification:
        """One text, or the fields of which the prompt makes one: {"question": "…", "answer": "…"}. The id under which
        feedback finds it may be made by the caller; the same id and text again gets the same answer, and no call is
        made. A failed call is an outcome. Raises ModelRefused (wrong key, unknown model), DataError (of fields, too),
        Conflict (the id is taken)."""
        return self.classify_many([text], None if prediction_id is None else [prediction_id])[0]

    def give_feedback(
        self,
        prediction_id: str,
        score: float | None = None,
        correction: str = "",
        note: str = "",
        who: str = "",
        key: str = "",
    ) -> Feedback:
        """`score` (1.0 for right) or `correction` (the label that is right, with a `note` that says why).
        What the rules made of it is its `state` and `why`. An unknown id is kept until its prediction
        arrives. Errors as for core.services.feedback.receive."""
        said = Said(prediction_id, score, correction, note, who, key)
        return receive(self.service.workspace, self.service.dataset_id, said)

    def prediction(self, prediction_id: str) -> PredictionRecord:
        """All that is known of a prediction of this workspace: request, reply, neighbours, tokens and time (`call`),
        and the feedback on it. NotFound."""
        return find_prediction(self.service.workspace, prediction_id)

    def close(self) -> None:
        """Closes the workspace, if it was opened here."""
        if self._owned is not None:
            self._owned.close()

    def __enter__(self) -> Classifier:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _read(path: Path) -> tuple[PromptFile, Cascade | None]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(
            "The prompt file "
            + str(path)
            + " cannot be read: check its path; a prompt file is JSON in UTF-8."
        ) from error
    cascade = cascade_from_json(text) if is_cascade(text) else None
    return (cascade.file, cascade) if cascade else (from_json(text), None)


def _dataset_of_file(workspace: Workspace, name: str, file: PromptFile) -> str:
    labels = file.labels
    twin = next((each for n, each in enumerate(labels) if fold(each) in map(fold, labels[:n])), None)
    if twin is not None:
        raise DataError(
            "The label “"
            + twin
            + "” of the prompt cannot be told from another one: rename it in the prompt file."
        )
    datasets = workspace.store.datasets
    return datasets.find(name) or datasets.found_or_made(
        name, LabelSet(tuple(labels), several=bool(file.prompt.several)), "library"
    )
