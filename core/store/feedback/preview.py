"""What a rule would have done with the feedback there is: nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from core.prompts.folding import fold
from core.store.feedback.answers import read_answers
from core.store.feedback.apply_feedback import as_feedback, has_runs
from core.store.feedback.records import CORRECTION, INBOX, Effect, Feedback, Foreseen, Preview, Rule, State
from core.store.feedback.rule_decisions import checked, effect, note_of, ruled
from core.store.rows.dataset_lock import label_set
from core.store.rows.examples import rows_with
from core.store.schema.database import Database
from core.store.schema.tables import feedback

MOST = 5_000  # of past feedback that is looked at, the newest


@dataclass(frozen=True, slots=True)
class _New:
    """A row that the rule would have added before."""

    id: str
    label: str
    note: str
    canonical: bool = False
    split: str = "train"
    review: str = ""


class Foreseeing:
    _database: Database

    def preview(self, rule: Rule, limit: int = MOST) -> Preview:
        """As if this were the only rule (and on), and the rows were as they are now. Of the newest so many.
        UsageError, NotFound."""
        rule = replace(checked(rule), on=True)
        f = feedback.c
        kind = f.score.is_(None) if rule.kind == CORRECTION else f.score.is_not(None)
        newest = (
            select(feedback)
            .where(f.dataset_id == rule.dataset_id, kind)
            .order_by(f.number.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            label_set(connection, rule.dataset_id)
            said = [as_feedback(row) for row in connection.execute(newest)]
            taken = _foreseen(connection, rule, said[::-1])
        return Preview(len(said), tuple(taken[::-1]))


def _foreseen(connection: Connection, rule: Rule, said: Sequence[Feedback]) -> list[Foreseen]:
    """In the order in which it was said: what comes first adds the row that the next finds."""
    labels, tuned = label_set(connection, rule.dataset_id), has_runs(connection, rule.dataset_id)
    answers = read_answers(connection, [each.prediction_id for each in said])
    stored = rows_with(connection, rule.dataset_id, [answer.text for answer in answers.values()])
    added: dict[str, _New] = {}
    taken = []
    for each in said:
        answer = answers.get(each.prediction_id)
        found = (
            ruled([rule], each, answer, labels)
            if answer is not None and answer.dataset_id == each.dataset_id
            else None
        )
        if found is None or found.rule is None:
            continue
        if each.state is State.APPLIED:
            taken.append(Foreseen(each, answer, found.label, Effect.ALREADY, each.why))
            continue
        if found.way == INBOX:
            taken.append(Foreseen(each, answer, found.label, Effect.INBOX, found.why))
            continue
        key = fold(answer.text)
        rows = [added[key]] if key in added else stored.get(key, [])
        what, why = effect(rows, found.label, note_of(each), tuned)
        if what is Effect.ADD or key in added:
            added[key] = _New(key, found.label, note_of(each))
        taken.append(Foreseen(each, answer, found.label, what, why))
    return taken
