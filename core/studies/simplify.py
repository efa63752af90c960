"""The shortest prompt that loses nothing: rules are left out one after the other, and what is lost is
measured each time.

The engine does not do this at the end of a run: tried there, it cost more than it gave (docs/tuning.md),
since rows move by luck and good rules went with bad ones. Asked for by a person it has its place: the price
is seen first, what went is seen after, and nothing is adopted by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.costs.call_price import CallPrice
from core.errors import CapReached, Stopped
from core.llm.connections import ModelContext
from core.metrics.comparison import compare
from core.studies.ablation import Readings, estimate_readings, held_out, why_needed
from core.studies.rule_ledger import PromptRule, tokens_of, without
from core.tuning.acceptance import loses
from core.tuning.session import OnProgress, Session
from core.types import Evaluation, Example, LabelSet, Prompt, Settings, Verdict

Path = list[
    tuple[tuple[PromptRule, ...], Evaluation]
]  # what was left out, and the reading without it, from the whole prompt on


@dataclass(frozen=True, slots=True)
class Simplified:
    """`before` and `after` are the accuracies of the whole prompt and of the shortened one, `verdict`
    compares them; `looks` shorter prompts were read on the same rows to find it. `unfinished` says why the
    search ended early, if it did."""

    prompt: Prompt
    removed: tuple[PromptRule, ...]
    before: float | None
    after: float | None
    verdict: Verdict
    tokens_before: int
    tokens_after: int
    looks: int
    unfinished: str = ""


def run(
    session: Session,
    prompt: Prompt,
    rules: Sequence[PromptRule],
    rows: Sequence[Example],
    labels: LabelSet,
    on_progress: OnProgress = lambda progress: None,
) -> Simplified:
    """A rule goes when the prompt without it gets at least as many of the validation rows right as the prompt
    with it.

    In rounds: each rule that is left is left out alone; those without which nothing is lost then go one by
    one, what harms most and is longest first, each measured again with the earlier ones gone (of two rules
    that say the same, each is needless, but not both). It ends with a round in which nothing goes, or at a
    cap, with what was found until then. Readings with too many failed calls take nothing out. Raises as
    `ablations` does, CapReached and Stopped only where not even the whole prompt could be read.
    """
    readings = Readings(session, held_out(rows), labels, on_progress, _planned(prompt, rules, labels))
    whole = readings.read(prompt, "The whole prompt")
    path: Path = [((), whole)]
    unfinished = ""
    try:
        while _round(readings, prompt, rules, path):
            pass
    except (CapReached, Stopped) as reached:
        unfinished = str(reached)
    while _loses(readings, whole, path[-1][1]):  # can be only where failed calls were left out on the way
        path.pop()
    removed, read = path[-1]
    shorter = without(prompt, removed)
    return Simplified(
        shorter,
        tuple(sorted(removed, key=rules.index)),
        whole.metrics.accuracy,
        read.metrics.accuracy,
        readings.verdict(whole, read),
        tokens_of(prompt),
        tokens_of(shorter),
        len(readings.made) - 1,
        unfinished,
    )


def readings_planned(rules: int) -> int:
    """How often all rows are read, about at most: the whole prompt, each rule left out, and that again with
    others gone. On nine runs on the sample sets it took one to three readings a rule."""
    return 1 + 3 * rules


def _planned(prompt: Prompt, rules: Sequence[PromptRule], labels: LabelSet) -> int:
    """Of the rules that can go at all."""
    can_go = sum(not why_needed(prompt, (rule,), labels) for rule in rules)
    return readings_planned(can_go) if can_go else 0


def price(
    settings: Settings,
    prompt: Prompt,
    rules: Sequence[PromptRule],
    rows: Sequence[Example],
    labels: LabelSet,
    shared: ModelContext,
) -> CallPrice:
    """Its calls are a good cap: more are seldom needed. Nothing where no rule can go. Raises UsageError
    without validation rows."""
    held = held_out(rows)
    return estimate_readings(settings, prompt, held, _planned(prompt, rules, labels), shared)


def _loses(readings: Readings, before: Evaluation, after: Evaluation) -> bool:
    """Whether rows are lost on balance, or nothing can be said: too many calls failed."""
    return before is not after and loses(readings.verdict(before, after).comparison)


def _round(readings: Readings, prompt: Prompt, rules: Sequence[PromptRule], path: Path) -> bool:
    """One round over the rules that are left, which makes the path longer. True if something went."""
    gone, _ = path[-1]
    needless, reached = _needless(readings, prompt, rules, path[-1])
    for rule in (
        needless[:1] if reached else needless
    ):  # cut short: the first one has been read already and costs no call
        _leave_out(readings, prompt, rules, path, rule)
    if reached:
        raise reached
    return path[-1][0] != gone


def _needless(
    readings: Readings,
    prompt: Prompt,
    rules: Sequence[PromptRule],
    now: tuple[tuple[PromptRule, ...], Evaluation],
) -> tuple[list[PromptRule], CapReached | Stopped | None]:
    """The rules that each could go alone, in the order in which they are to go; and what cut the looking
    short, if anything did."""
    gone, current = now
    candidates: list[tuple[int, int, int]] = []
    cut: CapReached | Stopped | None = None
    for index, rule in enumerate(rules):
        if rule in gone or why_needed(prompt, (*gone, rule), readings.labels):
            continue
        try:
            read = readings.read(without(prompt, (*gone, rule)), _what(gone, rules))
        except (CapReached, Stopped) as reached:
            cut = reached
            break
        if not _loses(readings, current, read):
            compared = compare(readings.rows, current.predictions, read.predictions)
            candidates.append((len(compared.broke) - len(compared.fixed), -rule.tokens, index))
    return [rules[index] for _, _, index in sorted(candidates)], cut


def _leave_out(
    readings: Readings, prompt: Prompt, rules: Sequence[PromptRule], path: Path, rule: PromptRule
) -> None:
    """Goes on without the rule, unless something is lost with the earlier ones gone."""
    gone, current = path[-1]
    if why_needed(prompt, (*gone, rule), readings.labels):
        return
    read = readings.read(without(prompt, (*gone, rule)), _what(gone, rules))
    if not _loses(readings, current, read):
        path.append(((*gone, rule), read))


def _what(gone: Sequence[PromptRule], rules: Sequence[PromptRule]) -> str:
    return f"{len(gone)} of {len(rules)} rules left out: trying one more"
