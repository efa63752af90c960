"""Whetstone, as programs and notebooks import it: from labelled text to a better prompt.

    from whetstone import tune

    run = tune([("fix crash on start", "bug"), …])

Nothing heavy is imported here; each name is loaded when it is first asked for (docs/library.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import __all__, __version__, load  # noqa: F401

if TYPE_CHECKING:
    from core.public import *  # noqa: F403


def __getattr__(name: str) -> object:
    return load(name)


def __dir__() -> list[str]:
    return __all__
