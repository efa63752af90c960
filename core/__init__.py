"""Whetstone without its screen: from labelled text to a better prompt.

Nothing heavy is imported here; `core.loop.tune.tune` is where the story starts.
"""

__version__ = "0.1.0"
