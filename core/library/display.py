"""What is happening, while it happens: a bar (tqdm), a line per step, and in a notebook a chart that grows."""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from typing import Any, Protocol

from core.types import Progress

_BAR = "{desc} {bar} {n_fmt}/{total_fmt}{postfix}"


class Display(Protocol):
    """`html` is what a notebook draws instead of the `line`, in place of what was drawn before."""

    def say(self, line: str) -> None: ...

    def progress(self, progress: Progress) -> None: ...

    def step(self, line: str, html: str) -> None: ...

    def close(self) -> None: ...


def open_display(shown: bool) -> Display:
    if not shown:
        return NoDisplay()
    return NotebookDisplay() if in_notebook() else TerminalDisplay()


def in_notebook() -> bool:
    """Whether a Jupyter kernel runs this."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


class NoDisplay:
    def say(self, line: str) -> None:
        pass

    def progress(self, progress: Progress) -> None:
        pass

    def step(self, line: str, html: str) -> None:
        pass

    def close(self) -> None:
        pass


class TerminalDisplay:
    """On stderr: lines, and on a terminal a bar that clears itself."""

    def __init__(self, bar: bool | None = None) -> None:
        with warnings.catch_warnings():  # tqdm warns where a notebook lacks ipywidgets, and then draws text
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm

        self._tqdm: Any = tqdm
        self._bar: Any = None
        self._shows_bar = sys.stderr.isatty() if bar is None else bar
        self._what = ""

    def say(self, line: str) -> None:
        self._tqdm.write(line, file=sys.stderr)

    def progress(self, progress: Progress) -> None:
        if not self._shows_bar:
            return
        if self._bar is None:
            self._bar = self._tqdm(file=sys.stderr, leave=False, bar_format=_BAR)
        if progress.what != self._what or self._bar.total != (progress.total or None):
            self._what = progress.what
            self._bar.reset()
            self._bar.total = progress.total or None
            self._bar.set_description_str(progress.what, refresh=False)
        self._bar.set_postfix_str(progress.note, refresh=False)
        self._bar.update(progress.done - self._bar.n)

    def step(self, line: str, html: str) -> None:
        self.say(line)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


class NotebookDisplay(TerminalDisplay):
    """In the cell: the bar, and the steps so far as a chart. What is said stays above."""

    def __init__(self) -> None:
        super().__init__(bar=True)
        self._handle: Any = None

    def say(self, line: str) -> None:
        print(line)

    def step(self, line: str, html: str) -> None:
        ipython: Any = import_module("IPython.display")
        if self._handle is None:
            self._handle = ipython.display(ipython.HTML(html), display_id=True)
        else:
            self._handle.update(ipython.HTML(html))

    def close(self) -> None:
        """The chart goes, since the result shows it."""
        super().close()
        if self._handle is not None:
            self._handle.update(import_module("IPython.display").HTML(""))
