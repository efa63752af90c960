"""What each rule of a prompt is worth: the prompt with it and without it, on the same validation rows.

Test rows are never read here. Several shorter prompts are compared on the same rows, so what is found is no
claim: a gain may be luck, and a rule for rare cases may look useless where they do not occur. Both are to be
said wherever the figures are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from core.costs.call_price import CallPrice, mean_size, price_of_calls
from core.errors import CapReached, EditRefused, Stopped, UsageError
from core.llm.connections import ModelContext
from core.metrics.comparison import EVIDENCE, compare
from core.prompts.named_labels import named_labels
from core.prompts.rules import check_candidate, usual_size
from core.similarity.requests import classify_requests
from core.studies.rule_ledger import SYSTEM, PromptRule, without
from core.tuning.acceptance import claim, damage
from core.tuning.evaluate import evaluate
from core.tuning.session import OnProgress, Session
from core.types import Decision, Evaluation, Example, LabelSet, Progress, Prompt, Settings, Verdict

CANNOT_GO = "It cannot be left out. "


@dataclass(frozen=True, slots=True)
class Ablation:
    """One rule left out. `before` and `after` are the accuracies with and without it; the verdict's
    comparison has as `fixed` the rows that come right without it and as `broke` those that are lost; None
    where the prompt cannot do without it, or after damage."""

    rule: PromptRule
    before: float | None
    after: float | None
    verdict: Verdict

    @property
    def worth(self) -> str:
        """Of the rule, in a few words."""
        compared = self.verdict.comparison
        if compared is None:
            return "cannot go" if self.verdict.reason.startswith(CANNOT_GO) else "not decided"
        lost, gained = len(compared.broke), len(compared.fixed)
        if lost == gained:
            return "no difference" if lost else "no prediction changed"
        return ("helps" if lost > gained else "harms") + ("" if compared.p < EVIDENCE else ", not proven")


def held_out(rows: Sequence[Example]) -> tuple[Example, ...]:
    """The rows that may be read: validation rows, and no others. Raises UsageError where there are none."""
    held = tuple(row for row in rows if row.split == "validation" and not row.excluded)
    if not held:
        raise UsageError(
            "There are no validation rows to measure rules on: give some rows the split validation."
        )
    return held


def why_needed(prompt: Prompt, rules: Sequence[PromptRule], labels: LabelSet) -> str:
    """Why the prompt cannot do without these rules, in a sentence; empty if it can. Rules may happen to name
    all labels, too, but the line that lists them stays."""
    if any(rule.locked for rule in rules):
        return CANNOT_GO + "It is locked."
    if any(rule.field == SYSTEM and rule.place == _listing(prompt, labels) for rule in rules):
        return CANNOT_GO + "It is the line that lists the labels."
    try:
        check_candidate(without(prompt, rules), labels, (), usual_size(labels.names))
    except EditRefused as refused:
        return CANNOT_GO + str(refused)
    return ""


def _listing(prompt: Prompt, labels: LabelSet) -> int | None:
    """The place of the first line of the system prompt that names every label."""
    lines = enumerate(prompt.system_prompt.split("\n"))
    return next(
        (
            index
            for index, line in lines
            if line.strip() and named_labels(line, labels.names) == set(labels.names)
        ),
        None,
    )


def ablations(
    session: Session,
    prompt: Prompt,
    rules: Sequence[PromptRule],
    rows: Sequence[Example],
    labels: LabelSet,
    on_progress: OnProgress = lambda progress: None,
) -> Iterator[Ablation]:
    """One by one, as they are measured. Raises UsageError without validation rows, CapReached, ModelRefused,
    what `on_progress` raises."""
    readings = Readings(session, held_out(rows), labels, on_progress)
    needed = {rule: why_needed(prompt, (rule,), labels) for rule in rules}
    readings.planned = 1 + sum(not why for why in needed.values())
    for number, (rule, why) in enumerate(needed.items(), 1):
        if why:
            yield Ablation(rule, None, None, Verdict(Decision.UNDECIDED, why))
            continue
        whole = readings.read(prompt, "The whole prompt")
        read = readings.read(without(prompt, (rule,)), f"Without rule {number} of {len(needed)}")
        yield Ablation(rule, whole.metrics.accuracy, read.metrics.accuracy, readings.verdict(whole, read))


def ablate(
    session: Session,
    prompt: Prompt,
    rules: Sequence[PromptRule],
    rows: Sequence[Example],
    labels: LabelSet,
    on_progress: OnProgress = lambda progress: None,
) -> tuple[Ablation, ...]:
    """All of them, or those measured until a cap was reached or `on_progress` raised Stopped. Raises as
    `ablations` does, CapReached and Stopped only where not one was measured."""
    measured: list[Ablation] = []
    try:
        for each in ablations(session, prompt, rules, rows, labels, on_progress):
            measured.append(each)
    except (CapReached, Stopped):
        if not measured:
            raise
    return tuple(measured)


def estimate_readings(
    settings: Settings, prompt: Prompt, rows: Sequence[Example], readings: int, shared: ModelContext
) -> CallPrice:
    """What it takes to read all these rows so many times, were nothing in the cache. Input is measured from
    the very requests of the whole prompt, so that prompts with rules left out take a little less; output is
    assumed."""
    size = mean_size(classify_requests(prompt, [row.text for row in rows]))
    return price_of_calls(settings, "lightweight", readings * len(rows), size, shared)


def price(
    settings: Settings,
    prompt: Prompt,
    rules: Sequence[PromptRule],
    rows: Sequence[Example],
    labels: LabelSet,
    shared: ModelContext,
) -> CallPrice:
    """The whole prompt once, and once for each rule that can be left out; nothing where none can. Raises
    UsageError without validation rows."""
    held = held_out(rows)
    can_go = sum(not why_needed(prompt, (rule,), labels) for rule in rules)
    return estimate_readings(settings, prompt, held, 1 + can_go if can_go else 0, shared)


@dataclass
class Readings:
    """Of the same rows with one prompt after the other, each read once. `planned` of them make the whole of
    the progress."""

    session: Session
    rows: tuple[Example, ...]
    labels: LabelSet
    say: OnProgress
    planned: int = 1
    made: dict[Prompt, Evaluation] = field(default_factory=dict)

    def read(self, prompt: Prompt, what: str) -> Evaluation:
        """Progress is reported as `what`. Raises as `evaluate` does; a reading that was cut short is none."""
        if prompt not in self.made:
            before = len(self.made) * len(self.rows)
            total = max(self.planned, len(self.made) + 1) * len(self.rows)
            self.say(Progress(what, before, total))
            self.made[prompt] = evaluate(
                self.session,
                prompt,
                self.rows,
                self.labels.names,
                lambda done, _: self.say(Progress(what, before + done, total)),
            )
        return self.made[prompt]

    def verdict(self, whole: Evaluation, read: Evaluation) -> Verdict:
        """Of the shorter prompt against the longer one. Damaged readings are not compared: they decide
        nothing."""
        damaged = damage(whole, read)
        if damaged:
            return Verdict(
                Decision.UNDECIDED,
                damaged.replace("so this step takes no decision", "so this decides nothing"),
            )
        return claim(compare(self.rows, whole.predictions, read.predictions))
