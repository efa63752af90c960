"""Whetstone without its screen: from labelled text to a better prompt.

Nothing heavy is imported here: what programs and notebooks use is loaded when it is asked for (docs/library.md).
`core.tuning.tune.tune` is where the story of the loop starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.version import __version__

if TYPE_CHECKING:
    from core.classifier import Classifier

__all__ = ["Classifier", "__version__"]


def __getattr__(name: str) -> object:
    return load(name)


def load(name: str) -> object:
    """One of the public names. AttributeError for any other."""
    if name not in __all__:
        raise AttributeError(f"Whetstone has no {name!r}: it has {', '.join(__all__)}.")
    from core.classifier import Classifier

    return {"Classifier": Classifier}[name]
