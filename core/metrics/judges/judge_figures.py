"""How far a judge agrees with the people who gave verdicts on the same answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.metrics.agreement import Agreement, agreement_of
from core.metrics.metrics import wilson
from core.types import Example, Outcome, Prediction

NO_VERDICT = "(no verdict)"  # a reply that names no label of the set


@dataclass(frozen=True, slots=True)
class Proportion:
    """`k` of `n`."""

    k: int
    n: int

    @property
    def value(self) -> float | None:
        """0 to 1; None where there is nothing to count."""
        return self.k / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 %, Wilson."""
        return wilson(self.k, self.n) if self.n else None


@dataclass(frozen=True, slots=True)
class JudgeFigures:
    """Of the answers that people and the judge have a verdict on. `agreement`: people first, the judge second.
    `true_positive`: of the answers that people call good, those that the judge calls good, too; `true_negative`: of
    all others, those that it does not call good. `no_verdict` replies name no label of the set: they agree with
    nobody and call nothing good. `failed` calls are left out. `confusion`: by the people's verdict and the judge's,
    how many answers."""

    good: str
    agreement: Agreement
    true_positive: Proportion
    true_negative: Proportion
    confusion: Mapping[str, Mapping[str, int]]
    no_verdict: int
    failed: int

    @property
    def agreed(self) -> Proportion:
        return Proportion(self.agreement.agreed, self.agreement.n)


def judge_figures(
    rows: Sequence[Example], predictions: Sequence[Prediction], labels: Sequence[str], good: str
) -> JudgeFigures:
    """Of the predictions, joined to the rows by id; those of other rows do not count."""
    people = {row.id: row.label for row in rows if row.label in labels}
    known = [each for each in predictions if each.example_id in people]
    scored = [each for each in known if each.outcome is not Outcome.FAILED]
    pairs = [(people[each.example_id], _verdict(each, labels)) for each in scored]
    counts = Counter(pairs)
    by_judge = [*labels, *([NO_VERDICT] if any(judge == NO_VERDICT for _, judge in counts) else [])]
    called = [judge == good for human, judge in pairs if human == good]
    spared = [judge != good for human, judge in pairs if human != good]
    return JudgeFigures(
        good,
        agreement_of(pairs, labels),
        Proportion(sum(called), len(called)),
        Proportion(sum(spared), len(spared)),
        {human: {judge: counts[human, judge] for judge in by_judge} for human in labels},
        sum(judge == NO_VERDICT for _, judge in pairs),
        len(known) - len(scored),
    )


def _verdict(prediction: Prediction, labels: Sequence[str]) -> str:
    named = prediction.outcome is Outcome.LABEL and prediction.label in labels
    return prediction.label if named else NO_VERDICT
