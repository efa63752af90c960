"""From clues to lines: what the editor would change in the prompt, and why. Each proposal is one line, to be
judged on its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.offline.casebook import Casebook
from core.offline.guide import Guide
from core.offline.judgement import Judgement, evidence, judge
from core.offline.rule_lines import OTHERWISE, SHAPE, STARTS, STRONG, WORDS, Line, read_lines
from core.offline.shape import shape
from core.offline.terms import Clue, Weighing
from core.offline.traits import Trait, traits
from core.offline.words import Term, Words, words

LONGEST_LINE, LONGEST_RULE = 25, 10  # words and phrases
FRESH_WORDS, FRESH_IN_RULE = 3, 3  # that one proposal adds at most
LEAST_STRENGTH = {WORDS: 1.8, STARTS: 1.8, SHAPE: 2.5}


@dataclass(frozen=True, slots=True)
class Proposal:
    """`new` takes the place of `old` (None: an additional line). `gain` is the number of shown mistakes it
    speaks to."""

    old: Line | None
    new: Line
    why: str
    gain: float


@dataclass(frozen=True, slots=True)
class Scene:
    """What the proposals are made from. `judged` is how the present prompt, read as the offline reader reads
    it, takes each case."""

    book: Casebook
    lines: Sequence[Line]
    found: Sequence[Clue]
    texts: Sequence[Words]
    judged: Sequence[Judgement]
    tried: Counter[tuple[str, str, str]]

    def line(self, kind: str, label: str) -> Line | None:
        return next((line for line in self.lines if line.kind == kind and line.label == label), None)


def read_scene(book: Casebook, guide: Guide, found: Sequence[Clue]) -> Scene:
    lines = read_lines(book.prompt.system_prompt, book.labels)
    texts = [words(case.text) for case in book.cases]
    judged = [
        judge(guide, case.text, evidence(guide, text, shape(case.text, text)))
        for case, text in zip(book.cases, texts, strict=True)
    ]
    return Scene(book, lines, found, texts, judged, _tried(book, lines))


def _tried(book: Casebook, lines: Sequence[Line]) -> Counter[tuple[str, str, str]]:
    """What refused edits would have added to the present lines: (kind, label, item), with the number of
    refusals."""
    present = {(line.kind, line.label, item) for line in lines for item in line.items}
    tried: Counter[tuple[str, str, str]] = Counter()
    for edit in (edit for edits in book.refused for edit in edits):
        tried.update(
            {(line.kind, line.label, item) for line in read_lines(edit, book.labels) for item in line.items}
            - present
        )
    return tried


def proposals(scene: Scene) -> list[Proposal]:
    """All that the rows suggest, the most promising first; nothing that was refused before."""
    refused = {edit.strip() for edits in scene.book.refused for edit in edits}
    made = [
        p
        for make in (_word_lines, _start_lines, _strong_lines, _shape_lines)
        for p in make(scene)
        if p.new.text not in refused
    ]
    fallback = [p for p in _otherwise_lines(scene) if p.new.text not in refused][:1]
    return fallback + sorted(made, key=lambda p: -p.gain)


# ---- one function a kind of line


def _word_lines(scene: Scene) -> Iterator[Proposal]:
    """A longer line of typical words for each label, without words that mislead."""
    for label in scene.book.labels:
        old = scene.line(WORDS, label)
        listed = list(old.items) if old else []
        misleading = [item for item in listed if _misleads(words(item).stems, label, scene)]
        kept = [item for item in listed if item not in misleading]
        apt = [
            clue for clue in _apt(scene, WORDS, label) if not _names_another(clue, label, scene.book.labels)
        ]
        fresh = _fresh(apt, listed, FRESH_WORDS, scene, WORDS)
        items = tuple([*kept, *(clue.shown for clue in fresh)][:LONGEST_LINE])
        if items and items != (old.items if old else ()):
            gain = len(_mistaken_rows(fresh, scene)) + len(misleading)
            yield Proposal(old, Line(WORDS, label, items), _why(scene, label, fresh, misleading), gain)


def _start_lines(scene: Scene) -> Iterator[Proposal]:
    for label in scene.book.labels:
        yield from _rule(scene, STARTS, label, _apt(scene, STARTS, label), "texts of {} start with {}")


def _strong_lines(scene: Scene) -> Iterator[Proposal]:
    """For words that all shown rows with them agree on, while other words (or none) decided against them."""
    for label in scene.book.labels:
        outvoted = [
            clue
            for clue in scene.found
            if clue.label == label
            and not clue.starting
            and not clue.against
            and not _names_another(clue, label, scene.book.labels)
            and sum(bool(scene.judged[row].evidence) for row in _mistaken_rows([clue], scene))
            >= (1 if clue.named else 2)
        ]
        yield from _rule(
            scene,
            STRONG,
            label,
            outvoted,
            "texts of {} were led astray by other words although they mention {}",
        )


def _rule(scene: Scene, kind: str, label: str, apt: Sequence[Clue], why: str) -> Iterator[Proposal]:
    old = scene.line(kind, label)
    listed = list(old.items) if old else []
    fresh = _fresh(apt, listed, FRESH_IN_RULE, scene, kind)
    if fresh:
        items = tuple([*listed, *(clue.shown for clue in fresh)][:LONGEST_RULE])
        said = why.replace("{}", label, 1).replace("{}", _listed([clue.shown for clue in fresh]), 1)
        if not old or items != old.items:
            yield Proposal(old, Line(kind, label, items), said, len(_mistaken_rows(fresh, scene)))


def _shape_lines(scene: Scene) -> Iterator[Proposal]:
    """The trait that speaks most for each label: a question mark, a length, how alike two parts are."""
    weighing = Weighing(scene.book.cases, scene.book.labels)
    known = {item for line in scene.lines if line.kind == SHAPE for item in line.items}
    for label in scene.book.labels:
        best: tuple[float, Trait] | None = None
        for trait in traits([case.text for case in scene.book.cases]):
            strength = weighing.strength(label, trait.rows)
            if (
                trait.said not in known
                and not scene.tried[SHAPE, label, trait.said]
                and (best is None or strength > best[0])
            ):
                best = strength, trait
        if best and best[0] >= LEAST_STRENGTH[SHAPE]:
            mine = [row for row in best[1].rows if scene.book.cases[row].label == label]
            why = f"{len(mine)} of the {len(best[1].rows)} rows where {best[1].said} are {label}"
            gain = (
                sum(bool(scene.book.cases[row].predicted) for row in mine) / 2
            )  # a trait is a weaker reason than a word
            yield Proposal(scene.line(SHAPE, label), Line(SHAPE, label, (best[1].said,)), why, gain)


def _otherwise_lines(scene: Scene) -> Iterator[Proposal]:
    """What to answer where no word decides: the commonest label of such rows, the next ones should that be
    refused."""
    silent = Counter(
        case.label
        for case, judged in zip(scene.book.cases, scene.judged, strict=True)
        if judged.how != "evidence"
    )
    old = next((line for line in scene.lines if line.kind == OTHERWISE), None)
    ranked = sorted((label for label in scene.book.labels if silent[label]), key=lambda label: -silent[label])
    if not ranked or (old and silent[ranked[0]] < 2 * silent[old.label] + 2):
        return
    for label in ranked:
        if old is None or label != old.label:
            why = f"{silent[label]} of {silent.total()} rows that no word decides are {label}"
            yield Proposal(old, Line(OTHERWISE, label), why, silent[label])


# ---- what they share


def _apt(scene: Scene, kind: str, label: str) -> list[Clue]:
    wanted = [clue for clue in scene.found if clue.label == label and clue.starting == (kind == STARTS)]
    return [clue for clue in wanted if clue.strength >= LEAST_STRENGTH[kind]]


def _fresh(apt: Sequence[Clue], listed: Sequence[str], most: int, scene: Scene, kind: str) -> list[Clue]:
    """Clues that add something: no phrase around a word that is there already. What was refused is tried
    again in smaller company, those refused least first, and not after three refusals."""
    known = [words(item).stems for item in listed]
    fresh: list[Clue] = []
    again = 0
    for clue in apt:
        refusals = scene.tried[kind, clue.label, clue.shown]
        overlaps = any(set(term) <= set(clue.term) for term in known) or any(
            set(c.term) & set(clue.term) for c in fresh
        )
        if overlaps or refusals >= 3:
            continue
        again += refusals > 0
        fresh.append(clue)
    if again:
        most = max(1, most // 3)
        fresh.sort(key=lambda clue: scene.tried[kind, clue.label, clue.shown])
    return fresh[:most]


def _names_another(clue: Clue, label: str, labels: Sequence[str]) -> bool:
    """Whether the term holds the name of another label: listed there, it would read like a mistake."""
    return any(
        other != label and set(clue.term) & words(other).content() - words(label).content()
        for other in labels
    )


def _misleads(term: Term, label: str, scene: Scene) -> bool:
    """In at least two rows that were wrongly called `label`, and in more than twice as many as in rows of the
    label."""
    wrong = sum(
        case.predicted == label and text.holds(term)
        for case, text in zip(scene.book.cases, scene.texts, strict=True)
    )
    right = sum(
        case.label == label and text.holds(term)
        for case, text in zip(scene.book.cases, scene.texts, strict=True)
    )
    return wrong >= 2 and wrong > 2 * right


def _mistaken_rows(found: Sequence[Clue], scene: Scene) -> set[int]:
    return {row for clue in found for row in clue.rows if scene.book.cases[row].predicted}


def _why(scene: Scene, label: str, fresh: Sequence[Clue], misleading: Sequence[str]) -> str:
    said = []
    if fresh:
        said.append(f"rows of {label} share " + _listed([clue.shown for clue in fresh]))
    if misleading:
        said.append(f"{_listed(misleading)} misled towards {label}")
    return " and ".join(said)


def _listed(items: Sequence[str]) -> str:
    return ", ".join(f'"{item}"' for item in items)
