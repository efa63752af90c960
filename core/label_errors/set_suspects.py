"""Labels in doubt where rows may have several: of each label it is asked whether a row has it or not (binary
relevance; Tsoumakas and Katakis 2007), by the same evidence as where a row has one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.label_errors.evidence import ModelEvidence
from core.label_errors.reasons import plainly
from core.label_errors.suspects import (
    WORTH_A_LOOK,
    ReadTexts,
    Suspect,
    find_suspects,
    judged_rows,
    text_features,
    twins_of,
)
from core.label_sets.sets import label_names, names_of, set_label
from core.types import Example, LabelSet

_CHANGED = 0.5  # the doubt from which on more than the most doubtful label of a row is changed


@dataclass(frozen=True, slots=True)
class _Doubt:
    """Whether a row should have or lose the label, 0 to 1, and why."""

    name: str
    doubt: float
    reasons: tuple[str, ...]


def suspects_of(
    examples: Sequence[Example], labels: LabelSet, seed: int = 0, evidence: ModelEvidence | None = None
) -> tuple[Suspect, ...]:
    """As `find_suspects`, for rows with one label or with several."""
    find = find_set_suspects if labels.several else find_suspects
    return find(examples, seed, evidence)


def find_set_suspects(
    examples: Sequence[Example], seed: int = 0, evidence: ModelEvidence | None = None
) -> tuple[Suspect, ...]:
    """Every row that is not excluded, most doubtful first. The `label` of each is its set and `suggested` the set to
    give instead, never an empty one; `doubt` is that of its most doubtful label. Nothing where no label is in some
    rows only."""
    rows, evidence = [row for row in examples if not row.excluded], evidence or ModelEvidence()
    if not rows:
        return ()
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return _ranked(rows, seed, evidence)


def _ranked(rows: Sequence[Example], seed: int, evidence: ModelEvidence) -> tuple[Suspect, ...]:
    texts = text_features(rows)
    doubts: list[list[_Doubt]] = [[] for _ in rows]
    for name in names_of({*(row.label for row in rows), *evidence.labels()}):
        for found, doubt in zip(doubts, _doubts_of(name, rows, seed, evidence, texts), strict=False):
            found.append(doubt)
    twins = twins_of(rows, texts.groups)
    ranked = [
        _suspect(row, sorted(found, key=lambda each: -each.doubt), [rows[at].id for at in beside.places])
        for row, found, beside in zip(rows, doubts, twins, strict=True)
        if found
    ]
    return tuple(sorted((each for each in ranked if each), key=lambda each: -each.doubt))


def _doubts_of(
    name: str, rows: Sequence[Example], seed: int, evidence: ModelEvidence, texts: ReadTexts
) -> list[_Doubt]:
    """Per row; none where all rows have the label, or none, and no model objects."""
    asked, said = [replace(row, label=has_label(name, row.label)) for row in rows], _said(name, evidence)
    if len({row.label for row in asked} | said.labels()) < 2:
        return []
    judged = judged_rows(asked, seed, said, texts)
    chances = judged.context.posterior.doubt.tolist()
    named = [at for at, chance in enumerate(chances) if chance >= WORTH_A_LOOK or judged.twins[at].places]
    reasons = dict(zip(named, judged.suspects(named, named), strict=True))
    return [
        _Doubt(name, round(chance, 6), reasons[at].reasons if at in reasons else ())
        for at, chance in enumerate(chances)
    ]


def has_label(name: str, label: str) -> str:
    """What of the set is asked, in words that can stand in a reason."""
    return name if name in label_names(label) else f"not {name}"


def _said(name: str, evidence: ModelEvidence) -> ModelEvidence:
    missed: Mapping[str, tuple[str, ...]] = {
        row: tuple(has_label(name, label) for label in versions if label)
        for row, versions in evidence.missed.items()
    }
    return ModelEvidence(missed, {row: has_label(name, vote) for row, vote in evidence.votes.items() if vote})


def _suspect(row: Example, doubts: Sequence[_Doubt], twins: Sequence[str]) -> Suspect:
    """`doubts`: of each label, the most doubtful first."""
    own = set(label_names(row.label))
    changed = [each for at, each in enumerate(doubts) if at == 0 or each.doubt >= _CHANGED]
    if own == {each.name for each in changed}:  # a row keeps one label at least
        changed += [each for each in doubts if each.name not in own][:1]
    names = own ^ {each.name for each in changed}
    told = [each for each in changed if each.doubt >= WORTH_A_LOOK or each.reasons]
    return Suspect(
        row.id,
        row.label,
        set_label(names),
        doubts[0].doubt,
        tuple(_in_words(each, each.name in own) for each in told),
        tuple(twins),
    )


def _in_words(doubt: _Doubt, held: bool) -> str:
    """One sentence: what is probably wrong, and what speaks for it."""
    evidence = "; ".join(reason[:1].lower() + reason[1:] for reason in doubt.reasons)
    said = f"{reason_start(doubt.name)}{'too much' if held else 'missing'}"
    return f"{said}: {evidence}" if evidence else said


def reason_start(name: str) -> str:
    """How a reason about this label of a set begins."""
    return f"{plainly(name)} is probably "
