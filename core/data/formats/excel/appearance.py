"""How the cells of an .xlsx sheet look, which calamine does not tell: number formats, merged and hidden ones."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from core.data.formats.excel.number_formats import BUILT_IN, is_number_format
from core.errors import DataError

_CELL = re.compile(rb"<(?:\w+:)?c(\s[^<>]*?)/?>")
_STYLE = re.compile(rb'\ss="(\d+)"')
_PLACE = re.compile(rb'\sr="([A-Z]{1,3})(\d{1,7})"')
_ROW = re.compile(rb"<(?:\w+:)?row(\s[^<>]*)>")
_HIDDEN = re.compile(rb'\shidden="(?:1|true)"')
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')


@dataclass(frozen=True, slots=True)
class Appearance:
    """By row and column, both from 0: the number format of cells, the row of the cell that those below it are
    merged with; and how many rows are hidden."""

    formats: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    merged: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    hidden: int = 0


class Appearances:
    """Of an .xlsx workbook whose parts were looked over."""

    def __init__(self, raw: bytes):
        self._archive = zipfile.ZipFile(io.BytesIO(raw))

    def of(self, sheet: str) -> Appearance:
        path = self._paths.get(sheet, "")
        if path not in self._archive.namelist():
            return Appearance()
        part = self._archive.read(path)
        hidden = sum(bool(_HIDDEN.search(row[1])) for row in _ROW.finditer(part))
        return Appearance(self._formats(part), _merged(part), hidden)

    def _formats(self, part: bytes) -> dict[int, dict[int, str]]:
        formats: dict[int, dict[int, str]] = {}
        for cell in _CELL.finditer(part) if self._codes else ():
            style, place = _STYLE.search(cell[1]), _PLACE.search(cell[1])
            code = self._codes.get(int(style[1])) if style else None
            if code and place:
                formats.setdefault(int(place[2]) - 1, {})[column_number(place[1]) - 1] = code
        return formats

    @cached_property
    def _codes(self) -> dict[int, str]:
        """Number formats by the style of cells, as far as numbers look other under them."""
        from defusedxml.ElementTree import fromstring

        if "xl/styles.xml" not in self._archive.namelist():
            return {}
        root = fromstring(self._archive.read("xl/styles.xml"))
        codes = dict(BUILT_IN)
        for each in root.iterfind("{*}numFmts/{*}numFmt"):
            codes[int(each.get("numFmtId", "0"))] = each.get("formatCode", "")
        styles = [codes.get(int(each.get("numFmtId", "0")), "") for each in root.iterfind("{*}cellXfs/{*}xf")]
        return {number: code for number, code in enumerate(styles) if code and is_number_format(code)}

    @cached_property
    def _paths(self) -> dict[str, str]:
        """The parts of the sheets by their names."""
        from defusedxml.ElementTree import fromstring

        names = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
        if not set(names) <= set(self._archive.namelist()):
            return {}
        book, links = (fromstring(self._archive.read(name)) for name in names)
        targets = {each.get("Id"): each.get("Target", "") for each in links}
        paths = {}
        for sheet in book.iterfind("{*}sheets/{*}sheet"):
            link = next((value for key, value in sheet.items() if key.endswith("}id")), "")
            paths[sheet.get("name", "")] = posixpath.normpath(
                posixpath.join("/xl", targets.get(link, ""))
            ).lstrip("/")
        return paths


def column_number(letters: bytes) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _merged(part: bytes) -> dict[int, dict[int, int]]:
    """Of the cells below the first one, in one column."""
    merged: dict[int, dict[int, int]] = {}
    left = _MOST_MERGED
    for match in _MERGED.finditer(part):
        first, last, column = int(match[2]) - 1, int(match[4]) - 1, column_number(match[1]) - 1
        last = min(last, first + _LONGEST)
        left -= max(0, last - first)
        if left < 0:
            raise DataError(
                f"More than {_MOST_MERGED:,} cells of the sheet are merged: unmerge them, and save the workbook again."
            )
        for row in range(first + 1, last + 1):
            merged.setdefault(row, {})[column] = first
    return merged


_LONGEST, _MOST_MERGED = 10_000, 500_000
