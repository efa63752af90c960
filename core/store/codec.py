"""Records to JSON text and back, straight from their dataclasses; large ones compressed.

A payload of an older shape decodes as long as the fields it lacks have defaults; fields it has too many are
ignored.
"""

from __future__ import annotations

import secrets
import zlib
from typing import Any, TypeVar

import msgspec

from core.errors import DataError, StoreError

T = TypeVar("T")

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no letters that look alike, nothing that needs quoting


def new_id() -> str:
    """Ten random characters (49 bits), safe in addresses, on command lines and as file names."""
    return "".join(secrets.choice(ALPHABET) for _ in range(10))


def encode(record: Any) -> str:
    """JSON text. StoreError where it would not decode again (a number that is not finite, say)."""
    try:
        raw = msgspec.json.encode(record)
    except UnicodeEncodeError:  # a model wrote half a surrogate pair: no reason to lose what was paid for
        raw = msgspec.json.encode(_without_surrogates(msgspec.to_builtins(record)))
    if not isinstance(record, dict | list | tuple):
        _read(raw, type(record), "A record would not be readable again, so it was not stored")
    return raw.decode()


def decode(text: str | bytes, shape: type[T]) -> T:
    return _read(text, shape, "A stored record is damaged: restore the workspace from a backup")


def pack(record: Any) -> bytes:
    """Compressed JSON, for steps, results and snapshots. Level 1: nearly as small as 6 on such text, four
    times as fast."""
    return zlib.compress(encode(record).encode(), 1)


def unpack(payload: bytes, shape: type[T]) -> T:
    try:
        return decode(zlib.decompress(payload), shape)
    except zlib.error as error:
        raise StoreError("A stored record is damaged: restore the workspace from a backup.") from error


def storable(text: str, what: str) -> str:
    """The text itself, or DataError where no database can hold it; `what` begins the sentence ("The
    name")."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DataError(
            what + " holds half of a character (a lone surrogate), which cannot be stored: remove it."
        ) from None
    if "\0" in text:
        raise DataError(what + " holds a NUL character, which cannot be stored: remove it.")
    return text


def _read(raw: str | bytes, shape: type[T], trouble: str) -> T:
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.DecodeError as error:  # ValidationError is one
        raise StoreError(trouble + " (" + str(error) + ").") from error


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in value]
    return value
