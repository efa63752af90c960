"""Records written to the file that --out names, in the format of its ending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.exports.records import records_file
from core.exports.table_files import check_ending
from core.store.files import write_file


def check_record_file(out: Path | None) -> None:
    """Before anything is worked out for it. UsageError."""
    if out is not None:
        check_ending(str(out))


def write_records(out: Path, columns: Sequence[str], records: Sequence[Mapping[str, object]]) -> None:
    """CSV for standard output and a name without an ending. UsageError for an ending that is not known, StoreError."""
    write_file(out, records_file(columns, records, str(out)))
