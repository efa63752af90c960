"""Which words tell labels apart, by the rows of one request."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.models.offline.casebook import Case
from core.models.offline.words import STOP_WORDS, Term, words

MISTAKE_WEIGHT, CORRECT_WEIGHT = 2.0, 1.0
SMOOTHING = 0.5
P = dict(stop1=5, stop2=3, least=1.2, single=0, start=1.5, fresh=6, strong=2, elsewhere=0, ban1=9, sizes=(6,)*9, notes=0, slope=0.6, top=1.3, phrase=0, namedb=1.0, hedged=1.0, name=0.4, merge=0, cap=25, low=8)


@dataclass(frozen=True, slots=True)
class Clue:
    """A term that speaks for a label. `rows` are the indices of that label's rows with it, `against` counts others;
    `strength` is its log-odds in standard errors. `starting`: it stands at the beginning of the text."""

    term: Term
    shown: str
    label: str
    rows: tuple[int, ...]
    against: int
    strength: float
    noted: bool = False
    starting: bool = False


def clues(cases: Sequence[Case], labels: Sequence[str]) -> list[Clue]:
    """Every term's clue for every label it speaks for, the strongest first. A term needs two rows, or a note that names it."""
    from sklearn.feature_extraction.text import CountVectorizer

    if not cases:
        return []
    found = [words(case.text) for case in cases]
    vectorizer = CountVectorizer(analyzer=_keys, binary=True, lowercase=False)
    try:
        table = vectorizer.fit_transform([(case.text, plain_note(case.note) if P['notes'] else '') for case in cases]).tocsc()
    except ValueError:  # no words at all
        return []
    weights = [MISTAKE_WEIGHT if case.predicted else CORRECT_WEIGHT for case in cases]
    total = {label: sum(w for w, case in zip(weights, cases, strict=True) if case.label == label) for label in labels}
    everything = sum(total.values())
    noted = [words(plain_note(case.note)).content() for case in cases]
    names = {label: words(label).content() for label in labels}
    result = []
    for key, column in sorted(vectorizer.vocabulary_.items()):
        holders = [int(row) for row in table.indices[table.indptr[column] : table.indptr[column + 1]]]
        starting, term = key.startswith("^"), tuple(key.lstrip("^").split(" "))
        for label in sorted({cases[row].label for row in holders} & set(labels)):
            rows = tuple(row for row in holders if cases[row].label == label)
            named = any(set(term) <= noted[row] and not set(term) <= names[label] for row in rows)
            single = P["single"] and not starting and len(term) == 1 and len(holders) == 1 and cases[rows[0]].predicted
            if len(rows) < 2 and not (named and not starting) and not single:
                continue
            inside = sum(weights[row] for row in rows)
            outside = sum(weights[row] for row in holders) - inside
            strength = _log_odds(inside, total[label], outside, everything - total[label])
            if set(term) <= names[label] and P['notes'] and not any(found[r].holds(term) for r in rows): continue
            shown = next((found[r].shown(term) for r in holders if found[r].holds(term)), None) or next(words(cases[r].note).shown(term) for r in rows)
            if set(shown.split()) & STOP_WORDS and not starting and len(rows) < (P["stop1"] if set(shown.split()) <= STOP_WORDS else P["stop2"]):
                continue
            result.append(Clue(term, shown, label, rows, len(holders) - len(rows), strength + (P['namedb'] if named else 0.0), named, starting))
    return sorted(result, key=lambda clue: (-clue.strength, -len(clue.term), clue.shown, clue.label))


_CONCEDED = re.compile(r"^.*?\bbut\b|\b(?:even though|although|not|rather than|instead of|despite)\b[^,;.]*", re.I | re.S)


def plain_note(note: str) -> str:
    """A note without what it concedes or denies: of "says crash, but it is about the guide" only the second half speaks for the label."""
    return _CONCEDED.sub(" ", note)


def _keys(case: tuple[str, str]) -> list[str]:
    found = words(case[0])
    keys = [" ".join(term) for term in found.terms if len(term) <= 2]
    keys += [] if not case[1] else sorted(words(case[1]).content())
    return keys + ["^" + " ".join(found.stems[:size]) for size in (1, 2) if len(found.stems) >= size]


def _log_odds(inside: float, total_inside: float, outside: float, total_outside: float) -> float:
    """Smoothed log-odds ratio divided by its standard error (Monroe et al. 2008, "Fightin' Words")."""
    a, b = inside + SMOOTHING, max(total_inside - inside, 0) + SMOOTHING
    c, d = outside + SMOOTHING, max(total_outside - outside, 0) + SMOOTHING
    return math.log(a * d / (b * c)) / math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
