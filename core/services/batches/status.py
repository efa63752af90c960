"""How far a batch is, and the sentence on what is next."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from enum import StrEnum

from core.llm.batches.service import HOURS
from core.store.batches.records import BatchFigures, BatchPart, BatchRecord, PartState
from core.types import Spend
from core.wording import count


class BatchState(StrEnum):
    """WAITING: something is to be sent; RUNNING: it is with the provider; READY: results are to be fetched; DONE: every
    request has ended; CANCELLED: so has it, and somebody wanted it."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """`problem`: why something was not sent, or could not be asked after, in a sentence; "" where all is well."""

    batch: BatchRecord
    figures: BatchFigures
    parts: tuple[BatchPart, ...]
    problem: str = ""

    @property
    def state(self) -> BatchState:
        if any(part.state is PartState.READY for part in self.parts):
            return BatchState.READY
        if self.figures.sent:
            return BatchState.RUNNING
        if self.figures.waiting:
            return BatchState.WAITING
        return BatchState.CANCELLED if self.batch.cancelled else BatchState.DONE

    @property
    def uncertain(self) -> int:
        """Requests of parts that may never have arrived, or were given up: nobody knows whether they are paid."""
        lost = sum(part.requests for part in self.parts if part.state is PartState.SENDING)
        return lost + sum(part.failed for part in self.parts if part.state is PartState.GIVEN_UP)

    @property
    def spend(self) -> Spend:
        """All that it has used, calls that are uncertain included."""
        spend = self.figures.spend
        return replace(spend, api=spend.api + self.uncertain, uncertain=self.uncertain)

    @property
    def answered(self) -> int:
        """Requests with a reply, those that the provider still keeps included."""
        return self.figures.done + self._with_provider[0]

    @property
    def failed(self) -> int:
        """Requests without one: given up, or said to have failed by the provider, whose results are not in."""
        return self.figures.failed + self._with_provider[1]

    @property
    def at_most(self) -> float | None:
        """Dollars that it can have cost, what is under way or uncertain included; None where a price is unknown."""
        left = [part.usd for part in self.parts if part.state is not PartState.ENDED]
        cost = self.spend.cost_usd
        return None if cost is None or None in left else cost + sum(usd or 0.0 for usd in left)

    @property
    def _with_provider(self) -> tuple[int, int]:
        """Answered and failed ones that are not in yet: of a part whose results are half in, no more than are under way."""
        parts = [part for part in self.parts if part.state in (PartState.SENT, PartState.READY)]
        answered = min(sum(part.answered for part in parts), self.figures.sent)
        return answered, min(sum(part.failed for part in parts), self.figures.sent - answered)

    @property
    def due(self) -> float | None:
        """By when what is under way has ended at the latest, in seconds since 1970; None where nothing is."""
        left = [part.at for part in self.parts if part.state is PartState.SENT]
        return max(left) + HOURS * 3_600 if left else None


def status_in_words(status: BatchStatus) -> str:
    """412 of 1,000 texts answered, 588 under way."""
    figures, failed = status.figures, status.failed
    under_way = figures.requests - status.answered - failed - figures.waiting
    parts = [(under_way, "under way"), (figures.waiting, "to be sent"), (failed, "without an answer")]
    said = f"{status.answered:,} of {count(figures.requests, 'text')} answered"
    return ", ".join([said, *(f"{number:,} {words}" for number, words in parts if number > 0)]) + "."


def next_in_words(status: BatchStatus, fetch: str, submit: str, done: str, give_up: str) -> str:
    """What is next. `fetch` says how results are taken in here, `submit` how a file is sent again, `done` where its labels
    are, `give_up` how a cancelled batch is ended without its provider."""
    provider = batch_provider(status.batch.model)
    match status.state:
        case BatchState.READY | BatchState.RUNNING if status.batch.cancelled:
            there = "Results are there" if status.state is BatchState.READY else "It is being stopped"
            return f"{there}: {fetch}. Where {provider} cannot be asked any more: {give_up}."
        case BatchState.READY:
            return f"Results are there: {fetch}."
        case BatchState.RUNNING if status.due is not None:
            until = time.strftime("%Y-%m-%d %H:%M", time.localtime(status.due))
            return f"{provider} answers by {until} at the latest, most often within the hour. Then {fetch}."
        case BatchState.RUNNING:
            return f"Whether it arrived at {provider} is looked up: {fetch}."
        case BatchState.WAITING:
            return f"{count(status.figures.waiting, 'text')} to be sent: {fetch}."
        case _ if status.figures.failed:
            failed = count(status.figures.failed, "text")
            return f"{failed} without an answer, the file says why: {submit}; only these are sent."
        case _:
            return f"Every text has its answer: {done}."


def batch_provider(model: str) -> str:
    """The name of whose batch service the model is asked by."""
    return "OpenAI" if model.startswith("openai:") else "Anthropic"
