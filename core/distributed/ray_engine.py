"""Blocks mapped over the workers of Ray Data. All that knows Ray stands here, and Ray is imported when it is wanted."""

from __future__ import annotations

import logging
import os
import queue
import secrets
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import asdict, fields
from importlib.util import find_spec
from typing import Any

from core.distributed.inputs.blocks import RowBlock
from core.distributed.permits import ClusterState, Demand, Permission, Permits
from core.distributed.worker import BlockResult, BlockWorker, ClusterJob, workspace_on
from core.errors import StoreError, UsageError, WhetstoneError
from core.llm.catalogue.limits import CallLimits
from core.types import Spend
from core.workspace import Workspace

MISSING = "--engine ray needs Ray, which is not installed: pip install -r requirements-ray.txt"
NAMESPACE = "whetstone"
OBJECT_BYTES = 120_000_000  # of shared memory for Ray on one machine: only numbers of blocks pass through it
LOOK_SECONDS = 0.5
GRACE_SECONDS = 20.0  # that blocks under way have to end after a stop: calls that have left may come back

_Results = queue.Queue[BlockResult | Exception | None]
# Called with the number of blocks that were finished and with the state; the sentence that ends it all, or "".
Watch = Callable[[int, ClusterState], str]


def check_installed() -> None:
    """UsageError."""
    if find_spec("ray") is None:
        raise UsageError(MISSING)


@contextmanager
def ray_started(workers: int) -> Iterator[Any]:
    """Ray, on this machine with its end, or, where RAY_ADDRESS names one, a cluster that somebody else has started. `workers`: how
    many are wanted. UsageError, StoreError."""
    check_installed()
    address = os.environ.get("RAY_ADDRESS", "").strip()
    with _environment({} if address else {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}):
        import ray
        import ray.data

        own = {"num_cpus": workers + 1, "include_dashboard": False, "object_store_memory": OBJECT_BYTES}
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "namespace": NAMESPACE}
        try:
            with _silence():
                ray.init(address=address or "local", **quiet, **({} if address else own))
        except Exception as problem:  # Ray raises this very class where it did not start in time
            where = (
                f"be reached at {address} ({_first_line(problem)}): start it there, or unset RAY_ADDRESS."
                if address
                else f"be started on this machine ({_first_line(problem)}): try again when it is less busy."
            )
            raise StoreError(f"Ray cannot {where}") from None
        # Ray prints what happens to its workers on standard output, where one JSON object may be wanted.
        with open(os.devnull, "w") as nothing, redirect_stdout(nothing):
            try:
                for name in ("ray.data", "ray"):
                    logging.getLogger(name).setLevel(logging.ERROR)
                yield ray
            finally:
                ray.shutdown()


@contextmanager
def _environment(own: Mapping[str, str]) -> Iterator[None]:
    """What Ray is told by variables, where the user has not said otherwise. A Ray of our own listens on every address of the
    machine: whoever has not the token gets nothing from it."""
    more = {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_BACKEND_LOG_LEVEL": "fatal",
        "RAY_gcs_server_port_wait_time_s": "60",
        "RAY_worker_niceness": "0",  # on a busy machine Ray's own 15 leaves workers no time at all
        "RAY_task_events_report_interval_ms": "0",  # else Ray remembers every block that there was
        **own,
    }
    new = {name: value for name, value in more.items() if name not in os.environ}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            os.environ.pop(name, None)


