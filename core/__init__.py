"""Whetstone without its screen: from labelled text to a better prompt.

Nothing heavy is imported here: what programs and notebooks use (core/public.py, docs/library.md) is loaded when it is
asked for. `core.tuning.tune.tune` is where the story of the loop starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.version import __version__

if TYPE_CHECKING:
    from core.public import (
        Classifier,
        FewShot,
        Judge,
        Migration,
        Prompt,
        PromptEvaluation,
        PromptFile,
        Run,
        WhetstoneError,
        compare_versions,
        evaluate,
        judge,
        load_run,
        migrate,
        name_version,
        resume,
        run_tree,
        sample,
        tune,
        versions,
    )

__all__ = [
    "Classifier",
    "FewShot",
    "Judge",
    "Migration",
    "Prompt",
    "PromptEvaluation",
    "PromptFile",
    "Run",
    "WhetstoneError",
    "__version__",
    "compare_versions",
    "evaluate",
    "judge",
    "load_run",
    "migrate",
    "name_version",
    "resume",
    "run_tree",
    "sample",
    "tune",
    "versions",
]


def __getattr__(name: str) -> object:
    return load(name)


def load(name: str) -> object:
    """One of the public names. AttributeError for any other."""
    if name not in __all__:
        raise AttributeError(f"Whetstone has no {name!r}: it has {', '.join(__all__)}.")
    from core import public

    return getattr(public, name)
