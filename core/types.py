"""Every noun of Whetstone, on one screen: frozen records, no behaviour beyond what follows from their own
fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SPLITS = ("train", "validation", "test")
PROMPT_FIELDS = ("system_prompt", "user_prompt_prefix", "user_prompt_suffix", "bot_reply_prefix")


# ---- what the user brings


@dataclass(frozen=True, slots=True)
class Example:
    """A row. `split` is one of SPLITS, or empty: "choose for me"."""

    id: str
    text: str
    label: str
    note: str = ""
    excluded: bool = False
    canonical: bool = False
    split: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class LabelSet:
    names: tuple[str, ...]
    definitions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled text. `version` grows with every change of a row."""

    name: str
    labels: LabelSet
    examples: tuple[Example, ...]
    id: str = ""
    version: int = 0


# ---- what is sent and what comes back


@dataclass(frozen=True, slots=True)
class Shot:
    """An example shown inside the prompt."""

    text: str
    label: str


@dataclass(frozen=True, slots=True)
class FewShot:
    """`strategy` is "none", "fixed" (`examples`, always) or "similar" (`k` nearest training rows)."""

    strategy: str = "none"
    k: int = 0
    examples: tuple[Shot, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    system_prompt: str
    user_prompt_prefix: str
    user_prompt_suffix: str
    bot_reply_prefix: str = ""
    few_shot: FewShot = FewShot()


@dataclass(frozen=True, slots=True)
class Message:
    """`role` is "system", "user" or "assistant"; a last message by the assistant is the reply prefix."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model. `choices` asks for structured output with one of these labels, where the model
    can; `repeat` tells repeated samples of one question apart."""

    messages: tuple[Message, ...]
    max_tokens: int = 1_000
    choices: tuple[str, ...] = ()
    repeat: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens. `input` includes `cached_input` (read from the provider's prompt cache) and `cache_write`
    (written to it); `output` includes `reasoning`."""

    input: int = 0
    output: int = 0
    cached_input: int = 0
    reasoning: int = 0
    cache_write: int = 0


class Finish(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    REFUSAL = "refusal"
    FILTER = "filter"


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer. `text` is whole, a reply prefix included; `cost_usd` is what it cost when it was
    paid, None where the price is unknown; `paid_by` is the run that paid."""

    text: str
    finish: Finish = Finish.STOP
    usage: Usage = Usage()
    cost_usd: float | None = None
    seconds: float = 0.0
    cached: bool = False
    paid_by: str = ""


# ---- what is made of replies


class Outcome(StrEnum):
    """The four outcomes, never mixed: only the first can be right, the last is never scored."""

    LABEL = "label"
    UNKNOWN_LABEL = "unknown_label"
    UNREADABLE = "unreadable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one reply says of one example. `label` is set for outcome LABEL only; `said` is the label text as
    the model wrote it; `error` is set for outcome FAILED only."""

    example_id: str
    outcome: Outcome
    label: str = ""
    said: str = ""
    reason: str = ""
    reply: str = ""
    error: str = ""
    cached: bool = False


@dataclass(frozen=True, slots=True)
class LabelMetrics:
    label: str
    support: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures of one evaluation. `n` counts scored rows: failed calls are left out and counted in `failed`.
    Unreadable replies and unknown labels are wrong answers. Rates are 0 to 1 and None where n is 0.
    `confusion` has a row per correct label and a column per label, then unknown label, then unreadable."""

    n: int
    correct: int
    accuracy: float | None
    interval: tuple[float, float] | None
    macro_f1: float | None
    unreadable: int
    unknown_label: int
    failed: int
    per_label: tuple[LabelMetrics, ...]
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A prompt on some rows: a prediction per row, in the order of the rows."""

    predictions: tuple[Prediction, ...]
    metrics: Metrics


# ---- what is tried, and what became of it


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to one field of the prompt. An empty `find` appends `replace`."""

    field: str
    find: str
    replace: str


@dataclass(frozen=True, slots=True)
class Reflection:
    """The heavyweight model's reading of mistakes: what it was sent, what it said, the edits found in it."""

    request: Request
    reply: str
    edits: tuple[Edit, ...]
    shown: tuple[str, ...] = ()
    problem: str = ""


class Decision(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two prompts on the same rows. `p` is the exact two-sided McNemar test on the rows that differ."""

    n: int
    fixed: tuple[str, ...]
    broke: tuple[str, ...]
    p: float


@dataclass(frozen=True, slots=True)
class Verdict:
    decision: Decision
    reason: str
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Spend:
    """Calls of one role. `api` reached the provider, `cached` cost nothing, `failed` brought no reply."""

    api: int = 0
    cached: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0


@dataclass(frozen=True, slots=True)
class Trial:
    """One edit as a hypothesis of its own, with what it did to the rows it was measured on."""

    edit: Edit
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Step:
    """One iteration. `prompt` is what the run goes on with afterwards. `batch` is of the prompt that entered
    the step, on training rows; `validation` is of `candidate`, and None where it was refused unmeasured:
    under a call cap only rows that its edits may move are read, the others keep the prediction they had.
    Step 0 is the baseline: its candidate is the starting prompt, and there is no reflection."""

    number: int
    prompt: Prompt
    candidate: Prompt | None
    batch: Evaluation | None
    validation: Evaluation | None
    reflection: Reflection | None
    verdict: Verdict
    trials: tuple[Trial, ...] = ()
    spend: Mapping[str, Spend] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is told. Caps of None are no caps; `max_calls` counts lightweight calls that reach the
    provider. `iterations` of None: as many as the caps allow. Without `start` the run begins with the
    starting prompt of the label set. `structured_output`: replies are held to the label set. `neighbours`:
    how many are tried. `paid_before`: spent before caps changed."""

    lightweight: str = "offline:reader"
    heavyweight: str = "offline:editor"
    strategy: str = "edit"
    iterations: int | None = None
    batch_size: int = 100
    shown_mistakes: int = 24
    shown_correct: int = 6
    seed: int = 0
    concurrency: int = 16
    max_calls: int | None = None
    max_heavy_calls: int | None = None
    budget_usd: float | None = None
    max_tokens: int | None = None
    structured_output: bool = False
    neighbours: tuple[int, ...] = ()
    start: Prompt | None = None
    paid_before: Mapping[str, Spend] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scored:
    """A prompt with its figures per split; a split without rows has none."""

    prompt: Prompt
    step: int
    evaluations: Mapping[str, Evaluation]


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended. `test` compares best with baseline on the test rows; None where there are none."""

    baseline: Scored
    best: Scored
    test: Verdict | None
    stop_reason: str
    split_sizes: Mapping[str, int]
    majority_accuracy: float


@dataclass(frozen=True, slots=True)
class Progress:
    """What is happening now, in words, with how far it is. `total` of 0: no count."""

    what: str
    done: int = 0
    total: int = 0
