"""What both batch services share: a client of the official SDK, its errors in words, and files read line by line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from core.llm.batches.service import BatchGone, ProviderBatch
from core.llm.providers.access import public_url
from core.llm.providers.bodies.json_body import decode_json
from core.llm.providers.connection import CONNECT_SECONDS, MOST_BYTES
from core.llm.providers.failures import Caller, Filtered, from_connection, from_status, unreadable
from core.llm.providers.provider import ModelTarget

UPLOAD_SECONDS = 600.0
TRIES = 2  # more, of what only looks; a batch is sent once, since a lost answer does not say that it never arrived


class SdkClient:
    """`sdk` is "openai" or "anthropic", `client` the name of its class. `foreign`: not the SDK's own vendor, who alone may see
    account ids of the environment. Errors are those of `caller`."""

    def __init__(self, target: ModelTarget, sdk: str, client: str, foreign: bool = False):
        module: Any = import_module(sdk)
        self.caller = Caller(target.name, public_url(target.url), target.key, target.extras.secrets)
        self._target, self._foreign = target, foreign
        self._refused, self._broken = module.APIStatusError, module.APIConnectionError
        self._wrong = getattr(module, f"{client}Error")  # whatever the SDK raises
        timeout = module.Timeout(UPLOAD_SECONDS, connect=CONNECT_SECONDS)
        # to another host, keys would go along
        self._carrier = module.DefaultHttpxClient(timeout=timeout, follow_redirects=False)
        self._class = getattr(module, client)
        self.made: Any = self._make(0)
        self.patient: Any = self._make(TRIES)  # where nothing is sent

    def _make(self, tries: int) -> Any:
        target = self._target
        made: Any = self._class(
            api_key=target.key, base_url=target.url, max_retries=tries, http_client=self._carrier
        )
        if not target.extras.from_environment:  # what OPENAI_CUSTOM_HEADERS and its like hold
            made._custom_headers = {}
        if self._foreign:
            made.organization = made.project = None
        return made

    @contextmanager
    def in_words(self, batch_id: str = "") -> Iterator[None]:
        """Raises CallFailed or ModelRefused; BatchGone where it is this batch that is asked for, and there is none."""
        import httpx2

        try:
            yield
        except self._refused as error:
            if batch_id and error.status_code == 404:
                raise BatchGone(
                    f"{self.caller.url} does not know {batch_id}: it was deleted there, or belongs to another account than "
                    "the key that is set."
                ) from None
            failure = from_status(self.caller, error.status_code, error.response.headers, error.body)
            if isinstance(failure, Filtered):
                raise unreadable(self.caller, f"a refusal of the whole batch: {failure}") from None
            raise failure from None
        except (self._broken, httpx2.RequestError, OSError) as error:
            raise from_connection(self.caller, error) from None
        except self._wrong as error:
            raise unreadable(self.caller, f"an answer that is none ({type(error).__name__})") from None

    def checked(self, answer: Any, read: Callable[[Any], ProviderBatch]) -> ProviderBatch:
        """CallFailed for an answer of another form, as servers give that have no batch service."""
        try:
            if isinstance(answer.id, str):
                return read(answer)
        except (AttributeError, TypeError, ValueError, OverflowError):
            pass
        raise unreadable(self.caller, "an answer that is no batch: check the address")

    def records(self, chunks: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        """The objects of a JSON Lines file: an empty one for a line that is none, or too long."""
        for line in _lines(chunks):
            try:
                record = decode_json(line)
            except (ValueError, RecursionError):
                record = None
            yield record if isinstance(record, dict) else {}

    def close(self) -> None:
        self._carrier.close()


def line_of(entry: object) -> bytes:
    """All ASCII: no line separator of Unicode can break a line in two."""
    return json.dumps(entry).encode("ascii") + b"\n"


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Those that are not blank; the beginning of one that is too long."""
    line = b""
    for chunk in chunks:
        first, *more = chunk.split(b"\n")
        if len(line) <= MOST_BYTES:
            line += first
        if more:
            *whole, rest = more
            yield from filter(bytes.strip, [line, *whole])
            line = rest
    if line.strip():
        yield line
