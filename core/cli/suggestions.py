"""What a word that is none was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


def meant(word: str, known: Iterable[str]) -> str:
    """The one of `known` that begins with `word`, or else the closest to it, whatever the case; "" where none is
    like it."""
    names = {name.casefold(): name for name in known}
    folded = word.casefold()
    longer = [name for name in names if folded.strip("-") and name.startswith(folded)]
    close = longer[:1] or get_close_matches(folded, names, 1, 0.6)
    return names[close[0]] if close else ""


def close_file(path: Path) -> Path | None:
    """The file of the same folder whose name comes closest."""
    there = sorted(each.name for each in path.parent.iterdir()) if path.parent.is_dir() else []
    name = meant(path.name, there)
    return path.parent / name if name else None
