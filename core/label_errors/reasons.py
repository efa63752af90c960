"""Why a label is doubted, in sentences for the person who decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.label_errors.evidence import ModelEvidence, Posterior
from core.label_errors.features import Features
from core.types import Example
from core.wording import quoted

if TYPE_CHECKING:
    import numpy as np

NEAREST = 5
_ALIKE, _VERY_ALIKE = (
    0.12,
    0.5,
)  # likeness under which a row is no neighbour, and from which a single one counts
_LONGEST_WORD = 30
_ROWS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class SuspectContext:
    """What reasons are drawn from. `groups`: a number per row; equal numbers, same text. `shares`: of all
    rows, per label."""

    rows: Sequence[Example]
    features: Features
    groups: np.ndarray
    posterior: Posterior
    evidence: ModelEvidence
    shares: Mapping[str, float]


def reasons_for(
    context: SuspectContext, indices: Sequence[int], twins: Sequence[Mapping[str, int]]
) -> list[tuple[str, ...]]:
    """For each of `indices` (of rows) the reasons, strongest kind first. `twins`: per row how often its text stands there
    under which other label."""
    words = _TellingWords(context)
    reasons: list[tuple[str, ...]] = []
    for start in range(0, len(indices), _ROWS_AT_ONCE):
        chunk = indices[start : start + _ROWS_AT_ONCE]
        likeness = (context.features.text[chunk] @ context.features.text.T).toarray()
        for at, alike in zip(chunk, likeness, strict=True):
            suggested = context.posterior.names[context.posterior.suggested[at]]
            candidates = (
                _by_twins(twins[at]),
                *_by_models(context, at),
                _by_others(context, at),
                _by_nearest(context, at, alike, suggested),
                words.reason(at, suggested),
            )
            reasons.append(tuple(reason for reason in candidates if reason))
    return reasons


def plainly(label: str) -> str:
    """A label within a sentence: as it is where it reads as a word or two, else between quotation marks."""
    simple = len(label) <= 40 and all(letter.isalnum() or letter in "_-/ " for letter in label)
    return label if simple else quoted(label, 40)


def _by_twins(twins: Mapping[str, int]) -> str:
    others = [
        plainly(label) + (f" ({count} times)" if count > 1 else "")
        for label, count in Counter(twins).most_common()
    ]
    return "The same text is also labelled " + " and ".join(others) if others else ""


def _by_models(context: SuspectContext, at: int) -> tuple[str, str]:
    row = context.rows[at]
    vote, versions = context.evidence.votes.get(row.id, ""), context.evidence.missed.get(row.id, ())
    voted = (
        f"The heavyweight model, not shown the label, says {plainly(vote)}"
        if vote and vote != row.label
        else ""
    )
    return _by_versions(versions, row.label), voted


def _by_versions(versions: Sequence[str], label: str) -> str:
    wrong = [each for each in versions if each != label]
    if not wrong or len(wrong) * 2 < len(versions):
        return ""
    most, times = Counter(wrong).most_common(1)[0]
    if len(versions) == 1:
        return f"The prompt predicts {plainly(most)}" if most else ""
    if most and times == len(versions):
        return f"All {times} prompt versions predict {plainly(most)}"
    if len(wrong) == len(versions):
        return f"All {len(versions)} prompt versions missed it" + (
            f", {times} of them predict {plainly(most)}" if most else ""
        )
    return f"{len(wrong)} of {len(versions)} prompt versions missed it" + (
        f", {times} of them predict {plainly(most)}" if most else ""
    )


def _by_others(context: SuspectContext, at: int) -> str:
    """What the models, left without this row, read; silent where they side with the label, or know no more
    than how frequent it is."""
    posterior = context.posterior
    chance, best = posterior.chance[at], int(posterior.chance[at].argmax())
    if best != posterior.suggested[at] or chance[best] <= context.shares.get(posterior.names[best], 0.0):
        return ""
    return f"Judged from the other rows it looks like {plainly(posterior.names[best])} ({min(99, round(100 * chance[best]))} %)"


def _by_nearest(context: SuspectContext, at: int, alike: np.ndarray, suggested: str) -> str:
    """`alike`: how like each row is. Rows with the same text are told of elsewhere."""
    import numpy as np

    alike = np.where(context.groups == context.groups[at], -1.0, alike)
    top = np.argpartition(-alike, NEAREST)[:NEAREST] if len(alike) > NEAREST else np.arange(len(alike))
    near = [int(one) for one in top[np.lexsort((top, -alike[top]))] if alike[one] >= _ALIKE]
    agreeing = [one for one in near if context.rows[one].label == suggested]
    if len(near) >= 3 and len(agreeing) * 2 > len(near):
        share = (
            f"All of its {len(near)}" if len(agreeing) == len(near) else f"{len(agreeing)} of its {len(near)}"
        )
        return f"{share} nearest rows are labelled {plainly(suggested)}: {quoted(context.rows[agreeing[0]].text, 80)}"
    if agreeing and near[0] == agreeing[0] and alike[near[0]] >= _VERY_ALIKE:
        return (
            f"The row most like it is labelled {plainly(suggested)}: {quoted(context.rows[near[0]].text, 80)}"
        )
    return ""


class _TellingWords:
    """Which word of a row is nearly always found under another label."""

    def __init__(self, context: SuspectContext):
        import numpy as np
        from scipy.sparse import csr_matrix

        self._context = context
        self._index = {name: at for at, name in enumerate(context.posterior.names)}
        self._labels = np.array([self._index[row.label] for row in context.rows])
        self._rows = context.features.words.copy()
        self._rows.data = np.ones_like(self._rows.data)
        every = np.arange(len(context.rows))
        marks = csr_matrix((np.ones(len(every)), (every, self._labels)), shape=(len(every), len(self._index)))
        self._counts = (self._rows.T @ marks).toarray()  # words by labels

    def reason(self, at: int, suggested: str) -> str:
        import numpy as np

        words = self._rows[[at]].indices
        counts = self._counts[words].copy()
        counts[:, self._labels[at]] -= 1
        here, all_of = counts[:, self._index[suggested]], counts.sum(axis=1)
        share = self._context.shares.get(suggested, 0.0)
        usual = max(share, 1e-9) / max(1.0 - share, 1e-9)
        telling = (
            (all_of >= 4) & (here >= 0.75 * all_of) & ((here + 0.5) / (all_of - here + 0.5) >= 3.0 * usual)
        )
        telling &= np.array(
            [2 <= len(self._context.features.vocabulary[word]) <= _LONGEST_WORD for word in words], dtype=bool
        )
        if not telling.any():
            return ""
        best = int(np.argmax(np.where(telling, here - 3.0 * (all_of - here), -np.inf)))
        word = quoted(self._context.features.vocabulary[words[best]])
        if here[best] == all_of[best]:
            return f"All {int(all_of[best]):,} other rows with {word} are labelled {plainly(suggested)}"
        return f"Of {int(all_of[best]):,} other rows with {word}, {int(here[best]):,} are labelled {plainly(suggested)}"
