"""What the store hands out and takes: frozen records. Times are seconds since 1970 (UTC)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from core.store.dataset_version import DatasetVersion
from core.types import Decision, LabelSet, Metrics, Progress, Prompt, Result, Settings, Spend, TextTemplate

# ---- datasets and rows

KEPT = "kept"
REVIEWS = ("", KEPT, "gap")  # not reviewed, the label is right, the definitions do not tell
SUSPECT, WRONG, REPEATED, CONTRADICTED = "suspect", "wrong", "repeated", "contradicted"  # marks to filter by


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """A dataset without its rows. `rows` counts all of them; left out of runs are `excluded` ones, and `unlabelled` ones,
    which have no label yet; `origin` says where the rows came from; `champion` tells whether a prompt has been adopted;
    `template` how its texts were made of several columns; `scorer` what scores its answers, empty where they are labels.
    `then`: rows, labels and counts are those of this version, not of today."""

    id: str
    name: str
    rows: int
    excluded: int
    labels: LabelSet
    version: int
    created: float
    origin: str
    champion: bool
    unlabelled: int = 0
    template: TextTemplate | None = None
    scorer: str = ""
    then: DatasetVersion | None = None

    @property
    def state(self) -> tuple[str, int, str]:
        """The same as long as the rows, their parts and the labels are."""
        return self.id, self.version, self.then.id if self.then else ""


@dataclass(frozen=True, slots=True)
class Row:
    """An example as it is stored. One without a label is excluded, for there is nothing to measure it by. `version`
    grows with every change of this row; `position` is its place, from 0. `review` is what a reviewer decided: one of
    REVIEWS. `edits` counts the corrections by hand that are in force (reviews are none)."""

    id: str
    text: str
    label: str
    note: str
    excluded: bool
    canonical: bool
    split: str
    source: str
    version: int
    position: int
    review: str = ""
    edits: int = 0


@dataclass(frozen=True, slots=True)
class RowQuery:
    """Which rows, in which order; all conditions must hold. `search` is found in text, note or id, whatever the case;
    empty `labels`, `splits` and `sources` mean all (a split of "" is "not chosen yet"); flags of None mean both. `suspect`,
    `wrong`, `repeated` and `contradicted` rows have a mark of that kind, `edited` ones a correction by hand in force
    (re-imports and label management are none), `reviewed` ones a review; `unlabelled` ones have no label yet, and are no
    `excluded` ones. `sort` is a field of Row, or "doubt": suspects first, most doubtful on top. `page` counts from 1; past
    the end it gives the last one."""

    search: str = ""
    labels: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    excluded: bool | None = None
    noted: bool | None = None
    canonical: bool | None = None
    suspect: bool | None = None
    wrong: bool | None = None
    edited: bool | None = None
    reviewed: bool | None = None
    unlabelled: bool | None = None
    repeated: bool | None = None
    contradicted: bool | None = None
    sources: tuple[str, ...] = ()
    sort: str = "position"
    descending: bool = False
    page: int = 1
    size: int = 100


@dataclass(frozen=True, slots=True)
class RowPage:
    """`total` counts the rows that match, on all pages; `page` is the one shown."""

    rows: tuple[Row, ...]
    total: int
    page: int = 1


@dataclass(frozen=True, slots=True)
class RowCounts:
    """`labels` (in the order of the label set, zeros included) and `splits` count rows that runs read;
    the others count all rows, each as the filter of its name does."""

    total: int
    excluded: int
    noted: int
    canonical: int
    labels: Mapping[str, int]
    splits: Mapping[str, int]
    suspects: int = 0
    wrong: int = 0
    reviewed: int = 0
    edited: int = 0
    unlabelled: int = 0
    repeated: int = 0
    contradicted: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one row: "label" or "note" (text), "review" (one of REVIEWS), "excluded" or "canonical"
    (bool). `seen_version` is the row's version when the user looked at it; None overwrites whatever is
    there."""

    example_id: str
    field: str
    value: str | bool
    seen_version: int | None = None


@dataclass(frozen=True, slots=True)
class Champion:
    """A prompt that was adopted for a dataset. `run_id` is empty where it did not come from a run, `who` where
    nobody was signed in; `why` is what they wrote then, or empty. `cascade` is the key of the one that was adopted with
    it (core/services/cascade/adoption.py), empty where the prompt answers alone."""

    dataset_id: str
    prompt: Prompt
    model: str
    run_id: str
    step: int
    adopted: float
    who: str = ""
    why: str = ""
    cascade: str = ""


# ---- runs


class RunStatus(StrEnum):
    """`paused` runs wait for a person, before a proposal is tried; `interrupted` ones lost their process.
    They, stopped and failed ones can be resumed."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    PAUSED = "paused"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


ACTIVE = (RunStatus.QUEUED, RunStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run, without its steps. `steps` counts those stored (the baseline is one); accuracies are of
    validation rows, None before they are known; so are mean scores, by the steps of runs whose objective that is.
    `seconds` is time spent running, pauses left out.
    `dataset_name` is the name at the start; the dataset itself may be gone. `benchmark` is the id of the one
    it is part of, or empty; `who` started it, empty where nobody was signed in. `result` is None until the
    end, and always in lists.
    `stop_reason` is one word: the result's own ("iterations", "no_mistakes", "held_back", "cap",
    "stopped", "finish"), or "cap",
    "stopped", "paused", "interrupted" or "error" where there is no result; `error` then has the sentence to
    show, if there is more to say."""

    id: str
    dataset_id: str
    dataset_name: str
    dataset_version: int
    name: str
    status: RunStatus
    stop_reason: str
    error: str
    stop_requested: bool
    settings: Settings
    progress: Progress
    spend: Mapping[str, Spend]
    created: float
    started: float | None
    finished: float | None
    seconds: float
    steps: int
    baseline_accuracy: float | None
    best_accuracy: float | None
    note: str = ""
    starred: bool = False
    pause_requested: bool = False
    finish_requested: bool = False
    benchmark: str = ""
    who: str = ""
    baseline_score: float | None = None
    best_score: float | None = None
    result: Result | None = None

    @property
    def baseline_share(self) -> float | None:
        """What counts of the starting prompt, 0 to 1: the mean score where answers are graded, else accuracy."""
        return self.baseline_accuracy if self.baseline_score is None else self.baseline_score

    @property
    def best_share(self) -> float | None:
        """The same of the best prompt."""
        return self.best_accuracy if self.best_score is None else self.best_score

    @property
    def active(self) -> bool:
        """Whether it is worth looking again soon."""
        return self.status in ACTIVE


def own_runs(runs: Sequence[RunRecord]) -> Sequence[RunRecord]:
    """Those that people started one by one: without the runs of benchmarks and migrations, where there are others."""
    return [run for run in runs if not run.benchmark] or runs


@dataclass(frozen=True, slots=True)
class BenchmarkRecord:
    """`spec` is text that whoever made the benchmark can read."""

    id: str
    name: str
    spec: str
    created: float


@dataclass(frozen=True, slots=True)
class StepFigures:
    """What charts need of a step: figures without predictions. `batch` and `validation` are as in Step, None
    where it has none; `kept`: the run went on with this step's candidate; `edits` counts those of the
    reflection; `saved` is when."""

    number: int
    decision: Decision
    reason: str
    kept: bool
    batch: Metrics | None
    validation: Metrics | None
    edits: int = 0
    spend: Mapping[str, Spend] = field(default_factory=dict)
    saved: float = 0.0


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended; `stop_reason` and `error` as in RunRecord."""

    status: RunStatus
    stop_reason: str = ""
    result: Result | None = None
    error: str = ""
