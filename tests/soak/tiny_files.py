"""Tiny files that would eat memory or time, each made anew, and what reading one takes in a process of its own.

python -m tests.soak.tiny_files [NAME …]    # all, or those named; a file of your own by its path"""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.data.formats.registry import open_file
from core.data.importing.columns import guess_columns
from core.data.importing.mapping import to_dataset
from core.errors import DataError
from tests.soak.kept import Kept

SECONDS, MOST_MEMORY = 60, 8_000_000_000


def _parquet(columns: Mapping[str, Any]) -> bytes:
    import pyarrow.parquet

    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(dict(columns)), out, compression="zstd")
    return out.getvalue()


def _stream(columns: Mapping[str, Any]) -> bytes:
    import pyarrow

    out, table = io.BytesIO(), pyarrow.table(dict(columns))
    with pyarrow.ipc.new_stream(
        out, table.schema, options=pyarrow.ipc.IpcWriteOptions(compression="zstd")
    ) as to:
        to.write_table(table)
    return out.getvalue()


def _same(value: str, times: int) -> Any:
    import numpy
    import pyarrow

    return pyarrow.DictionaryArray.from_arrays(
        pyarrow.array(numpy.zeros(times, numpy.int8)), pyarrow.array([value])
    )


def _nulls(times: int) -> Any:
    import pyarrow

    return pyarrow.ListArray.from_arrays(
        pyarrow.array([0, times], pyarrow.int32()), pyarrow.nulls(times, pyarrow.int8())
    )


def _nothing(times: int) -> Any:
    import pyarrow

    return pyarrow.nulls(times)


