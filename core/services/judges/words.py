"""What there is to say of a judge, in sentences for the page, the command line and notebooks alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from core.metrics.comparison import luck_in_words
from core.metrics.judges.judge_figures import JudgeFigures, Proportion
from core.metrics.judges.pass_rate import PassRate
from core.services.judges.disagreements import Cause, Disagreement
from core.services.judges.report import JudgeReport
from core.wording import count, counted, percent

PARTS = {"test": "test answers", "validation": "validation answers"}
CAUSES = {
    Cause.JUDGE: "Judge wrong",
    Cause.PERSON: "Person wrong",
    Cause.RUBRIC: "Rubric unclear",
    Cause.REPLY: "No verdict",
}


def headline(report: JudgeReport) -> str:
    """The judge agrees with people on 30 → 39 of 50 test answers: 13 mistakes fixed, 4 new; not luck (p = 0.049)."""
    before, after, compared = report.before.agreed, report.after.agreed, report.comparison
    where = f"{after.n:,} {PARTS[report.part]}"
    if report.step == 0 or before.n != after.n:
        return f"The judge agrees with people on {after.k:,} of {where}."
    moved = f"{counted(len(compared.fixed), 'disagreement')} settled, {len(compared.broke):,} new"
    return f"The judge agrees with people on {before.k:,} → {after.k:,} of {where}: {moved}; {luck_in_words(compared)}."


def share_in_words(share: Proportion) -> str:
    """17 of 20 (64 to 95 %)"""
    if share.interval is None:
        return "–"
    low, high = share.interval
    return f"{share.k:,} of {share.n:,} ({100 * low:.0f} to {100 * high:.0f} %)"


def kappa_in_words(figures: JudgeFigures) -> str:
    """0.53 (0.28 to 0.75)"""
    agreement = figures.agreement
    if agreement.kappa is None:
        return "–"
    low, high = agreement.interval or (agreement.kappa, agreement.kappa)
    return f"{agreement.kappa:.2f} ({low:.2f} to {high:.2f})"


def count_in_words(rate: PassRate, good: str) -> str:
    """Of 60 answers that nobody has judged the judge calls 25 “good” (41.7 %)."""
    answers, share = count(rate.counted.n, "answer"), percent(rate.counted.value)
    return f"Of {answers} that nobody has judged the judge calls {rate.counted.k:,} “{good}” ({share})."


def rate_in_words(rate: PassRate, good: str) -> str:
    """The same, and: Corrected for its errors, about 38 of 100 are (95 % interval: 20 to 57)."""
    said = count_in_words(rate, good)
    if rate.corrected is None or rate.interval is None:
        return f"{said} {rate.problem}"
    low, high = rate.interval
    return (
        f"{said} Corrected for its errors, about {100 * rate.corrected:.0f} of 100 are (95 % interval: {100 * low:.0f} to "
        f"{100 * high:.0f})."
    )


def causes_in_words(found: Sequence[Disagreement]) -> str:
    """11 disagreements: 8 judge wrong, 2 person wrong, 1 rubric unclear"""
    kinds = Counter(each.cause for each in found)
    parts = [f"{kinds[cause]:,} {name.lower()}" for cause, name in CAUSES.items() if kinds[cause]]
    return counted(len(found), "disagreement") + (f": {', '.join(parts)}" if parts else "")
