"""Eight clients that post feedback over HTTP at once, and what the server has acknowledged."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from core.store.store import Store
from tests.core.http.serving import Client
from tests.core.store.posting import LABELS

CLIENTS = 8
FASTER = {"WHETSTONE_API_RATE": "100000"}  # all eight have one address


def body(number: int) -> dict:
    """On the predictions of tests/core/store/posting.py; every second one is a correction."""
    said = {"correction": LABELS[(number + 1) % 3], "note": f"why {number}"} if number % 2 else {"score": 1.0}
    return {"prediction_id": f"p{number}", **said}


class Posting:
    """Posts each number once in the background, until all are posted or the server is gone."""

    def __init__(self, port: int, numbers: Iterable[int], clients: int = CLIENTS):
        self.acknowledged: set[str] = set()
        self.refused: list[str] = []
        self._port = port
        self._numbers = iter(numbers)
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(clients)
        self._futures: list[Future] = [self._pool.submit(self._client) for _ in range(clients)]

    def until(self, count: int) -> None:
        deadline = time.monotonic() + 300
        while len(self.acknowledged) < count and not all(each.done() for each in self._futures):
            assert time.monotonic() < deadline
            time.sleep(0.002)

    def wait(self) -> None:
        self._pool.shutdown()
        for each in self._futures:
            each.result()

    def _client(self) -> None:
        client = Client(self._port)
        while (number := self._next()) is not None:
            try:
                answer = client.post("/v1/feedback", body(number))
            except (OSError, http.client.HTTPException):
                return  # the server is gone, and this one was not acknowledged
            with self._lock:
                if answer.status == 200:
                    self.acknowledged.add(answer.body["prediction_id"])
                else:
                    self.refused.append(str(answer.body))
        client.close()

    def _next(self) -> int | None:
        with self._lock:
            return next(self._numbers, None)


def lost_and_doubled(store: Store, dataset_id: str, acknowledged: set[str]) -> tuple[int, int]:
    """How many of the acknowledged are not there, and how many are there more than once."""
    kept = [each.prediction_id for each in store.feedback.all(dataset_id, limit=10**9)]
    return len(acknowledged - set(kept)), len(kept) - len(set(kept))
