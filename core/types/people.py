"""Who works in a workspace, and what they may do there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Each may do what those before it may: look; change rows, labels and prompts; ask models, which costs money,
    and change how they are asked (keys, endpoints, limits, the cache)."""

    VIEWER = "viewer"
    EDITOR = "editor"
    SPENDER = "spender"


@dataclass(frozen=True, slots=True)
class Person:
    """`name` is what the history says, an e-mail address; empty where nobody signs in."""

    name: str = ""
    role: Role = Role.SPENDER


NOBODY = Person()  # the lone user, the command line, the HTTP API
