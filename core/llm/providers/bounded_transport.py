"""A transport that reads no more than so much, unpacked, and hands back plain content. Imported when a connection is
opened."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator

import httpx2

from core.llm.providers.failures import BodyDecodingError, BodyTooLarge

MOST_OF_AN_ERROR = 64_000  # bytes: the beginning says it
_INLINE = 250_000  # bytes: more is unpacked in a thread
_MOST_ENCODINGS = 3
_DROPPED = (b"content-encoding", b"content-length", b"transfer-encoding")


class BoundedTransport(httpx2.AsyncBaseTransport):
    """Around another transport. Of an error's body the beginning is read; any other body of more than `most`
    bytes, packed or unpacked, is BodyTooLarge."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, most: int):
        self._inner = inner
        self._most = most

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        most, cut = (self._most, False) if response.is_success else (MOST_OF_AN_ERROR, True)
        stream = response.stream
        assert isinstance(stream, httpx2.AsyncByteStream)
        try:
            content = await _read(stream, most, cut)
        finally:
            await stream.aclose()
        names = [name.strip().lower() for name in response.headers.get("content-encoding", "").split(",")]
        encodings = [name for name in names if name and name != "identity"]
        if encodings:
            content = await _unpack(content, encodings, most, cut)
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _DROPPED]
        return httpx2.Response(
            response.status_code,
            headers=headers,
            content=content,
            extensions=response.extensions,
            request=request,
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


def bound(client: httpx2.AsyncClient, most: int) -> None:
    """Every way out of the client, proxies included."""
    client._transport = BoundedTransport(client._transport, most)
    for pattern, transport in client._mounts.items():
        if transport is not None:
            client._mounts[pattern] = BoundedTransport(transport, most)


async def _read(stream: AsyncIterator[bytes] | httpx2.AsyncByteStream, most: int, cut: bool) -> bytes:
    chunks, size = [], 0
    async for chunk in stream:
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            if cut:
                break
            raise BodyTooLarge(most)
    return (chunks[0] if len(chunks) == 1 else b"".join(chunks))[:most]


async def _unpack(content: bytes, encodings: list[str], most: int, cut: bool) -> bytes:
    if len(encodings) > _MOST_ENCODINGS:
        raise BodyDecodingError("packed too often")
    for encoding in reversed(encodings):
        if content.lstrip()[:1] in (b"{", b"["):  # it says so and is not
            continue
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise BodyDecodingError(f"packed as {encoding[:20]}")
        if len(content) <= _INLINE // 10:
            unpacked = _inflate(content, _INLINE)
            if len(unpacked) < _INLINE:
                content = _whole(unpacked, most, cut)
                continue
        content = _whole(await asyncio.to_thread(_inflate, content, most + 1), most, cut)
    return content


def _whole(content: bytes, most: int, cut: bool) -> bytes:
    if len(content) > most and not cut:
        raise BodyTooLarge(most)
    return content[:most]


def _inflate(content: bytes, most: int) -> bytes:
    """At most so many bytes; of a body that is cut off, what there is, for the reader to judge."""
    window = zlib.MAX_WBITS | 32  # gzip or zlib, by its head
    for bits in (window, -zlib.MAX_WBITS):
        try:
            return zlib.decompressobj(bits).decompress(content, most)
        except zlib.error:
            continue
    raise BodyDecodingError("not what its header says")
