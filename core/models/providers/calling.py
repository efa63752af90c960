"""One attempt at one call through an official SDK's asynchronous client.

The body goes out as bytes through the client's own `post` with the bare HTTP response asked back: the SDK does addresses, keys, proxies,
timeouts and errors, and builds no response models, which took 40 % of the time (facts.md section 2).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeVar

import msgspec

from core.models.providers.failures import Caller, from_connection, from_status, unreadable

CONNECT_SECONDS = 10.0
_HEADERS = {"content-type": "application/json"}

Form = TypeVar("Form")


@dataclass(frozen=True, slots=True)
class Way:
    """Where calls go: which SDK and client class, the address, the seconds after which a silent server is given up, and for tests another
    HTTP client than the SDK's own one on aiohttp. `foreign`: not the SDK's own vendor, who alone may see account ids of the environment."""

    sdk: str
    client: str
    base_url: str
    seconds: float = 600.0
    foreign: bool = False
    http_client: Callable[[], object] | None = None


class Line:
    """A way to one provider: an SDK client, made on first use inside the running loop, and made anew if the loop is another one."""

    def __init__(self, caller: Caller, way: Way):
        self.caller = caller
        self._way = way
        self._client: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def post(self, path: str, body: dict[str, object], form: type[Form]) -> Form:
        """The reply's JSON read as `form`. Raises CallFailed, ModelRefused, or Filtered."""
        sdk, client = self._open()
        try:
            response = await client.post(path, cast_to=self._response, content=encode(body), options={"headers": _HEADERS})
        except sdk.APIStatusError as error:
            raise from_status(self.caller, error.status_code, error.response.headers, error.body) from None
        except (sdk.APIConnectionError, OSError) as error:
            raise from_connection(self.caller, error) from None
        return self._read(response, form)

    def _read(self, response: Any, form: type[Form]) -> Form:
        try:
            return msgspec.json.decode(response.content, type=form)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
        try:  # some servers send an error with status 200, under the code that the status should have had
            error = json.loads(response.content)["error"]
            code = error["code"] if type(error["code"]) is int else 500
        except (ValueError, TypeError, KeyError):
            raise unreadable(self.caller, "a reply that is cut off or not JSON") from None
        raise from_status(self.caller, code, response.headers, {"error": error}) from None

    def _open(self) -> tuple[Any, Any]:
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            import httpx2

            way = self._way
            self._sdk: Any = import_module(way.sdk)
            self._response, self._loop = httpx2.Response, loop
            timeout = self._sdk.Timeout(way.seconds, connect=CONNECT_SECONDS)
            carrier = way.http_client() if way.http_client else self._sdk.DefaultAioHttpClient(timeout=timeout)
            make = getattr(self._sdk, way.client)
            self._client = make(api_key=self.caller.key, base_url=way.base_url, max_retries=0, timeout=timeout, http_client=carrier)
            if way.foreign:
                self._client.organization = self._client.project = None
        return self._sdk, self._client

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.close()


def encode(body: dict[str, object]) -> bytes:
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:  # a lone surrogate in somebody's text
        return json.dumps(body).encode("ascii")
