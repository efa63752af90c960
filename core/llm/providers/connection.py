"""One attempt at one call through an official SDK's asynchronous client, on aiohttp.

The first call to an address goes through the client's own `post`. The request that the SDK built for it
(address, key, headers, timeouts) is kept, and later calls send it again over the SDK's HTTP client with
another body; replies are read here, without response models. CPU per call, measured (2,000 calls, 100 at
once): `create()` 0.86 ms, `post` 0.41 ms, this 0.20 ms, aiohttp with nothing around it 0.11 ms.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import msgspec

from core.llm.providers.bodies.answer_body import broken_choice, has_answer
from core.llm.providers.bodies.error_body import read_error, says_error
from core.llm.providers.bodies.json_body import body_text, decode_json
from core.llm.providers.failures import (
    BodyDecodingError,
    BodyTooLarge,
    Caller,
    from_answer,
    from_connection,
    from_status,
    unreadable,
)

CONNECT_SECONDS = 10.0
MOST_BYTES = 8_000_000  # of an answer: a hundred times the longest
MOST_TEXT_OF_NO_JSON = 64_000
_HEADERS = {"content-type": "application/json", "accept-encoding": "gzip, deflate"}
_MOST_FORMS = 3  # as it is, as a stream, as a stream without options
_WANTS_STREAM = re.compile(
    r"(?:only supports?|must|require[sd]?|please|enable|need|set|use).{0,40}\bstream|\bstream\w*\b.{0,40}(?:only|required|must be|true)"
)


@dataclass(frozen=True, slots=True)
class Extras:
    """What goes along with every call: `headers` (None: one of the SDK's that stays out) and the `query` behind
    the path. `secrets` are the keys among the headers' values. `from_environment`: headers that the SDK takes
    from the environment go along, since the address is from there, too."""

    headers: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    from_environment: bool = False

    def exact(self) -> dict[str, object]:
        """What of it may be shown, and makes another request of the same body."""
        public = {
            name: value
            for name, value in self.headers.items()
            if value is not None and not any(secret in value for secret in self.secrets)
        }
        return {key: value for key, value in (("query", dict(self.query)), ("headers", public)) if value}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where calls go: which SDK and client class, the address and the path behind it, and the seconds after
    which a silent server is given up. `foreign`: not the SDK's own vendor, who alone may see account ids of
    the environment. `most_bytes`: of a body. `http_client` is for tests."""

    sdk: str
    client: str
    base_url: str
    path: str
    seconds: float = 600.0
    foreign: bool = False
    extras: Extras = field(default_factory=Extras)
    most_bytes: int = MOST_BYTES
    http_client: Callable[[], object] | None = None


class Connection:
    """A way to one provider: an SDK client, made on first use inside the running loop, and made anew if the
    loop is another one."""

    def __init__(self, caller: Caller, endpoint: Endpoint):
        self.caller = caller
        self.endpoint = endpoint
        self._open: _Open | None = None
        self._streaming: dict[str, object] = {}

    @property
    def streams(self) -> bool:
        """Whether the server was found to answer only as a stream."""
        return bool(self._streaming)

    async def post(self, body: dict[str, object]) -> Mapping[str, object]:
        """The decoded reply. Raises CallFailed, ModelRefused, or Filtered."""
        for _ in range(_MOST_FORMS):
            response = await self._send(body)
            decoded = _decoded(response)
            if response.is_success:
                return self._checked(response, decoded)
            if b"stream" not in response.content or not self._learns_to_stream(decoded):
                break
        raise from_status(self.caller, response.status_code, response.headers, decoded)

    async def _send(self, body: dict[str, object]) -> Any:
        if self.endpoint.sdk not in sys.modules:  # a second or more, in which others' calls go on
            await asyncio.to_thread(import_module, self.endpoint.sdk)
        opened = self._opened()
        try:
            return await opened.send(_encoded({**body, **self._streaming} if self._streaming else body))
        except opened.broken as error:
            raise from_connection(self.caller, error) from None

    def _checked(self, response: Any, decoded: object) -> Mapping[str, object]:
        if isinstance(decoded, list) and decoded and isinstance(decoded[0], dict) and decoded[0].get("error"):
            decoded = decoded[0]
        if not isinstance(decoded, dict):
            page = isinstance(decoded, str) and read_error(decoded).page
            what = (
                "a web page instead of a reply: check the address"
                if page
                else "a reply that is cut off or not JSON"
            )
            raise unreadable(self.caller, what)
        broken = broken_choice(decoded)
        if broken is not None:
            raise from_answer(self.caller, response.headers, {"error": broken})
        if not has_answer(decoded) and not decoded.get("data") and says_error(decoded):
            raise from_answer(self.caller, response.headers, decoded)
        return decoded

    def _learns_to_stream(self, decoded: object) -> bool:
        """True where the server wants a request that it would take: from now on all are sent so."""
        words = read_error(decoded).text.lower()
        if "stream_options" in words and self._streaming:
            self._streaming = {"stream": True}
        elif not self._streaming and _WANTS_STREAM.search(words):
            options = (
                {"stream_options": {"include_usage": True}} if "completions" in self.endpoint.path else {}
            )
            self._streaming = {"stream": True, **options}
        else:
            return False
        return True

    def _opened(self) -> _Open:
        loop = asyncio.get_running_loop()
        if self._open is None or self._open.loop is not loop:
            self._open = _Open(self.endpoint, self.caller.key, loop)
        return self._open

    async def close(self) -> None:
        opened, self._open = self._open, None
        if opened is not None and opened.loop is asyncio.get_running_loop():
            await opened.client.close()


class _Open:
    """An SDK client of one event loop, and the request that it built."""

    def __init__(self, way: Endpoint, key: str, loop: asyncio.AbstractEventLoop):
        import aiohttp
        import httpx2

        from core.llm.providers.bounded_transport import bound

        sdk: Any = import_module(way.sdk)
        timeout = sdk.Timeout(way.seconds, connect=CONNECT_SECONDS)
        self.loop = loop
        self.broken = (
            sdk.APIConnectionError,
            httpx2.RequestError,
            aiohttp.ClientError,
            OSError,
            BodyTooLarge,
            BodyDecodingError,
        )
        self._refused = sdk.APIStatusError
        self._path = way.path
        self._request, self._response = httpx2.Request, httpx2.Response
        self._built: tuple[Any, Any, Any] | None = None
        make: Any = way.http_client or (lambda: sdk.DefaultAioHttpClient(timeout=timeout))
        self._carrier: Any = make()
        self._carrier.follow_redirects = False  # to another host, keys would go along
        bound(self._carrier, way.most_bytes)
        self._carrier.event_hooks = {"request": [self._keep]}
        self.client: Any = getattr(sdk, way.client)(
            api_key=key,
            base_url=way.base_url,
            max_retries=0,
            timeout=timeout,
            http_client=self._carrier,
            default_query=dict(way.extras.query) or None,
        )
        if way.foreign:
            self.client.organization = self.client.project = None
        if not way.extras.from_environment:  # what OPENAI_CUSTOM_HEADERS and its like hold
            self.client._custom_headers = {}
        given = {name: sdk.Omit() if value is None else value for name, value in way.extras.headers.items()}
        self._headers = {**_HEADERS, **given}

    async def send(self, content: bytes) -> Any:
        """The HTTP response, whatever its status."""
        if self._built is not None:
            url, headers, extensions = self._built
            return await self._carrier.send(
                self._request("POST", url, headers=headers, content=content, extensions=extensions)
            )
        try:
            return await self.client.post(
                self._path, cast_to=self._response, content=content, options={"headers": self._headers}
            )
        except self._refused as error:
            return error.response

    async def _keep(self, request: Any) -> None:
        """Runs when the SDK has built a request, before it leaves."""
        headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"content-length"]
        self._built = request.url, headers, request.extensions
        self._carrier.event_hooks = {}


def _encoded(body: dict[str, object]) -> bytes:
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:  # a lone surrogate in somebody's text
        return json.dumps(body).encode("ascii")


def _decoded(response: Any) -> object:
    """JSON, or the text of what is none."""
    kind = response.headers.get("content-type", "")
    try:
        return decode_json(response.content, kind)
    except ValueError:
        return body_text(response.content[:MOST_TEXT_OF_NO_JSON], kind)
