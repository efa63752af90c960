"""What became of the parts of a batch: looked for where they were lost, asked after, and their results taken in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from core.errors import CallFailed, ModelError
from core.llm.base import is_empty
from core.llm.batches.prices import BatchPrices
from core.llm.batches.replies import reply_of
from core.llm.batches.service import (
    HOURS,
    BatchGone,
    BatchResult,
    BatchService,
    NotRun,
    ProviderBatch,
    ProviderState,
)
from core.llm.layers.reply_cache import is_answer
from core.llm.providers.failures import unreadable
from core.store.batches.records import BatchPart, BatchRecord, PartState, RequestEnd, RequestState
from core.store.runs.owners import has_died
from core.types import Message, Reply, Request, Usage
from core.wording import count
from core.workspace import Workspace

MOST_TRIES = 3  # of one request, within a batch
GRACE = 120.0  # seconds after which a batch that arrived is in the provider's list
GIVEN_UP = 3_600.0  # seconds after which whoever was sending it no longer is
SKEW = 900.0  # seconds that clocks may differ
AT_ONCE = 500  # results in one transaction
NOT_RUN = "Cancelled before it was carried out."


@dataclass(frozen=True, slots=True)
class BatchCollector:
    """Of one batch."""

    workspace: Workspace
    batch: BatchRecord
    service: BatchService

    def look(self) -> None:
        """How far every part is, without taking anything in; of a cancelled batch what has not ended is stopped. CallFailed,
        ModelRefused. What is wrong with a part alone is raised after all others: BatchGone where the provider does not know
        it, which of a cancelled batch is given up, and an unclear CallFailed."""
        for part in self._parts():
            if part.state is PartState.SENDING:
                self._look_for(part)
        _raise_first(self._try(part, self._look_at) for part in self._parts() if part.state is PartState.SENT)

    def collect(self) -> bool:
        """Takes in the results of all parts that have ended; whether more may be sent now: the provider's queue was not
        full. Errors as for `look`."""
        problem: ModelError | None = None
        try:
            self.look()
        except ModelError as error:
            problem = self._of_part(error)
        parts = [part for part in self._parts() if not part.is_over]
        full: list[BatchPart] = []

        def end(part: BatchPart) -> None:
            found = self.service.batch(part.provider_id)
            if found.queue_full:
                full.append(part)
                self._slow_down(part, alone=len(parts) == 1)
            elif found.state is ProviderState.REFUSED:
                self._refused(part, found)
            else:
                self._take_in(part, found)

        _raise_first([problem, *(self._try(part, end) for part in parts if part.state is PartState.READY)])
        return not full

    def _try(self, part: BatchPart, work: Callable[[BatchPart], None]) -> ModelError | None:
        """What is to be said where something is wrong with this part alone; one of a cancelled batch that the provider
        does not know any more is given up."""
        try:
            work(part)
        except BatchGone as gone:
            if not self.batch.cancelled:
                return BatchGone(
                    f"{gone} Cancel this batch, which gives up what is missing, and submit the file again."
                )
            self.workspace.store.batch_parts.give_up(part, str(gone))
        except CallFailed as error:
            return self._of_part(error)
        return None

    def _of_part(self, error: ModelError) -> ModelError:
        """As it came; raised where it holds for the other parts, too: the network, the key."""
        if isinstance(error, BatchGone) or (isinstance(error, CallFailed) and error.unclear):
            return error
        raise error

    def _look_at(self, part: BatchPart) -> None:
        found = self._ask_after(part)
        if self.batch.cancelled and found.state is ProviderState.RUNNING:
            self.service.cancel(part.provider_id)
            self._ask_after(part)

    def _parts(self) -> tuple[BatchPart, ...]:
        return self.workspace.store.batch_parts.of(self.batch.id)

    # ---- a part that was lost on the way

    def _look_for(self, part: BatchPart) -> None:
        """Of one that was about to leave when its program ended, or whose answer was lost."""
        parts = self.workspace.store.batch_parts
        age = parts.age(part)
        if part.owner and not has_died(part.owner) and age < GIVEN_UP:
            return  # it is being sent
        if age < GRACE:
            wait = f"Its program ended while it was sent: whether it arrived is looked up after {GRACE / 60:.0f} minutes."
            parts.note(part.id, problem=wait)
            return
        known, doubtful = parts.known_ids(), ""
        for each in self.service.recent(part.at - SKEW):
            if each.id in known:
                continue
            if each.mark == part.id or (not self.service.keeps_marks and self._is(part, each)):
                parts.note(part.id, provider_id=each.id, state=PartState.SENT, problem="", owner="")
                return
            if not self.service.keeps_marks and each.requests == part.requests and not each.has_ended:
                doubtful = each.id
        if not doubtful:
            parts.never_left(part)
            return
        parts.note(
            part.id,
            problem=f"{self.service.provider} has one of the same size under way, {doubtful}: whether it is this one is known "
            "when that has ended.",
        )

    def _is(self, part: BatchPart, found: ProviderBatch) -> bool:
        """By the ids of its results, where it has ended."""
        if found.requests != part.requests or not found.has_ended:
            return False
        some = islice(self.service.results(found), 20)  # the first one may be unreadable
        return any(each.custom_id.startswith(part.id + "-") for each in some)

    # ---- a part that arrived

    def _ask_after(self, part: BatchPart) -> ProviderBatch:
        found = self.service.batch(part.provider_id)
        state = PartState.READY if found.has_ended else PartState.SENT
        self.workspace.store.batch_parts.note(
            part.id, state=state, answered=found.answered, failed=found.failed, problem=found.problem
        )
        return found

    def _slow_down(self, part: BatchPart, alone: bool) -> None:
        """The queue took nothing of it: it waits, and from now on one part goes at a time, half as large where this one was
        alone."""
        store = self.workspace.store
        most = max(part.requests // 2, 1) if alone else part.requests
        store.batches.limit_requests(self.batch.id, min(most, self.batch.most_requests or most))
        store.batch_parts.never_left(part)

    def _refused(self, part: BatchPart, found: ProviderBatch) -> None:
        """As a whole, before any request was carried out."""
        why = f"{self.service.provider} refused the batch: {found.problem or 'no reason given.'}"
        sent = self.workspace.store.batch_parts.sent_requests(part)
        self.workspace.store.batch_parts.settle(
            part, [RequestEnd(place, RequestState.FAILED, problem=why) for place in sent]
        )
        self.workspace.store.batch_parts.note(part.id, state=PartState.ENDED, problem=found.problem)

    def _take_in(self, part: BatchPart, found: ProviderBatch) -> None:
        """Replies go into the cache before the batch says that they are there, so that a kill loses none."""
        store, cache = self.workspace.store.batch_parts, self.workspace.replies
        due = store.sent_requests(part)
        for ends in self._ends(part, found, due):
            cache.set_all(
                {
                    due[end.place][0]: end.reply
                    for end in ends
                    if end.reply is not None and end.state is RequestState.DONE and is_answer(end.reply)
                }
            )
            store.settle(part, ends)
        store.note(part.id, state=PartState.ENDED)

    def _ends(
        self, part: BatchPart, found: ProviderBatch, due: dict[int, tuple[str, int, int]]
    ) -> Iterator[list[RequestEnd]]:
        """By their ids: results come in any order, and none counts twice. Where there is an answer and a failure, whichever
        comes first, the answer counts. What came before the results broke off is kept. Lines that cannot be read, or are of
        no request of ours, are counted in the part's `problem`; where all are so, it is no file of results. Errors as for
        `results`, and CallFailed for such a file."""
        ends, answered, failed = [], set[int](), dict[int, RequestEnd]()
        ours = strange = 0
        try:
            for result in self.service.results(found):
                mark, _, number = result.custom_id.rpartition("-")
                place = int(number) if mark == part.id and number.isdecimal() else -1
                ours, strange = ours + (place >= 0), strange + (place < 0)
                if place not in due or place in answered:
                    continue
                end = self._end(place, due[place], result)
                if end.state is not RequestState.DONE:
                    failed.setdefault(place, end)
                    continue
                answered.add(place)
                ends.append(end)
                if len(ends) == AT_ONCE:
                    yield ends
                    ends = []
            if strange and not ours:
                raise unreadable(
                    self.service.caller,
                    "results of which none can be read (cancel and give it up if it stays so)",
                )
        except ModelError:
            yield ends
            raise
        if strange:
            said = f"{self.service.provider} sent {count(strange, 'result')} that cannot be read or belong to no request."
            self.workspace.store.batch_parts.note(part.id, problem=said)
        missing = sorted(due.keys() - answered - failed.keys())
        ends += [self._unread(place, due[place]) for place in missing[:strange]]
        why = NotRun.CANCELLED if found.cancelled else None
        ends += [self._not_run(place, due[place][2], why) for place in missing[strange:]]
        yield [*ends, *(end for place, end in failed.items() if place not in answered)]

    def _end(self, place: int, sent: tuple[str, int, int], result: BatchResult) -> RequestEnd:
        _, most_input, tries = sent
        if result.not_run:
            return self._not_run(place, tries, result.not_run)
        reply = reply_of(result, self.batch.spec.prefix, self.service.caller)
        if isinstance(reply, CallFailed):
            end = RequestEnd(place, RequestState.FAILED, problem=str(reply), called=True)
            return self._again(end, tries) if reply.transient else end
        reply = self._priced(reply, most_input)
        prefix = Request((Message("assistant", self.batch.spec.prefix),))
        if is_empty(prefix, reply):
            why = f"{self.batch.model} sent an empty reply."
            return self._again(RequestEnd(place, RequestState.FAILED, reply, why, called=True), tries)
        return RequestEnd(place, RequestState.DONE, reply, called=True)

    def _unread(self, place: int, sent: tuple[str, int, int]) -> RequestEnd:
        """It was carried out, as far as anybody knows, and counts as the most that it can have used."""
        _, most_input, tries = sent
        reply = self._priced(Reply("", usage=Usage(estimated=True)), most_input)
        why = f"{self.service.provider} sent a result for it that cannot be read."
        return self._again(RequestEnd(place, RequestState.FAILED, reply, why, called=True), tries)

    def _not_run(self, place: int, tries: int, why: NotRun | None) -> RequestEnd:
        """What was never carried out costs nothing, and is sent again unless somebody cancelled it."""
        if why is NotRun.CANCELLED:
            return RequestEnd(place, RequestState.FAILED, problem=NOT_RUN)
        problem = (
            f"It was not carried out within {HOURS} hours."
            if why is NotRun.EXPIRED
            else f"{self.service.provider} sent no result for it."
        )
        return self._again(RequestEnd(place, RequestState.FAILED, problem=problem), tries)

    def _again(self, end: RequestEnd, tries: int) -> RequestEnd:
        if self.batch.cancelled:
            return end
        if tries < MOST_TRIES:
            return replace(end, state=RequestState.WAITING)
        return replace(end, problem=f"{end.problem} Given up after {count(tries, 'try')}.")

    def _priced(self, reply: Reply, most_input: int) -> Reply:
        """With half of what it costs elsewhere; tokens that the provider does not say are taken for the most."""
        context, usage = self.workspace.model_context(), reply.usage
        if usage.estimated:
            most = context.profiles.of(self.batch.model).cap("lightweight", self.batch.spec.reply_tokens)
            usage = replace(usage, input=usage.input or most_input, output=usage.output or most)
        cost = BatchPrices(context.prices).cost(self.batch.model, usage)
        return replace(reply, usage=usage, cost_usd=cost, paid_by=self.batch.id)


def _raise_first(errors: Iterable[ModelError | None]) -> None:
    """After all of them have come."""
    for error in list(errors):
        if error is not None:
            raise error
