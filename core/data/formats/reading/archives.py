"""Sizes of packed files, before anything is unpacked: what a file says of itself must be bearable."""

from __future__ import annotations

import io
import zipfile

from core.errors import DataError

MOST_BYTES = 400_000_000


def check_size(n: int) -> None:
    """Raise DataError for more bytes than are read."""
    if n > MOST_BYTES:
        raise DataError(
            f"Unpacked, the file has {n / 1e6:,.0f} MB, more than the {MOST_BYTES / 1e6:,.0f} MB that are read: "
            "import a part of it, or fewer columns."
        )


def names_in_workbook(raw: bytes) -> list[str]:
    """The parts of an Excel workbook. DataError for other archives, and for one that is too large once
    unpacked: no more than the declared size of a part is ever read from it."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        raise DataError(
            "The file begins like an Excel workbook but is damaged: save it again as .xlsx or CSV (UTF-8)."
        ) from None
    names = [part.filename for part in parts]
    if "xl/workbook.bin" in names or "content.xml" in names:
        raise DataError(
            "The file is a spreadsheet, but no Excel workbook of the usual kind: save it as .xlsx or CSV (UTF-8)."
        )
    if not any(name.endswith("workbook.xml") for name in names):
        raise DataError(
            "The file is a ZIP archive, not an Excel workbook: unpack it and import the file inside."
        )
    check_size(sum(part.file_size for part in parts))
    return names
