"""What stays the same from the start of a run to its end, and the switches of the engine's ideas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

from core.errors import CapReached, UsageError
from core.llm.base import JUDGE
from core.tuning.evaluate import evaluate
from core.tuning.plan import Plan
from core.tuning.session import OnProgress, Session
from core.types import Evaluation, Example, LabelSet, Objective, Progress, Prompt, Settings


@dataclass(frozen=True, slots=True)
class Switches:
    """The ideas of the engine, all on by default; `tests/bench/tuning.py --off NAME` measures what each is worth,
    and docs/tuning.md has the figures."""

    group_mistakes: bool = True  # show mistakes that look alike together, the densest groups first
    hold_back_doubtful: bool = True  # a mistake whose label the other rows contradict is not shown
    show_notes: bool = True  # the nearest noted rows go into every request
    take_apart: bool = True  # each line of a reply is a hypothesis of its own
    screen: bool = True  # lines that name no label, quote a row or repeat a rule cost no call
    judge_apart: bool = True  # a rule answers for the rows that moved to its label
    confirm: bool = True  # a disputed move counts when it happens again with that rule alone

    @classmethod
    def without(cls, names: tuple[str, ...]) -> Switches:
        """All ideas but these. Raises UsageError for a name that is none."""
        known = {each.name for each in fields(cls)}
        for name in names:
            if name not in known:
                raise UsageError(f"There is no idea {name!r}: choose from {', '.join(sorted(known))}.")
        return cls(**dict.fromkeys(names, False))


@dataclass(frozen=True, slots=True)
class Setup:
    """What stays the same from the start of a run to its end. `objective`: what the settings ask for, or what
    fits the rows; `left_out`: the sentence on rows that are examples of the starting prompt."""

    labels: LabelSet
    session: Session
    settings: Settings
    plan: Plan
    switches: Switches
    on_progress: OnProgress
    objective: Objective = field(default_factory=Objective)
    left_out: str = ""

    def evaluate(
        self, prompt: Prompt, examples: Sequence[Example], what: str, last: bool = False
    ) -> Evaluation:
        """The prompt on the examples, progress reported as `what`. Raises CapReached rather than spend what is
        reserved for the `last` evaluations."""
        if not last and not self.affords(len(examples)):
            raise CapReached("The calls that are left are kept for the last reading: raise the cap to go on.")
        self.on_progress(Progress(what, 0, len(examples)))
        return evaluate(
            self.session,
            prompt,
            examples,
            self.labels.names,
            lambda done, total: self.on_progress(Progress(what, done, total)),
        )

    def affords(self, calls: int) -> bool:
        """Whether the caps leave so many lightweight calls beside those reserved, and as many to a judge, who reads the
        constant answer on the test rows as well."""
        account, needed = self.session.account, calls + self.plan.reserved
        if self.session.judge is None:
            return account.affords("lightweight", needed)
        return account.affords("lightweight", needed, {JUDGE: needed + len(self.plan.test)})
