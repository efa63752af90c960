"""What the name of a file among others says: whether it holds data, and of which part."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NO_DATA = re.compile(
    r"(?:readme|licen[cs]e|copying|notice|changelog|citation|authors?|thumbs\.db|desktop\.ini)\b.*",
    re.IGNORECASE,
)
_ABOUT = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "README.md")
_SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev", "eval", "evaluation"), "validation"),
    **dict.fromkeys(("test", "testing", "holdout", "heldout"), "test"),
}
_ARCHIVES = (".zip", ".tar", ".tgz")
_WORDS = re.compile(r"[a-z]+")


def is_about_data(name: str) -> bool:
    """Files in which Hugging Face says what the columns of others mean."""
    return name.rpartition("/")[2] in _ABOUT


def is_data(name: str, endings: Iterable[str]) -> bool:
    """By its name. `endings` are those that can be read."""
    *folders, base = name.split("/")
    if not may_be_data(name) or base.casefold().endswith(_ARCHIVES):
        return False
    return (
        base.rpartition(".")[2].casefold() in endings or ("." not in base and bool(folders)) or base.isdigit()
    )


def may_be_data(name: str) -> bool:
    """Hidden files, what macOS adds, and what people write for people are none."""
    *folders, base = name.split("/")
    hidden = not base or any(part.startswith(".") or part == "__MACOSX" for part in (*folders, base))
    return not hidden and not _NO_DATA.fullmatch(base) and not is_about_data(name)


def part_of(name: str) -> str:
    """train, validation or test, as the name or else a folder has it; "" where it says none or several."""
    *folders, base = name.casefold().split("/")
    for piece in (base, *reversed(folders)):
        parts = {_SPLITS[word] for word in _WORDS.findall(piece) if word in _SPLITS}
        if parts:
            return parts.pop() if len(parts) == 1 else ""
    return ""
