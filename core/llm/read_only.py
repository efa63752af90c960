"""A model that nobody may ask: what was asked before comes from the cache above it, anything else is a failed
call."""

from __future__ import annotations

from core.errors import CallFailed
from core.llm.layer import Layer
from core.types import Reply, Request


class ReadOnly(Layer):
    """For a workspace that is only shown: nothing is spent. It needs no key."""

    async def reply(self, request: Request) -> Reply:
        raise CallFailed(
            f"{self.name} was not asked this before, and in a workspace shown read-only nothing is asked anew."
        )
