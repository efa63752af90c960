"""What came of several texts, in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, overload

from core.library.frames import frame
from core.library.html import html_of
from core.services.serving.classification import Classification
from core.types import Outcome
from core.wording import shortened

if TYPE_CHECKING:
    import pandas

_SHOWN = 50  # rows in a notebook


class Classifications(Sequence[Classification]):
    def __init__(self, items: Sequence[Classification]):
        self._items = tuple(items)

    @property
    def labels(self) -> list[str | None]:
        """None where there is no label: an unknown one, an unreadable reply, a failed call."""
        return [each.label if each.outcome is Outcome.LABEL else None for each in self._items]

    def to_frame(self) -> pandas.DataFrame:
        return frame(
            {
                "text": each.text,
                "label": label,
                "outcome": str(each.outcome),
                "reason": each.reason or each.error,
                "cost_usd": each.cost_usd,
            }
            for each, label in zip(self._items, self.labels, strict=True)
        )

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, at: int) -> Classification: ...
    @overload
    def __getitem__(self, at: slice) -> Classifications: ...
    def __getitem__(self, at: int | slice) -> Classification | Classifications:
        return Classifications(self._items[at]) if isinstance(at, slice) else self._items[at]

    def __iter__(self) -> Iterator[Classification]:
        return iter(self._items)

    def __repr__(self) -> str:
        lines = [
            f"{label or '(' + str(each.outcome).replace('_', ' ') + ')'}: {shortened(each.text)}"
            for each, label in zip(self._items[:_SHOWN], self.labels, strict=False)
        ]
        more = [f"… and {len(self) - _SHOWN:,} more"] if len(self) > _SHOWN else []
        return "\n".join([*lines, *more])

    def _repr_html_(self) -> str:
        return html_of(
            "classifications.html", {"items": self._items[:_SHOWN], "more": max(0, len(self) - _SHOWN)}
        )
