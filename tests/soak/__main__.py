"""`make soak`: every attack, or those named, and a table of what came of them. Exit code 1 where a promise was broken.

python -m tests.soak [ATTACK …] [--seed N]"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.soak.attacks import ATTACKS, Row, resumed_runs
from tests.soak.faults import faults
from tests.soak.kept import KEPT, Kept
from tests.soak.presses import presses
from tests.soak.tiny_files import tiny_files
from tests.soak.visitors import VISITORS

PAID = ("attack", "blows", "answered", "distinct", "repeats", "allowed", "told", "notes")
OTHERS = ("attack", "blows", "checked", "broken", "notes")
ALL = (*ATTACKS, resumed_runs, *KEPT, faults, tiny_files, *VISITORS, presses)


def main() -> int:
    names = [attack.__name__ for attack in ALL]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("attacks", nargs="*", choices=[[], *names], default=[])
    parser.add_argument("--seed", type=int, default=17)
    given = parser.parse_args()
    rows: list[Row | Kept] = []
    for attack in ALL:
        if not given.attacks or attack.__name__ in given.attacks:
            with tempfile.TemporaryDirectory(prefix="soak-") as folder:
                started = time.monotonic()
                rows.append(attack(Path(folder), given.seed))
            seconds = f"{time.monotonic() - started:.0f} s"
            print(*_cells(rows[-1]), seconds, sep=" | ", file=sys.stderr, flush=True)
    for kind, head in ((Row, PAID), (Kept, OTHERS)):
        if of_kind := [_cells(row) for row in rows if isinstance(row, kind)]:
            print(_table([head, *of_kind]))
    return 0 if all(row.kept for row in rows) else 1


def _cells(row: Row | Kept) -> tuple[str, ...]:
    if isinstance(row, Kept):
        return (
            row.attack,
            *map(str, (row.blows, row.checked, row.broken)),
            ("" if row.kept else "BROKEN; ") + row.notes,
        )
    figures = (row.blows, row.answered, row.distinct, row.repeats, row.allowed)
    told = "–" if row.told is None else str(row.told)
    return (row.attack, *map(str, figures), told, ("" if row.kept else "BROKEN; ") + row.notes)


def _table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    sys.exit(main())
