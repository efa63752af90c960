"""The cache of a run with models that cost nothing: kept as long as the run, so that each run counts the same
calls."""

from __future__ import annotations

from core.types import Reply


class Memory:
    """Has of `ReplyCache` what `Cached` asks for."""

    def __init__(self) -> None:
        self._kept: dict[str, Reply] = {}

    def get(self, key: str) -> Reply | None:
        return self._kept.get(key)

    def set_soon(self, key: str, reply: Reply) -> None:
        self._kept[key] = reply

    def count_hit(self, saved_usd: float | None) -> None:
        """Nothing is saved where nothing costs."""
