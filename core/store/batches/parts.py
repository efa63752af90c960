"""What of a batch was sent as one batch of the provider: written down before it leaves, and settled once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Float, Row, bindparam, insert, select, update

from core.errors import Conflict
from core.store.batches.batches import AT_ONCE, missing_batch, requests_under_way
from core.store.batches.records import BatchPart, NewRequest, PartState, RequestEnd, RequestState
from core.store.batches.tables import batch_parts, batch_requests, batches
from core.store.codec import encode
from core.store.schema.database import Database
from core.store.schema.tables import meta
from core.types import Usage

CANCELLED = "Cancelled before it was sent."
_OVER = (PartState.ENDED, PartState.GIVEN_UP)


class BatchParts:
    def __init__(self, database: Database):
        self._database = database

    def of(self, batch_id: str) -> tuple[BatchPart, ...]:
        """In the order of sending."""
        query = select(batch_parts).where(batch_parts.c.batch_id == batch_id).order_by(batch_parts.c.number)
        with self._database.read() as connection:
            return tuple(_part(row) for row in connection.execute(query))

    def age(self, part: BatchPart) -> float:
        """Seconds since it was last about to leave."""
        return self._database.now() - part.at

    def known_ids(self) -> frozenset[str]:
        """How the provider calls those that are known to have arrived, of all batches."""
        query = select(batch_parts.c.provider_id).where(batch_parts.c.provider_id != "")
        with self._database.read() as connection:
            return frozenset(connection.scalars(query))

    def begin(self, part: BatchPart, requests: Sequence[NewRequest]) -> BatchPart:
        """Writes down that these leave now; the part with the time of it. Conflict where one of them was sent meanwhile,
        by whomever, or the batch was cancelled: then none is."""
        r, at = batch_requests.c, self._database.now()
        with self._database.write() as connection:
            # one sender at a time, of all batches: the same text may be in two
            connection.execute(select(meta).where(meta.c.key == "schema").with_for_update())
            cancelled = connection.scalar(select(batches.c.cancelled).where(batches.c.id == part.batch_id))
            if cancelled is None:
                raise missing_batch()
            changed = 0
            for start in range(0, len(requests), AT_ONCE):
                places = [each.place for each in requests[start : start + AT_ONCE]]
                changed += connection.execute(
                    update(batch_requests)
                    .where(r.batch_id == part.batch_id, r.state == RequestState.WAITING, r.place.in_(places))
                    .values(part_id=part.id, tries=r.tries + 1)
                ).rowcount
            keys = [each.key for each in requests]
            if cancelled or changed != len(requests) or requests_under_way(connection, keys):
                raise Conflict("Somebody else is at work on this batch: look at its status, then try again.")
            connection.execute(
                update(batch_requests)
                .where(r.batch_id == part.batch_id, r.place == bindparam("at_place"))
                .values(
                    state=RequestState.SENT,
                    key=bindparam("its_key"),
                    most_input=bindparam("its_most"),
                    problem="",
                ),
                [
                    {"at_place": each.place, "its_key": each.key, "its_most": each.most_input}
                    for each in requests
                ],
            )
            row = {name: getattr(part, name) for name in batch_parts.c.keys() if name != "number"}
            connection.execute(insert(batch_parts).values(row | {"at": at}))
        return self._again(part.id)

    def note(self, part_id: str, **values: object) -> None:
        """Changes `state`, `provider_id`, `owner`, `answered`, `failed` or `problem`; `left=True`: it was about to leave
        just now. One that is over stays as it is: whoever ended it knows more."""
        if values.pop("left", False):
            values["at"] = self._database.now()
        if "problem" in values:
            values["problem"] = _storable(str(values["problem"]))
        with self._database.write() as connection:
            connection.execute(
                update(batch_parts)
                .where(batch_parts.c.id == part_id, batch_parts.c.state.not_in(_OVER))
                .values(**values)
            )

    def never_left(self, part: BatchPart, problem: str = "") -> None:
        """It did not arrive: nothing of it counts, and what it held waits again, or is given up where its batch was
        cancelled. Nothing changes where the part is no longer as `part` has it: somebody knows more of it by now."""
        r, p = batch_requests.c, batch_parts.c
        with self._database.write() as connection:
            as_known = (p.id == part.id, p.state == part.state, p.provider_id == part.provider_id)
            if connection.execute(batch_parts.delete().where(*as_known)).rowcount != 1:
                return
            cancelled = connection.scalar(select(batches.c.cancelled).where(batches.c.id == part.batch_id))
            state, said = RequestState.WAITING, problem
            if cancelled:
                state, said = RequestState.FAILED, problem or CANCELLED
            connection.execute(
                update(batch_requests)
                .where(r.batch_id == part.batch_id, r.part_id == part.id, r.state == RequestState.SENT)
                .values(state=state, tries=r.tries - 1, part_id="", problem=_storable(said))
            )

    def give_up(self, part: BatchPart, problem: str) -> None:
        """What of it is under way never comes back: it has failed, with this sentence, and may have been paid."""
        r, p = batch_requests.c, batch_parts.c
        with self._database.write() as connection:
            left = connection.execute(
                update(batch_requests)
                .where(r.batch_id == part.batch_id, r.part_id == part.id, r.state == RequestState.SENT)
                .values(state=RequestState.FAILED, problem=_storable(problem))
            ).rowcount
            connection.execute(
                update(batch_parts)
                .where(p.id == part.id, p.state.not_in(_OVER))
                .values(
                    state=PartState.GIVEN_UP,
                    answered=part.requests - left,
                    failed=left,
                    problem=_storable(problem),
                )
            )

    def settle(self, part: BatchPart, ends: Sequence[RequestEnd]) -> None:
        """What became of some of its requests; one that was settled before is left as it is."""
        if not ends:
            return
        r = batch_requests.c
        mine = (r.batch_id == part.batch_id, r.part_id == part.id, r.state == RequestState.SENT)
        changed = {
            "state": bindparam("its_state"),
            "problem": bindparam("its_problem"),
            "reply": bindparam("its_reply"),
            "calls": r.calls + bindparam("more_calls"),
            "input_tokens": r.input_tokens + bindparam("more_input"),
            "output_tokens": r.output_tokens + bindparam("more_output"),
            "estimated": r.estimated + bindparam("more_estimated"),
            "cost_usd": r.cost_usd + bindparam("more_usd", type_=Float),  # unknown with an unknown one
        }
        query = update(batch_requests).where(*mine, r.place == bindparam("at_place")).values(changed)
        with self._database.write() as connection:
            connection.execute(query, [_changes(end) for end in ends])

    def sent_requests(self, part: BatchPart) -> dict[int, tuple[str, int, int]]:
        """By place, those of it that are under way: key, the most tokens that go in, and which try it is."""
        r = batch_requests.c
        query = select(r.place, r.key, r.most_input, r.tries).where(
            r.batch_id == part.batch_id, r.part_id == part.id, r.state == RequestState.SENT
        )
        with self._database.read() as connection:
            return {place: (key, most, tries) for place, key, most, tries in connection.execute(query)}

    def _again(self, part_id: str) -> BatchPart:
        with self._database.read() as connection:
            return _part(connection.execute(select(batch_parts).where(batch_parts.c.id == part_id)).one())


def _storable(sentence: str) -> str:
    """It may repeat what a server sent."""
    return sentence.replace("\0", "").encode("utf-8", "replace").decode()


def _changes(end: RequestEnd) -> dict[str, object]:
    reply = end.reply
    usage = reply.usage if reply else Usage()
    cost = reply.cost_usd if reply else 0.0
    return {
        "at_place": end.place,
        "its_state": end.state,
        "its_problem": _storable(end.problem),
        "its_reply": encode(reply) if reply and end.state is RequestState.DONE else "",
        "more_calls": int(end.called),
        "more_input": usage.input,
        "more_output": usage.output,
        "more_estimated": int(usage.estimated),
        "more_usd": cost if end.called else 0.0,
    }


def _part(row: Row[Any]) -> BatchPart:
    values = row._asdict()
    return BatchPart(
        **{name: value for name, value in values.items() if name != "number"}
        | {"state": PartState(row.state)}
    )
