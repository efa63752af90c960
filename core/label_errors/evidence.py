"""What speaks for another label, as one chance that the given label is wrong: Bayes' rule over what the true
label may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import TYPE_CHECKING

from core.types import Example

if TYPE_CHECKING:
    import numpy as np

# How much more often a label is wrong where nobody wrote a note on the row or made it canonical.
_NOTED, _CANONICAL = 4.0, 10.0
# Log odds that a blind vote, and all prompt versions together, can bring: a model is right about seven, four
# times in eight, five.
_VOTE, _MISSED = 2.0, 1.5
_SURE = 3.0
_UNSEEN = 0.05  # the chance of a label that no row has
_FEW = 2  # other texts of a label after which half is believed of what texts say against it


@dataclass(frozen=True, slots=True)
class ModelEvidence:
    """What models say of rows, by example id: `missed` the label that each prompt version predicted (empty
    where none could be read), `votes` the label that the heavyweight model gave without seeing the row's."""

    missed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    votes: Mapping[str, str] = field(default_factory=dict)

    def labels(self) -> set[str]:
        return {*self.votes.values(), *(label for versions in self.missed.values() for label in versions)} - {
            ""
        }


@dataclass(frozen=True, slots=True)
class Posterior:
    """`doubt` per row, 0 to 1; `suggested` per row, a place in `names`; `chance` rows by names, as judged by
    the other rows."""

    names: tuple[str, ...]
    doubt: np.ndarray
    suggested: np.ndarray
    chance: np.ndarray


def posterior_of(
    rows: Sequence[Example],
    groups: Sequence[int],
    prior: tuple[tuple[str, ...], np.ndarray, float],
    evidence: ModelEvidence,
) -> Posterior:
    """`prior`: labels, their chances (rows by labels) judged by the other rows, and the share of labels that
    is wrong. Rows with the same number in `groups` have the same text."""
    import numpy as np

    names, chance, share = prior
    unseen = sorted(evidence.labels() - set(names))
    names = (*names, *unseen)
    chance = np.hstack([chance, np.full((len(rows), len(unseen)), _UNSEEN)])
    index = {name: at for at, name in enumerate(names)}
    given = np.array([index[row.label] for row in rows])
    every = np.arange(len(rows))
    odds = np.log(chance + 1e-9)
    odds = _sober((odds - odds[every, given][:, None]) * _trust(rows, groups)[:, None])
    slips = [log((1.0 - each) * (len(names) - 1) / each) for each in _noise(rows, share)]
    odds -= np.array(slips)[:, None]
    _add_twins(odds, rows, groups, (index, slips))
    _add_models(odds, rows, index, evidence)
    odds[every, given] = -np.inf
    best = odds.max(axis=1)
    wrong = best + np.log(np.exp(odds - best[:, None]).sum(axis=1))
    return Posterior(names, 1.0 / (1.0 + np.exp(-wrong)), odds.argmax(axis=1), chance)


def _sober(odds: np.ndarray) -> np.ndarray:
    """Counting words is often too sure. Where it speaks for the given label, what exceeds _SURE counts as its
    logarithm, so that people and models can still object."""
    import numpy as np

    return np.asarray(np.where(odds < -_SURE, -_SURE - np.log1p(np.maximum(-_SURE - odds, 0.0)), odds))


def _trust(rows: Sequence[Example], groups: Sequence[int]) -> np.ndarray:
    """Per row 0 to 1: how far texts can speak against its label. Of a label that no other text has, nothing
    is known."""
    import numpy as np

    counts = Counter(
        label for label, _ in {(row.label, group) for row, group in zip(rows, groups, strict=True)}
    )
    others = np.array([counts[row.label] - 1 for row in rows])
    return np.asarray(others / (others + _FEW))


def _noise(rows: Sequence[Example], share: float) -> list[float]:
    """Per row how likely a wrong label is before the text is read. Notes say less where most rows have
    one."""
    bare = 1.0 - sum(bool(row.note) for row in rows) / len(rows)
    noted = 1.0 + (_NOTED - 1.0) * bare
    return [share / (_CANONICAL if row.canonical else noted if row.note else 1.0) for row in rows]


def _add_twins(
    odds: np.ndarray,
    rows: Sequence[Example],
    groups: Sequence[int],
    prior: tuple[Mapping[str, int], Sequence[float]],
) -> None:
    """Each row with the same text votes for its label, as strongly as it is likely to be right. Where all
    agree nothing is added: a copy is no second opinion."""
    index, slips = prior
    together: dict[int, list[int]] = {}
    for at, group in enumerate(groups):
        together.setdefault(group, []).append(at)
    for members in together.values():
        votes = dict.fromkeys((rows[at].label for at in members), 0.0)
        if len(votes) == 1:
            continue
        for at in members:
            votes[rows[at].label] += slips[at]
        for at in members:  # by labels, not by pairs of rows: a text may stand there ten thousand times
            for label, vote in votes.items():
                if label != rows[at].label:
                    odds[at, index[label]] += vote
            odds[at] -= votes[rows[at].label] - slips[at]


def _add_models(
    odds: np.ndarray, rows: Sequence[Example], index: Mapping[str, int], evidence: ModelEvidence
) -> None:
    for at, row in enumerate(rows):
        vote, versions = evidence.votes.get(row.id, ""), evidence.missed.get(row.id, ())
        if vote == row.label:
            odds[at] -= _VOTE
        elif vote:
            odds[at, index[vote]] += _VOTE
        weight = _MISSED / (
            len(versions) + 1
        )  # versions of one prompt err together: six are little more than three
        for label, count in Counter(versions).items():
            if label == row.label:
                odds[at] -= weight * count
            elif label:
                odds[at, index[label]] += weight * count
