"""How many rows of each label each split should get, and which split needs a group of rows most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.types import SPLITS

# Labels with fewer rows cannot be in every split.
RARE = 4


@dataclass(frozen=True, slots=True)
class Quotas:
    """`wanted` counts the rows still wanted per label and split (below zero where a split got too many);
    `sizes` the rows per label; `parts` are the splits that there are to be."""

    wanted: dict[str, dict[str, int]]
    sizes: Mapping[str, int]
    parts: tuple[str, ...]

    def take(self, split: str, labels: Mapping[str, int]) -> None:
        for label, n in labels.items():
            self.wanted[label][split] -= n

    def neediest(self, labels: Mapping[str, int]) -> str:
        """The split that wants these rows most, each label's want measured against its size; the earlier
        among equals."""

        def need(split: str) -> float:
            return sum(
                n * self.wanted[label][split] / self.sizes[label] for label, n in sorted(labels.items())
            )

        return max(self.parts, key=need)


def quotas(sizes: Mapping[str, int], fractions: tuple[float, float, float]) -> Quotas:
    """Whole rows per label by largest remainder; ties go to the split that is furthest behind over all
    labels."""
    share = {
        split: fraction / sum(fractions)
        for split, fraction in zip(SPLITS, fractions, strict=True)
        if fraction > 0
    }
    behind = dict.fromkeys(share, 0.0)
    wanted: dict[str, dict[str, int]] = {}
    for label in sorted(sizes):
        wanted[label] = dict.fromkeys(SPLITS, 0) | (_few if sizes[label] < RARE else _many)(
            sizes[label], share, behind
        )
        for split in share:
            behind[split] += sizes[label] * share[split] - wanted[label][split]
    return Quotas(wanted, sizes, tuple(share))


def _few(n: int, share: Mapping[str, float], behind: Mapping[str, float]) -> dict[str, int]:
    """All rows train but the second, which goes to whichever other split is furthest behind."""
    others = [split for split in share if split != "train"]
    if n < 2 or not others:
        return {"train": n}
    return {"train": n - 1, max(others, key=lambda split: round(behind[split], 6)): 1}


def _many(n: int, share: Mapping[str, float], behind: Mapping[str, float]) -> dict[str, int]:
    rows = {split: int(n * share[split] + 1e-9) for split in share}
    by_remainder = sorted(
        share, key=lambda split: (-round(n * share[split] - rows[split], 6), -round(behind[split], 6))
    )
    for split in by_remainder[: n - sum(rows.values())]:
        rows[split] += 1
    return rows
