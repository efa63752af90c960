"""What the store hands out and takes of served predictions, of what people said about them, and of the rules
for that."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from core.similarity.neighbours import Neighbour
from core.types import Request, Usage

POSITIVE, NEGATIVE, CORRECTION = "positive", "negative", "correction"  # kinds of rules
STRAIGHT, INBOX = "straight", "inbox"  # ways of a rule
SOURCE = "feedback"  # of rows that feedback added


@dataclass(frozen=True, slots=True)
class ServedPrediction:
    """One served prediction. `id` is the prediction's, made by the caller or by us. `outcome` is one of
    core.types.Outcome; `prompt_key` tells the prompt (core/prompts/files.py); `source` is "playground", "api",
    "library" or "file". `free`: the answer is a text of its own, no label of a list. The store fills in an `at` of 0."""

    id: str
    dataset_id: str
    at: float
    text: str
    label: str
    outcome: str
    said: str = ""
    reason: str = ""
    model: str = ""
    prompt_key: str = ""
    source: str = ""
    cost_usd: float | None = None
    free: bool = False


@dataclass(frozen=True, slots=True)
class ServedCall:
    """How a served prediction came about: the request and the whole reply, the neighbours that were shown (least
    similar first), tokens and seconds. `cached`: nothing was asked; `error` says why a call failed. `answered_by` is
    "prompt" or a cascade's "local" model, `confidence` (0 to 1) how sure that was, None where nothing measured it."""

    request: Request | None = None
    reply: str = ""
    neighbours: tuple[Neighbour, ...] = ()
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    cached: bool = False
    error: str = ""
    answered_by: str = "prompt"
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class ServedPredictionPage:
    """`total` counts the answers on all pages; `page` is the one shown."""

    answers: tuple[ServedPrediction, ...]
    total: int
    page: int = 1


class State(StrEnum):
    """What became of feedback: its prediction is not known yet; no rule took it; a person is to decide; it is
    in the rows; it is not to be, which goes too for what was in the rows and was undone there."""

    WAITING = "waiting"
    NEW = "new"
    INBOX = "inbox"
    APPLIED = "applied"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Feedback:
    """Exactly one of `score` and `correction` (a label) is given. `example_id` is the row that it went into,
    `why` what became of it, in words. `key` names the post, for callers that repeat posts (no two of one
    prediction have the same)."""

    id: str
    dataset_id: str
    prediction_id: str
    at: float
    who: str
    score: float | None
    correction: str
    note: str
    state: State
    example_id: str = ""
    key: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class FeedbackRule:
    """What becomes of feedback of one `kind`: scores that call a prediction right (positive) or wrong (negative), or
    corrections. `straight` into the rows, where a negative one has no label yet, or by way of the `inbox`. It takes
    scores from `least` to `most` (None: without end; see `rule_of_kind` for what is usual), for answers by these models
    and prompts, for rows of these labels and posts of these keys (none named: all), and of them a `share` (0 to 1),
    chosen by the prediction's id. The first rule in order that takes a feedback decides."""

    id: str
    dataset_id: str
    kind: str
    on: bool = True
    way: str = STRAIGHT
    least: float | None = 1.0
    models: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    share: float = 1.0
    keys: tuple[str, ...] = ()
    most: float | None = None


class RuleEffect(StrEnum):
    """What a rule would do with one feedback."""

    ADD = "add"
    UPDATE = "update"
    SAME = "same"  # the row has that label already
    INBOX = "inbox"
    ALREADY = "already"  # it was applied before


@dataclass(frozen=True, slots=True)
class RulePreviewEntry:
    """`why`: where it is for a person to decide although the rule's way is straight."""

    feedback: Feedback
    answer: ServedPrediction
    label: str
    effect: RuleEffect
    why: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """`looked_at` counts the past feedback of the rule's kind; `taken` is what the rule would have taken of
    it, newest first."""

    looked_at: int
    taken: tuple[RulePreviewEntry, ...]

    def count(self, effect: RuleEffect) -> int:
        return sum(each.effect is effect for each in self.taken)


class DeliveryState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One feedback on its way to the webhook of its dataset: when it came (`at`) and is to be tried next (`due`),
    seconds since 1970; how often it was tried, and the `problem` of the last time in words."""

    id: str
    dataset_id: str
    feedback_id: str
    url: str
    state: str
    attempts: int
    at: float
    due: float
    problem: str = ""
