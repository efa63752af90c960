"""A run that needs no models: as many steps as its settings say, slow or quick. As a program it carries out
one run and tells of every step, to be killed in the middle:  python -m tests.core.store.scripted DATABASE
RUN_ID SECONDS_PER_STEP LONG_STEP"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

from core.jobs.run_job import Pace, Work, execute_run
from core.store.runs.owners import new_owner
from core.store.store import Store
from core.types import Dataset, Progress, Result, Settings, Spend, Step
from tests.core.store.building import baseline, result, step

QUICK = Pace(shortest=0.02, idle=0.05, patience=1.0)
Begin = Callable[[Dataset, Settings, str, Callable[[Progress], None]], Work]


def scripted(seconds: float = 0.0, say: Callable[[str], None] = lambda text: None, long: int = -1) -> Begin:
    """`say` hears of each step once it has been stored and before the next one begins. Step number `long`
    takes two minutes."""

    def begin(
        dataset: Dataset, settings: Settings, run_id: str, on_progress: Callable[[Progress], None]
    ) -> Work:
        spent = {"calls": 0}

        def events() -> Iterator[Step | Result]:
            for number in range(settings.iterations + 1):
                until = time.monotonic() + (120.0 if number == long else seconds)
                on_progress(Progress(f"Step {number}", 0, 10))
                while time.monotonic() < until:
                    time.sleep(0.01)
                    on_progress(Progress(f"Step {number}", 5, 10))
                spent["calls"] += len(dataset.examples)
                yield step(number) if number else baseline()
                say(f"stored {number}")
            yield result()

        return Work(events(), lambda: {"lightweight": Spend(spent["calls"])})

    return begin


def work(events: Callable[[Callable[[Progress], None]], Iterator[Step | Result]], **spend: Spend) -> Begin:
    """A beginning whose generator is given the progress callback."""
    return lambda dataset, settings, run_id, on_progress: Work(events(on_progress), lambda: spend)


def wait_until(true: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


if __name__ == "__main__":
    with Store.open(sys.argv[1]) as store:
        ended = execute_run(
            store,
            sys.argv[2],
            new_owner(),
            scripted(float(sys.argv[3]), lambda text: print(text, flush=True), int(sys.argv[4])),
            QUICK,
        )
        print(ended.status, flush=True)
