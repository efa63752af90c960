"""Long texts as UTF-8: read line by line as a string would be."""

from __future__ import annotations

import pytest

from core.data.formats.format import SourceFile
from core.data.formats.reading.delimited import read_table
from core.data.formats.reading.long_text import LongText

TEXT = 'text,label\r\n"a\nb",x\rgr\u00fc\u00df \U0001f41b\u2028,y\n\ud83d half,z'
LINES = ["text,label\r\n", '"a\n', 'b",x\r', "gr\u00fc\u00df \U0001f41b\u2028,y\n", "\ud83d half,z"]


def test_lines_are_those_of_the_text_below_any_of_its_characters():
    held = LongText.of(TEXT)
    assert list(held.lines()) == LINES and list(held.lines()) == LINES
    below = held.below(len("".join(LINES[:3])))
    assert list(below.lines()) == LINES[3:] and '"' in held and '"' not in below
    far = LongText.of("é\U0001f41b" * 30_000 + "\n" + TEXT)  # over many of the pieces in which it is decoded
    assert list(far.lines())[1:] == LINES and list(far.below(60_001).lines()) == LINES


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_bytes_of_a_file_are_held_and_none_beside_them(mark: bytes):
    raw = mark + "text,label\nein Käfer 🐛,bug\n".encode()
    held = LongText.of(raw.decode("utf-8-sig"), raw, "utf-8-sig", as_written=True)
    assert held.raw is raw and next(iter(held.lines())) == "text,label\n"
    file = SourceFile(raw, "a.csv")
    assert file.table.rows == (("ein Käfer 🐛", "bug"),) and "decoded" not in file.__dict__
    assert file.decoded[0].startswith("text,label"), "whoever needs the text gets it anew"


@pytest.mark.parametrize("end", [b"\0\0", b"\x1a", b"\xff"])
def test_what_is_mended_while_decoding_is_read_as_mended(end: bytes):
    assert read_table("text,label\nKäfer 🐛,bug".encode() + end).rows[0][0] == "Käfer 🐛"
