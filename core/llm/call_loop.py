"""Many requests at once: from any thread, on one event loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

from core.errors import CallFailed, CapReached, EndedEarly, ModelRefused, Stopped
from core.llm.base import Model
from core.types import Reply, Request

Result = TypeVar("Result")

REPORT_SECONDS = 0.05
# Calls that have left are paid for: when a run ends early, their answers are awaited, so long at most.
GRACE_SECONDS = 10.0
END_SECONDS = 8.0  # the same at the end of the program: less than those who end it wait before they kill
IDLE_SECONDS = 0.5  # the same where none has left, or nobody knows
CLOSED = "Model calls were closed with the program: start it again and resume the run."
TURN = 50  # requests after which a worker gives the loop back: replies of the cache never wait for anything


class CallLoop:
    """One event loop in one daemon thread: the SDKs' clients cannot be used from two loops."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._under_way: set[concurrent.futures.Future[Any]] = set()
        self._end_by: float | None = None
        self._thread = threading.Thread(target=self._run, name="model calls", daemon=True)
        self._thread.start()

    def ask_all(
        self,
        model: Model,
        requests: Sequence[Request],
        *,
        concurrency: int,
        on_reply: Callable[[int, int], None] | None = None,
    ) -> list[Reply | CallFailed]:
        """A reply or a failure per request, in their order. At most `concurrency` requests are under way.

        `on_reply(done, total)` runs in the caller's thread, at most 20 times a second and once at the end.
        What it raises ends the work and is raised here; CapReached and ModelRefused end it too. No more
        requests leave then, and those that have left may end first, since they are paid for: for
        GRACE_SECONDS at most, under a cap without limit. An EndedEarly carries the replies that came. Not to
        be called from the loop's own thread."""
        if not self._thread.is_alive() or self._end_by is not None:
            raise Stopped(CLOSED)
        work = _RequestQueue(model, requests)
        future = asyncio.run_coroutine_threadsafe(work.run(concurrency), self._loop)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        try:
            while not concurrent.futures.wait([future], REPORT_SECONDS if on_reply else None).done:
                if on_reply:
                    on_reply(work.done, len(requests))
            results = future.result()
            if on_reply:
                on_reply(len(requests), len(requests))
            return results
        except concurrent.futures.CancelledError:
            raise Stopped(CLOSED) from None
        except BaseException as error:
            if not future.done():
                self._loop.call_soon_threadsafe(work.stop)
                concurrent.futures.wait([future], GRACE_SECONDS + 1.0)
            if isinstance(error, EndedEarly) and not error.replies:
                error.replies = tuple(work.results)
            raise

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Runs anything else on this loop, such as closing its connections, and waits for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def end(self) -> None:
        """The program ends: nothing new may be asked, and what is under way has END_SECONDS from now."""
        self._end_by = self._end_by or time.monotonic() + END_SECONDS

    def finish(self) -> None:
        """Waits for what is under way, as long as `end` lets it."""
        self.end()
        concurrent.futures.wait(set(self._under_way), max(0.0, (self._end_by or 0.0) - time.monotonic()))

    def close(self) -> None:
        """Ends what is under way and the thread. May be called twice."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5.0)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(_cancel(asyncio.all_tasks(self._loop)))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()


class _RequestQueue:
    """The requests of one `ask_all`: workers take the next one as they become free."""

    def __init__(self, model: Model, requests: Sequence[Request]):
        self.model = model
        self.requests = requests
        self.done = 0
        self.results: list[Reply | CallFailed | None] = [None] * len(requests)
        self._next: Iterator[tuple[int, Request]] = enumerate(requests)
        self._ended: CapReached | ModelRefused | None = None
        self._stopped = asyncio.Event()

    async def run(self, concurrency: int) -> list[Reply | CallFailed]:
        workers = [
            asyncio.create_task(self._work()) for _ in range(max(1, min(concurrency, len(self.requests))))
        ]
        stop = asyncio.create_task(self._stop_workers(workers))
        try:
            results = await asyncio.gather(*workers, return_exceptions=True)
        finally:
            stop.cancel()
            await _cancel(workers)
        for result in results:
            if isinstance(result, Exception):  # a mistake in the program
                raise result
        if self._ended is not None:
            ended = type(self._ended)(*self._ended.args)  # the same one may end other runs, too
            ended.replies = tuple(self.results)
            raise ended from self._ended
        return [result for result in self.results if result is not None]

    def stop(self) -> None:
        """No more requests; those that have left may come back."""
        self._next = iter(())
        self._stopped.set()

    async def _stop_workers(self, workers: list[asyncio.Task[None]]) -> None:
        await self._stopped.wait()
        loop, in_flight = asyncio.get_running_loop(), getattr(self.model, "in_flight", None)
        started = loop.time()
        while loop.time() < started + (GRACE_SECONDS if in_flight and in_flight() else IDLE_SECONDS):
            _, busy = await asyncio.wait(workers, timeout=0.1)
            if not busy:
                return
        for worker in workers:
            worker.cancel()

    async def _work(self) -> None:
        ask = self.model.reply
        while (entry := next(self._next, None)) is not None:
            index, request = entry
            try:
                result: Reply | CallFailed = await ask(request)
            except CallFailed as error:
                result = error
            except (CapReached, ModelRefused) as ended:
                self._ended = self._ended or ended
                self._next = iter(())
                if isinstance(ended, ModelRefused):
                    self.stop()
                return
            except Exception:
                self.stop()
                raise
            self.results[index] = result
            self.done += 1
            if index % TURN == 0:
                await asyncio.sleep(0)


async def _cancel(tasks: Collection[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
