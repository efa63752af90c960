"""Odd cells, values, files, replies and bodies of HTTP calls by the thousand: each is read, or refused by an error of our own.

python -m tests.soak.fuzz [SURFACE …] [--cases 10000] [--seed 17]"""

from __future__ import annotations

import argparse
import datetime
import decimal
import io
import json
import random
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import Any

from core.data.formats.csv_text import csv_text
from core.data.formats.excel.new_workbook import workbook_bytes
from core.data.formats.registry import open_file
from core.data.importing.columns import guess_columns
from core.data.importing.mapping import to_dataset
from core.errors import WhetstoneError
from core.prompts.answers import read_answer, read_free_answer
from core.prompts.edits import read_edits
from core.prompts.files import from_json
from core.prompts.rewrites import read_rewrite
from core.prompts.templates import read_template
from core.types import Prompt
from tests.soak.fuzz_http import http_bodies
from tests.soak.fuzz_records import TOOL_RECORDS
from tests.soak.fuzz_replies import batch_results, embeddings, reply_bodies
from tests.soak.fuzz_values import CELLS, VALUES, bitten, nested, spoiled
from tests.soak.fuzz_written import cascade_files, prompt_forms, scored_answers, typed_tables

FIXTURES = Path(__file__).resolve().parents[1] / "core" / "data" / "formats" / "fixtures"


def csv_cells(rng: random.Random) -> object:
    """A table with the column names of a known tool, and any cells."""
    fixture = rng.choice(("langsmith.csv", "promptfoo_tests.csv"))
    names = [*rng.choice(_CSV_NAMES), *_columns_of(fixture)][: rng.randint(2, 12)]
    rows = [[_cell(rng) for _ in names] for _ in range(rng.randint(1, 4))]
    return read(csv_text([names, *rows]).encode("utf-8", "surrogatepass"), rng.choice(("a.csv", "a.txt")))


@cache
def _columns_of(fixture: str) -> tuple[str, ...]:
    return open_file((FIXTURES / fixture).read_bytes(), fixture).columns


def _cell(rng: random.Random) -> str:
    kind = rng.random()
    return rng.choice(CELLS) if kind < 0.6 else (json.dumps if kind < 0.85 else repr)(nested(rng))


_CSV_NAMES = (
    ("inputs", "outputs", "reference_outputs", "metadata"),
    ("input_text", "output_label", "id", "split"),
    ("inputs.messages", "reference.label", "outputs.generations"),
    ("text", "label.responses", "label.responses.users", "label.responses.status", "label.suggestion"),
    ("item.text", "item.label", "output 1", "rating", "feedback"),
    ("text", "label", "id", "note", "exclude", "canonical", "split", "status", "answer"),
    ("annotation_id", "annotator", "text", "sentiment"),
    ("__expected", "__expected2", "__metadata:x", "text"),
    ("request", "response", "expectations", "assessments", "correctness/v1/score"),
    ("inputs", "expectations", "outputs", "tags", "trace"),
    ("request", "response", "assessments", "trace", "tags"),
)


def json_values(rng: random.Random) -> object:
    """A known tool's file in which some values are others."""
    return read(json.dumps(spoiled(rng, _known(rng))).encode(), "a.json")


def json_lines(rng: random.Random) -> object:
    found = _known(rng)
    lines = [json.dumps(spoiled(rng, each)) for each in (found if isinstance(found, list) else [found])]
    if rng.random() < 0.2:
        lines[rng.randrange(len(lines))] = rng.choice(CELLS).encode("utf-8", "replace").decode()
    return read("\n".join(lines).encode(), "a.jsonl")


def tool_records(rng: random.Random) -> object:
    """As json_values or json_lines, of the tools that have no fixture."""
    records = [spoiled(rng, each) for each in rng.choice(TOOL_RECORDS) * rng.randint(1, 3)]
    if rng.random() < 0.5:
        return read("\n".join(map(json.dumps, records)).encode(), "a.jsonl")
    return read(json.dumps(records if len(records) > 1 else records[0]).encode(), "a.json")


def _known(rng: random.Random) -> Any:
    path = rng.choice([each for each in sorted(FIXTURES.iterdir()) if each.suffix in (".json", ".jsonl")])
    text = path.read_text(encoding="utf-8")
    return (
        json.loads(text)
        if path.suffix == ".json"
        else [json.loads(line) for line in text.splitlines() if line]
    )


