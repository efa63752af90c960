"""The label set of a dataset: labels renamed, merged, deleted and defined, with the rows that have them, as
undoable change sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy import Row as SqlRow

from core.errors import Conflict
from core.store.codec import decode, storable
from core.store.rows.annotations import rename_labels
from core.store.rows.change_sets import Authorship, ChangeKind, ChangeSet
from core.store.rows.changes import YES, checked_label, new_labels
from core.store.rows.dataset_head import label_set, lock
from core.store.rows.history import rows_in_words
from core.store.rows.label_set_changes import (
    defined,
    extended,
    merged,
    renamed,
    with_good,
    without_label,
)
from core.store.rows.label_sets import change_sets_of_rows, refuse_reserved, second_labels_moved
from core.store.schema.database import Database
from core.store.schema.tables import change_sets, examples
from core.types import LabelSet

Step = Callable[[LabelSet], LabelSet]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be done: to the label set, and to the rows with these labels (`field` gets `value`). `what`
    begins the sentence."""

    step: Step
    what: str
    rows_of: tuple[str, ...] = ()
    field: str = "label"
    value: str = ""


class Labels:
    """Every method returns the id of its change set, "" if nothing differs. With `seen_version`, the
    dataset's version when the user looked, Conflict names a row or a label concerned that was changed since.
    DataError for a label there is not, an empty one, or one that cannot be told from another; NotFound."""

    def __init__(self, database: Database):
        self._database = database

    def add(self, dataset_id: str, labels: LabelSet, who: str = "", why: str = "") -> str:
        """Labels that the set lacks, behind those it has, and the definitions of all that have one here."""
        names = self._checked(dataset_id, *labels.names)
        texts = {name.strip(): storable(text, "A definition") for name, text in labels.definitions.items()}
        plan = _Plan(
            lambda present: defined(extended(present, new_labels(present, names)), texts),
            ", ".join("“" + name + "”" for name in names) + " put into the label set",
        )
        return self._carry_out(dataset_id, plan, who, why, None)

    def rename(
        self,
        dataset_id: str,
        old: str,
        new: str,
        who: str = "",
        why: str = "",
        seen_version: int | None = None,
    ) -> str:
        """The rows follow, and so does the definition. Into a label that is there already: merge."""
        [name] = self._checked(dataset_id, new)
        plan = _Plan(
            lambda labels: renamed(labels, old, name),
            "“" + old + "” renamed “" + name + "”",
            (old,),
            "label",
            name,
        )
        return self._carry_out(dataset_id, plan, who, why, seen_version)

    def merge(
        self,
        dataset_id: str,
        labels: Sequence[str],
        into: str,
        who: str = "",
        why: str = "",
        seen_version: int | None = None,
    ) -> str:
        """Rows with one of `labels` get the label `into`, which may be one of them, another, or a new one."""
        [name] = self._checked(dataset_id, into)
        gone = tuple(label for label in dict.fromkeys(labels) if label != name)
        what = ", ".join("“" + label + "”" for label in gone) + " merged into “" + name + "”"
        plan = _Plan(lambda names: merged(names, gone, name) if gone else names, what, gone, "label", name)
        return self._carry_out(dataset_id, plan, who, why, seen_version)

    def delete(
        self,
        dataset_id: str,
        label: str,
        into: str | None = None,
        who: str = "",
        why: str = "",
        seen_version: int | None = None,
    ) -> str:
        """Its rows get the label `into`, which must be there; with None they are excluded and keep the label,
        which comes back into the label set with the first that is taken in again; where rows have several labels,
        those with another one just lose it."""
        if into is None:
            plan = _Plan(
                lambda labels: without_label(labels, label),
                "“" + label + "” deleted, its rows excluded",
                (label,),
                "excluded",
                YES,
            )
        else:
            what = "“" + label + "” deleted, its rows given “" + into + "”"
            plan = _Plan(lambda labels: without_label(labels, label, into), what, (label,), "label", into)
        return self._carry_out(dataset_id, plan, who, why, seen_version)

    def define(
        self,
        dataset_id: str,
        definitions: Mapping[str, str],
        who: str = "",
        why: str = "",
        seen_version: int | None = None,
    ) -> str:
        """Definitions (label -> text) that go into prompts; an empty text takes one away, labels not named
        keep theirs."""
        texts = {label: storable(text, "A definition") for label, text in definitions.items()}
        names = ", ".join("“" + label + "”" for label in texts)
        plan = _Plan(lambda labels: defined(labels, texts), "the definition of " + names)
        return self._carry_out(dataset_id, plan, who, why, seen_version)

    def mark_good(self, dataset_id: str, label: str, who: str = "", why: str = "") -> str:
        """The verdict that says an answer is good; "" where labels are no verdicts."""
        what = "“" + label + "” marked as the good verdict" if label else "no label is a verdict any more"
        return self._carry_out(
            dataset_id, _Plan(lambda labels: with_good(labels, label), what), who, why, None
        )

    def _checked(self, dataset_id: str, *names: str) -> tuple[str, ...]:
        with self._database.read() as connection:
            several = label_set(connection, dataset_id).several
        for name in names if several else ():
            refuse_reserved(name)
        return tuple(checked_label(name) for name in names)

    def _carry_out(self, dataset_id: str, plan: _Plan, who: str, why: str, seen_version: int | None) -> str:
        authorship = Authorship.by(ChangeKind.LABELS, who or self._database.who, why, self._database.now())
        with self._database.write() as connection:
            head = lock(connection, dataset_id)
            before = decode(head.labels, LabelSet)
            after = plan.step(before)
            if after == before:
                return ""
            _refuse_changed(connection, head, seen_version, _different(before, after))
            change_set, rows, what = ChangeSet(connection, head, authorship), 0, plan.what
            if plan.rows_of and before.several:
                into = plan.value if plan.field == "label" else ""
                rows = change_sets_of_rows(connection, head.id, change_set, plan.rows_of, into)
                for old, new in second_labels_moved(connection, head.id, plan.rows_of, into):
                    rename_labels(connection, dataset_id, [old], new)
                what += " (" + rows_in_words(rows) + ")"
            elif plan.rows_of:
                e = examples.c
                where = [e.dataset_id == head.id, e.label.in_(plan.rows_of)]
                rows = change_set.add_all(plan.field, plan.value, where)
                what += " (" + rows_in_words(rows) + ")"
            if plan.rows_of and plan.field == "label" and not before.several:
                rename_labels(connection, dataset_id, plan.rows_of, plan.value)
            change_set.refuse_changed(seen_version)
            return change_set.finish(after, rows, what)


def _refuse_changed(
    connection: Connection, head: SqlRow[Any], seen_version: int | None, concerned: set[str]
) -> None:
    """Conflict where somebody changed one of these labels in the label set after the dataset had this
    version."""
    s = change_sets.c
    if seen_version is None or head.version <= seen_version:
        return
    since = select(s.labels_before, s.labels_after).where(
        s.dataset_id == head.id, s.version > seen_version, s.kind == ChangeKind.LABELS
    )
    for made in connection.execute(since):
        both = sorted(
            concerned & _different(decode(made.labels_before, LabelSet), decode(made.labels_after, LabelSet))
        )
        if both:
            raise Conflict(
                "The label “"
                + both[0]
                + "” was changed since you looked at it: look again, then repeat your change."
            )


def _different(before: LabelSet, after: LabelSet) -> set[str]:
    """Labels that are only in one of the sets, or that are defined otherwise."""
    old, new = (
        {(name, labels.definitions.get(name, "")) for name in labels.names} for labels in (before, after)
    )
    return {name for name, _ in old ^ new}
