"""Which words tell labels apart, by the rows of one request."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.offline.casebook import RequestRow
from core.offline.words import STOP_WORDS, Term, words

MISTAKE_WEIGHT, OTHER_WEIGHT = 2.0, 1.0  # of a row
SMOOTHING = 0.5
NAMED_BONUS = 1.0  # strength added to a term that a note (or the label's own name) holds as well
ROWS_FOR_STOP_WORDS, ROWS_FOR_MIXED_PHRASES = 5, 3
_CONCEDED = re.compile(
    r"^.*?\bbut\b|\b(?:even though|although|not|rather than|instead of|despite)\b[^,;.]*", re.I | re.S
)


@dataclass(frozen=True, slots=True)
class Clue:
    """A term that speaks for a label. `rows` are the indices of that label's rows with it, `against` counts
    the other rows; `strength` is its log-odds in standard errors. `starting`: the texts start with it."""

    term: Term
    phrase: str
    label: str
    rows: tuple[int, ...]
    against: int
    strength: float
    named: bool = False
    starting: bool = False


def clues(cases: Sequence[RequestRow], labels: Sequence[str]) -> list[Clue]:
    """What each term says of each label whose rows hold it, the strongest first. A term needs two rows of the
    label, or one with a note that names it."""
    rows_with = _index(cases)
    if not rows_with:
        return []
    texts = [words(case.text) for case in cases]
    named_in = [words(plain_note(case.note)).content() | words(case.label).content() for case in cases]
    weighing = Weighing(cases, labels)
    result = []
    for key, holders in sorted(rows_with.items()):
        starting, term = key.startswith("^"), tuple(key.lstrip("^").split(" "))
        for label in dict.fromkeys(cases[row].label for row in holders):
            rows = tuple(row for row in holders if cases[row].label == label)
            named = not starting and any(set(term) <= named_in[row] for row in rows)
            phrase = texts[rows[0]].phrase(term)
            if label not in weighing.totals or len(rows) < _rows_needed(phrase, named, starting):
                continue
            if _says_nothing(phrase) or any(
                texts[row].stems == term for row in rows
            ):  # a whole row is no word of it
                continue
            strength = weighing.strength(label, holders) + (NAMED_BONUS if named else 0.0)
            result.append(
                Clue(term, phrase, label, rows, len(holders) - len(rows), strength, named, starting)
            )
    return sorted(result, key=lambda clue: (-clue.strength, len(clue.term), clue.phrase, clue.label))


def _index(cases: Sequence[RequestRow]) -> dict[str, list[int]]:
    """Row indices by key: words, pairs of words, and (with "^" in front) how texts start."""
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(analyzer=_keys, binary=True, lowercase=False)
    if not any(_keys(case.text) for case in cases):
        return {}
    table = vectorizer.fit_transform([case.text for case in cases]).tocsc()
    return {
        key: [int(row) for row in table[:, column].indices] for key, column in vectorizer.vocabulary_.items()
    }


def _keys(text: str) -> list[str]:
    stemmed = words(text)
    starts = ["^" + " ".join(stemmed.stems[:size]) for size in (1, 2) if len(stemmed.stems) >= size]
    return [" ".join(term) for term in stemmed.terms if len(term) <= 2] + starts


def _rows_needed(phrase: str, named: bool, starting: bool) -> int:
    stops = [word in STOP_WORDS for word in phrase.split()]
    if named and not any(stops):
        return 1
    if starting or not any(stops):
        return 2
    return ROWS_FOR_STOP_WORDS if all(stops) else ROWS_FOR_MIXED_PHRASES


def _says_nothing(phrase: str) -> bool:
    """Single letters and bare numbers: true of a row, never a rule."""
    return any(len(word) == 1 or word.isdigit() for word in phrase.split())


def plain_note(note: str) -> str:
    """A note without what it concedes or denies: of "says crash, but it is about the guide" only the second
    half speaks for the label."""
    return _CONCEDED.sub(" ", note)


class Weighing:
    """How strongly "these rows have it" speaks for a label."""

    def __init__(self, cases: Sequence[RequestRow], labels: Sequence[str]) -> None:
        self._labels = [case.label for case in cases]
        self._weights = [MISTAKE_WEIGHT if case.predicted else OTHER_WEIGHT for case in cases]
        self.totals: Mapping[str, float] = {label: self._weight(label, range(len(cases))) for label in labels}

    def _weight(self, label: str, rows: Sequence[int]) -> float:
        return sum(self._weights[row] for row in rows if self._labels[row] == label)

    def strength(self, label: str, holders: Sequence[int]) -> float:
        """Smoothed log-odds ratio over its standard error (Monroe, Colaresi and Quinn 2008, "Fightin'
        Words")."""
        inside = self._weight(label, holders)
        outside = sum(self._weights[row] for row in holders) - inside
        others = sum(self._weights) - self.totals[label]
        a, b = inside + SMOOTHING, self.totals[label] - inside + SMOOTHING
        c, d = outside + SMOOTHING, others - outside + SMOOTHING
        return math.log(a * d / (b * c)) / math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
