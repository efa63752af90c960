"""What of a batch waits is sent in parts, within the limits of the provider and under the caps; what was answered before,
or is under way elsewhere, is not."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from core.errors import CallFailed, CapReached, Conflict, ModelError
from core.exports.batch import batch_line
from core.llm.batches.service import BatchService
from core.llm.layers.budgeted import CallCost
from core.llm.layers.reply_cache import is_answer
from core.services.batches.order import CHUNK, ExactRequest, RequestMaker
from core.store.batches.records import BatchPart, BatchRecord, NewRequest, PartState
from core.store.codec import new_id
from core.store.runs.owners import new_owner
from core.types import Reply
from core.wording import count
from core.workspace import Workspace

OnProgress = Callable[[int, int], None]  # (done, total)


@dataclass(slots=True)
class _Draft:
    """A part that is being written. `usd`: the most that it can cost, None where the price is unknown."""

    id: str
    file: BinaryIO
    path: Path
    requests: list[NewRequest] = field(default_factory=list)
    bytes: int = 0
    tokens: int = 0
    usd: float | None = 0.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may still be sent: calls and dollars, None without a cap."""

    calls: int | None
    usd: float | None

    def refusal(self, draft: _Draft, usd: float | None) -> str:
        """Why one more request of at most `usd` would not fit; "" where it does."""
        if self.calls is not None and len(draft.requests) >= self.calls:
            return "the cap on calls allows no more (--max-calls)"
        if self.usd is not None and (draft.usd or 0.0) + (usd or 0.0) > self.usd:
            return "at worst the next one could pass the cap in dollars (--budget-usd)"
        return ""


