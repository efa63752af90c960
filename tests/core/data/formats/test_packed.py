"""Files that come compressed, in archives and folders, or several at a time."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile

import pytest

from core.data import table as table_limits
from core.data.formats.registry import open_file, open_parts
from core.data.importing.columns import guess_columns
from core.data.table import Table
from core.errors import DataError

ROWS = b"text,label\nit crashes,bug\nadd a mode,idea\n"
MORE = b"text,label\nanother crash,bug\n"
JUNK = {"__MACOSX/._train.csv": b"\0\5", ".DS_Store": b"\0", "README.txt": b"read, me\n", "LICENSE": b"MIT"}


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in files.items():
            archive.writestr(name, raw)
    return out.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, raw in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    return out.getvalue()


def column(table: Table, name: str) -> list[str]:
    return [row[table.columns.index(name)] for row in table.rows]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (gzip.compress(ROWS), "rows.csv.gz"),
        (bz2.compress(ROWS), "rows.csv.bz2"),
        (lzma.compress(ROWS), "rows.csv.xz"),
        (gzip.compress(b'{"text": "it crashes", "label": "bug"}\n' * 2), "rows.jsonl.gz"),
        (zipped({"deep/rows.csv": ROWS} | JUNK), "rows.zip"),
        (tarred({"rows.csv": ROWS} | JUNK), "rows.tar.gz"),
        (zipped({"rows.csv.gz": gzip.compress(ROWS)}), ""),
    ],
    ids=["gz", "bz2", "xz", "jsonl.gz", "zip", "tar.gz", "gz in a zip"],  # the bytes hold the time
)
def test_one_packed_file_is_read_as_if_it_were_not(raw: bytes, name: str):
    assert len(open_file(raw, name).rows) == 2


def test_parts_become_splits_and_what_is_no_part_is_named():
    files = {
        "x/train.csv": ROWS,
        "x/dev.csv": MORE,
        "x/test.csv": b"id,text\n1,what\n",
        "x/sample.csv": b"id,y\n1,0\n",
    }
    table = open_file(zipped(files | JUNK))
    assert column(table, "split") == ["validation", "test", "train", "train"]
    assert column(table, "label") == ["bug", "", "bug", "idea"] and guess_columns(table).split == "split"
    assert any("was not read: “x/sample.csv”" in notice for notice in table.notices)


def test_files_of_one_shape_are_read_one_below_the_other():
    table = open_parts({"a.csv": ROWS, "b.csv": MORE})
    assert (
        len(table.rows) == 3
        and "2 files were read as one" in table.notices[0]
        and "split" not in table.columns
    )


def test_of_the_same_file_in_several_forms_one_is_read():
    same = {
        "en/train.csv": ROWS,
        "en/train.csv.gz": gzip.compress(ROWS),
        "en/train.jsonl": b'{"text": "x", "label": "y"}',
    }
    table = open_parts(same | {"fr/train.csv": MORE, "fr/train.2.csv": MORE})
    assert len(table.rows) == 4 and "2 other files were not read" in " ".join(table.notices)


def test_files_of_several_shapes_are_refused_by_name():
    with pytest.raises(DataError, match=r"“a\.csv”, “b\.csv” have different columns"):
        open_parts({"a.csv": ROWS, "b.csv": b"x,y\n1,2\n"})
    with pytest.raises(DataError, match="holds data"):
        open_file(zipped(JUNK))


def test_a_folder_per_label_with_a_text_per_file():
    files = {
        f"imdb/{part}/{label}/{n}.txt": f"a film {n}".encode()
        for part, label in (("train", "pos"), ("train", "neg"), ("test", "pos"), ("train", "unsup"))
        for n in range(2)
    }
    table = open_file(zipped(files | {"imdb/README": b"about"}))
    assert table.known and len(table.rows) == 8 and set(column(table, "label")) == {"pos", "neg", ""}
    assert column(table, "split").count("test") == 2
    groups = open_parts({"20news/alt/5301": b"a post", "20news/sci/102": b"caf\xe9"})
    assert column(groups, "label") == ["alt", "sci"] and "Windows-1252" in groups.notices[0]


@pytest.mark.parametrize(
    "about",
    [
        {
            "dataset_info.json": json.dumps(
                {"features": {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}}
            )
        },
        {
            "README.md": "---\ndataset_info:\n  features:\n  - name: text\n    dtype: string\n  - name: label\n    dtype:\n"
            "      class_label:\n        names:\n          '0': neg\n          '1': pos\n---\n# About\n"
        },
    ],
)
def test_numbers_get_the_names_that_the_folder_gives_them(about: dict[str, str]):
    files = {name: text.encode() for name, text in about.items()}
    table = open_parts({"data/train.csv": b"text,label\na,1\nb,0\nc,-1\n"} | files)
    assert column(table, "label") == ["pos", "neg", ""] and "1 is “pos”" in table.notices[0]


def test_bombs_are_refused_before_they_are_unpacked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(table_limits, "MOST_BYTES", 1_000_000)
    for raw in (
        gzip.compress(bytes(5_000_000)),
        zipped({"a.csv": bytes(5_000_000)}),
        lzma.compress(bytes(5_000_000)),
    ):
        with pytest.raises(DataError, match="more than the 1 MB"):
            open_file(raw)


@pytest.mark.parametrize(
    "raw",
    [gzip.compress(ROWS)[:-9], lzma.compress(ROWS)[:-9], zipped({"a.csv": ROWS * 9})[:90]],
    ids=["gz", "xz", "zip"],
)
def test_what_is_damaged_is_one_sentence(raw: bytes):
    with pytest.raises(DataError, match="damaged") as refused:
        open_file(raw)
    assert "\n" not in str(refused.value)
