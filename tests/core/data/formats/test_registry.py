"""A format is a file of its own and a line of the registry: everything else follows."""

from __future__ import annotations

import pytest

from core.data.fields import ColumnMap
from core.data.formats import registry
from core.data.formats.format import Format, SourceFile
from core.data.importing.mapping import to_dataset
from core.data.table import Table
from core.exports.dataset import export_dataset
from core.types import Dataset, Example, LabelSet

ROWS = tuple(Example(f"r{n}", f"text {n}", "bug" if n % 2 else "idea") for n in range(6))


def _read(file: SourceFile) -> Table:
    rows = [line.split("=>") for line in file.decoded[0].splitlines()[1:]]
    known = ColumnMap(("text",), "label", id="id")
    return Table(("id", "text", "label"), tuple(map(tuple, rows)), "utf-8", "", (), "Arrows", known)


ARROWS = Format(
    "arrows",
    "Arrows",
    ("arrow",),
    "text/x-arrows",
    lambda file: file.raw.startswith(b"ARROWS"),
    _read,
    lambda dataset: "\n".join(
        ["ARROWS", *(f"{row.id}=>{row.text}=>{row.label}" for row in dataset.examples)]
    ).encode(),
)


@pytest.fixture
def arrows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "FORMATS", (*registry.FORMATS, ARROWS))


def test_a_new_format_is_opened_offered_and_exported(arrows: None):
    dataset = Dataset("d", LabelSet(("bug", "idea")), ROWS)
    raw = export_dataset(dataset, "arrows")
    table = registry.open_file(raw)
    assert table.format == "Arrows" and table.known
    assert to_dataset(table, table.known, "d").dataset == dataset
    assert "arrow" in registry.file_extensions()
    assert registry.export_formats()["arrows"].ending == ".arrow"


def test_names_and_titles_tell_formats_apart():
    for names in ([each.name for each in registry.FORMATS], [each.title for each in registry.FORMATS]):
        assert len(set(names)) == len(names)


def test_uploaders_offer_what_is_read():
    assert set(registry.file_extensions()) == {
        *(
            "csv",
            "tsv",
            "txt",
            "json",
            "jsonl",
            "ndjson",
            "parquet",
            "xlsx",
            "xlsm",
            "xls",
            "xlsb",
            "ods",
            "yaml",
            "yml",
        ),
        *("arrow", "feather", "gz", "bz2", "xz", "zip", "tar", "tgz"),
    }


@pytest.mark.parametrize("raw", [b"%PDF-1", b"\x89PNG", b"a\0b", b"PAR1", b"PK\x03\x04"])
def test_what_is_no_text_is_tried_by_every_format_without_an_error(raw: bytes):
    file = SourceFile(raw, "x.json")
    assert {each.name for each in registry.FORMATS if each.recognises(file)} <= {"csv", "xlsx", "parquet"}
    assert not file.records and not file.columns
