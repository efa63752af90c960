"""What goes over the wire, in and out. A field that is not known is refused: what was meant by it would be
lost without a word."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from msgspec import DecodeError, Meta, Struct, ValidationError, convert
from msgspec.json import decode

from core.errors import DataError, UsageError
from core.types import NeighbourSource

MOST_TEXTS = 256  # of one request
LONGEST_COMPLAINT = 300  # characters

T = TypeVar("T")
Id = Annotated[
    str,
    Meta(min_length=1, max_length=200, description="Of the prediction: yours, such as a UUID, or left out."),
]
Named = Annotated[
    str, Meta(description="Name or id of the dataset; may be left out where only one has an adopted prompt.")
]


Fields = Annotated[
    dict[str, str],
    Meta(
        min_length=1,
        description="In place of the text where the prompt's template makes it of several fields: all of them, by their names.",
    ),
]


class Text(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Either a `text`, as it is sent, or its `fields`."""

    text: str | None = None
    fields: Fields | None = None
    prediction_id: Id | None = None

    def given(self) -> str | dict[str, str]:
        """UsageError unless it is either."""
        if (self.text is None) == (self.fields is None):
            raise UsageError(
                "Give every text either as “text”, or as “fields” where the prompt takes fields."
            )
        return self.text if self.fields is None else self.fields  # type: ignore[return-value]


class ClassifyRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One `text` or its `fields` (with its `prediction_id`), or many `texts`."""

    text: str | None = None
    fields: Fields | None = None
    prediction_id: Id | None = None
    texts: Annotated[list[Text], Meta(min_length=1, max_length=MOST_TEXTS)] | None = None
    dataset: Named | None = None
    neighbours: Annotated[
        NeighbourSource, Meta(description="Where the examples of a prompt that shows similar ones come from.")
    ] = NeighbourSource.DATASET

    def all_texts(self) -> list[Text]:
        """UsageError unless it is either one or many, with ids for all or none that are twice."""
        one = Text(text=self.text, fields=self.fields, prediction_id=self.prediction_id)
        ways = sum(each is not None for each in (self.text, self.fields, self.texts))
        if ways != 1 or (self.texts is not None and self.prediction_id is not None):
            raise UsageError(
                "Give either one “text” (or its “fields”), with a “prediction_id” if you like, or many as “texts”: [{“text”: …}, …]."
            )
        return [one] if self.texts is None else self.texts


class FeedbackRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Either a `score` (1.0 for right) or a `correction` (the label that is right). A `key` names the post:
    repeated, it is there once."""

    prediction_id: Id
    score: float | None = None
    correction: str = ""
    note: str = ""
    who: str = ""
    key: str = ""
    dataset: Named | None = None


class ShownExample(Struct, frozen=True):
    text: str
    label: str
    similarity: float


class PredictionReply(Struct, frozen=True):
    """`outcome`: "label", "unreadable", "unknown_label" or the like; `label` is empty for all but the first,
    `error` says why a call failed, or that an unreadable reply was cut off. `again`: it was served before under this id.
    `cost_usd` is null where the price is not known. `labels` has the labels one by one; of a prompt that may name several,
    `label` has them with "; " between. Where the champion answers with a cascade, `answered_by` says whether its "local" model
    or the "prompt" has, and `confidence` (0 to 1, or null) how sure that is; of the outcome "abstained" `unsure_label` is the
    label that was too unsure to be given."""

    prediction_id: str
    label: str
    outcome: str
    reason: str
    said: str
    error: str
    model: str
    examples: list[ShownExample]
    cached: bool
    again: bool
    cost_usd: float | None
    seconds: float
    labels: list[str] = []
    answered_by: str = "prompt"
    confidence: float | None = None
    unsure_label: str = ""


class Predictions(Struct, frozen=True):
    predictions: list[PredictionReply]


class FeedbackReply(Struct, frozen=True):
    """`state`: waiting (for its prediction), new, inbox, applied or discarded; `why` says it in words;
    `example_id` is the row."""

    feedback_id: str
    prediction_id: str
    dataset: str
    state: str
    why: str
    example_id: str


class SentMessage(Struct, frozen=True):
    role: str
    content: str


class SentRequest(Struct, frozen=True):
    """What was asked; `choices`: the labels that the model was held to, if it was."""

    messages: list[SentMessage]
    max_tokens: int
    choices: list[str]


class TokensUsed(Struct, frozen=True):
    """`estimated`: the provider did not say."""

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    reasoning_tokens: int
    estimated: bool


class GivenFeedback(Struct, frozen=True):
    """`received` is ISO 8601, UTC; `row_id` is the row it went into."""

    feedback_id: str
    received: str
    score: float | None
    correction: str | None
    note: str
    who: str
    key: str
    state: str
    why: str
    row_id: str | None


class PredictionDetails(Struct, frozen=True):
    """All that is known of a served prediction. `at` is ISO 8601, UTC; `request`, `reply`, `usage` and `seconds` are
    null where they were not kept; `examples` are those that were shown, least similar first. `answered_by`, `confidence` and
    `unsure_label` as in the reply to it."""

    dataset: str
    prediction_id: str
    at: str
    text: str
    label: str
    outcome: str
    reason: str
    said: str
    model: str
    prompt_key: str
    source: str
    cost_usd: float | None
    error: str
    cached: bool
    seconds: float | None
    usage: TokensUsed | None
    request: SentRequest | None
    reply: str | None
    examples: list[ShownExample]
    feedback: list[GivenFeedback]
    answered_by: str = "prompt"
    confidence: float | None = None
    unsure_label: str = ""


class ChampionCascade(Struct, frozen=True):
    """The local model answers from the confidence `local_threshold` on, and what the prompt answers is given where at
    least `agreement_threshold` of `samples` further replies agree, or with `logprobs` where the model itself gave its
    label that probability; null: without that part."""

    local_threshold: float | None
    samples: int
    agreement_threshold: float | None
    logprobs: bool = False


class ChampionReply(Struct, frozen=True):
    """The prompt in force. `prompt_file` is what `Classifier.from_file` reads; `adopted` is in seconds since
    1970. `cascade`: what answers with it, null where the prompt answers alone."""

    dataset: str
    dataset_id: str
    model: str
    labels: list[str]
    prompt_key: str
    prompt_file: dict[str, Any]
    run_id: str
    step: int
    adopted: float
    cascade: ChampionCascade | None = None


class Health(Struct, frozen=True):
    status: str
    version: str
    read_only: bool


class Problem(Struct, frozen=True):
    """One sentence that says what to do; `kind` is for programs."""

    error: str
    kind: str


def read(raw: bytes, kind: type[T]) -> T:
    """DataError where the bytes are not JSON of that kind."""
    try:
        return decode(raw, type=kind)
    except ValidationError as error:
        raise DataError("The body does not fit: " + _short(error) + ", see /api/v1/openapi.json.") from None
    except (DecodeError, UnicodeDecodeError, RecursionError):
        raise DataError('The body is not JSON in UTF-8: send an object such as {"text": "…"}.') from None


def read_query(given: dict[str, str], names: frozenset[str]) -> dict[str, str]:
    """UsageError for a parameter that is not known."""
    for name in given:
        if name not in names:
            raise UsageError(
                "There is no parameter “"
                + name[:60]
                + "” here: it takes "
                + (", ".join(sorted(names)) or "none")
                + "."
            )
    return convert(given, dict[str, str])


def _short(error: Exception) -> str:
    words = str(error).rstrip(".")
    words = words if len(words) <= LONGEST_COMPLAINT else words[:LONGEST_COMPLAINT] + "…"
    return words[:1].lower() + words[1:]
