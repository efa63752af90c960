"""What still goes wrong with the best prompt: the mistakes by kind, with examples. Of validation rows: the
test rows stay sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.exports.report.detail import Detail
from core.exports.report.run import ReportRun, best_number, reading_of, rows_of
from core.label_errors.suspects import Suspect
from core.metrics.metrics import is_mistake
from core.types import Example, Prediction
from core.wording import read_as, sentence, shortened


@dataclass(frozen=True, slots=True)
class Mistake:
    id: str
    text: str
    reason: str
    note: str
    doubtful: bool
    doubt: str


@dataclass(frozen=True, slots=True)
class Confusion:
    """Rows of one label that were taken for another. `number` counts all, `examples` are some of them."""

    correct: str
    predicted: str
    is_label: bool
    number: int
    examples: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """`mistakes` in `scored` rows; `doubtful` of them have a label in doubt; `hidden` stand in kinds that are
    not shown."""

    mistakes: int
    scored: int
    failed: int
    doubtful: int
    kinds: tuple[Confusion, ...]
    hidden: int


def wrong_of(run: ReportRun, suspects: Sequence[Suspect], detail: Detail) -> Wrong | None:
    """None where nothing was read."""
    read = reading_of(run, best_number(run), "validation")
    if read is None:
        return None
    rows, doubtful = (
        {row.id: row for row in rows_of(run, "validation")},
        {each.example_id: each for each in suspects},
    )
    groups: dict[tuple[str, str], list[tuple[Example, Prediction]]] = {}
    for prediction in read.predictions:
        row = rows.get(prediction.example_id)
        if row is not None and is_mistake(prediction, row.label):
            groups.setdefault((row.label, read_as(prediction)), []).append((row, prediction))
    ranked = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    kinds = []
    for (correct, predicted), pairs in ranked[: detail.kinds]:
        first = sorted(pairs, key=lambda pair: (not pair[0].canonical, not pair[0].note))[: detail.examples]
        examples = tuple(
            _mistake(row, prediction, doubtful.get(row.id), detail.text) for row, prediction in first
        )
        kinds.append(Confusion(correct, predicted, bool(pairs[0][1].label), len(pairs), examples))
    ids = [row.id for group in groups.values() for row, _ in group]
    hidden = sum(len(pairs) for _, pairs in ranked[detail.kinds :])
    in_doubt = sum(id in doubtful for id in ids)
    return Wrong(len(ids), read.metrics.n, read.metrics.failed, in_doubt, tuple(kinds), hidden)


def _mistake(row: Example, prediction: Prediction, suspect: Suspect | None, longest: int) -> Mistake:
    reason = prediction.reason or prediction.reply
    doubt = (
        sentence(shortened(suspect.reasons[0], longest)) if suspect is not None and suspect.reasons else ""
    )
    text, note = shortened(row.text, longest), shortened(row.note, longest)
    return Mistake(row.id, text, shortened(reason, longest), note, suspect is not None, doubt)
