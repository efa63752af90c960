"""Labels in doubt, ranked, each with reasons in plain words. Needs no run and no key: texts and labels are
enough (docs/suspects.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.label_errors.evidence import ModelEvidence
from core.similarity.duplicates import comparables
from core.types import Example

if TYPE_CHECKING:
    import numpy as np

    from core.label_errors.features import Features
    from core.label_errors.reasons import SuspectContext

WORTH_A_LOOK = 0.2
# Reasons are looked for as long as the doubt is worth naming, and for so many rows at most.
_NAMED, _MOST_NAMED = 0.05, 3_000
MOST_TWINS = 20  # a text may stand there ten thousand times
_MOST_LETTERED = 400_000  # rows times labels; beyond, words alone are read, to keep to seconds


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label that may be wrong. `doubt` is the chance that it is, 0 to 1; from WORTH_A_LOOK on a look is
    worth it. `suggested` is the likeliest other label, `twins` are ids of rows with the same text and another
    label, MOST_TWINS at most: of each other label one, then the first."""

    example_id: str
    label: str
    suggested: str
    doubt: float
    reasons: tuple[str, ...]
    twins: tuple[str, ...] = ()


def find_suspects(
    examples: Sequence[Example], seed: int = 0, evidence: ModelEvidence | None = None
) -> tuple[Suspect, ...]:
    """Every row that is not excluded, most doubtful first; nothing where there is only one label. The same
    for the same seed; up to a few thousand rows, for every seed."""
    rows, evidence = [row for row in examples if not row.excluded], evidence or ModelEvidence()
    if len({row.label for row in rows} | evidence.labels()) < 2 or not rows:
        return ()
    from threadpoolctl import threadpool_limits

    # More threads would wait for cores that a busy machine does not have, and their sums differ in the last
    # digit.
    with threadpool_limits(1):
        return _ranked(rows, seed, evidence)


@dataclass(frozen=True, slots=True)
class Twins:
    """Rows with the same text and another label: the places of some, and how many have which label."""

    places: tuple[int, ...]
    labels: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class JudgedRows:
    """Rows with what all of them say of each label, and what reasons are drawn from."""

    context: SuspectContext
    twins: Sequence[Twins]

    def suspects(self, places: Sequence[int], named: Sequence[int]) -> tuple[Suspect, ...]:
        """The rows at these places; reasons are looked for at those that are `named`."""
        from core.label_errors.reasons import reasons_for

        reasons = dict(
            zip(named, reasons_for(self.context, named, [each.labels for each in self.twins]), strict=True)
        )
        return tuple(self._suspect(at, reasons.get(at, ())) for at in places)

    def _suspect(self, at: int, reasons: tuple[str, ...]) -> Suspect:
        rows, posterior = self.context.rows, self.context.posterior
        return Suspect(
            rows[at].id,
            rows[at].label,
            posterior.names[posterior.suggested[at]],
            round(float(posterior.doubt[at]), 6),
            reasons,
            tuple(rows[other].id for other in self.twins[at].places),
        )


@dataclass(frozen=True, slots=True)
class ReadTexts:
    """What models see of texts, a row each. `groups`: a number per row; equal number, same text but for case,
    punctuation and spaces."""

    features: Features
    groups: Sequence[int]


def text_features(rows: Sequence[Example]) -> ReadTexts:
    from core.label_errors.features import features_of

    return ReadTexts(features_of([row.text for row in rows]), _groups(rows))


def judged_rows(
    rows: Sequence[Example], seed: int, evidence: ModelEvidence, texts: ReadTexts | None = None
) -> JudgedRows:
    """At least two labels among them, none excluded. `texts`: of the same rows, where they have been read."""
    import numpy as np

    from core.label_errors.evidence import posterior_of
    from core.label_errors.reasons import SuspectContext

    texts = texts or text_features(rows)
    features, groups = texts.features, texts.groups
    posterior = posterior_of(rows, groups, _judged(rows, features, groups, seed), evidence)
    shares = {label: count / len(rows) for label, count in Counter(row.label for row in rows).items()}
    context = SuspectContext(rows, features, np.array(groups), posterior, evidence, shares)
    return JudgedRows(context, twins_of(rows, groups))


def _ranked(rows: list[Example], seed: int, evidence: ModelEvidence) -> tuple[Suspect, ...]:
    import numpy as np

    judged = judged_rows(rows, seed, evidence)
    doubt, read = judged.context.posterior.doubt, {*evidence.votes, *evidence.missed}
    order = np.argsort(-doubt, kind="stable").tolist()
    named = [
        at
        for at in order[:_MOST_NAMED]
        if doubt[at] >= _NAMED or judged.twins[at].places or rows[at].id in read
    ]
    return judged.suspects(order, named)


def _judged(
    rows: Sequence[Example], features: Features, groups: Sequence[int], seed: int
) -> tuple[tuple[str, ...], np.ndarray, float]:
    """The labels, their chances (rows by labels) as judged by the other rows, and the share of labels that is
    wrong."""
    import numpy as np

    from core.label_errors.leave_one_out import ridge_scores
    from core.label_errors.naive_bayes import naive_bayes_scores
    from core.label_errors.stacking import USUAL_NOISE, stacked_probabilities

    names = tuple(sorted({row.label for row in rows}))
    if len(names) == 1:
        return names, np.ones((len(rows), 1)), USUAL_NOISE
    index = {name: at for at, name in enumerate(names)}
    labels, apart = np.array([index[row.label] for row in rows]), np.array(groups)
    worded = bool(features.vocabulary)
    read = features.words if worded and len(rows) * len(names) > _MOST_LETTERED else features.whole
    scores = [
        ridge_scores(read, labels, apart, seed),
        *(naive_bayes_scores(features.words, labels, apart) if worded else ()),
    ]
    return names, *stacked_probabilities(scores, labels)


def _groups(rows: Sequence[Example]) -> list[int]:
    numbers: dict[str, int] = {}
    return [numbers.setdefault(text, len(numbers)) for text in comparables(row.text for row in rows)]


def twins_of(rows: Sequence[Example], groups: Sequence[int]) -> list[Twins]:
    """Per row. All rows of one text and label share theirs."""
    together: dict[int, list[int]] = {}
    for at, group in enumerate(groups):
        together.setdefault(group, []).append(at)
    beside: dict[tuple[int, str], Twins] = {}
    for group, members in together.items():
        counts = Counter(rows[at].label for at in members)
        for label in counts:
            others = {other: count for other, count in counts.items() if other != label}
            beside[group, label] = Twins(_some(rows, members, label), others)
    return [beside[group, rows[at].label] for at, group in enumerate(groups)]


def _some(rows: Sequence[Example], members: Sequence[int], label: str) -> tuple[int, ...]:
    """Places with another label than this one: of each the first, then the first of all, in their order."""
    firsts: dict[str, int] = {}
    first: list[int] = []
    for at in members:
        if rows[at].label != label:
            firsts.setdefault(rows[at].label, at)
            first.append(at)
    chosen = dict.fromkeys([*firsts.values(), *first][: MOST_TWINS + len(firsts)])
    return tuple(sorted(list(chosen)[:MOST_TWINS]))