def parquet_values(rng: random.Random) -> object:
    """Columns of any type, dates and numbers beyond what Python knows among them."""
    import pyarrow
    import pyarrow.parquet

    big = rng.choice((0, -1, 2**40, 2**62, -(2**62), 253_402_300_800, 5_000_000))
    unit = rng.choice(("s", "ms", "us", "ns"))
    makers: tuple[Callable[[], Any], ...] = (
        lambda: pyarrow.array(
            [big, None], pyarrow.timestamp(unit, rng.choice((None, "UTC", "Europe/Berlin")))
        ),
        lambda: pyarrow.array([big % 2**31, None], pyarrow.date32()),
        lambda: pyarrow.array([big // 86_400_000 * 86_400_000, None], pyarrow.int64()).cast(
            pyarrow.date64(), safe=False
        ),
        lambda: pyarrow.array([big, None], pyarrow.duration(unit)),
        lambda: pyarrow.array([abs(big) % 86_400_000_000, None], pyarrow.time64("us")),
        lambda: pyarrow.array([float("inf"), float("nan")]),
        lambda: pyarrow.array([b"\xff\x00", None]),
        lambda: pyarrow.array([[None, "a"], None]),
        lambda: pyarrow.array([{"a": big}, None]),
        lambda: pyarrow.array([[{"content": "a", "role": None}], []]),
        lambda: pyarrow.array([rng.choice(CELLS[:15]), "b"]).dictionary_encode(),
        lambda: pyarrow.array([big, 1]),
        lambda: pyarrow.array([[("a", big)], None], pyarrow.map_(pyarrow.string(), pyarrow.int64())),
        lambda: pyarrow.array([decimal.Decimal("1e30"), None]),
        lambda: pyarrow.array([{"text": "a", "tags": [b"\xff"]}, {"text": None}]),
    )
    names = rng.sample(
        (
            "text",
            "label",
            "id",
            "messages",
            "inputs",
            "outputs",
            "split",
            "label.responses",
            "expectations",
            "trace",
        ),
        rng.randint(1, 4),
    )
    out = io.BytesIO()
    table = pyarrow.table({name: rng.choice(makers)() for name in names})
    try:
        pyarrow.parquet.write_table(table, out)
    except pyarrow.ArrowInvalid:  # a moment that Parquet has no number for: Arrow has
        with pyarrow.ipc.new_stream(out, table.schema) as stream:
            stream.write_table(table)
    return read(out.getvalue(), "a.parquet")


def excel_cells(rng: random.Random) -> object:
    import openpyxl

    book = openpyxl.Workbook()
    odd = (
        None,
        True,
        1e300,
        -1,
        0.5,
        datetime.datetime(1900, 1, 1),
        datetime.time(1),
        datetime.timedelta(days=99_999),
        "=1/0",
        "#N/A",
        "x",
    )
    book.active.append(rng.choice((["text", "label"], ["a", None, "b"], [])))
    for _ in range(rng.randint(0, 5)):
        book.active.append([rng.choice(odd) for _ in range(rng.randint(0, 5))])
        for cell in book.active[book.active.max_row]:
            cell.number_format = rng.choice(("General", "0%", "0000", "[h]:mm", "yyyy", '"x"0', "?/?"))
    out = io.BytesIO()
    book.save(out)
    return read(bitten(rng, out.getvalue()) if rng.random() < 0.3 else out.getvalue(), "a.xlsx")


def workbook_texts(rng: random.Random) -> object:
    cells = [each for each in CELLS if "\ud83d" not in each]
    return read(
        workbook_bytes(("text", "label"), [[rng.choice(cells), rng.choice(cells)] for _ in range(4)]),
        "a.xlsx",
    )


def yaml_tests(rng: random.Random) -> object:
    text = (FIXTURES / "promptfooconfig.yaml").read_text(encoding="utf-8")
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice(CELLS) + text[at + rng.randint(0, 12) :]
    return read(text.encode("utf-8", "surrogatepass"), "a.yaml")


def damaged_files(rng: random.Random) -> object:
    path = rng.choice(sorted(FIXTURES.iterdir()))
    return read(bitten(rng, path.read_bytes()), path.name)


def prompt_files(rng: random.Random) -> object:
    shots = {"strategy": "fixed", "k": 1, "examples": [{"text": "a", "label": "x"}]}
    file = {
        "system_prompt": "a",
        "user_prompt_prefix": "",
        "user_prompt_suffix": "",
        "labels": ["x", "y"],
        "few_shot": shots,
        "model": None,
    }
    text = json.dumps(spoiled(rng, spoiled(rng, file)))
    return from_json(text) if rng.random() < 0.7 else read_template(text + rng.choice(CELLS))


def replies(rng: random.Random) -> object:
    text = "".join(
        rng.choice((*CELLS, "<label>a</label>", '{"label": "a"}', "a", "<think>", "</think>"))
        for _ in range(rng.randint(0, 6))
    )
    return read_answer(
        text, rng.choice((("a", "b"), ("=a", "<b>"), ())), rng.random() < 0.2
    ), read_free_answer(text, rng.random() < 0.5)


def edit_blocks(rng: random.Random) -> object:
    parts = (
        "<edit>",
        "</edit>",
        "<field>system_prompt</field>",
        "<field>x</field>",
        "<find>a</find>",
        "<find>",
        "<replace>b</replace>",
    )
    text = "".join(
        rng.choice((*parts, "<system_prompt>", "</system_prompt>", *CELLS)) for _ in range(rng.randint(0, 9))
    )
    try:
        read_edits(text)
    except WhetstoneError:
        return read_rewrite(text, Prompt("a", "b", "c"))
    return None


def read(raw: bytes, name: str) -> object:
    table = open_file(raw, name)
    return to_dataset(table, guess_columns(table), "x", to_tune=False)


SURFACES: Mapping[str, Callable[[random.Random], object]] = {
    each.__name__: each
    for each in (
        csv_cells,
        json_values,
        json_lines,
        tool_records,
        parquet_values,
        excel_cells,
        workbook_texts,
        yaml_tests,
        damaged_files,
        prompt_files,
        prompt_forms,
        cascade_files,
        typed_tables,
        replies,
        edit_blocks,
        scored_answers,
        reply_bodies,
        batch_results,
        embeddings,
    )
}

HTTP = "http_bodies"  # whose cases share a server
NAMES = (*SURFACES, HTTP)


SECONDS = 20  # of the processor, for a case


class TooLong(BaseException):
    """No Exception, which a reader may catch."""


def faults_of(surface: str, cases: int, seed: int, limited: bool = False) -> Counter[str]:
    """What was raised that is no error of ours, and where, with the number of the first case. `limited`: a case that takes
    more than SECONDS of the processor is one, too; in the main thread alone."""
    with http_bodies(VALUES) if surface == HTTP else nullcontext(SURFACES[surface]) as case:
        return _faults(case, surface, cases, seed, limited)


def _faults(
    case: Callable[[random.Random], object], surface: str, cases: int, seed: int, limited: bool
) -> Counter[str]:
    found: Counter[str] = Counter()
    first: dict[str, str] = {}
    if limited:
        signal.signal(signal.SIGPROF, _too_long)
    for number in range(cases):
        if limited:
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            case(random.Random(f"{surface}/{seed}/{number}"))
        except WhetstoneError as refused:
            if "\n" in str(refused) or not str(refused).strip():
                found[f"a sentence of several lines: {str(refused)[:80]!r}"] += 1
        except (Exception, TooLong) as wrong:
            frame = traceback.extract_tb(wrong.__traceback__)[-2 if isinstance(wrong, TooLong) else -1]
            where = f"{type(wrong).__name__} in {Path(frame.filename).name}:{frame.lineno}"
            first.setdefault(where, f"{where} ({str(wrong)[:60]}), case {number}")
            found[first[where]] += 1
    if limited:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return found


def _too_long(*_: object) -> None:
    raise TooLong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("surfaces", nargs="*", choices=[[], *NAMES], default=[])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=17)
    given = parser.parse_args()
    every = 0
    for surface in given.surfaces or NAMES:
        found = faults_of(surface, given.cases, given.seed, limited=True)
        every += found.total()
        print(f"{surface:16} {given.cases:,} cases, seed {given.seed}: {found.total():,} faults", flush=True)
        for words, n in found.most_common(8):
            print(f"    {n:,} {words}", flush=True)
    return 1 if every else 0


if __name__ == "__main__":
    sys.exit(main())
