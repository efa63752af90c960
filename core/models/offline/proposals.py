"""From clues to lines: what the editor would change in the prompt, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.models.offline.casebook import Case, Casebook
from core.models.offline.guide import Guide
from core.models.offline.judging import evidence, judge
from core.models.offline.ledger import OTHERWISE, SHAPE, STARTS, STRONG, WORDS, Line, read_lines
from core.models.offline.shape import shape
from core.models.offline.terms import Clue, P
from core.models.offline.words import Term, words

LONGEST_LINE = 25
LEAST_STRENGTH = 1.2


@dataclass(frozen=True, slots=True)
class Proposal:
    """`old` is the line that `new` replaces, None for an additional line; `gain` orders proposals."""

    old: Line | None
    new: Line
    why: str
    gain: float


@dataclass(frozen=True, slots=True)
class Reading:
    """How the prompt, read as the offline reader reads it, takes one case."""

    case: Case
    how: str
    label: str
    terms: frozenset[tuple[Term, str]]


def take(guide: Guide, cases: Sequence[Case]) -> list[Reading]:
    readings = []
    for case in cases:
        found = words(case.text)
        speaking = evidence(guide, found, shape(case.text, found))
        judged = judge(guide, case.text, speaking)
        terms = frozenset((term, item.label) for item in speaking if item.weight > 0 for term in item.terms)
        readings.append(Reading(case, judged.how, judged.label, terms))
    return readings


def refused_items(book: Casebook, lines: Sequence[Line]) -> tuple[Counter[tuple[str, str, str]], int]:
    """What refused edits would have added to the present lines, as (kind, label, item) with how often; and how many refusals that were."""
    present = {(line.kind, line.label, item) for line in lines for item in line.items or ("",)}
    tried: Counter[tuple[str, str, str]] = Counter()
    times = 0
    for edits in book.refused:
        added = {
            (line.kind, line.label, item)
            for edit in edits for line in read_lines(edit, book.labels, under_heading=True) for item in line.items or ("",)
        } - present
        tried.update(added)
        times += bool(added)
    return tried, times


def word_lines(book: Casebook, found: Sequence[Clue], lines: Sequence[Line], readings: Sequence[Reading]) -> list[Proposal]:
    """A longer, tidier line of typical words for each label."""
    proposals = []
    for label in book.labels:
        old = next((line for line in lines if line.kind == WORDS and line.label == label), None)
        listed = list(old.items) if old else []
        elsewhere = {words(item).stems for line in lines if line.kind == WORDS and line.label != label for item in line.items if not _misleads(words(item).stems, line.label, readings)} if P["elsewhere"] else set()
        misleading = [item for item in listed if _misleads(words(item).stems, label, readings)]
        fresh = _fresh([c for c in found if c.label == label and not c.starting and c.term not in elsewhere and (c.strength >= P['least'] or len(c.rows)==1)], listed)
        if not fresh and not misleading:
            continue
        kept = [item for item in listed if item not in misleading]
        items = _merged(kept, [clue.shown for clue in fresh])[:P['cap']]
        if not items or tuple(items) == (old.items if old else ()):
            continue
        why = _why_words(label, fresh, misleading)
        gain = sum(1 for r in readings if r.case.predicted and r.case.label == label and any(words(r.case.text).holds(c.term) for c in fresh))
        proposals.append(Proposal(old, Line(WORDS, label, tuple(items)), why, gain + len(misleading)))
    return proposals


def _misleads(term: Term, label: str, readings: Sequence[Reading]) -> bool:
    """In at least two rows that were wrongly called `label`, and in more of those than in rows of the label."""
    wrong = sum(r.case.predicted == label and words(r.case.text).holds(term) for r in readings)
    right = sum(r.case.label == label and words(r.case.text).holds(term) for r in readings)
    return wrong >= 2 and wrong > 2 * right


def _fresh(candidates: Sequence[Clue], listed: Sequence[str]) -> list[Clue]:
    """Clues that say something new: not listed, and no phrase around a word that says it alone."""
    known = [words(item).stems for item in listed]
    fresh: list[Clue] = []
    for clue in candidates:
        covered = any(set(term) <= set(clue.term) for term in known)
        inside = any(set(clue.term) <= set(other.term) or set(other.term) <= set(clue.term) for other in fresh)
        if not covered and not inside:
            fresh.append(clue)
    return fresh[:P['fresh']]


def _merged(listed: list[str], fresh: list[str]) -> list[str]:
    """New words go where they belong by what is known: old ones proved themselves longer, so they take turns, old ones first."""
    if P["merge"] == 1: return listed + fresh
    if P["merge"] == 2: return fresh + listed
    merged = []
    for at in range(max(len(listed), len(fresh))):
        merged += listed[at : at + 1] + fresh[at : at + 1]
    return merged


def _why_words(label: str, fresh: Sequence[Clue], misleading: Sequence[str]) -> str:
    said = []
    if fresh:
        said.append(f"rows of {label} share " + ", ".join(clue.shown for clue in fresh))
    if misleading:
        said.append(f"{', '.join(misleading)} misled towards {label}")
    return "; ".join(said)


def start_lines(book: Casebook, found: Sequence[Clue], lines: Sequence[Line], readings: Sequence[Reading]) -> list[Proposal]:
    proposals = []
    for label in book.labels:
        old = next((line for line in lines if line.kind == STARTS and line.label == label), None)
        listed = list(old.items) if old else []
        fresh = _fresh([c for c in found if c.label == label and c.starting and c.strength >= P['start']], listed)[:3]
        if fresh:
            items = tuple((listed + [clue.shown for clue in fresh])[:10])
            why = f"rows of {label} start with " + ", ".join(clue.shown for clue in fresh)
            proposals.append(Proposal(old, Line(STARTS, label, items), why, len({row for c in fresh for row in c.rows})))
    return proposals


def strong_lines(book: Casebook, found: Sequence[Clue], lines: Sequence[Line], readings: Sequence[Reading]) -> list[Proposal]:
    """For words that the prompt already gives to a label (or that are all but pure), but that other words outvote."""
    proposals = []
    for label in book.labels:
        old = next((line for line in lines if line.kind == STRONG and line.label == label), None)
        listed = list(old.items) if old else []
        outvoted = [
            clue for clue in found
            if clue.label == label and not clue.starting and clue.against == 0 and len(clue.rows) >= P['strong']
            and sum(readings[row].how == "evidence" and bool(readings[row].case.predicted) for row in clue.rows) >= P['strong']
        ]
        fresh = _fresh(outvoted, listed)[:3]
        if fresh:
            rows = {row for clue in fresh for row in clue.rows}
            why = f"{', '.join(clue.shown for clue in fresh)} decided for {label} in {len(rows)} rows that other words led astray"
            proposals.append(Proposal(old, Line(STRONG, label, tuple((listed + [c.shown for c in fresh])[:10])), why, len(rows)))
    return proposals


def otherwise_lines(book: Casebook, lines: Sequence[Line], readings: Sequence[Reading]) -> list[Proposal]:
    """What to answer for texts without any evidence: the commonest right answer among such rows, next best ones after it."""
    silent = Counter(reading.case.label for reading in readings if reading.how != "evidence")
    old = next((line for line in lines if line.kind == OTHERWISE), None)
    ranked = [label for label, _ in sorted(silent.items(), key=lambda pair: (-pair[1], book.labels.index(pair[0])))]
    if old is not None and (not silent or silent[ranked[0]] < 2 * silent.get(old.label, 0) + 2):
        return []
    return [
        Proposal(old, Line(OTHERWISE, label), f"{silent[label]} of {silent.total()} rows that no word decides are {label}", silent[label] - rank / 10)
        for rank, label in enumerate(ranked) if old is None or label != old.label
    ]
