"""Strings that come again in a file, such as labels, in memory once."""

from __future__ import annotations

_MOST = 10_000  # different ones that are remembered, the first


class RepeatedStrings:
    """Of one file, while it is read."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def once(self, text: str) -> str:
        """The equal string that came before, if it is remembered; else `text` itself."""
        if len(self._known) < _MOST:
            return self._known.setdefault(text, text)
        return self._known.get(text, text)
