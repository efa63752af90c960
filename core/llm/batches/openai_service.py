"""OpenAI's Batch API: a file of requests is uploaded, and the results are two files, of answers and of errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.llm.batches.client import SdkClient
from core.llm.batches.service import BatchResult, NotRun, ProviderBatch, ProviderState
from core.llm.providers.failures import unreadable
from core.llm.providers.openai import OPENAI_URL
from core.llm.providers.provider import ModelTarget

MARK = "whetstone_part"  # in a batch's metadata
_STATES = {
    "cancelling": ProviderState.CANCELLING,
    "completed": ProviderState.ENDED,
    "expired": ProviderState.ENDED,
    "cancelled": ProviderState.ENDED,
    "failed": ProviderState.REFUSED,
}
_NOT_RUN = {"batch_expired": NotRun.EXPIRED, "batch_cancelled": NotRun.CANCELLED}
_FULL = "token_limit_exceeded"


class OpenAIBatches:
    provider = "OpenAI"
    most_bytes = 200_000_000
    keeps_marks = True

    def __init__(self, target: ModelTarget):
        self._sdk = SdkClient(target, "openai", "OpenAI", target.url.rstrip("/") != OPENAI_URL)
        self.caller = self._sdk.caller

    def send(self, lines: Path, mark: str) -> str:
        with self._sdk.in_words(), lines.open("rb") as file:
            endpoint = self._sdk_endpoint(file.readline())
            file.seek(0)
            name = f"whetstone-{mark}.jsonl"
            uploaded = self._sdk.made.files.create(file=(name, file, "application/jsonl"), purpose="batch")
            made = self._sdk.made.batches.create(
                input_file_id=uploaded.id,
                endpoint=endpoint,
                completion_window="24h",
                metadata={MARK: mark},
            )
        return self._checked(made).id

    def batch(self, batch_id: str) -> ProviderBatch:
        with self._sdk.in_words(batch_id):
            return self._checked(self._sdk.patient.batches.retrieve(batch_id))

    def results(self, batch: ProviderBatch) -> Iterator[BatchResult]:
        with self._sdk.in_words(batch.id):
            found = self._sdk.patient.batches.retrieve(batch.id)
            if batch.answered and not found.output_file_id:  # they were paid, and would be again
                raise unreadable(
                    self._sdk.caller,
                    f"no file of the {batch.answered:,} answers that it counts in {batch.id} (cancel and give it up if it stays so)",
                )
            for file_id in filter(None, (found.output_file_id, found.error_file_id)):
                with self._sdk.patient.files.with_streaming_response.content(file_id) as response:
                    for record in self._sdk.records(response.iter_bytes()):
                        yield _result(record)

    def cancel(self, batch_id: str) -> ProviderBatch:
        with self._sdk.in_words():
            return self._checked(self._sdk.patient.batches.cancel(batch_id))

    def recent(self, since: float) -> Iterator[ProviderBatch]:
        with self._sdk.in_words():
            for each in self._sdk.patient.batches.list(limit=100):
                batch = self._checked(each)
                if batch.created < since:
                    return
                yield batch

    def close(self) -> None:
        self._sdk.close()

    def _sdk_endpoint(self, line: bytes) -> str:
        return str(next(self._sdk.records([line]))["url"])

    def _checked(self, batch: Any) -> ProviderBatch:
        return self._sdk.checked(batch, self._read)

    def _read(self, batch: Any) -> ProviderBatch:
        errors = list((batch.errors and batch.errors.data) or ())
        counts = batch.request_counts
        words = self._sdk.caller.masked("; ".join(str(each.message or each.code) for each in errors[:2]))
        return ProviderBatch(
            batch.id,
            _STATES.get(batch.status.lower(), ProviderState.RUNNING),
            float(batch.created_at or 0),
            int(counts.total) if counts else 0,
            int(counts.completed) if counts else 0,
            int(counts.failed) if counts else 0,
            (batch.metadata or {}).get(MARK, ""),
            words,
            any(each.code == _FULL for each in errors),
            batch.status == "cancelled",
        )


def _result(record: Mapping[str, Any]) -> BatchResult:
    custom_id, response, error = str(record.get("custom_id")), record.get("response"), record.get("error")
    if isinstance(response, Mapping):
        body = response.get("body")
        if status := _http_status(response.get("status_code")) or (200 if isinstance(body, Mapping) else 0):
            return BatchResult(custom_id, status, body)
    code = str(error.get("code")) if isinstance(error, Mapping) else ""
    if code in _NOT_RUN:
        return BatchResult(custom_id, not_run=_NOT_RUN[code])
    return BatchResult(custom_id, 500, {"error": error or "no reason given"})


def _http_status(value: object) -> int:
    """0 for what is none."""
    word = str(value).removesuffix(".0")
    return int(word) if len(word) == 3 and word.isascii() and word.isdecimal() else 0
