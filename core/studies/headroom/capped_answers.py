"""Predictions under the caps of a session: what was answered before a cap was reached stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.errors import CallFailed, CapReached, ModelRefused
from core.llm.base import Model
from core.prompts.repair import label_meant, meaning_request
from core.prompts.replies import predict
from core.similarity.requests import classify_requests
from core.similarity.shortlist import neighbours_read
from core.tuning.session import OnProgress, Session
from core.types import Example, FewShot, Outcome, Prediction, Progress, Prompt, Reply, Request, Shot

TO_REPAIR = (Outcome.UNREADABLE, Outcome.UNKNOWN_LABEL)
Predictions = dict[str, Prediction]  # by row id


@dataclass(slots=True)
class CappedAnswers:
    """`total` questions are foreseen. `stopped` is the sentence of the first cap that was reached, "" where
    none was."""

    session: Session
    labels: Sequence[str]
    on_progress: OnProgress
    total: int
    done: int = 0
    stopped: str = ""

    def requests(
        self, prompt: Prompt, rows: Sequence[Example], shots: Sequence[Sequence[Shot]] | None = None
    ) -> list[Request]:
        """A request per row; with `shots`, each shows the row's own instead of the prompt's. A shortlist goes on being
        chosen by the prompt's own examples."""
        texts = [row.text for row in rows]
        if shots is not None:
            most = max(map(len, shots), default=0)
            voters = neighbours_read(prompt, texts) if prompt.shortlist else [()] * len(texts)
            few_shot = replace(prompt.few_shot, k=most) if prompt.shortlist else FewShot("similar", most)
            prompt = replace(prompt, few_shot=few_shot)
            shots = [(*some, *own) for some, own in zip(voters, shots, strict=True)]
        choices = self.labels if self.session.structured else ()
        return classify_requests(prompt, texts, choices, shots, self.session.reply_tokens)

    def ask(
        self, model: Model, rows: Sequence[Example], requests: Sequence[Request], what: str
    ) -> Predictions:
        """Of the rows that were reached. Raises ModelRefused and whatever `on_progress` raises."""
        if not rows:
            return {}
        before, self.done = self.done, self.done + len(rows)

        def on_reply(done: int, total: int) -> None:
            self.on_progress(Progress(what, before + done, self.total))

        on_reply(0, len(rows))
        replies: Sequence[Reply | CallFailed | None]
        try:
            replies = self.session.ask_all(
                model, requests, concurrency=self.session.concurrency, on_reply=on_reply
            )
        except CapReached as reached:
            self.stopped = self.stopped or str(reached)
            replies = reached.replies
        return {
            row.id: predict(row.id, reply, self.labels)
            for row, reply in zip(rows, replies, strict=False)
            if reply is not None
        }

    def ask_or_reason(
        self, model: Model, rows: Sequence[Example], requests: Sequence[Request], what: str
    ) -> tuple[Predictions, str]:
        """The same, with the reason where there is no answer at all: a refusal costs no more than these
        questions."""
        try:
            predictions = self.ask(model, rows, requests, what)
        except ModelRefused as refusal:
            return {}, str(refusal)
        return predictions, "" if predictions else self.stopped

    def repair(
        self, rows: Sequence[Example], predictions: Predictions, requests: Sequence[Request]
    ) -> Predictions:
        """The predictions, with replies that name no label of the set read once more: as what the model says it
        meant, else as the one label that it named in words, else as they were. A cap or a failure only means
        that some are left as they were."""
        broken = [
            (row, request)
            for row, request in zip(rows, requests, strict=True)
            if row.id in predictions
            and predictions[row.id].outcome in TO_REPAIR
            and predictions[row.id].reply.strip()  # what was cut off before its first word means nothing
        ]
        self.total += len(broken)
        again = [meaning_request(request, predictions[row.id].reply, self.labels) for row, request in broken]
        second, _ = self.ask_or_reason(
            self.session.lightweight, [row for row, _ in broken], again, "Unreadable replies, read again"
        )
        return {
            **predictions,
            **{row.id: _meant(predictions[row.id], second, self.labels) for row, _ in broken},
        }


def _meant(first: Prediction, second: Mapping[str, Prediction], labels: Sequence[str]) -> Prediction:
    again = second.get(first.example_id)
    label = again.label if again and again.outcome is Outcome.LABEL else label_meant(first, labels)
    return replace(first, outcome=Outcome.LABEL, label=label) if label else first
