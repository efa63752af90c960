"""Batches: files that a provider's batch service classifies, what of them was sent as which batch, and what came back.

Everything about one is in the database, so that any machine with the workspace can go on with it. What is sent is written
down before it leaves (`begin_part`), so that nothing is sent twice and nothing is forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, case, delete, func, insert, select, update

from core.errors import Conflict, NotFound
from core.store.batches.records import (
    BatchFigures,
    BatchRecord,
    BatchReply,
    BatchSpec,
    BatchTable,
    NewBatch,
    RequestState,
)
from core.store.batches.tables import batch_requests, batches
from core.store.codec import decode, encode, new_id, pack, unpack
from core.store.schema.database import Database
from core.types import Reply, Spend

AT_ONCE = 500  # rows of an IN list


class Batches:
    def __init__(self, database: Database):
        self._database = database

    def add(self, new: NewBatch) -> str:
        """The id of a new one, of which nothing is sent yet."""
        identity = new_id()
        values = {
            "id": identity,
            "name": new.name,
            "model": new.model,
            "created": self._database.now(),
            "who": self._database.who,
            "total": len(new.table.rows),
            "most_requests": 0,
            "cancelled": False,
            "spec": encode(new.spec),
            "payload": pack(new.table),
        }
        rows = [_new_request(identity, place, new.kept.get(place)) for place in range(new.requests)]
        with self._database.write() as connection:
            connection.execute(insert(batches).values(values))
            if rows:
                connection.execute(insert(batch_requests), rows)
        return identity

    def all(self) -> tuple[BatchRecord, ...]:
        """The newest first."""
        query = select(*_head()).order_by(batches.c.number.desc())
        with self._database.read() as connection:
            return tuple(_record(row) for row in connection.execute(query))

    def get(self, batch_id: str) -> BatchRecord:
        """NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(*_head()).where(batches.c.id == batch_id)).first()
        if row is None:
            raise missing_batch()
        return _record(row)

    def table(self, batch_id: str) -> BatchTable:
        """Its file. NotFound."""
        with self._database.read() as connection:
            payload = connection.scalar(select(batches.c.payload).where(batches.c.id == batch_id))
        if payload is None:
            raise missing_batch()
        return unpack(payload, BatchTable)

    def delete(self, batch_id: str) -> None:
        """Conflict while something of it is under way."""
        with self._database.write() as connection:
            if _count(connection, batch_id, RequestState.SENT):
                raise Conflict("Requests of this batch are under way: cancel it, and fetch what came back.")
            if connection.execute(delete(batches).where(batches.c.id == batch_id)).rowcount != 1:
                raise missing_batch()

    def cancel(self, batch_id: str, problem: str) -> None:
        """Nothing more of it is sent: what waits is given up, with this sentence. NotFound."""
        r = batch_requests.c
        with self._database.write() as connection:
            if (
                connection.execute(
                    update(batches).where(batches.c.id == batch_id).values(cancelled=True)
                ).rowcount
                != 1
            ):
                raise missing_batch()
            connection.execute(
                update(batch_requests)
                .where(r.batch_id == batch_id, r.state == RequestState.WAITING)
                .values(state=RequestState.FAILED, problem=problem)
            )

    def give_up(self, batch_id: str, place: int, problem: str) -> None:
        """This one that waits is never sent, with this sentence."""
        r = batch_requests.c
        with self._database.write() as connection:
            connection.execute(
                update(batch_requests)
                .where(r.batch_id == batch_id, r.place == place, r.state == RequestState.WAITING)
                .values(state=RequestState.FAILED, problem=problem)
            )

    def limit_requests(self, batch_id: str, most: int) -> None:
        """So many at a time, from now on."""
        with self._database.write() as connection:
            connection.execute(update(batches).where(batches.c.id == batch_id).values(most_requests=most))

    # ---- requests

    def figures(self, batch_id: str) -> BatchFigures:
        r = batch_requests.c
        unpriced = (r.calls > 0) & r.cost_usd.is_(None)
        sums = (
            *(func.sum(case((r.state == state, 1), else_=0)) for state in RequestState),
            func.sum(case((r.cached, 1), else_=0)),
            func.sum(case(((r.state == RequestState.WAITING) & (r.tries > 0), 1), else_=0)),
            *(func.sum(column) for column in (r.calls, r.input_tokens, r.output_tokens, r.estimated)),
            func.sum(func.coalesce(r.cost_usd, 0.0)),
            func.sum(case((unpriced, 1), else_=0)),
        )
        with self._database.read() as connection:
            row = connection.execute(select(*sums).where(r.batch_id == batch_id)).one()
        waiting, sent, done, failed, cached, tried, calls, read, made, estimated, usd, unknown = (
            value or 0 for value in row
        )
        cost = None if unknown else float(usd)
        spend = Spend(int(calls), int(cached), int(failed), int(read), int(made), cost, int(estimated))
        return BatchFigures(int(waiting), int(sent), int(done), int(failed), int(cached), int(tried), spend)

    def waiting(self, batch_id: str) -> tuple[int, ...]:
        """The places of those that are to be sent, in their order."""
        r = batch_requests.c
        query = select(r.place).where(r.batch_id == batch_id, r.state == RequestState.WAITING)
        with self._database.read() as connection:
            return tuple(connection.scalars(query.order_by(r.place)))

    def replies(self, batch_id: str) -> Iterator[BatchReply]:
        """Of every request, in their order."""
        r = batch_requests.c
        query = select(r.place, r.state, r.reply, r.problem).where(r.batch_id == batch_id).order_by(r.place)
        with self._database.read() as connection:
            for place, state, reply, problem in connection.execute(query):
                read = decode(reply, Reply) if reply else None
                yield BatchReply(place, RequestState(state), read, problem)

    def commonest_problem(self, batch_id: str) -> str:
        """Why most of those were given up that were; "" where none was."""
        r = batch_requests.c
        query = (
            select(r.problem)
            .where(r.batch_id == batch_id, r.state == RequestState.FAILED)
            .group_by(r.problem)
            .order_by(func.count().desc(), r.problem)
            .limit(1)
        )
        with self._database.read() as connection:
            return connection.scalar(query) or ""

    def kept(self, keys: Sequence[str]) -> dict[str, Reply]:
        """Replies that batches have brought, by their key."""
        r = batch_requests.c
        found: dict[str, Reply] = {}
        with self._database.read() as connection:
            for some in _by(keys):
                query = select(r.key, r.reply).where(r.key.in_(some), r.state == RequestState.DONE)
                found |= {key: decode(reply, Reply) for key, reply in connection.execute(query) if reply}
        return found

    def under_way(self, keys: Sequence[str]) -> dict[str, str]:
        """Which of these requests are under way, with the batch that each is of."""
        with self._database.read() as connection:
            return requests_under_way(connection, keys)

    def answer(self, batch_id: str, kept: Mapping[int, tuple[str, Reply]]) -> None:
        """These requests of a batch that wait were answered elsewhere: by place, key and reply."""
        r = batch_requests.c
        with self._database.write() as connection:
            for place, (key, reply) in kept.items():
                connection.execute(
                    update(batch_requests)
                    .where(r.batch_id == batch_id, r.place == place, r.state == RequestState.WAITING)
                    .values(state=RequestState.DONE, key=key, reply=encode(reply), cached=True, problem="")
                )


