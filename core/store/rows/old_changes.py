"""How long the history of changes is kept. Change sets that are older can go, but for those that something still needs:

- the newest that are in force, which can be undone, and all that can be redone;
- those that a named version leads back over;
- an undone one that feedback came in with: it says that this feedback is not in the rows.

What rows, labels and runs are does not hang on them: rows hold their own values, runs a copy of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, or_, select

from core.store.rows.change_sets import ChangeKind
from core.store.rows.dataset_head import lock
from core.store.schema.database import Database
from core.store.schema.facts import DAY, KeptDays, put_fact, read_facts
from core.store.schema.feedback_tables import feedback
from core.store.schema.tables import change_sets, changes, datasets
from core.store.schema.version_tables import dataset_versions

UNDOABLE = 20  # change sets of a dataset that stay whatever their age
SETS_AT_ONCE, CHANGES_AT_ONCE = 500, 20_000  # per transaction: whoever edits meanwhile does not wait long
ARRIVALS = (ChangeKind.IMPORT, ChangeKind.FEEDBACK)


@dataclass(frozen=True, slots=True)
class OldHistory:
    """Change sets that are older than so many days: those that may go, with their single changes, and those that stay."""

    sets: int
    changes: int
    kept: int


@dataclass(frozen=True, slots=True)
class OldBatch:
    """Some change sets of one dataset, and their changes as flat records, one each; a set without any has one."""

    dataset_id: str
    set_ids: tuple[str, ...]
    records: tuple[dict[str, Any], ...]


class OldChanges(KeptDays):
    def __init__(self, database: Database):
        super().__init__(database, "The history of changes is", "history days", "history cleaned")

    def older_than(self, days: int) -> OldHistory:
        before, s = self._database.now() - days * DAY, change_sets.c
        sets = lines = older = 0
        with self._database.read() as connection:
            for dataset_id in connection.scalars(select(datasets.c.id)).all():
                ids = select(s.id).where(_may_go(connection, dataset_id, before))
                sets += connection.scalar(select(func.count()).select_from(ids.subquery())) or 0
                lines += connection.scalar(select(func.count()).where(changes.c.set_id.in_(ids))) or 0
            older = connection.scalar(select(func.count()).where(s.at < before)) or 0
        return OldHistory(sets, lines, older - sets)

    def oldest(self, days: int) -> OldBatch | None:
        """The next that may go; None where there is none left."""
        before = self._database.now() - days * DAY
        with self._database.read() as connection:
            for row in connection.execute(select(datasets.c.id, datasets.c.name)).all():
                if batch := _batch(connection, row.id, row.name, before):
                    return batch
        return None

    def remove(self, batch: OldBatch, days: int) -> int:
        """The sets of the batch that may still go; how many they were."""
        before, s = self._database.now() - days * DAY, change_sets.c
        with self._database.write() as connection:
            lock(connection, batch.dataset_id)
            chosen = and_(s.id.in_(batch.set_ids), _may_go(connection, batch.dataset_id, before))
            newest = select(func.max(s.version)).where(chosen, s.kind.in_(ARRIVALS))
            remember_arrival(connection, batch.dataset_id, connection.scalar(newest) or 0)
            return connection.execute(delete(change_sets).where(chosen)).rowcount


def remember_arrival(connection: Connection, dataset_id: str, version: int) -> None:
    """The dataset's version with the newest import among sets that go (Edits.last_import)."""
    if version > known_arrival(connection, dataset_id):
        put_fact(connection, _arrival(dataset_id), version)


def known_arrival(connection: Connection, dataset_id: str) -> int:
    """0 where no import was among sets that are gone."""
    key = _arrival(dataset_id)
    return int(float(read_facts(connection, key).get(key, 0)))


def _arrival(dataset_id: str) -> str:
    return "arrival " + dataset_id


def _may_go(connection: Connection, dataset_id: str, before: float) -> ColumnElement[bool]:
    """Which sets of the dataset are old and needed by nothing. Sets are undone one after the other, so of those in force
    only the oldest go, without a gap."""
    s, v, f = change_sets.c, dataset_versions.c, feedback.c
    applied = and_(s.dataset_id == dataset_id, s.state == "applied")
    undoable = select(s.number).where(applied).order_by(s.number.desc()).offset(UNDOABLE - 1).limit(1)
    young = select(func.min(s.number)).where(applied, s.at >= before)
    named = connection.execute(
        select(func.min(v.last_set), func.min(v.version)).where(v.dataset_id == dataset_id)
    ).one()
    bounds = [connection.scalar(undoable) or 0, connection.scalar(young)]
    bounds.append(None if named[0] is None else named[0] + 1)
    first_kept = min(bound for bound in bounds if bound is not None)
    undone = [s.state == "dropped", ~exists().where(f.set_id == s.id)]
    undone += [] if named[1] is None else [s.version <= named[1]]
    states = or_(s.state == "applied", and_(*undone))
    return and_(s.dataset_id == dataset_id, s.number < first_kept, s.at < before, states)


def _batch(connection: Connection, dataset_id: str, name: str, before: float) -> OldBatch | None:
    s, c = change_sets.c, changes.c
    lines = select(func.count()).where(c.set_id == s.id).scalar_subquery().label("lines")
    query = select(change_sets, lines).where(_may_go(connection, dataset_id, before))
    chosen: list[Any] = []
    total = 0
    for row in connection.execute(query.order_by(s.number).limit(SETS_AT_ONCE)):
        if chosen and total + row.lines > CHANGES_AT_ONCE:
            break
        chosen.append(row)
        total += row.lines
    if not chosen:
        return None
    ids = tuple(row.id for row in chosen)
    of_set: dict[str, list[Any]] = {}
    for change in connection.execute(select(changes).where(c.set_id.in_(ids)).order_by(c.set_id, c.number)):
        of_set.setdefault(change.set_id, []).append(change)
    records = [_record(name, row, change) for row in chosen for change in of_set.get(row.id, [None])]
    return OldBatch(dataset_id, ids, tuple(records))


def _record(dataset: str, made: Any, change: Any) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "dataset_id": made.dataset_id,
        "change_set": made.id,
        "at": made.at,
        "who": made.who,
        "why": made.why,
        "kind": made.kind,
        "what": made.what,
        "in_force": made.state == "applied",
        "row_id": change.example_id if change else None,
        "field": change.field if change else None,
        "before": change.before if change else made.labels_before,
        "after": change.after if change else made.labels_after,
    }
