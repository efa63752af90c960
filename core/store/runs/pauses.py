"""Runs that wait for a person: what is proposed, the review of it, and the wish to be asked at the next
proposal."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update

from core.errors import Conflict, Stopped, StoreError
from core.store.codec import decode, encode
from core.store.records import RunStatus
from core.store.runs.steps import no_such_run
from core.store.schema.database import Database
from core.store.schema.tables import oversight, runs, steps
from core.tuning.supervision import Proposal, Review

PAUSED = "Paused before the proposed edits are tried: look at them, then go on."


class Pauses:
    def __init__(self, database: Database):
        self._database = database

    def request_pause(self, run_id: str, wanted: bool = True) -> bool:
        """Asks the run to pause at its next proposal, or takes that back. False if it is neither under way
        nor paused already."""
        pausable = update(runs).where(
            runs.c.id == run_id, runs.c.status.in_((RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.PAUSED))
        )
        with self._database.write() as connection:
            if connection.scalar(select(runs.c.id).where(runs.c.id == run_id)) is None:
                raise no_such_run()
            return connection.execute(pausable.values(pause_requested=wanted)).rowcount == 1

    def proposal(self, run_id: str) -> Proposal | None:
        """What a paused run waits with; None where it waits for nothing."""
        with self._database.read() as connection:
            payload = connection.scalar(select(oversight.c.proposal).where(oversight.c.run_id == run_id))
        return decode(payload, Proposal) if payload else None

    def reviews(self, run_id: str) -> tuple[Review, ...]:
        """All that was said of the run's steps, in their order."""
        with self._database.read() as connection:
            payload = connection.scalar(select(oversight.c.words).where(oversight.c.run_id == run_id))
        return decode(payload, tuple[Review, ...]) if payload else ()

    def answer(self, run_id: str, review: Review) -> None:
        """Says something of the proposal that the run is paused at; it goes on with that when it is resumed.
        Conflict where it waits for nothing of that step: somebody else has answered."""
        with self._database.write() as connection:
            row = connection.execute(
                select(oversight).where(oversight.c.run_id == run_id).with_for_update()
            ).first()
            if row is None or not row.proposal or decode(row.proposal, Proposal).number != review.step:
                raise Conflict(
                    "This run does not wait for an answer any more: reload the page to see where it stands."
                )
            others = [each for each in decode(row.words, tuple[Review, ...]) if each.step != review.step]
            reviews = encode(tuple(sorted([*others, review], key=lambda each: each.step)))
            connection.execute(
                update(oversight).where(oversight.c.run_id == run_id).values(proposal="", words=reviews)
            )

    def is_to_pause(self, run_id: str, number: int) -> bool:
        """Whether at the proposal of step `number`: a step that is stored is only replayed, and was tried already."""
        replayed = select(steps.c.number).where(steps.c.run_id == run_id, steps.c.number >= number).exists()
        with self._database.read() as connection:
            wanted = select(runs.c.pause_requested).where(runs.c.id == run_id, ~replayed)
            return bool(connection.scalar(wanted))

    def hold(self, run_id: str, proposal: Proposal) -> None:
        """Keeps the proposal that the run waits with."""
        with self._database.write() as connection:
            words = connection.scalar(select(oversight.c.words).where(oversight.c.run_id == run_id)) or "[]"
            connection.execute(delete(oversight).where(oversight.c.run_id == run_id))
            connection.execute(
                insert(oversight).values(run_id=run_id, proposal=encode(proposal), words=words)
            )
            connection.execute(update(runs).where(runs.c.id == run_id).values(pause_requested=False))


class StoredOverseer:
    """The overseer of a run in the store: says again the review of its steps, and pauses where somebody
    asked for it."""

    def __init__(self, pauses: Pauses, run_id: str):
        self._pauses, self._run_id = pauses, run_id
        self._reviews = {review.step: review for review in pauses.reviews(run_id)}

    def review(self, proposal: Proposal) -> Review:
        """Raises Stopped to pause."""
        if proposal.number in self._reviews:
            return self._reviews[proposal.number]
        try:
            is_to_pause = self._pauses.is_to_pause(self._run_id, proposal.number)
        except StoreError:  # the database is away: the wish stays, and is heard at the next proposal
            is_to_pause = False
        if is_to_pause:
            self._pauses.hold(self._run_id, proposal)
            raise Stopped(PAUSED)
        return Review(proposal.number)
