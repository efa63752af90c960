"""Anthropic's Message Batches: requests go in one body, results come as one file. They keep no mark of ours, so one whose
id was lost is known by the ids of its results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.errors import ModelRefused
from core.llm.batches.client import SdkClient
from core.llm.batches.service import BatchGone, BatchResult, NotRun, ProviderBatch, ProviderState
from core.llm.providers.bodies.error_body import read_error, status_of
from core.llm.providers.provider import ModelTarget

_STATES = {"canceling": ProviderState.CANCELLING, "ended": ProviderState.ENDED}
_NOT_RUN = {"expired": NotRun.EXPIRED, "canceled": NotRun.CANCELLED}


class AnthropicBatches:
    provider = "Anthropic"
    most_bytes = 256_000_000
    keeps_marks = False

    def __init__(self, target: ModelTarget):
        self._sdk = SdkClient(target, "anthropic", "Anthropic")
        self.caller = self._sdk.caller
        self._host = urlsplit(target.url).netloc

    def send(self, lines: Path, mark: str) -> str:
        with self._sdk.in_words(), lines.open("rb") as file:
            requests = list(self._sdk.records(file))
            return self._checked(self._sdk.made.messages.batches.create(requests=requests)).id

    def batch(self, batch_id: str) -> ProviderBatch:
        with self._sdk.in_words(batch_id):
            return self._checked(self._sdk.patient.messages.batches.retrieve(batch_id))

    def results(self, batch: ProviderBatch) -> Iterator[BatchResult]:
        with self._sdk.in_words(batch.id):
            service = self._sdk.patient.messages.batches
            url = service.retrieve(batch.id).results_url
            if not url:
                raise BatchGone(
                    f"Anthropic has no results of {batch.id} any more: it keeps them for 29 days."
                )
            where = urlsplit(url)
            if where.netloc not in ("", self._host):  # the SDK would send the key there
                raise ModelRefused(
                    f"The results of {batch.id} are at {where.netloc}, another address than {self._sdk.caller.url}: "
                    "set ANTHROPIC_BASE_URL to it, or leave it out."
                )
            with service.with_streaming_response.results(batch.id) as response:
                for record in self._sdk.records(response.iter_bytes()):
                    yield _result(record)

    def cancel(self, batch_id: str) -> ProviderBatch:
        with self._sdk.in_words():
            return self._checked(self._sdk.patient.messages.batches.cancel(batch_id))

    def recent(self, since: float) -> Iterator[ProviderBatch]:
        with self._sdk.in_words():
            for each in self._sdk.patient.messages.batches.list(limit=100):
                batch = self._checked(each)
                if batch.created < since:
                    return
                yield batch

    def close(self) -> None:
        self._sdk.close()

    def _checked(self, batch: Any) -> ProviderBatch:
        return self._sdk.checked(batch, _read)


def _read(batch: Any) -> ProviderBatch:
    counts = batch.request_counts
    answered, failed = int(counts.succeeded), int(counts.errored) + int(counts.expired) + int(counts.canceled)
    return ProviderBatch(
        batch.id,
        _STATES.get(batch.processing_status.lower(), ProviderState.RUNNING),
        batch.created_at.timestamp(),
        int(counts.processing) + answered + failed,
        answered,
        failed,
        cancelled=batch.cancel_initiated_at is not None,
    )


def _result(record: Mapping[str, Any]) -> BatchResult:
    custom_id, result = str(record.get("custom_id")), record.get("result")
    kind = str(result.get("type")) if isinstance(result, Mapping) else ""
    if not isinstance(result, Mapping):
        return BatchResult(custom_id, 500, {"error": "no reason given"})
    if kind in _NOT_RUN:
        return BatchResult(custom_id, not_run=_NOT_RUN[kind])
    if kind == "succeeded":
        return BatchResult(custom_id, 200, result.get("message"))
    error = result.get("error")
    return BatchResult(custom_id, status_of(read_error(error)), error)
