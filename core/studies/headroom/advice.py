"""One decision: whether a dataset is worth tuning on, in one sentence, from what a headroom check has read.

The gain of a line is how many more rows it gets right than the starting prompt, on the rows that both were
scored on; failed calls are on neither side. The room is the largest gain of any line: the heavyweight model's
as a rule, but labels that follow a custom of the house are found by their neighbours rather than by any
model. It is called proven where the exact paired test holds after it is made as much stricter as there are
lines that differ, to choose the largest from (Bonferroni). The first rule that holds decides:

1. fewer than FEWEST rows read by the starting prompt, more calls failed than came back, or most replies cut off
   at their length limit: no advice;
2. the labels contradict each other on more rows (and on CONTRADICTED at least) than the prompt is wrong on
   other rows: review them first. A row contradicts where another row has the same text and another label, or
   where both models and the nearest rows agree on one;
3. no line gets right even a fifth (SOME) of what always answering the most frequent label gets wrong: nobody
   knows what the labels mean, so define them first. Where every label has a definition that is done: without a
   heavyweight model there is no advice, and with one the definitions do not say what decides;
4. the room is LITTLE or less, or there is none: hardly; it is proven: worth tuning; else perhaps, since so
   few rows cannot tell.

What most of the room is comes after it: output format, where rereading what could not be read gives at least
half of it; else neighbour examples, where they do; else rules, where the heavyweight model finds it with the
same prompt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import ceil

from core.metrics.comparison import EVIDENCE
from core.metrics.mcnemar import gain, gain_interval
from core.metrics.objective_words import figure_of, objective_in_words
from core.types import Comparison, Evaluation, Metrics, Objective
from core.types.objectives import ACCURACY

FEWEST = 12  # rows; fewer cannot tell anything
CONTRADICTED = 3  # rows
LITTLE = 0.04  # of all rows: so little room is not worth a run
SOME = 0.2  # of the rows that the most frequent label gets wrong
OPEN = 0.04  # of all rows: what the interval leaves open above the room is said from here on


class Kind(StrEnum):
    MAJORITY = "majority"
    STARTING = "starting"
    REPAIRED = "repaired"
    NEAREST = "nearest"
    EXAMPLES = "examples"
    CEILING = "ceiling"


KIND_NAMES = {
    Kind.MAJORITY: "Most frequent label",
    Kind.STARTING: "Starting prompt",
    Kind.REPAIRED: "With replies repaired",
    Kind.NEAREST: "Nearest rows, no model",
    Kind.EXAMPLES: "With neighbour examples",
    Kind.CEILING: "Heavyweight model",
}


class Worth(StrEnum):
    YES = "yes"
    PERHAPS = "perhaps"
    HARDLY = "hardly"
    LABELS_FIRST = "labels first"
    DEFINE_FIRST = "define first"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Line:
    """One way of labelling the rows. `evaluation` is None where it was not read, and `left_out` says why in a
    sentence; `against` compares it with the starting prompt on the rows that both were scored on, None for
    the starting prompt itself and where one was not read."""

    kind: Kind
    evaluation: Evaluation | None = None
    against: Comparison | None = None
    left_out: str = ""

    @property
    def accuracy(self) -> float | None:
        return self.evaluation.metrics.accuracy if self.evaluation else None


@dataclass(frozen=True, slots=True)
class Advice:
    """`room`: the largest gain over the starting prompt, 0 to 1, with its 95 % interval; None where there is
    no advice on it."""

    worth: Worth
    sentence: str
    room: float | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class HeadroomFindings:
    """What is judged: every line, the most frequent label, the ids of rows whose labels contradict, and of
    those that the starting prompt got wrong. `defined`: whether every label has a definition."""

    lines: Mapping[Kind, Line]
    majority: str
    contradicted: frozenset[str]
    wrong: frozenset[str]
    objective: Objective = field(default_factory=Objective)
    defined: bool = False


def advise(findings: HeadroomFindings) -> Advice:
    """See the rules above."""
    start = findings.lines[Kind.STARTING].evaluation
    if start is None or start.metrics.n < FEWEST or start.metrics.failed > start.metrics.n:
        return Advice(Worth.UNKNOWN, _too_few(findings))
    if 2 * start.metrics.cut_off > start.metrics.n:
        return Advice(Worth.UNKNOWN, _cut_off(start.metrics))
    clashes, errs = len(findings.contradicted), len(findings.wrong - findings.contradicted)
    if clashes >= CONTRADICTED and clashes > errs:
        reason = f"{_rows(clashes)} against {_rows(errs)}"
        return Advice(
            Worth.LABELS_FIRST,
            f"The labels contradict each other more than the prompt errs ({reason}): review them first.",
        )
    best = max(
        (
            _value(line, findings.objective)
            for kind, line in findings.lines.items()
            if kind is not Kind.MAJORITY
        ),
        default=0.0,
    )
    usual = _value(findings.lines[Kind.MAJORITY], findings.objective)
    if usual < 1 and best - usual < SOME * (1 - usual):
        return _nobody_knows(findings, best > usual)
    advice = _by_room(findings, start.metrics.n)
    if findings.objective.kind == ACCURACY or advice.room is None:
        return advice
    return replace(advice, sentence=f"By {objective_in_words(findings.objective)}. {advice.sentence}")


def _value(line: Line, objective: Objective) -> float:
    return (figure_of(objective, line.evaluation.metrics) if line.evaluation else None) or 0.0


def _by_room(findings: HeadroomFindings, n: int) -> Advice:
    compared: dict[Kind, Comparison] = {
        kind: line.against
        for kind, line in findings.lines.items()
        if kind is not Kind.MAJORITY and line.against and line.against.n
    }
    if not findings.wrong:
        return Advice(
            Worth.HARDLY,
            f"Worth tuning: hardly, the starting prompt is right on all {_rows(n)} that it was tried on.",
            0.0,
        )
    if not compared:
        return Advice(
            Worth.UNKNOWN,
            "No advice: nothing but the starting prompt was read, so there is nothing to compare it with.",
        )
    most = max(compared, key=lambda kind: (gain(compared[kind]), kind is Kind.CEILING))
    room, interval = gain(compared[most]), gain_interval(compared[most])
    rivals = sum(bool(each.fixed or each.broke) for each in compared.values())
    if room <= LITTLE:
        return Advice(Worth.HARDLY, _hardly(compared, max(room, 0.0), interval[1], n), room, interval)
    if compared[most].p * rivals < EVIDENCE:
        span = f"about {_points(room)} of room ({_span(interval)})"
        return Advice(
            Worth.YES, f"Worth tuning: yes, {span}{_source(findings, compared, room)}.", room, interval
        )
    chance = f"about {_points(room)} of room, but {_rows(n)} cannot tell that from chance ({_span(interval)})"
    return Advice(
        Worth.PERHAPS, f"Worth tuning: perhaps, {chance}{_source(findings, compared, room)}.", room, interval
    )


def _source(findings: HeadroomFindings, compared: Mapping[Kind, Comparison], room: float) -> str:
    """What most of the room is, to follow the amount; empty where that is not known."""

    def gives_half(kind: Kind) -> bool:
        return kind in compared and gain(compared[kind]) >= room / 2

    if gives_half(Kind.REPAIRED):
        start = findings.lines[Kind.STARTING].evaluation
        assert start is not None  # it was repaired
        figures = start.metrics
        nameless = figures.unreadable + figures.unknown_label
        cut_off = f", {figures.cut_off} of them cut off at their length limit" if figures.cut_off else ""
        return f"; most of it is output format ({nameless} of {figures.n} replies name no label of the set{cut_off})"
    if gives_half(Kind.EXAMPLES):
        return "; most of it comes with neighbour examples in the prompt"
    if gives_half(Kind.CEILING):
        return "; the heavyweight model has it with the same prompt"
    return "; the nearest rows have it with no model at all" if gives_half(Kind.NEAREST) else ""


def _hardly(compared: Mapping[Kind, Comparison], room: float, upper: float, n: int) -> str:
    whom = (
        "the heavyweight model"
        if Kind.CEILING in compared
        else "everything that was tried, which was no heavyweight model"
    )
    little = (
        f"the starting prompt is within {_at_most(room)} of {whom}"
        if room
        else f"the starting prompt does as well as {whom}"
    )
    if room and Kind.CEILING in compared and gain(compared[Kind.CEILING]) < room:
        little = f"nothing that was tried is more than {_at_most(room)} above the starting prompt"
    open_ = (
        f"; on {_rows(n)}, up to {_points(upper)} of room cannot be ruled out" if upper > room + OPEN else ""
    )
    return f"Worth tuning: hardly, {little}{open_}."


def _nobody_knows(findings: HeadroomFindings, a_little: bool) -> Advice:
    reason = f"nothing that was tried is right {'much ' if a_little else ''}more often than always answering “{findings.majority}”"
    whole = findings.lines[Kind.CEILING].evaluation is not None
    if not findings.defined:
        further = "" if whole else ", or ask a heavyweight model, too"
        return Advice(Worth.DEFINE_FIRST, f"Not yet: {reason}, so say what the labels mean first{further}.")
    reason += ", though every label is defined"
    if whole:
        return Advice(
            Worth.DEFINE_FIRST, f"Not yet: {reason}, so say more exactly what decides between them."
        )
    return Advice(
        Worth.UNKNOWN,
        f"No advice: {reason}. Whether rules from the mistakes help, only a heavyweight model here or a run can show.",
    )


def _too_few(findings: HeadroomFindings) -> str:
    start = findings.lines[Kind.STARTING]
    if start.evaluation is None or not start.evaluation.predictions:
        return "No advice: the starting prompt was read on no row."
    figures = start.evaluation.metrics
    if figures.failed > figures.n:
        return f"No advice: {figures.failed} of {figures.n + figures.failed} calls to the lightweight model brought no reply."
    return f"No advice: the starting prompt was read on {_rows(figures.n)}, and it takes {FEWEST} at least."


def _cut_off(figures: Metrics) -> str:
    return (
        f"No advice: {figures.cut_off:,} of {figures.n:,} replies to the starting prompt were cut off at their length limit, so allow "
        "longer replies or ask for a shorter reason first."
    )


def _points(share: float) -> str:
    whole = round(100 * share)
    return "under 1 point" if whole == 0 else "1 point" if whole == 1 else f"{whole} points"


def _at_most(share: float) -> str:
    """In whole points that are not fewer: 2.5 are within 3."""
    return _points(ceil(round(100 * share, 6)) / 100)


def _span(interval: tuple[float, float]) -> str:
    low, high = (round(100 * end) for end in interval)
    return f"{low} to {high}".replace("-", "\N{MINUS SIGN}")


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
