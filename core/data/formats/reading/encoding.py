"""Bytes to text: which encoding, and what to say about it."""

from __future__ import annotations

import codecs

from core.errors import DataError
from core.wording import counted, quoted

_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_BINARY = (
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old or encrypted Excel workbook"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF-", "a PDF"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (b"\x89PNG", "an image"),
)


def decode_text(raw: bytes, encoding: str = "") -> tuple[str, str, list[str]]:
    """The text of `raw` without its byte order mark, the encoding used, and notices.

    Without `encoding`: what a byte order mark says, else UTF-8, else Windows-1252 with a notice. A few bytes that
    the encoding has no letter for become U+FFFD, with a notice, so that all others keep their letters. Raises
    DataError.
    """
    for magic, what in _BINARY:
        if raw.startswith(magic):
            raise DataError(
                f"The file is {what}, not a text file: open it with its own program and save the table as CSV (UTF-8)."
            )
    notices: list[str] = []
    used, text = (encoding, None) if encoding else _guess(raw, notices)
    try:
        text = _decoded(raw, used, notices, bool(encoding)) if text is None else text
    except LookupError:
        raise DataError(
            f"There is no text encoding named {quoted(used)}: choose one such as utf-8, utf-16 or cp1252."
        ) from None
    except (UnicodeError, ValueError):
        raise DataError(_undecodable(used, bool(encoding))) from None
    text = text.removeprefix("\ufeff").rstrip("\0\x1a")  # old programs fill the end of a file
    if "\0" in text:
        raise DataError(
            "The file holds NUL bytes, so it is no plain text or its encoding was guessed wrongly: "
            "save it as CSV (UTF-8), or choose its encoding (utf-16, for instance)."
        )
    return text, used, notices


def _decoded(raw: bytes, used: str, notices: list[str], chosen: bool) -> str:
    try:
        return raw.decode(used)
    except UnicodeDecodeError:
        if used == "cp1252" and not chosen:  # a guess, and a wrong one
            raise
        text = raw.decode(used, "replace")
        bad, letters = _bad_and_other_letters(text, raw)
        if 2 * bad > letters and 100 * bad > len(text):
            raise
    line = text.count("\n", 0, text.index("\ufffd")) + 1
    where = f"on line {line:,}" if bad == 1 else f"the first on line {line:,}"
    other = ", such as Windows-1252" if used == "utf-8" and not chosen else ""
    name = used.upper().removesuffix("-SIG")
    notices.append(
        f"{counted(bad, 'place')} in the file, {where}, cannot be read as {name}: � stands there, all other letters "
        f"are as they were; if letters look wrong, choose another encoding{other}."
    )
    return text


def _bad_and_other_letters(text: str, raw: bytes) -> tuple[int, int]:
    """Of a text with U+FFFD for every byte that could not be read: how many these are, and how many letters
    beyond ASCII were read well."""
    bad = text.count("\ufffd") - raw.count(b"\xef\xbf\xbd")
    return bad, len(text) - len(text.encode("ascii", "ignore")) - bad


def _guess(raw: bytes, notices: list[str]) -> tuple[str, str | None]:
    """The encoding, and the text where finding out has made it."""
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return encoding, None
    try:
        return "utf-8", raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
    bad, letters = _bad_and_other_letters(raw.decode("utf-8", "replace"), raw)
    if 2 * bad <= letters:
        return "utf-8", None
    notices.append(
        f"The file is not UTF-8 (first noticed on line {line:,}), so it was read as Windows-1252: "
        "if letters look wrong, choose another encoding."
    )
    return "cp1252", None


def _undecodable(used: str, chosen: bool) -> str:
    if chosen:
        return f"The file cannot be read as {quoted(used)}: choose another encoding, or save the file as CSV (UTF-8)."
    if used == "cp1252":
        return (
            "The file is neither UTF-8 nor Windows-1252 text: choose its encoding, or save it as CSV (UTF-8)."
        )
    return (
        f"The file begins like {used.upper()} text but is damaged further on: save it again as CSV (UTF-8)."
    )