class BatchSender:
    """Of one batch. `send` may be called again at any time."""

    def __init__(self, workspace: Workspace, batch: BatchRecord, maker: RequestMaker, service: BatchService):
        self._workspace, self._batch, self._maker, self._service = workspace, batch, maker, service
        self._store, self._cost = workspace.store, maker.cost
        profile = workspace.model_context().profiles.of(batch.model)
        self._most = min(filter(None, (profile.batch_requests, batch.most_requests)))
        self._seen: set[str] = set()
        self._elsewhere: set[str] = set()
        self.too_large: list[int] = []  # places of those given up, since no batch takes them

    def send(self, texts: Sequence[str], on_progress: OnProgress = lambda done, total: None) -> str:
        """Why something is left that was not sent, in a sentence; "" where nothing is. ModelRefused and CallFailed where the
        provider does not take it; of a batch of which nothing was sent yet, CapReached and Conflict where nothing can be.
        Conflict where somebody else is at work on it."""
        waiting = self._store.batches.waiting(self._batch.id)
        under_way = any(not part.is_over for part in self._store.batch_parts.of(self._batch.id))
        if self._batch.most_requests and under_way:
            return self._slowly(len(waiting)) if waiting else ""
        with tempfile.TemporaryDirectory() as folder:
            return self._send_all(waiting, texts, Path(folder), on_progress)

    def _send_all(
        self, waiting: Sequence[int], texts: Sequence[str], folder: Path, on_progress: OnProgress
    ) -> str:
        draft, refusal, done = self._draft(folder), "", 0
        caps = self._caps()
        for start in range(0, len(waiting), CHUNK):
            places = waiting[start : start + CHUNK]
            due = self._due(places, list(self._maker.exacts([texts[place] for place in places])))
            for place, exact in due:
                refusal = self._add(draft, place, exact, caps)
                if refusal == _FULL:
                    if problem := self._send_part(draft):
                        return problem
                    if self._batch.most_requests:
                        left = len(self._store.batches.waiting(self._batch.id))
                        return self._slowly(left) if left else ""
                    draft, caps = self._draft(folder), self._caps()
                    refusal = self._add(draft, place, exact, caps)
                if refusal:
                    break
            done += len(places)
            on_progress(done, len(waiting))
            if refusal:
                break
        if draft.requests and (problem := self._send_part(draft)):
            return problem
        draft.file.close()
        return self._left(refusal)

    def _due(self, places: Sequence[int], exacts: Sequence[ExactRequest]) -> list[tuple[int, ExactRequest]]:
        """Those that nobody has answered and nobody has sent."""
        store, keys = self._store.batches, [each.key for each in exacts]
        kept, under_way = known_replies(self._workspace, keys), store.under_way(keys)
        answered = {
            place: (each.key, kept[each.key])
            for place, each in zip(places, exacts, strict=True)
            if each.key in kept
        }
        if answered:
            store.answer(self._batch.id, answered)
        due = []
        for place, each in zip(places, exacts, strict=True):
            if each.key in kept:
                continue
            if each.key in under_way or each.key in self._seen:
                self._elsewhere.add(under_way.get(each.key, self._batch.id))
                continue
            self._seen.add(each.key)
            due.append((place, each))
        return due

    def _add(self, draft: _Draft, place: int, each: ExactRequest, caps: Allowance) -> str:
        """Why it was not added: _FULL where it needs the next part."""
        usd = price_ceiling(self._cost, each)
        line = batch_line(self._provider, f"{draft.id}-{place}", each.exact).encode("ascii")
        if len(line) > self._service.most_bytes:
            self._give_up(place, len(line))
            return ""
        if len(draft.requests) >= self._most or draft.bytes + len(line) > self._service.most_bytes:
            return _FULL
        if refusal := caps.refusal(draft, usd):
            return refusal
        draft.file.write(line)
        tokens = self._cost.tokens(each.request)
        draft.requests.append(NewRequest(place, each.key, tokens[0]))
        draft.bytes += len(line)
        draft.tokens += sum(tokens)
        draft.usd = None if draft.usd is None or usd is None else draft.usd + usd
        return ""

    def _give_up(self, place: int, size: int) -> None:
        """One that is larger than a whole batch may be."""
        provider, most = self._service.provider, self._service.most_bytes
        why = f"The request has {size:,} bytes, more than {provider} takes in a batch ({most:,}): shorten the text."
        self._store.batches.give_up(self._batch.id, place, why)
        self.too_large.append(place)

    def _send_part(self, draft: _Draft) -> str:
        """Why it did not go, in a sentence. Written down first."""
        draft.file.close()
        parts = self._store.batch_parts
        part = BatchPart(
            draft.id,
            self._batch.id,
            PartState.SENDING,
            "",
            new_owner(),
            0.0,
            len(draft.requests),
            draft.tokens,
            draft.usd,
        )
        part = parts.begin(part, draft.requests)
        try:
            provider_id = self._service.send(draft.path, part.id)
        except ModelError as error:
            if is_unsure(error):
                parts.note(part.id, owner="", left=True, problem=str(error))
                return f"{error} Whether it arrived all the same is looked up by the next batch fetch."
            parts.never_left(part, str(error))
            raise
        finally:
            draft.path.unlink(missing_ok=True)
        parts.note(part.id, provider_id=provider_id, state=PartState.SENT)
        return ""

    def _caps(self) -> Allowance:
        figures, spec = self._store.batches.figures(self._batch.id), self._batch.spec
        held = sum(
            part.usd or 0.0
            for part in self._store.batch_parts.of(self._batch.id)
            if part.state is not PartState.ENDED
        )
        calls = None if spec.max_calls is None else spec.max_calls - figures.spend.api - figures.sent
        usd = None if spec.budget_usd is None else spec.budget_usd - (figures.spend.cost_usd or 0.0) - held
        return Allowance(calls, usd)

    def _left(self, refusal: str) -> str:
        figures = self._store.batches.figures(self._batch.id)
        nothing = figures.waiting + len(self.too_large) == figures.requests
        if refusal and figures.waiting and nothing:
            raise CapReached(f"Nothing was sent: {refusal}.")
        if figures.waiting and self._elsewhere:
            others = ", ".join(sorted(self._elsewhere))
            if nothing:
                raise Conflict(
                    f"All of this is under way already, in {others}: fetch or cancel that batch first."
                )
            return f"{count(figures.waiting, 'request')} not sent yet, since another batch has the same under way: {others}."
        if not refusal or not figures.waiting:
            return ""
        stuck = not figures.sent and "(--" in refusal  # nothing that comes back can leave room under a cap
        higher = "; cancel this batch and submit the file again with a higher cap" if stuck else ""
        return f"{count(figures.waiting, 'request')} not sent yet: {refusal}{higher}."

    def _slowly(self, waiting: int) -> str:
        return (
            f"{count(waiting, 'request')} not sent yet: {self._service.provider} takes {self._batch.most_requests:,} of this model at a "
            "time from this account. Each batch fetch sends the next ones when those under way have ended."
        )

    def _draft(self, folder: Path) -> _Draft:
        identity = new_id()
        path = folder / f"{identity}.jsonl"
        return _Draft(identity, path.open("wb"), path)

    @property
    def _provider(self) -> str:
        return self._batch.model.partition(":")[0]


_FULL = "full"


def is_unsure(error: ModelError) -> bool:
    """Whether the batch may have come about all the same."""
    if not isinstance(error, CallFailed):
        return False
    return error.lost or (error.transient and not error.unreached and not error.rate_limited)


def known_replies(workspace: Workspace, keys: Sequence[str]) -> dict[str, Reply]:
    """Those that were paid before: in the cache, or brought by a batch, perhaps to another machine. A filter's verdict that
    came as an error is asked for again, as by any other call."""
    brought = workspace.store.batches.kept(keys)
    kept = {key: reply for key, reply in brought.items() if is_answer(reply)}
    for key in keys:
        if key not in kept and (reply := workspace.replies.get(key)) is not None:
            kept[key] = reply
    return kept


def price_ceiling(cost: CallCost, each: ExactRequest) -> float | None:
    """The most that it can cost; None where the price is unknown."""
    return cost.prices.ceiling(cost.name, *cost.tokens(each.request))
