"""What every model is: a name, the exact request it would send, and a reply. A wrapped model is a model."""

from __future__ import annotations

from typing import Protocol

from core.types import Reply, Request

ROLES = ("lightweight", "heavyweight")


class Model(Protocol):
    """`name` is "provider:model"."""

    name: str

    def exact(self, request: Request) -> dict[str, object]:
        """All that would be sent: provider, base URL, every parameter, every message. Never a secret."""

    async def reply(self, request: Request) -> Reply:
        """Raises CallFailed (this call), ModelRefused (every call) or CapReached."""
