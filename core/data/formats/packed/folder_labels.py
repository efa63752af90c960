"""A folder per label with a text file per example, as of aclImdb or 20 Newsgroups: pos/1.txt, train/neg/2.txt."""

from __future__ import annotations

from collections.abc import Mapping

from core.data.fields import ColumnMap
from core.data.formats.packed.names import part_of
from core.data.formats.reading.encoding import decode_text
from core.data.table import Table
from core.errors import DataError
from core.wording import counted, quoted

_NO_LABEL = ("unsup", "unlabeled", "unlabelled", "unsupervised")


def texts_by_folder(parts: Mapping[str, bytes], encoding: str) -> Table | None:
    """None for files of another kind."""
    if len(parts) < 2 or not all(_is_text(name) for name in parts):
        return None
    folders = {name.split("/")[-2] for name in parts}
    if len(folders) < 2 or all(part_of(folder) for folder in folders):
        return None
    rows: list[tuple[str, str, str, str]] = []
    empty = 0
    notices: list[str] = []
    for name, raw in sorted(parts.items()):
        text = _text(name, raw, encoding, notices)
        empty += not text.strip()
        *above, label, _ = name.split("/")
        if text.strip():
            rows.append((text, "" if label in _NO_LABEL else label, part_of("/".join(above)), name))
    if len(notices) > 1:
        notices = [f"{notices[0]} So it is with {counted(len(notices) - 1, 'other file')}."]
    known = ColumnMap(("text",), "label", id="id", split="split")
    left_out = {"empty files": empty} if empty else {}
    title = "text files, a folder per label"
    columns = ("text", "label", "split", "id")
    return Table(columns, tuple(rows), "utf-8", "", tuple(notices), title, known, False, left_out=left_out)


def _is_text(name: str) -> bool:
    *folders, base = name.split("/")
    return bool(folders) and (base.casefold().endswith(".txt") or "." not in base or base.isdigit())


def _text(name: str, raw: bytes, encoding: str, notices: list[str]) -> str:
    try:
        text, _, told = decode_text(raw, encoding)
    except DataError as wrong:
        raise DataError(f"{quoted(name)}: {wrong}") from None
    notices += [f"{quoted(name)}: {sentence}" for sentence in told]
    return text
