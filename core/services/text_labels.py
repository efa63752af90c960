"""Texts labelled with a prompt that is no dataset's: their requests, asked as far as calls go, and what is read of the
replies. The code behind `classify`, on one machine and on many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from core.errors import CallFailed
from core.exports.dataset import NO_TEXT, to_ask_again
from core.label_sets.replies import predict_reply
from core.llm.base import OnReply
from core.offline.answer import is_undecided
from core.prompts.render import asks_for_tag
from core.prompts.templates import ReadPrompt
from core.services.evaluation.evaluate import replies_until_end
from core.services.neighbour_index import NeighbourIndex
from core.similarity.requests import classify_requests
from core.tuning.session import Session
from core.types import Outcome, Prediction

NOT_ASKED = "Not asked: "
_MOST = 1_000  # different reasons, and different labels, that are counted
_OTHERS = "other reasons"


@dataclass(slots=True)
class LabelCounts:
    """Of all rows of a file: as which outcome they stand there, with which labels, how many replies were cut off, how many
    rows have no text, of how many the offline reader says that nothing decided, and why calls failed."""

    outcomes: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    cut_off: int = 0
    without_text: int = 0
    undecided: int = 0
    failures: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, predictions: Iterable[Prediction]) -> LabelCounts:
        counts = cls()
        counts.add(predictions)
        return counts

    @property
    def by_outcome(self) -> dict[Outcome, int]:
        """Of every outcome but that of a cascade."""
        return {each: self.outcomes[each] for each in Outcome if each is not Outcome.ABSTAINED}

    def add(self, predictions: Iterable[Prediction]) -> None:
        for each in predictions:
            self.outcomes[to_ask_again(each).outcome] += 1
            self.cut_off += each.cut_off
            if each.outcome is Outcome.LABEL:
                if each.label in self.labels or len(self.labels) < _MOST:
                    self.labels[each.label] += 1
                self.undecided += is_undecided(each.reason)
            elif each.outcome is not Outcome.FAILED:
                continue
            elif each.error == NO_TEXT:
                self.without_text += 1
            elif not each.error.startswith(NOT_ASKED):
                known = each.error in self.failures or len(self.failures) < _MOST
                self.failures[each.error if known else _OTHERS] += 1


@dataclass(frozen=True, slots=True)
class TextPredictions:
    """A prediction a text; `ended`: why not all were asked, "" where all were."""

    predictions: Sequence[Prediction]
    ended: str = ""

    def is_left(self, place: int) -> bool:
        """Whether the end came before this text was asked."""
        return self.predictions[place].error == f"{NOT_ASKED}{self.ended}"


def label_texts(
    session: Session, index: NeighbourIndex, file: ReadPrompt, texts: Sequence[str], on_reply: OnReply
) -> TextPredictions:
    """A blank text is not asked. ModelRefused where not one reply came."""
    readable = [text for text in texts if text]
    shots = [[each.shot for each in nearest] for nearest in index.nearest(readable)]
    choices = file.labels if session.structured and not file.prompt.several else ()
    requests = classify_requests(file.prompt, readable, choices, shots, session.reply_tokens)
    replies, ended = replies_until_end(session, requests, on_reply)
    left, not_asked = iter(replies), f"{NOT_ASKED}{ended}"
    answers = [next(left) or CallFailed(not_asked) if text else CallFailed(NO_TEXT) for text in texts]
    predictions = [
        predict_reply(str(number), answer, (file.prompt, file.labels), asks_for_tag(file.prompt))
        for number, answer in enumerate(answers)
    ]
    return TextPredictions(predictions, ended)
