"""Whetstone without its screen: from labelled text to a better prompt.

Nothing heavy is imported here; `core.tuning.tune.tune` is where the story starts, and `from core import
Classifier` where a tuned prompt goes to work.
"""

from __future__ import annotations

from core.version import __version__

__all__ = ["Classifier", "__version__"]


def __getattr__(name: str) -> object:
    """`Classifier` is loaded when it is asked for: importing core stays light."""
    if name != "Classifier":
        raise AttributeError("module 'core' has no attribute '" + name + "'")
    from core.classifier import Classifier

    return Classifier
