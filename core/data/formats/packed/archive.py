"""The files inside a ZIP or TAR archive. Their names are names only: nothing is written anywhere."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from core.data.table import check_unpacked_size
from core.errors import DataError

ENDINGS = ("zip", "tar", "tgz")
MOST_FILES = 200_000
_SPREADSHEETS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
_PIECE = 1_000_000


def is_archive(raw: bytes) -> bool:
    """Not so a workbook, which is a ZIP archive inside."""
    if raw[257:262] == b"ustar":
        return True
    if not raw.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
        return False
    return not any(name in _SPREADSHEETS or name.endswith("workbook.xml") for name in names)


def archive_files(raw: bytes, wanted: Callable[[str], bool]) -> Mapping[str, bytes]:
    """The files by name; those that are not wanted are empty. DataError for an archive that is damaged, locked or
    too large once unpacked."""
    with _damage_told():
        return dict(_tar_files(raw, wanted) if raw[257:262] == b"ustar" else _zip_files(raw, wanted))


def _zip_files(raw: bytes, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        chosen = [member for member in members if wanted(member.filename)]
        _check(len(members), sum(member.file_size for member in chosen))
        if any(member.flag_bits & 1 for member in chosen):
            raise DataError("The ZIP archive is locked by a password: unpack it and import the file inside.")
        for member in members:
            content = b""
            if wanted(member.filename):
                with archive.open(member) as file:  # in pieces, so that it ends at the size declared
                    content = b"".join(iter(partial(file.read, _PIECE), b""))
            yield member.filename, content


def _tar_files(raw: bytes, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
        members = [member for member in archive if member.isfile()]
        _check(len(members), sum(member.size for member in members if wanted(member.name)))
        for member in members:
            file = archive.extractfile(member) if wanted(member.name) else None
            yield member.name, file.read() if file else b""


def _check(n: int, size: int) -> None:
    if n > MOST_FILES:
        raise DataError(
            f"The archive holds {n:,} files, more than the {MOST_FILES:,} that are read: import a part of it."
        )
    check_unpacked_size(size)


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        ValueError,
        EOFError,
        OSError,
    ):
        raise DataError(
            "The archive is damaged or packed in an unusual way: pack it again, or import the file inside."
        ) from None
