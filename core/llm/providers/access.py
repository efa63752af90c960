"""Keys and addresses: read from the settings, fit to be sent, and never in a message where they are secret,
whole or in part."""

from __future__ import annotations

import json
import re
from urllib.parse import quote, urlsplit, urlunsplit

from core.errors import UsageError

# Providers echo keys with stars or dots in the middle ("sk-pr****abcd"); other keys of the usual shapes are
# masked too.
_WORD = re.compile(r"\S+")
_SHAPES = re.compile(r"\b(?:sk|pk|rk|gsk|xai|hf|AIza)[-_A-Za-z0-9]{12,}")
_RUN = re.compile(r"[A-Za-z0-9]{24,}")
_SHORTEST = 8  # characters of a key that a reply is searched for: "none" and "test" stand for none
NO_KEY = "no-key-needed"  # servers without keys still want the header


def check_key(key: str, variable: str, name: str) -> str:
    """The key that `name` takes from `variable`. Raises UsageError where there is none, or where it cannot be
    one."""
    if not key:
        raise UsageError(f"{name} needs a key: set {variable}.")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UsageError(f"The key in {variable} holds characters that no key has: copy it again.")
    return key


def looks_secret(text: str) -> bool:
    """Whether a text that should be a name has the shape of a key: a known prefix, or a long run of letters and
    digits without a word in it."""
    runs = (run for run in _RUN.findall(text) if any(letter.isdigit() for letter in run))
    return bool(_SHAPES.search(text)) or any(any(letter.isalpha() for letter in run) for run in runs)


def check_url(url: str, variable: str) -> str:
    """The address of `variable`. Raises UsageError where it is none."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(letter.isspace() for letter in url):
        raise UsageError(
            f"The address in {variable} is none: write it as http://host:port/v1 or https://host/v1."
        )
    if "@" in parts.netloc:
        raise UsageError(
            f"The address in {variable} holds a name or password: write it without, and give what the server wants as its key."
        )
    return url


def without_secret(text: str, secret: str) -> str:
    """`text` of a model without a key that the server has put into it. All else stays as it is."""
    if len(secret) >= _SHORTEST and secret != NO_KEY:
        for form in _forms(secret):
            text = text.replace(form, "[key]")
    return text


def masked(text: str, key: str) -> str:
    """`text` of an error without `key` in any form in which a server or library might echo it. Takes time in proportion to the
    text."""
    if len(key) >= 4:
        for form in _forms(key):
            text = text.replace(form, "[key]")
        ends = re.escape(key[:4]) + r"[^\s\"']{0,80}?(?:\.{2,}|…)[^\s\"']{0,80}"
        text = re.sub(ends, "[key]", text)
    if "***" in text:
        text = _WORD.sub(lambda word: "[key]" if "***" in word[0] else word[0], text)
    return _SHAPES.sub("[key]", text)


def _forms(key: str) -> set[str]:
    return {key, quote(key, safe=""), json.dumps(key)[1:-1], repr(key)[1:-1]}


def public_url(url: str) -> str:
    """The address without a user name, password, query or closing slash: fit to be shown and to be part of a
    cache key."""
    try:
        parts = urlsplit(url)
    except ValueError:  # a server may send anything as an address
        return ""
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
