"""The guides of docs/, as the Help page shows them: no network, and those of the version that runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "docs"
FIRST = "dashboard"
NOT_SHOWN = "\n## For those who change the code\n"  # the last section of a guide
CODE = re.compile(r"(```.*?```|``.+?``|`[^`\n]+`)", re.DOTALL)
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Guide:
    """`name` is the file's without its ending, `text` its Markdown without the title and what is for developers."""

    name: str
    title: str
    text: str


def guides() -> dict[str, Guide]:
    """By name: what one reads first, then in the order of the alphabet."""
    read = (_guide(path) for path in FOLDER.glob("*.md"))
    return {each.name: each for each in sorted(read, key=lambda each: (each.name != FIRST, each.title))}


def _guide(path: Path) -> Guide:
    title, _, text = path.read_text(encoding="utf-8").partition(NOT_SHOWN)[0].partition("\n")
    return Guide(path.stem, title.removeprefix("# "), _for_screen(text.strip()))


def _for_screen(text: str) -> str:
    """Dollars are money, not formulas; a link to another guide opens it here; other files are only named."""
    parts = CODE.split(text)
    parts[::2] = [LINK.sub(_link, part.replace("$", r"\$")) for part in parts[::2]]
    return "".join(parts)


def _link(found: re.Match) -> str:
    words, target = found.groups()
    name, _, anchor = target.partition("#")
    if target.startswith(("https://", "#")):
        return found[0]
    if name.endswith(".md") and "/" not in name:
        return f"[{words}](?guide={name.removesuffix('.md')}{'#' * bool(anchor)}{anchor})"
    return words
