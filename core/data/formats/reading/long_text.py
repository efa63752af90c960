"""A text that may be long, as UTF-8: in a Python string, one emoji makes every letter take four bytes."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable
from dataclasses import dataclass

HEAD = 1_000_000
_HALVES = "surrogatepass"  # half surrogate pairs, which UTF-8 knows none of, stay what they are


@dataclass(frozen=True, slots=True)
class LongText:
    """`head`: the first HEAD characters, of a short text all. `raw` holds the text from byte `start` on."""

    head: str
    raw: bytes
    start: int = 0

    @classmethod
    def of(cls, text: str, raw: bytes = b"", used: str = "", as_written: bool = False) -> LongText:
        """`raw` and `used` as decode_text had and gave them; `as_written`: it changed nothing. Then the bytes of the file
        are held, if they are UTF-8, and none beside them."""
        if as_written and used in ("utf-8", "utf-8-sig") and not raw.endswith((b"\0", b"\x1a")):
            mark = codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b""
            return cls(text[:HEAD], raw, len(mark))
        return cls(text[:HEAD], text.encode("utf-8", _HALVES))

    def below(self, n: int) -> LongText:
        """Without its first `n` characters, no more than the head has."""
        return LongText(self.head[n:], self.raw, self.start + len(self.head[:n].encode("utf-8", _HALVES)))

    def lines(self) -> Iterable[str]:
        """With their ends, \\r, \\n or both, as they stand. Each is read when it is asked for."""
        source = io.BytesIO(self.raw)
        source.seek(self.start)
        return io.TextIOWrapper(source, "utf-8", _HALVES, newline="")

    def __contains__(self, letter: str) -> bool:
        return self.raw.find(letter.encode(), self.start) >= 0

    def __len__(self) -> int:
        """In bytes."""
        return len(self.raw) - self.start
