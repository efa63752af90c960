"""A tuned prompt at work in your own program: texts in, labels out, feedback back.

from core import Classifier

classifier = Classifier.from_file("prompt.json")
found = classifier.classify("fix bug in documentation")
found.label, found.reason, found.prediction_id
classifier.give_feedback(found.prediction_id, correction="documentation", note="About the docs, even if they
are broken.")
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from core.errors import CallFailed, Conflict, DataError, NotFound, PromptError
from core.prompts.files import PromptFile, from_json
from core.prompts.folding import fold
from core.prompts.keys import prompt_key
from core.prompts.rendering import render
from core.prompts.replies import predict
from core.services.classify import Classification, Service
from core.services.feedback import Said, receive
from core.services.neighbour_index import Neighbour, Shown
from core.store.codec import new_id
from core.store.feedback.answers import checked
from core.store.feedback.records import Answer, Feedback
from core.tuning.evaluate import REPLY_TOKENS
from core.types import FewShot, LabelSet, Outcome, Reply, Request, Settings, Shot
from core.workspace import Workspace

OFFLINE = "offline:reader"


class Classifier:
    """May be used from many threads. Usable as a context manager, which closes what it opened."""

    def __init__(self, service: Service, file: PromptFile, model: str | None = None):
        """DataError where the dataset lacks a label that the prompt may answer."""
        self.service = service
        self.prompt = file.prompt
        self.labels = file.labels
        self.model = model or file.model or OFFLINE
        self.prompt_key = prompt_key(file.prompt)
        self._owned: Workspace | None = None
        names = service.workspace.store.datasets.info(service.dataset_id).labels.names
        lacking = [label for label in file.labels if label not in names]
        if lacking:
            raise DataError(
                "The prompt may answer “"
                + lacking[0]
                + "”, which is no label of the dataset: choose the dataset that the "
                "prompt was made for, or add the label to it."
            )
        self._shown = Shown(
            service.workspace,
            service.dataset_id,
            file.prompt.few_shot,
            frozenset(file.labels),
            service.embeddings,
        )

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        workspace: Workspace | str | Path | None = None,
        model: str | None = None,
        dataset: str | None = None,
        embeddings: str = "",
    ) -> Classifier:
        """The prompt of a prompt file. `workspace` is a folder (WHETSTONE_WORKSPACE or data/local if none is
        named); `model` goes before that of the file; without either the offline reader answers. `dataset` is
        the name or id of the one that feedback goes to and neighbour examples come from; without it, it is
        one named like the file, made if need be. `embeddings` is the model that finds them
        ("openai:text-embedding-3-small"); without it they are found offline. PromptError, NotFound,
        DataError."""
        file = _read(Path(path))
        opened = (
            workspace
            if isinstance(workspace, Workspace)
            else Workspace.open(Path(workspace) if workspace else None)
        )
        try:
            found = _dataset(opened, dataset, Path(path).stem, file.labels)
            made = cls(Service(opened, found, embeddings=embeddings), file, model)
        except BaseException:
            if opened is not workspace:
                opened.close()
            raise
        made._owned = opened if opened is not workspace else None
        return made

    @classmethod
    def of_champion(cls, service: Service, model: str | None = None) -> Classifier:
        """The prompt that was adopted for the dataset, with its labels of today. NotFound without one."""
        store = service.workspace.store
        champion = store.champions.current(service.dataset_id)
        if champion is None:
            raise NotFound("No prompt has been adopted for this dataset: adopt one on the Runs page first.")
        labels = store.datasets.info(service.dataset_id).labels.names
        return cls(service, PromptFile(champion.prompt, labels, champion.model or None), model)

    def classify(self, text: str, prediction_id: str | None = None) -> Classification:
        """One text. The id under which feedback finds it may be made by the caller; the same id and text
        again gets the same answer, and no call is made. A failed call is an outcome. Raises ModelRefused
        (wrong key, unknown model), DataError, Conflict (the id is taken)."""
        return self.classify_many([text], None if prediction_id is None else [prediction_id])[0]

    def classify_many(
        self,
        texts: Sequence[str],
        prediction_ids: Sequence[str] | None = None,
        on_reply: Callable[[int, int], None] | None = None,
    ) -> tuple[Classification, ...]:
        """One per text, in order; `on_reply(done, total)` runs in this thread and may raise, which ends it.
        All are stored, or none."""
        ids = list(prediction_ids) if prediction_ids is not None else [new_id() for _ in texts]
        drafts = self._drafts(texts, ids)
        known = self._served(drafts) if self.service.keeps else {}
        places = [place for place, draft in enumerate(drafts) if draft.id not in known]
        fresh = self._ask([drafts[place] for place in places], on_reply) if places else []
        if places and self.service.keeps and not self.service.workspace.read_only:
            self.service.workspace.store.answers.add_all([answer for answer, _ in fresh])
        found = {draft.id: _again(known[draft.id]) for draft in drafts if draft.id in known}
        found |= {made.prediction_id: made for _, made in fresh}
        return tuple(found[draft.id] for draft in drafts)

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

    # ---- private

    def _drafts(self, texts: Sequence[str], ids: Sequence[str]) -> list[Answer]:
        """The answers to be, refused before anything is spent where they could not be stored."""
        if len(texts) != len(ids) or len(set(ids)) != len(ids):
            raise DataError(
                "Every text needs a prediction id of its own: give as many different ids as texts, or none."
            )
        return [
            checked(
                Answer(
                    id_,
                    self.service.dataset_id,
                    0.0,
                    text,
                    "",
                    "",
                    model=self.model,
                    prompt_key=self.prompt_key,
                    source=self.service.source,
                )
            )
            for id_, text in zip(ids, texts, strict=True)
        ]

    def _served(self, drafts: Sequence[Answer]) -> dict[str, Answer]:
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
        self, drafts: Sequence[Answer], on_reply: Callable[[int, int], None] | None
    ) -> list[tuple[Answer, Classification]]:
        settings = Settings(
            lightweight=self.model,
            concurrency=self.service.concurrency,
            structured_output=self.service.structured_output,
        )
        session = self.service.workspace.session(settings, keys=self.service.keys)
        shown = self._shown.neighbours([draft.text for draft in drafts])
        requests = [
            self.request(draft.text, neighbours) for draft, neighbours in zip(drafts, shown, strict=True)
        ]
        replies = session.ask_all(
            session.lightweight, requests, concurrency=session.concurrency, on_reply=on_reply
        )
        return [
            self._made(draft, neighbours, request, reply)
            for draft, neighbours, request, reply in zip(drafts, shown, requests, replies, strict=True)
        ]

    def request(self, text: str, neighbours: Sequence[Neighbour] | None = None) -> Request:
        """What would be sent for the text."""
        shown = self._shown.neighbours([text])[0] if neighbours is None else neighbours
        few_shot = self.prompt.few_shot
        prompt = (
            replace(self.prompt, few_shot=FewShot("similar", few_shot.k))
            if few_shot.strategy == "similar"
            else self.prompt
        )
        messages = render(prompt, text, [Shot(each.text, each.label) for each in shown])
        return Request(messages, REPLY_TOKENS, self.labels if self.service.structured_output else ())

    def _made(
        self, draft: Answer, neighbours: tuple[Neighbour, ...], request: Request, reply: Reply | CallFailed
    ) -> tuple[Answer, Classification]:
        read = predict(draft.id, reply, self.labels)
        here = reply if isinstance(reply, Reply) else Reply("")
        cost = 0.0 if here.cached or isinstance(reply, CallFailed) else here.cost_usd
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
            neighbours,
            read.error,
            here.cached,
            cost,
            here.seconds,
            here.usage,
            request,
            reply=here.text,
        )


def _again(answer: Answer) -> Classification:
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


def _read(path: Path) -> PromptFile:
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(
            "The prompt file "
            + str(path)
            + " cannot be read: check its path; a prompt file is JSON in UTF-8."
        ) from error


def _dataset(workspace: Workspace, wanted: str | None, otherwise: str, labels: Sequence[str]) -> str:
    datasets = workspace.store.datasets
    if wanted is None:
        twin = next(
            (each for place, each in enumerate(labels) if fold(each) in map(fold, labels[:place])), None
        )
        if twin is not None:
            raise DataError(
                "The label “"
                + twin
                + "” of the prompt cannot be told from another one: rename it in the prompt file."
            )
        return datasets.find(otherwise) or datasets.found_or_made(
            otherwise, LabelSet(tuple(labels)), "library"
        )
    infos = datasets.all()
    found = next((info.id for info in infos if wanted in (info.name, info.id)), None)
    if found is None:
        names = ", ".join(info.name for info in infos) or "none"
        raise NotFound(
            "There is no dataset “"
            + wanted
            + "” in this workspace: it has "
            + names
            + "; leave the name out to take one "
            "named like the prompt file."
        )
    return found
