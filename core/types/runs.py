"""What is tried and what became of it: edits, verdicts, steps, and the settings and the result of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.types.calls import Prompt, Request
from core.types.objectives import AUTO, Objective
from core.types.predictions import Evaluation

REPLY_TOKENS = 500  # a sentence of reason and a label, with room for a talkative model
MOST_REPLY_TOKENS = 100_000


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
    """Two prompts on the same rows. `p` is the exact two-sided McNemar test on the rows that differ, where what
    is compared is accuracy; else that of a paired permutation test of the `difference` in another objective, which
    `measure` has in words. `graded`: of scores between 0 and 1, `fixed` are the rows with a higher one and `broke`
    those with a lower one."""

    n: int
    fixed: tuple[str, ...]
    broke: tuple[str, ...]
    p: float
    measure: str = ""
    difference: float | None = None
    graded: bool = False

    @property
    def balance(self) -> float:
        """Above 0 where the second prompt is ahead, below where it is behind: the difference, or rows fixed
        less rows broken."""
        return len(self.fixed) - len(self.broke) if self.difference is None else self.difference


@dataclass(frozen=True, slots=True)
class Verdict:
    decision: Decision
    reason: str
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Spend:
    """Calls of one role. `api` reached the provider, `cached` cost nothing, `failed` brought no reply. Of
    `estimated` calls the provider did not say what they used. `uncertain` ones, among `api`, were sent and their
    answers never kept: they may have been paid, and nobody knows what they used."""

    api: int = 0
    cached: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    estimated: int = 0
    uncertain: int = 0

    def __add__(self, other: Spend) -> Spend:
        """A cost is unknown where one of them is."""
        return Spend(
            self.api + other.api,
            self.cached + other.cached,
            self.failed + other.failed,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            None if self.cost_usd is None or other.cost_usd is None else self.cost_usd + other.cost_usd,
            self.estimated + other.estimated,
            self.uncertain + other.uncertain,
        )

    def at_least(self, before: Spend) -> Spend:
        """No less than was spent before. What failed then is asked again."""
        unknown = self.cost_usd is None or before.cost_usd is None
        return Spend(
            max(self.api, before.api),
            max(self.cached, before.cached),
            self.failed,
            max(self.input_tokens, before.input_tokens),
            max(self.output_tokens, before.output_tokens),
            None if unknown else max(self.cost_usd or 0.0, before.cost_usd or 0.0),
            max(self.estimated, before.estimated),
            max(self.uncertain, before.uncertain),
        )


@dataclass(frozen=True, slots=True)
class EditResult:
    """One edit as a hypothesis of its own, with what it did to the rows it was measured on. `required`: so many
    rows more than it broke it had to fix; None where it was not measured, or nobody noted it."""

    edit: Edit
    verdict: Verdict
    required: int | None = None


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A row that was wrong and counted for nothing, since its `label` is in doubt. `suggested` is the likeliest
    other one, `doubt` the chance that the label is wrong, 0 to 1."""

    example_id: str
    label: str
    suggested: str
    doubt: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One iteration. `prompt` is what the run goes on with afterwards. `batch` is of the prompt that entered
    the step, on training rows; `validation` is of `candidate`, and None where it was refused unmeasured:
    under a call cap only rows that its edits may move are read, the others keep the prediction they had.
    Step 0 is the baseline: its candidate is the starting prompt, and there is no reflection. A step that
    defines the labels has no batch: its reflection read rows of each label instead of mistakes.
    `canonical_wrong`: ids of canonical rows that `prompt` gets wrong, None where nobody noted it.
    `held_back`: rows that it gets wrong and that are not believed, the most doubtful first."""

    number: int
    prompt: Prompt
    candidate: Prompt | None
    batch: Evaluation | None
    validation: Evaluation | None
    reflection: Reflection | None
    verdict: Verdict
    trials: tuple[EditResult, ...] = ()
    spend: Mapping[str, Spend] = field(default_factory=dict)
    canonical_wrong: tuple[str, ...] | None = None
    held_back: tuple[HeldBack, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """The step of another run whose prompt a run began with."""

    run: str
    step: int


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is told. Caps of None are no caps; `max_calls` counts lightweight calls that reach the
    provider. `iterations` of None: as many as the caps allow; of 0: the starting prompt is
    only measured. Without `start` the run begins with the starting prompt of the label set.
    `structured_output`: replies are held to the label set. `neighbours`:
    how many are tried. `paid_before`: spent before caps changed. `allow_canonical_breaks`: a step that breaks
    a canonical row is judged like any other. `locked`: lines of the starting prompt that no
    edit may touch. `branch`: where `start` comes from, if it is a step of another run. `objective` of None:
    accuracy, as runs had it before there was a choice. `definitions_first`: where no label has a definition, the
    first step writes them; off unless set, so that stored runs go on as they began. `rows_per_label`: training rows of each
    label in a forward pass; `mistakes_per_label`, `correct_per_label`: of each label in a request; None: as many
    as the plan finds best. `purpose`: what the texts are and the labels are for, in a line that the
    heavyweight model reads. `reply_tokens`: how long a reply of the lightweight model may be; where its profile
    has a floor, that counts. `scorer`: what gives answers a score where they are no labels (core/scoring); empty: replies
    name labels. `shortlist`: a request names so many labels, those of the training rows most like its text; 0: as many as
    with the starting prompt, which are all where it is made from the labels."""

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
    allow_canonical_breaks: bool = False
    locked: tuple[str, ...] = ()
    branch: Branch | None = None
    objective: Objective | None = AUTO
    definitions_first: bool = False
    rows_per_label: int | None = None
    mistakes_per_label: int | None = None
    correct_per_label: int | None = None
    purpose: str = ""
    reply_tokens: int = REPLY_TOKENS
    scorer: str = ""
    shortlist: int = 0


CAPS = ("max_calls", "max_heavy_calls", "budget_usd", "max_tokens")  # fields of Settings


@dataclass(frozen=True, slots=True)
class Scored:
    """A prompt with its figures per split; a split without rows has none."""

    prompt: Prompt
    step: int
    evaluations: Mapping[str, Evaluation]


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended. `test` compares best with baseline on the test rows; None where there are none.
    `objective`: what counted, None in runs of before there was a choice, where it was accuracy."""

    baseline: Scored
    best: Scored
    test: Verdict | None
    stop_reason: str
    split_sizes: Mapping[str, int]
    majority_accuracy: float
    objective: Objective | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """What is happening now, in words, with how far it is. `total` of 0: no count. `note`: why it is slow."""

    what: str
    done: int = 0
    total: int = 0
    note: str = ""