_NAMES = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
_SHARED = "<si><t>text</t></si><si><t>label</t></si>"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _workbook(sheet: str, shared: str = _SHARED) -> bytes:
    """As small as deflate makes it."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    links = {"worksheet": "worksheets/sheet1.xml", "sharedStrings": "sharedStrings.xml"}
    types = {
        "workbook": "sheet.main",
        "worksheets/sheet1": "worksheet",
        "sharedStrings": "sharedStrings",
    }
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package.replace("relationships", "content-types")}">'
        + '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        + "".join(
            f'<Override PartName="/xl/{name}.xml" ContentType="application/vnd.openxmlformats-officedocument.'
            f'spreadsheetml.{kind}+xml"/>'
            for name, kind in types.items()
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{office}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}">'
        + "".join(
            f'<Relationship Id="rId{n}" Type="{office}/{kind}" Target="{to}"/>'
            for n, (kind, to) in enumerate(links.items(), 1)
        )
        + "</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}">{sheet}</worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{shared}</sst>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def _rows(number: int, of: str) -> str:
    return "".join(of.replace("%d", str(at)) for at in range(2, number))


def _open_document(repeated: int, text: str) -> bytes:
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    cell = f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'<office:document-content{names}><office:body><office:spreadsheet><table:table table:name="S"><table:table-row '
            f'table:number-rows-repeated="{repeated}">{cell}</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>',
        )
    return out.getvalue()


def _laughs(deep: int) -> bytes:
    lines = ["tests:", "- vars:", "    a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"    a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 9) + "]" for n in range(1, deep)]
    return "\n".join(lines).encode()


_WIDE = ",".join(f"c{n}" for n in range(900))

# The end of the name says what kind of file it is.
TINY: Mapping[str, Callable[[], bytes]] = {
    "a value in 20 million rows.parquet": lambda: _parquet({"text": _same("bug", 20_000_000)}),
    "a text of 1 MB in 4,000 rows.parquet": lambda: _parquet({"text": _same("x" * 1_000_000, 4_000)}),
    "a list of 50 million nulls.parquet": lambda: _parquet({"text": _nulls(50_000_000), "label": ["a"]}),
    "40 columns of 50 million nulls.arrow": lambda: _stream(
        {f"c{n}": _nothing(50_000_000) for n in range(40)}
    ),
    "a value in 20 million rows.arrow": lambda: _stream({"text": _same("bug", 20_000_000)}),
    "a text of 1 MB in 100,000 rows.arrow": lambda: _stream({"text": _same("x" * 1_000_000, 100_000)}),
    "a list of 50 million nulls.arrow": lambda: _stream({"text": _nulls(50_000_000)}),
    "9 million cells without a place.xlsx": lambda: _workbook(
        f'<sheetData>{_NAMES}<row r="2">{"<c/>" * 9_000_000}</row></sheetData>'
    ),
    "a row of 2 million cells.xlsx": lambda: _workbook(
        f'<sheetData>{_NAMES}<row r="2">{"<c/>" * 2_000_000}</row></sheetData>'
    ),
    "20 million shared texts.xlsx": lambda: _workbook(
        f"<sheetData>{_NAMES}</sheetData>", _SHARED + "<si/>" * 20_000_000
    ),
    "a shared text in 50,000 rows.xlsx": lambda: _workbook(
        "<sheetData>"
        + _NAMES
        + _rows(50_000, '<row r="%d"><c r="A%d" t="s"><v>2</v></c></row>')
        + "</sheetData>",
        _SHARED + f"<si><t>{'x' * 30_000}</t></si>",
    ),
    "50,000 rows that end far right.xlsx": lambda: _workbook(
        "<sheetData>" + _NAMES + _rows(50_000, '<row r="%d"><c r="ALL%d"><v>1</v></c></row>') + "</sheetData>"
    ),
    "100,000 merged ranges.xlsx": lambda: _workbook(
        f"<sheetData>{_NAMES}</sheetData><mergeCells>"
        + '<mergeCell ref="A1:A1048576"/>' * 100_000
        + "</mergeCells>"
    ),
    "a text of 90 kB in 100,000 rows.ods": lambda: _open_document(100_000, "x" * 90_000),
    "300,000 short lines under 900 names.csv": lambda: (_WIDE + "\n" + ",b\n" * 300_000).encode(),
    "100,000 short objects after one of 900 keys.jsonl": lambda: (
        "{" + ",".join(f'"c{n}":1' for n in range(900)) + "}\n" + '{"c1":1}\n' * 100_000
    ).encode(),
    "references that multiply.yaml": lambda: _laughs(12),
    "blank lines.yaml": lambda: (
        b"tests:\n" + b"\n" * 20_000 + b"- vars: {text: a}\n  assert: [{type: equals, value: x}]\n"
    ),
    "brackets.json": lambda: b"[" * 450_000 + b"]" * 450_000,
    "an id of 20,000 rows.csv": lambda: (
        b"id,text,label\n" + b"".join(b"same,text %d,%s\n" % (n, b"ab"[n % 2 :][:1]) for n in range(20_000))
    ),
}


def _wide(rows: int, empty: int) -> dict[str, Any]:
    import pyarrow

    columns = {"text": [f"note {n % 977}" for n in range(rows)], "label": ["ab"[n % 2] for n in range(rows)]}
    return columns | {f"c{n}": pyarrow.nulls(rows, pyarrow.string()) for n in range(empty)}


def _wide_workbook(rows: int, empty: int) -> bytes:
    from openpyxl.utils import get_column_letter

    names = ("text", "label", *(f"c{n}" for n in range(empty)))
    head = "".join(_text(f"{get_column_letter(n)}1", name) for n, name in enumerate(names, 1))
    lines = (
        f'<row r="{n}">{_text(f"A{n}", f"note {n % 977}")}{_text(f"B{n}", "ab"[n % 2])}</row>'
        for n in range(2, rows + 2)
    )
    return _workbook(f'<sheetData><row r="1">{head}</row>{"".join(lines)}</sheetData>')


def _text(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


# Honest, and small, too: rows of two cells under many names. By rows and empty columns.
WIDE: Mapping[str, Callable[[int, int], bytes]] = {
    "parquet": lambda rows, empty: _parquet(_wide(rows, empty)),
    "arrow": lambda rows, empty: _stream(_wide(rows, empty)),
    "xlsx": _wide_workbook,
}


def said_of(raw: bytes, name: str) -> str:
    """What becomes of a file, in one line."""
    try:
        table = open_file(raw, name)
        rows = to_dataset(table, guess_columns(table), "x", to_tune=False).dataset.examples
    except DataError as refused:
        return str(refused)
    return f"{len(rows):,} rows were read"


def tiny_files(folder: Path, seed: int, names: Sequence[str] = tuple(TINY)) -> Kept:
    """A line for each: its size, the memory beyond it and the processor time that reading takes, and what was said. Broken
    are those that ended their process."""
    ended = 0
    print(f"{'kB':>9}{'MB':>8}{'s':>7}  file: what was said")
    for name in names:
        path = Path(name)
        if name in TINY:
            path = folder / name
            path.write_bytes(TINY[name]())
        words = [sys.executable, "-m", "tests.soak.tiny_files", "--one", str(path)]
        child = subprocess.run(words, capture_output=True, text=True, check=False)
        ended += child.returncode != 0
        died = f"{path.stat().st_size / 1e3:9.1f}{'':15}  {name}: ENDED THE PROCESS ({child.returncode})"
        print(child.stdout.strip("\n") or died, flush=True)
    return Kept("tiny_files", 0, len(names), ended)


def one(path: Path) -> None:
    import openpyxl  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import python_calamine  # noqa: F401

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    raw = path.read_bytes()
    before, spent = _highest(), os.times().user
    said = said_of(raw, path.name)
    print(
        f"{len(raw) / 1e3:9.1f}{_highest() - before:8.0f}{os.times().user - spent:7.1f}  {path.name}: {said}"
    )


def _highest() -> float:
    """MB that this process has had at the most; ru_maxrss would begin with those of its parent."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as made:
            sys.exit(bool(tiny_files(Path(made), 0, sys.argv[1:] or tuple(TINY)).broken))
