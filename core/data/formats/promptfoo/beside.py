"""What a promptfoo configuration names by file://, read from beside it where the file came from a folder: tests
and variables in CSV, JSON, YAML and text. Code is never run, nothing outside the folder is read."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from core.data.formats.format import SourceFile
from core.data.formats.promptfoo.assertions import Passed
from core.data.formats.promptfoo.csv_tests import csv_tests
from core.data.formats.reading.delimited import read_table
from core.data.formats.reading.encoding import decode_text
from core.data.formats.reading.json_text import read_records, read_value
from core.data.formats.reading.values import Skipped
from core.data.formats.reading.yaml_text import read_yaml
from core.errors import DataError

_CODE = ("js", "ts", "mjs", "cjs", "mts", "cts", "py", "rb", "sh")
_MOST_FILES = 200


class FilesBeside:
    """The files beside a configuration. What is not there, or would be run, is noted in `passed`."""

    def __init__(self, file: SourceFile, passed: Passed):
        self._file, self._passed, self._left = file, passed, _MOST_FILES

    def tests(self, address: str) -> list[object]:
        """The tests of a file, or of all that a pattern or folder names; none, noted, where it cannot be read."""
        names = self._names(address)
        return [test for name in names for test in self._tests(name)]

    def _names(self, address: str) -> list[str]:
        path = _path(address)
        if isinstance(address, Skipped) or not path:
            self._passed.elsewhere.append(str(address))
            return []
        if _is_code(path):
            self._passed.generators.append(str(address))
            return []
        is_pattern = bool(set("*?[") & set(path))
        if not is_pattern and _ending(path):
            return [path]
        pattern = path if is_pattern else path.rstrip("/") + "/*"
        names = sorted(
            name for name in self._file.names_beside() if _matches(name, pattern) and not _is_code(name)
        )
        if not names:
            self._passed.elsewhere.append(str(address))
        return names

    def _tests(self, name: str) -> list[object]:
        ending, raw = _ending(name), self._raw(name)
        if raw is None:
            return []
        if ending in ("csv", "tsv"):
            return list(csv_tests(read_table(raw)))
        if ending in ("jsonl", "ndjson"):
            return list(read_records(decode_text(raw)[0])[0])
        value = self._parsed(name, raw)
        if isinstance(value, Mapping) and isinstance(value.get("tests"), list):
            value = value["tests"]
        return value if isinstance(value, list) else [value]

    def value(self, address: object) -> object:
        """What stands in a file: an object or a list in JSON and YAML, else its text; the address itself,
        marked, where it is not read."""
        path = _path(str(address))
        if isinstance(address, Skipped) or not path or _is_code(path):
            return Skipped(str(address))
        raw = self._raw(path, note=False)
        return Skipped(str(address)) if raw is None else self._parsed(path, raw)

    def _parsed(self, name: str, raw: bytes) -> object:
        text = decode_text(raw)[0]
        if _ending(name) == "json":
            try:
                return read_value(text)
            except ValueError:
                raise DataError(f"The file {name} beside this one is not valid JSON: correct it.") from None
        return read_yaml(text) if _ending(name) in ("yaml", "yml") else text.rstrip("\n")

    def _raw(self, name: str, note: bool = True) -> bytes | None:
        self._left -= 1
        raw = self._file.beside(name) if self._left >= 0 else None
        if raw is not None:
            self._passed.read.append(name)
        elif note:
            self._passed.elsewhere.append(name)
        return raw


def _path(address: str) -> str:
    """The path in an address, from the folder of the file; "" for what is no file."""
    path = address.strip().removeprefix("file://").partition("#")[0]
    while path.startswith("./"):
        path = path[2:]
    return "" if "://" in path or path.startswith(("/", "package:")) or "\n" in path else path


def _matches(name: str, pattern: str) -> bool:
    """As a shell would: only ** goes into folders below."""
    deep = "**/" in pattern
    same_folder = name.count("/") == pattern.count("/")
    return (deep or same_folder) and fnmatchcase(name, pattern.replace("**/", "*"))


def _ending(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].casefold() if "." in name else ""


def _is_code(path: str) -> bool:
    """Whether a path names code, with or without a function: tests.py:create."""
    return _ending(path).partition(":")[0] in _CODE
