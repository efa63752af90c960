"""The rules of a dataset: kept together, in the order in which they are asked."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, delete, func, insert, select

from core.errors import NotFound
from core.store.codec import decode, encode, new_id
from core.store.feedback.records import FeedbackRule
from core.store.feedback.rule_decisions import checked_rule, standing
from core.store.rows.dataset_head import label_set, lock
from core.store.schema.database import Database
from core.store.schema.feedback_tables import feedback, rules


class Rules:
    def __init__(self, database: Database):
        self._database = database

    def all(self, dataset_id: str) -> tuple[FeedbackRule, ...]:
        """In the order in which they are asked. Where nobody has set any: two that take all, straight into
        the rows. NotFound."""
        with self._database.read() as connection:
            label_set(connection, dataset_id)
            return read_rules(connection, dataset_id)

    def keys(self, dataset_id: str, limit: int = 100) -> tuple[str, ...]:
        """Of posts that came in, which a rule can name, those that came most often first."""
        f = feedback.c
        query = (
            select(f.key)
            .where(f.dataset_id == dataset_id, f.key != "")
            .group_by(f.key)
            .order_by(func.count().desc(), f.key)
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple(connection.scalars(query))

    def save(self, rule: FeedbackRule) -> str:
        """In the place of the rule with its id, or behind the others under a new id. Returns the id.
        UsageError, DataError, NotFound."""
        rule = checked_rule(rule)
        with self._database.write() as connection:
            lock(connection, rule.dataset_id)
            stored_rules = read_rules(connection, rule.dataset_id)
            if rule.id in (each.id for each in stored_rules):
                news = tuple(rule if each.id == rule.id else each for each in stored_rules)
            else:
                rule = replace(rule, id=new_id())
                news = (*stored_rules, rule)
            _write(connection, rule.dataset_id, news)
        return rule.id

    def advance(self, rule_id: str) -> None:
        """Asked before the rule of its kind that was asked before it; the first one stays the first.
        NotFound."""
        with self._database.write() as connection:
            stored_rules, index = _located(connection, rule_id)
            rule = stored_rules.pop(index)
            before = [at for at, each in enumerate(stored_rules[:index]) if each.kind == rule.kind]
            stored_rules.insert(before[-1] if before else index, rule)
            _write(connection, rule.dataset_id, tuple(stored_rules))

    def delete(self, rule_id: str) -> None:
        """NotFound."""
        with self._database.write() as connection:
            stored_rules, index = _located(connection, rule_id)
            gone = stored_rules.pop(index)
            _write(connection, gone.dataset_id, tuple(stored_rules))


def read_rules(connection: Connection, dataset_id: str) -> tuple[FeedbackRule, ...]:
    stored: str | None = connection.scalar(select(rules.c.rules).where(rules.c.dataset_id == dataset_id))
    return standing(dataset_id) if stored is None else decode(stored, tuple[FeedbackRule, ...])


def _located(connection: Connection, rule_id: str) -> tuple[list[FeedbackRule], int]:
    """The rules of its dataset, and its place among them."""
    dataset_id = _dataset_of(connection, rule_id)
    lock(connection, dataset_id)
    stored_rules = list(read_rules(connection, dataset_id))
    index = next((at for at, each in enumerate(stored_rules) if each.id == rule_id), None)
    if index is None:
        raise NotFound("There is no such rule: it may have been deleted; look at the list again.")
    return stored_rules, index


def _dataset_of(connection: Connection, rule_id: str) -> str:
    """Whose rule it is; of a standing rule the id tells."""
    for dataset_id, stored in connection.execute(select(rules.c.dataset_id, rules.c.rules)):
        if any(each.id == rule_id for each in decode(stored, tuple[FeedbackRule, ...])):
            return str(dataset_id)
    return rule_id.partition("-")[0]


def _write(connection: Connection, dataset_id: str, news: tuple[FeedbackRule, ...]) -> None:
    connection.execute(delete(rules).where(rules.c.dataset_id == dataset_id))
    connection.execute(insert(rules).values(dataset_id=dataset_id, rules=encode(news)))
