"""The batch services of both providers, as documented: files and batches of OpenAI, message batches of Anthropic. Part of
FakeServer (`server.batches`), which checks the key.

Nothing waits for a clock: a batch ends after it has been looked at `looks` times, or when `finish()` says so."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web

from tests.fakes import wire

EXPIRED = "This request could not be executed before the completion window expired."


@dataclass
class Kept:
    """One batch. `plan` has what becomes of each request, by its custom id."""

    id: str
    provider: str
    entries: list[dict]
    created: float
    metadata: dict = field(default_factory=dict)
    status: str = "in_progress"
    looked: int = 0
    results: list[dict] = field(default_factory=list)
    errors: list[dict] = field(default_factory=list)
    problem: tuple[str, str] | None = None
    cancelled: bool = False


@dataclass
class FakeBatches:
    """`fate(custom_id, body)` is "" for an answer, "expired", or an HTTP status of an error; `looks`: before a batch ends
    by itself (None: only by `finish`); `queue`: requests that OpenAI lets wait at once; `lose`: the next so many new
    batches come about, but their answer is lost; `answered_at_cancel`: requests that were carried out by then."""

    answer: Callable[[list[tuple[str, str]]], wire.Said]
    fate: Callable[[str, dict], str] = lambda custom_id, body: ""
    looks: int | None = 0
    most_requests: int = 50_000
    most_bytes: int = 200_000_000
    queue: int | None = None
    lose: int = 0
    refuse: int = 0
    answered_at_cancel: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    made: dict[str, Kept] = field(default_factory=dict)
    paid: list[dict] = field(default_factory=list)
    results_host: str = ""
    archived: bool = False  # results are gone
    form: Callable[[dict], dict] = lambda form: form  # what a batch looks like instead
    odd: Callable[[dict], list] = lambda line: [
        line
    ]  # what stands in the files instead of a result; bytes as they are

    # ---- what both have in common

    @property
    def sent(self) -> list[list[dict]]:
        """The entries of every batch, in the order of their arrival."""
        return [each.entries for each in self.made.values()]

    def finish(self) -> None:
        for each in self.made.values():
            if each.status == "in_progress":
                self._run(each)

    def _look(self, batch_id: str) -> Kept:
        if batch_id not in self.made:
            raise web.HTTPNotFound(
                text=json.dumps(
                    {"error": {"message": f"No batch found with id {batch_id}.", "type": "not_found_error"}}
                ),
                content_type="application/json",
            )
        each = self.made[batch_id]
        if self.looks is not None and each.status == "in_progress" and each.looked >= self.looks:
            self._run(each)
        each.looked += 1
        return each

    def _run(self, batch: Kept, most: int | None = None) -> None:
        """Carries its requests out, in an order of its own; of a cancelled batch only `most`."""
        batch.status = "ended"
        entries = list(batch.entries)
        random.Random(batch.id).shuffle(entries)
        for number, entry in enumerate(entries):
            body = entry.get("body") or entry["params"]
            fate = self.fate(entry["custom_id"], body)
            if most is not None and number >= most:
                fate = "cancelled"
            if not fate:
                self.paid.append(body)
            path = entry.get("url", "/v1/messages")
            form = (
                wire.message
                if path.endswith("/messages")
                else wire.response
                if path.endswith("/responses")
                else wire.chat
            )
            answered = None if fate else form(body["model"], self.answer(wire.messages_of(path, body)))
            result, error = self._line(batch.provider, entry["custom_id"], fate, answered)
            (batch.errors if error else batch.results).extend(self.odd(result))

    def _line(self, provider: str, custom_id: str, fate: str, answered: dict | None) -> tuple[dict, bool]:
        if provider == "anthropic":
            if answered is not None:
                result: dict = {"type": "succeeded", "message": answered}
            elif fate in ("expired", "cancelled"):
                result = {"type": "expired" if fate == "expired" else "canceled"}
            else:
                kind = {"500": "api_error", "529": "overloaded_error", "400": "invalid_request_error"}[fate]
                error = {"type": "error", "error": {"type": kind, "message": f"said {fate}"}}
                result = {"type": "errored", "error": error}
            return {"custom_id": custom_id, "result": result}, False
        if answered is not None:
            response = {"status_code": 200, "request_id": "req_1", "body": answered}
            return {"id": "batch_req_1", "custom_id": custom_id, "response": response, "error": None}, False
        if fate in ("expired", "cancelled"):
            error = {"code": f"batch_{fate}", "message": EXPIRED}
            return {"id": "batch_req_1", "custom_id": custom_id, "response": None, "error": error}, True
        body = {
            "error": {
                "message": f"said {fate}",
                "type": "server_error" if fate[0] == "5" else "invalid_request_error",
            }
        }
        response = {"status_code": int(fate), "request_id": "req_1", "body": body}
        return {"id": "batch_req_1", "custom_id": custom_id, "response": response, "error": None}, True

    # ---- the two APIs

    async def handle(self, request: web.Request) -> web.StreamResponse | None:
        """None for a path that is none of a batch service."""
        path, method = request.path, request.method
        if path == "/v1/files" and method == "POST":
            return await self._upload(request)
        if path.startswith("/v1/files/") and path.endswith("/content"):
            if self.archived:
                return _refused(404, "No such File object", "invalid_request_error")
            return _file(self.files[path.split("/")[3]])
        if path == "/v1/batches" or path.startswith("/v1/batches/"):
            return await self._openai(request, path.split("/")[3:])
        if path.startswith("/v1/messages/batches"):
            return await self._anthropic(request, path.split("/")[4:])
        return None

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        upload = form["file"]
        assert form["purpose"] == "batch" and isinstance(upload, web.FileField)
        content = upload.file.read()
        if len(content) > self.most_bytes:
            return _refused(400, "File is too large.")
        file_id = f"file-{len(self.files)}"
        self.files[file_id] = content
        made = {"id": file_id, "object": "file", "bytes": len(content), "created_at": int(time.time())}
        return web.json_response(
            made | {"filename": upload.filename, "purpose": "batch", "status": "processed"}
        )

    async def _openai(self, request: web.Request, rest: list[str]) -> web.StreamResponse:
        if not rest and request.method == "GET":
            newest = [self._openai_form(each) for each in reversed(self.made.values())]
            return web.json_response({"object": "list", "data": newest, "has_more": False})
        if not rest:
            body = await request.json()
            entries = [json.loads(line) for line in self.files[body["input_file_id"]].splitlines()]
            assert body["completion_window"] == "24h" and all(
                each["url"] == body["endpoint"] for each in entries
            )
            assert len({each["custom_id"] for each in entries}) == len(entries)
            return await self._new(request, entries, body.get("metadata") or {})
        each = self._look(rest[0])
        if rest[1:] == ["cancel"]:
            self._cancel(each)
        return web.json_response(self._openai_form(each))

    async def _anthropic(self, request: web.Request, rest: list[str]) -> web.StreamResponse:
        if not rest and request.method == "GET":
            newest = [self._anthropic_form(request, each) for each in reversed(self.made.values())]
            return web.json_response({"data": newest, "has_more": False, "first_id": None, "last_id": None})
        if not rest:
            body = await request.json()
            if len(body["requests"]) > self.most_requests or len(await request.read()) > self.most_bytes:
                return _refused(413, "Request exceeds the maximum size", "request_too_large")
            return await self._new(request, body["requests"], {})
        each = self._look(rest[0])
        if rest[1:] == ["cancel"]:
            self._cancel(each)
        if rest[1:] == ["results"]:
            return _file(_lines(each.results))
        return web.json_response(self._anthropic_form(request, each))

    async def _new(self, request: web.Request, entries: list[dict], metadata: dict) -> web.StreamResponse:
        if self.refuse:
            self.refuse -= 1
            return _refused(429, "Too many batches are waiting", "rate_limit_error")
        openai = not request.path.startswith("/v1/messages")
        kept = Kept(
            f"batch_{len(self.made)}", "openai" if openai else "anthropic", entries, time.time(), metadata
        )
        waiting = sum(len(each.entries) for each in self.made.values() if each.status == "in_progress")
        if openai and len(entries) > self.most_requests:
            kept.status, kept.problem = "failed", ("too_many_tasks", "The batch has too many requests.")
        elif openai and self.queue is not None and waiting + len(entries) > self.queue:
            kept.status, kept.problem = "failed", ("token_limit_exceeded", "Enqueued token limit reached.")
        self.made[kept.id] = kept
        if self.lose:
            self.lose -= 1
            assert request.transport is not None
            request.transport.abort()
            await asyncio.sleep(0)
            return web.Response()
        return web.json_response(self._openai_form(kept) if openai else self._anthropic_form(request, kept))

    def _cancel(self, batch: Kept) -> None:
        if batch.status == "in_progress":
            batch.cancelled = True
            self._run(batch, self.answered_at_cancel)

    def _openai_form(self, batch: Kept) -> dict:
        done = batch.status == "ended"
        errors = [each["error"] for each in batch.errors if isinstance(each, dict)]
        expired = any((each or {}).get("code") == "batch_expired" for each in errors)
        ended = "cancelled" if batch.cancelled else "expired" if expired else "completed"
        names = {}
        for name, lines in (("output_file_id", batch.results), ("error_file_id", batch.errors)):
            names[name] = f"file-{batch.id}-{name}" if lines and done else None
            if names[name]:
                self.files[names[name]] = _lines(lines)
        code, message = batch.problem or ("", "")
        counts = {"total": len(batch.entries), "completed": len(batch.results), "failed": len(batch.errors)}
        return self.form(
            {
                "id": batch.id,
                "object": "batch",
                "endpoint": "/v1/chat/completions",
                "completion_window": "24h",
                "input_file_id": "file-0",
                "status": ended if done else batch.status,
                "created_at": int(batch.created),
                "metadata": batch.metadata,
                "request_counts": counts,
                "errors": {"object": "list", "data": [{"code": code, "message": message}]} if code else None,
            }
            | names
        )

    def _anthropic_form(self, request: web.Request, batch: Kept) -> dict:
        done = batch.status == "ended"
        kinds = [(line.get("result") or {}).get("type") for line in batch.results if isinstance(line, dict)]
        counts = {kind: kinds.count(kind) for kind in ("succeeded", "errored", "canceled", "expired")}
        when = datetime.fromtimestamp(batch.created, UTC).isoformat()
        host = self.results_host or f"http://{request.host}"
        return self.form(
            {
                "id": batch.id,
                "type": "message_batch",
                "processing_status": "ended" if done else batch.status,
                "request_counts": counts | {"processing": 0 if done else len(batch.entries)},
                "created_at": when,
                "expires_at": when,
                "ended_at": when if done else None,
                "archived_at": None,
                "cancel_initiated_at": when if batch.cancelled else None,
                "results_url": f"{host}/v1/messages/batches/{batch.id}/results"
                if done and not self.archived
                else None,
            }
        )


def _lines(results: list) -> bytes:
    lines = (line if isinstance(line, bytes) else json.dumps(line).encode() for line in results)
    return b"".join(line + b"\n" for line in lines)


def _file(content: bytes) -> web.Response:
    return web.Response(body=content, content_type="application/octet-stream")


def _refused(status: int, message: str, kind: str = "invalid_request_error") -> web.Response:
    error = {"type": "error", "error": {"type": kind, "message": message, "code": kind}}
    return web.json_response(error, status=status)
