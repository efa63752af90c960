"""Questions to the models of a session under the caps of its account: what was answered before a cap was reached
is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.errors import CapReached, ModelRefused
from core.llm.base import Model
from core.prompts.rendering import render
from core.prompts.repair import asked_again, label_meant
from core.prompts.replies import predict
from core.tuning.evaluate import REPLY_TOKENS, classify_requests
from core.tuning.session import OnProgress, Session
from core.types import Example, FewShot, Outcome, Prediction, Progress, Prompt, Request, Shot

TO_REPAIR = (Outcome.UNREADABLE, Outcome.UNKNOWN_LABEL)
Said = dict[str, Prediction]  # by row id


@dataclass(slots=True)
class Answering:
    """`total` questions are foreseen. `stopped` is the sentence of the first cap that was reached, "" where
    none was."""

    session: Session
    labels: Sequence[str]
    on_progress: OnProgress
    total: int
    done: int = 0
    stopped: str = ""

    def plainly(self, prompt: Prompt, rows: Sequence[Example]) -> list[Request]:
        """A request per row."""
        return classify_requests(prompt, [row.text for row in rows], self._choices())

    def with_shots(
        self, prompt: Prompt, rows: Sequence[Example], shots: Sequence[Sequence[Shot]]
    ) -> list[Request]:
        """A request per row, which shows the row's own shots instead of the prompt's."""
        similar = replace(prompt, few_shot=FewShot("similar", max(map(len, shots), default=0)))
        return [
            Request(render(similar, row.text, own), REPLY_TOKENS, self._choices())
            for row, own in zip(rows, shots, strict=True)
        ]

    def ask(self, model: Model, rows: Sequence[Example], requests: Sequence[Request], what: str) -> Said:
        """Of the rows that were reached. Raises ModelRefused and whatever `on_progress` raises."""
        if not rows:
            return {}
        before, self.done = self.done, self.done + len(rows)

        def on_reply(done: int, total: int) -> None:
            self.on_progress(Progress(what, before + done, self.total))

        on_reply(0, len(rows))
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

    def try_to(
        self, model: Model, rows: Sequence[Example], requests: Sequence[Request], what: str
    ) -> tuple[Said, str]:
        """The same, with the reason where there is no answer at all: a refusal costs no more than these
        questions."""
        try:
            said = self.ask(model, rows, requests, what)
        except ModelRefused as refusal:
            return {}, str(refusal)
        return said, "" if said else self.stopped

    def repair(self, rows: Sequence[Example], said: Said, requests: Sequence[Request]) -> Said:
        """What the lightweight model said, with replies that name no label of the set read once more: as what
        it says it meant, else as the one label that it named in words, else as they were. A cap or a failure
        only means that some are not asked about."""
        asked = zip(rows, requests, strict=True)
        broken = [
            (row, request) for row, request in asked if row.id in said and said[row.id].outcome in TO_REPAIR
        ]
        self.total += len(broken)
        again = [asked_again(request, said[row.id].reply, self.labels) for row, request in broken]
        second, _ = self.try_to(
            self.session.lightweight, [row for row, _ in broken], again, "Unreadable replies, read again"
        )
        return {**said, **{row.id: _meant(said[row.id], second, self.labels) for row, _ in broken}}

    def _choices(self) -> tuple[str, ...]:
        return tuple(self.labels) if self.session.structured else ()


def _meant(first: Prediction, second: Mapping[str, Prediction], labels: Sequence[str]) -> Prediction:
    again = second.get(first.example_id)
    label = again.label if again and again.outcome is Outcome.LABEL else label_meant(first, labels)
    return replace(first, outcome=Outcome.LABEL, label=label) if label else first
