"""Whatever costs money goes this way: its price, then the button, a bar while it goes on, a problem in one
sentence; results stay in the session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from core.errors import WhetstoneError
from core.tuning.session import OnProgress
from core.types import Progress
from pages.ui import shell
from pages.ui.wording import escape_md

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PaidAction:
    """`opening` stands in the bar until there is progress, which `counted` puts into words; `ending` says
    what closing the window leaves."""

    label: str
    key: str
    icon: str | None = None
    type: str = "secondary"
    opening: str = "Asking …"
    counted: str = "{what}: {done:,} of {total:,}"
    ending: str = ""

    def offer(
        self, price: Callable[[], str] | None, work: Callable[[OnProgress], T], reason: str = ""
    ) -> T | None:
        """The price, or the `reason` why it cannot be done (Markdown), and the button. The result, where it
        was pressed and went well. Without a price there is nothing to press."""
        if reason:
            st.caption(reason)
        elif price is not None:
            with shell.sentences():
                st.text(price())
        return self.carry_out(work) if self.button(bool(reason) or price is None) else None

    def button(self, disabled: bool = False, help: str | None = None) -> bool:
        return st.button(
            self.label, key=self.key, icon=self.icon, type=self.type, disabled=disabled, help=help
        )

    def carry_out(self, work: Callable[[OnProgress], T]) -> T | None:
        """Blocks this page only; another press or another page ends it, and what was answered is in the
        cache."""
        bar = st.progress(0.0, self.opening)
        if self.ending:
            st.caption("Close this window to stop. " + self.ending)

        def on_progress(progress: Progress) -> None:
            if progress.total:
                words = self.counted.format(what=progress.what, done=progress.done, total=progress.total)
                slowed = shell.workspace().slowed()
                words += " · " + slowed if slowed else ""
                bar.progress(min(progress.done / progress.total, 1.0), escape_md(words))
            else:
                bar.progress(0.0, escape_md(progress.what) + " …")

        try:
            return work(on_progress)
        except WhetstoneError as problem:
            st.error(escape_md(str(problem)), icon=":material/error:")
            return None
        finally:
            bar.empty()


def session_results(name: str) -> dict[Any, Any]:
    """What was paid for in this session, by what it holds for."""
    return st.session_state.setdefault(name, {})