@contextmanager
def _silence() -> Iterator[None]:
    """While Ray starts, it writes lines about its own log to standard error; what goes wrong it raises."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def node_of(ray: Any) -> str:
    """Which machine of the cluster this is."""
    return str(ray.get_runtime_context().get_node_id())


def classify_blocks(
    ray: Any, job: ClusterJob, limits: CallLimits, blocks: Sequence[RowBlock], watch: Watch
) -> ClusterState:
    """Has every block classified by a worker; a block whose worker was killed is done again. Returns what all of it took.
    WhetstoneError."""
    name = f"permits {secrets.token_hex(8)}"
    options = {"name": name, "num_cpus": 0, "max_restarts": 0, **_here(ray)}
    permits = ray.remote(Permits).options(**options).remote(job.caps, limits)
    try:
        ray.get(permits.state.remote())
        results: _Results = queue.Queue()
        work = (ray, job, name, blocks, results.put)
        threading.Thread(target=_map, args=work, name="ray data", daemon=True).start()
        _watch(ray, permits, results, watch)
        ray.get(permits.close.remote())
        state: ClusterState = ray.get(permits.state.remote())
        return state
    except ray.exceptions.RayError as problem:
        raise _failure(problem) from None
    finally:
        ray.kill(permits)


def _watch(ray: Any, permits: Any, results: _Results, watch: Watch) -> None:
    """Takes results until there are no more, or, after a stop, until no block is under way."""
    finished, waited = 0, 0.0
    while True:
        with suppress(queue.Empty):
            if (result := results.get(timeout=LOOK_SECONDS)) is None:
                return
            if isinstance(result, Exception):
                raise _failure(result)
            finished += not result.ended
            if not results.empty():
                continue
        state = ray.get(permits.state.remote())
        stop = watch(finished, state)
        if stop and not state.stopped:
            ray.get(permits.stop.remote(stop))
        elif state.stopped:
            waited += LOOK_SECONDS
            if not state.running or waited > GRACE_SECONDS:
                return


def _map(
    ray: Any,
    job: ClusterJob,
    permits: str,
    blocks: Sequence[RowBlock],
    put: Callable[[BlockResult | Exception | None], None],
) -> None:
    """Runs in a thread of its own, so that a signal finds the main one awake."""
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        share = min(1.0, int(90 * ray.cluster_resources().get("CPU", 1.0) / job.workers) / 100)
        data = ray.data.from_items([asdict(block) for block in blocks], override_num_blocks=len(blocks))
        mapped = data.map_batches(
            _mapper(job, permits),
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=job.workers),
            num_cpus=share,
        )
        for batch in mapped.iter_batches(batch_size=None, batch_format="numpy"):
            for values in zip(*(batch[each.name] for each in fields(BlockResult)), strict=True):
                number, ended = values
                put(BlockResult(int(number), str(ended)))
    except Exception as problem:
        put(problem)
    else:
        put(None)


def _mapper(job: ClusterJob, permits: str) -> type:
    """A class that Ray Data makes one of in every worker."""

    class Whetstone:
        def __init__(self) -> None:
            import ray

            folder = workspace_on(job, node_of(ray))
            self.worker = BlockWorker(job, Workspace.open(folder), _Office(ray, permits))

        def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
            block = RowBlock(**{name: int(values[0]) for name, values in batch.items()})
            result = self.worker.classify(block)
            return {name: [value] for name, value in asdict(result).items()}

    return Whetstone


class _Office:
    """The permits, which are an actor of their own."""

    def __init__(self, ray: Any, name: str):
        self._ray, self._permits = ray, ray.get_actor(name, namespace=NAMESPACE)

    async def exchange(self, demand: Demand) -> Permission:
        permission: Permission = await self._permits.exchange.remote(demand)
        return permission

    def begin(self, block: int, attempt: str) -> str:
        return str(self._ray.get(self._permits.begin.remote(block, attempt)))

    def end(self, attempt: str, spend: Spend) -> None:
        self._ray.get(self._permits.end.remote(attempt, spend))

    def stop(self, why: str, refused: bool = False) -> None:
        self._ray.get(self._permits.stop.remote(why, refused))


def _here(ray: Any) -> dict[str, Any]:
    """On this machine: if it goes, all is over anyway."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return {"scheduling_strategy": NodeAffinitySchedulingStrategy(node_of(ray), soft=False)}


def _failure(problem: Exception) -> Exception:
    """In one sentence. What is no error of Ray or of ours is a mistake in the program."""
    cause: BaseException | None = problem
    while cause is not None:
        inner = getattr(cause, "cause", None) or cause.__cause__
        if isinstance(cause, WhetstoneError):
            return type(cause)(str(cause))
        cause = inner if isinstance(inner, BaseException) and inner is not cause else None
    return StoreError(
        f"A worker of Ray failed ({type(problem).__name__}: {_first_line(problem)}): what is finished is kept, the same command "
        "goes on from there."
    )


def _first_line(problem: BaseException) -> str:
    return next(iter(str(problem).strip().splitlines()), type(problem).__name__)
