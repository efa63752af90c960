"""What a format is, and a file on its way into one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.data.formats.reading.delimited import read_text
from core.data.formats.reading.dialect import delimiter_by_name
from core.data.formats.reading.encoding import decode_text
from core.data.formats.reading.entries import Provenance
from core.data.formats.reading.json_text import Record, read_records
from core.data.formats.reading.long_text import HEAD, LongText
from core.data.table import Table
from core.errors import DataError
from core.types import Dataset

_JSON = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[{\]])")
_JSON_ENDINGS = ("json", "jsonl", "ndjson")
_YAML = re.compile(
    r"(?:---|(?:- )?(?:tests|vars|prompts|providers|targets|defaultTest|description|assert|scenarios|evalId|config"
    r"|assertionTemplates|evaluateOptions|env|tags|sharing|metadata)\s*:)"
)
# Lines as `str.splitlines` has them.
_FILLED_LINE = re.compile("[^\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]+")
_YAML_ENDINGS = ("yaml", "yml")
_TEST = re.compile(r"^[ \t]*(?:- )?(?:vars|tests|scenarios|testCase)[ \t]*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user says of a file, where finding out goes wrong. Empty: find out. `encoding` of text, `sheet`
    of a workbook by name, `delimiter` between the cells of a text file; `header`: whether its first line names
    the columns."""

    encoding: str = ""
    sheet: str = ""
    delimiter: str = ""
    header: bool | None = None


Beside = Callable[[str], bytes | None]


def nothing_beside(name: str) -> None:
    """Of an upload nothing else is known."""


def no_names() -> Sequence[str]:
    """As `nothing_beside`."""
    return ()


class SourceFile:
    """The bytes of a file, parsed at most once. What it looks like is asked without an error: a file that
    cannot be read as what it looks like is refused by the format that reads it. `beside` gives the bytes of
    another file by its name relative to this one, from the same folder or below, or None; `names_beside` gives
    such names. Nothing in a file is run or fetched."""

    def __init__(
        self,
        raw: bytes,
        name: str = "",
        options: ReadOptions = ReadOptions(),
        beside: Beside = nothing_beside,
        names_beside: Callable[[], Sequence[str]] = no_names,
    ):
        self.raw, self.options, self.beside, self.names_beside = raw, options, beside, names_beside
        self.ending = name.rpartition(".")[2].casefold()

    @cached_property
    def decoded(self) -> tuple[str, str, list[str]]:
        """Text, encoding, notices. DataError."""
        return decode_text(self.raw, self.options.encoding)

    @cached_property
    def head(self) -> str:
        """The beginning of the text. DataError."""
        return self.decoded[0][:HEAD]

    @cached_property
    def syntax(self) -> str:
        """json, yaml or csv, by content first and by name second; "" for what is no text."""
        try:
            text = self.decoded[0]
        except DataError:
            return ""
        if _JSON.match(text):
            return "json"
        # Not all lines at once, which would be the text once more.
        found = (match[0] for match in _FILLED_LINE.finditer(text))
        lines = (line for line in found if line.strip() and not line.lstrip().startswith("#"))
        first = next(lines, "")
        named_yaml = self.ending in _YAML_ENDINGS
        if (named_yaml and first) or (_YAML.match(first) and _TEST.search(text)):
            return "yaml"
        return "json" if self.ending in _JSON_ENDINGS and text.strip() else "csv"

    @cached_property
    def records(self) -> Sequence[Record]:
        """The objects of a JSON file; none for any other."""
        try:
            return self.json_records[0] if self.syntax == "json" else []
        except DataError:
            return []

    @cached_property
    def json_records(self) -> tuple[list[Record], bool]:
        """As `read_records` has them. DataError."""
        return read_records(self.decoded[0])

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The column names of a delimited file; none for any other."""
        try:
            return self.table.columns if self.syntax == "csv" else ()
        except DataError:
            return ()

    @cached_property
    def table(self) -> Table:
        """As a delimited file. DataError."""
        text, used, notices = self.decoded
        delimiter = self.options.delimiter or delimiter_by_name(self.ending, self.head)
        held = LongText.of(text, self.raw, used, not notices)
        _ = self.syntax
        del text, self.__dict__["decoded"]  # made anew for whoever asks: both text and rows take much memory
        return read_text(held, used, list(notices), delimiter, self.options.header)

    @classmethod
    def of_records(cls, records: Sequence[Record]) -> SourceFile:
        """Objects that came out of another kind of file, such as rows of Parquet."""
        file = cls(b"[]", ".json")
        file.__dict__["records"] = records
        return file

    def provenance(self, title: str) -> Provenance:
        if self.syntax == "csv":
            table = self.table
            return Provenance(title, table.encoding, table.notices, table.spreadsheet)
        _, used, notices = self.decoded
        return Provenance(title, used, notices)


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file. `name` is for options, `title` for people; `extensions` are those of its files, the
    first one of those that are written. `read` refuses a file by a DataError in one sentence; a shape that
    says what is what sets `Table.known`. `write` takes a dataset that `core.exports.dataset` has checked."""

    name: str
    title: str
    extensions: tuple[str, ...]
    media_type: str
    recognises: Callable[[SourceFile], bool]
    read: Callable[[SourceFile], Table]
    write: Callable[[Dataset], bytes] | None = None

    @property
    def ending(self) -> str:
        return "." + self.extensions[0]