def requests_under_way(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    r = batch_requests.c
    found: dict[str, str] = {}
    for some in _by(keys):
        query = select(r.key, r.batch_id).where(r.key.in_(some), r.state == RequestState.SENT)
        found |= {key: batch_id for key, batch_id in connection.execute(query)}
    return found


def missing_batch() -> NotFound:
    return NotFound("There is no such batch: it may have been deleted; look at the list again.")


def _by(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))


def _count(connection: Connection, batch_id: str, state: RequestState) -> int:
    r = batch_requests.c
    query = select(func.count()).where(r.batch_id == batch_id, r.state == state)
    return connection.scalar(query) or 0


def _new_request(batch_id: str, place: int, kept: tuple[str, Reply] | None) -> dict[str, object]:
    key, reply = kept or ("", None)
    return {
        "batch_id": batch_id,
        "place": place,
        "state": RequestState.DONE if reply else RequestState.WAITING,
        "key": key,
        "part_id": "",
        "tries": 0,
        "calls": 0,
        "most_input": 0,
        "input_tokens": 0,
        "output_tokens": 0,
        "cost_usd": 0.0,
        "estimated": 0,
        "cached": reply is not None,
        "problem": "",
        "reply": encode(reply) if reply else "",
    }


def _head() -> list[Any]:
    return [column for column in batches.c if column.name not in ("number", "payload")]


def _record(row: Row[Any]) -> BatchRecord:
    return BatchRecord(**(row._asdict() | {"spec": decode(row.spec, BatchSpec)}))
