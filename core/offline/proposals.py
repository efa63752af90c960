"""From clues to lines: what the editor would change in the prompt, and why. Each proposal is one line, to be
judged on its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.offline.casebook import Casebook
from core.offline.guide import Guide
from core.offline.judgement import Judgement, evidence, judgement_of
from core.offline.rule_lines import OTHERWISE, SHAPE, STARTS, STRONG, WORDS, RuleLine, read_rule_lines
from core.offline.shape import Trait, shape, traits
from core.offline.terms import Clue, Weighing
from core.offline.words import StemmedText, Term, words

LONGEST_LINE, LONGEST_RULE = 25, 10  # words and phrases
FRESH_WORDS, FRESH_IN_RULE = 3, 3  # that one proposal adds at most
LEAST_STRENGTH = {WORDS: 1.8, STARTS: 1.8, SHAPE: 2.5}


@dataclass(frozen=True, slots=True)
class LineProposal:
    """`new` takes the place of `old` (None: an additional line). `gain` is the number of shown mistakes it
    speaks to."""

    old: RuleLine | None
    new: RuleLine
    why: str
    gain: float


@dataclass(frozen=True, slots=True)
class ProposalContext:
    """What the proposals are made from. `judged` is how the present prompt, read as the offline reader reads
    it, takes each case."""

    book: Casebook
    lines: Sequence[RuleLine]
    clues: Sequence[Clue]
    texts: Sequence[StemmedText]
    judged: Sequence[Judgement]
    tried: Counter[tuple[str, str, str]]

    def line(self, kind: str, label: str) -> RuleLine | None:
        return next((line for line in self.lines if line.kind == kind and line.label == label), None)


def proposal_context(book: Casebook, guide: Guide, clues: Sequence[Clue]) -> ProposalContext:
    lines = read_rule_lines(book.prompt.system_prompt, book.labels)
    texts = [words(case.text) for case in book.cases]
    judged = [
        judgement_of(guide, case.text, evidence(guide, text, shape(case.text, text)))
        for case, text in zip(book.cases, texts, strict=True)
    ]
    return ProposalContext(book, lines, clues, texts, judged, _tried(book, lines))


def _tried(book: Casebook, lines: Sequence[RuleLine]) -> Counter[tuple[str, str, str]]:
    """What refused edits would have added to the present lines: (kind, label, item), with the number of
    refusals."""
    present = {(line.kind, line.label, item) for line in lines for item in line.items}
    tried: Counter[tuple[str, str, str]] = Counter()
    for edit in (edit for edits in book.refused for edit in edits):
        tried.update(
            {
                (line.kind, line.label, item)
                for line in read_rule_lines(edit, book.labels)
                for item in line.items
            }
            - present
        )
    return tried


def proposals(context: ProposalContext) -> list[LineProposal]:
    """All that the rows suggest, the most promising first; nothing that was refused before."""
    refused = {edit.strip() for edits in context.book.refused for edit in edits}
    made = [
        p
        for make in (_word_lines, _start_lines, _strong_lines, _shape_lines)
        for p in make(context)
        if p.new.text not in refused
    ]
    fallback = [p for p in _otherwise_lines(context) if p.new.text not in refused][:1]
    return fallback + sorted(made, key=lambda p: -p.gain)


# ---- one function a kind of line


def _word_lines(context: ProposalContext) -> Iterator[LineProposal]:
    """A longer line of typical words for each label, without words that mislead."""
    for label in context.book.labels:
        old = context.line(WORDS, label)
        listed = list(old.items) if old else []
        misleading = [item for item in listed if _misleads(words(item).stems, label, context)]
        remaining = [item for item in listed if item not in misleading]
        apt = [
            clue
            for clue in _apt(context, WORDS, label)
            if not _names_another(clue, label, context.book.labels)
        ]
        fresh = _fresh(apt, listed, FRESH_WORDS, context, WORDS)
        items = tuple([*remaining, *(clue.phrase for clue in fresh)][:LONGEST_LINE])
        if items and items != (old.items if old else ()):
            gain = len(_mistaken_rows(fresh, context)) + len(misleading)
            yield LineProposal(
                old, RuleLine(WORDS, label, items), _why(context, label, fresh, misleading), gain
            )


def _start_lines(context: ProposalContext) -> Iterator[LineProposal]:
    for label in context.book.labels:
        yield from _rule(context, STARTS, label, _apt(context, STARTS, label), "texts of {} start with {}")


def _strong_lines(context: ProposalContext) -> Iterator[LineProposal]:
    """For words that all shown rows with them agree on, while other words (or none) decided against them."""
    for label in context.book.labels:
        outvoted = [
            clue
            for clue in context.clues
            if clue.label == label
            and not clue.starting
            and not clue.against
            and not _names_another(clue, label, context.book.labels)
            and sum(bool(context.judged[row].evidence) for row in _mistaken_rows([clue], context))
            >= (1 if clue.named else 2)
        ]
        yield from _rule(
            context,
            STRONG,
            label,
            outvoted,
            "texts of {} were led astray by other words although they mention {}",
        )


def _rule(
    context: ProposalContext, kind: str, label: str, apt: Sequence[Clue], why: str
) -> Iterator[LineProposal]:
    old = context.line(kind, label)
    listed = list(old.items) if old else []
    fresh = _fresh(apt, listed, FRESH_IN_RULE, context, kind)
    if fresh:
        items = tuple([*listed, *(clue.phrase for clue in fresh)][:LONGEST_RULE])
        reason = why.replace("{}", label, 1).replace("{}", _listed([clue.phrase for clue in fresh]), 1)
        if not old or items != old.items:
            yield LineProposal(old, RuleLine(kind, label, items), reason, len(_mistaken_rows(fresh, context)))


def _shape_lines(context: ProposalContext) -> Iterator[LineProposal]:
    """The trait that speaks most for each label: a question mark, a length, how alike two parts are."""
    weighing = Weighing(context.book.cases, context.book.labels)
    known = {item for line in context.lines if line.kind == SHAPE for item in line.items}
    for label in context.book.labels:
        best: tuple[float, Trait] | None = None
        for trait in traits([case.text for case in context.book.cases]):
            strength = weighing.strength(label, trait.rows)
            if (
                trait.condition not in known
                and not context.tried[SHAPE, label, trait.condition]
                and (best is None or strength > best[0])
            ):
                best = strength, trait
        if best and best[0] >= LEAST_STRENGTH[SHAPE]:
            mine = [row for row in best[1].rows if context.book.cases[row].label == label]
            why = f"{len(mine)} of the {len(best[1].rows)} rows where {best[1].condition} are {label}"
            gain = (
                sum(bool(context.book.cases[row].predicted) for row in mine) / 2
            )  # a trait is a weaker reason than a word
            yield LineProposal(
                context.line(SHAPE, label), RuleLine(SHAPE, label, (best[1].condition,)), why, gain
            )


def _otherwise_lines(context: ProposalContext) -> Iterator[LineProposal]:
    """What to answer where no word decides: the commonest label of such rows, the next ones should that be
    refused."""
    silent = Counter(
        case.label
        for case, judged in zip(context.book.cases, context.judged, strict=True)
        if judged.how != "evidence"
    )
    old = next((line for line in context.lines if line.kind == OTHERWISE), None)
    ranked = sorted(
        (label for label in context.book.labels if silent[label]), key=lambda label: -silent[label]
    )
    if not ranked or (old and silent[ranked[0]] < 2 * silent[old.label] + 2):
        return
    for label in ranked:
        if old is None or label != old.label:
            why = f"{silent[label]} of {silent.total()} rows that no word decides are {label}"
            yield LineProposal(old, RuleLine(OTHERWISE, label), why, silent[label])


# ---- what they share


def _apt(context: ProposalContext, kind: str, label: str) -> list[Clue]:
    wanted = [clue for clue in context.clues if clue.label == label and clue.starting == (kind == STARTS)]
    return [clue for clue in wanted if clue.strength >= LEAST_STRENGTH[kind]]


def _fresh(
    apt: Sequence[Clue], listed: Sequence[str], most: int, context: ProposalContext, kind: str
) -> list[Clue]:
    """Clues that add something: no phrase around a word that is there already. What was refused is tried
    again in smaller company, those refused least first, and not after three refusals."""
    known = [words(item).stems for item in listed]
    fresh: list[Clue] = []
    again = 0
    for clue in apt:
        refusals = context.tried[kind, clue.label, clue.phrase]
        overlaps = any(set(term) <= set(clue.term) for term in known) or any(
            set(c.term) & set(clue.term) for c in fresh
        )
        if overlaps or refusals >= 3:
            continue
        again += refusals > 0
        fresh.append(clue)
    if again:
        most = max(1, most // 3)
        fresh.sort(key=lambda clue: context.tried[kind, clue.label, clue.phrase])
    return fresh[:most]


def _names_another(clue: Clue, label: str, labels: Sequence[str]) -> bool:
    """Whether the term holds the name of another label: listed there, it would read like a mistake."""
    return any(
        other != label and set(clue.term) & words(other).content() - words(label).content()
        for other in labels
    )


def _misleads(term: Term, label: str, context: ProposalContext) -> bool:
    """In at least two rows that were wrongly called `label`, and in more than twice as many as in rows of the
    label."""
    wrong = sum(
        case.predicted == label and text.holds(term)
        for case, text in zip(context.book.cases, context.texts, strict=True)
    )
    right = sum(
        case.label == label and text.holds(term)
        for case, text in zip(context.book.cases, context.texts, strict=True)
    )
    return wrong >= 2 and wrong > 2 * right


def _mistaken_rows(clues: Sequence[Clue], context: ProposalContext) -> set[int]:
    return {row for clue in clues for row in clue.rows if context.book.cases[row].predicted}


def _why(context: ProposalContext, label: str, fresh: Sequence[Clue], misleading: Sequence[str]) -> str:
    reason = []
    if fresh:
        reason.append(f"rows of {label} share " + _listed([clue.phrase for clue in fresh]))
    if misleading:
        reason.append(f"{_listed(misleading)} misled towards {label}")
    return " and ".join(reason)


def _listed(items: Sequence[str]) -> str:
    return ", ".join(f'"{item}"' for item in items)
