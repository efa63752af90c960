"""All that a workspace holds, read through its highest surface: what make_workspace.py.txt wrote into expected.json.gz
and what the tests compare with that. Names of classes and modules are no part of it; field names and keys are."""

from __future__ import annotations

import gzip
import json
import sqlite3
import tarfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import fields, is_dataclass
from pathlib import Path

from core.llm.embeddings.vectors import Vectors
from core.services.benchmark.spec import spec_of
from core.services.benchmark.table import table
from core.services.file_jobs import FileJobs
from core.store.records import RowQuery
from core.store.store import Store
from core.workspace import Workspace

HERE = Path(__file__).resolve().parent
ARCHIVE = HERE / "workspace_of_0_1.tar.gz"
EXPECTED = HERE / "expected.json.gz"
NOW = 2_000_000_000.0  # the clock that reads it: a run that is under way counts its seconds up to now
MODELS = ("offline:reader", "openai:gpt-6-luna", "openai:house-model", "anthropic:claude-haiku-5-5")
MOST = 10_000


def unpack(folder: Path) -> Path:
    """The workspace folder, as the code of 25d703e left it."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return folder / "workspace"


def expected() -> dict:
    return json.loads(gzip.decompress(EXPECTED.read_bytes()))


def rows_by_table(folder: Path) -> dict[str, int]:
    with closing(sqlite3.connect(folder / "whetstone.db")) as file:
        names = [name for (name,) in file.execute("select name from sqlite_master where type = 'table'")]
        return {name: file.execute(f'select count(*) from "{name}"').fetchone()[0] for name in sorted(names)}


def mark_kinds(folder: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(folder / "whetstone.db")) as file:
        return file.execute("select dataset_id, kind from mark_lists order by dataset_id, kind").fetchall()


def of_store(store: Store, kinds: list[tuple[str, str]]) -> dict[str, object]:
    """Every record of every table, by a name that stays."""
    runs = store.runs.all()
    held: dict[str, object] = {"datasets": store.datasets.all(), "runs": runs}
    for info in store.datasets.all():
        key = f"dataset {info.id} "
        held |= {
            key + "as a whole": store.datasets.get(info.id),
            key + "rows": store.rows.page(info.id, RowQuery(size=MOST)),
            key + "counts": store.rows.counts(info.id),
            key + "sources": store.rows.sources(info.id),
            key + "history": store.edits.history(info.id, limit=MOST),
            key + "upcoming": store.edits.upcoming(info.id),
            key + "turns": store.edits.turns(info.id),
            key + "champions": store.champions.history(info.id),
            key + "answers": store.answers.page(info.id, size=1_000),
            key + "feedback": store.feedback.all(info.id),
            key + "feedback counts": store.feedback.counts(info.id),
            key + "rules": store.rules.all(info.id),
        }
    for dataset_id, kind in kinds:
        held[f"marks {dataset_id} {kind}"] = store.marks.get(dataset_id, kind)
        held[f"marks about {dataset_id} {kind}"] = store.marks.about(dataset_id, kind)
    for run in runs:
        key = f"run {run.id} "
        held |= {
            key + "record": store.runs.get(run.id),
            key + "figures": store.steps.figures(run.id),
            key + "steps": store.steps.all(run.id),
            key + "snapshot": store.runs.snapshot(run.id),
            key + "proposal": store.pauses.proposal(run.id),
            key + "words": store.pauses.reviews(run.id),
        }
    held["benchmarks"] = store.benchmarks.all()
    return held


def of_workspace(workspace: Workspace) -> dict[str, object]:
    """What lies outside of the tables, and what is worked out from them."""
    store, shared, files = workspace.store, workspace.model_context(), FileJobs(workspace)
    held: dict[str, object] = {}
    for record in store.benchmarks.all():
        benchmark = table(workspace, record.id)
        held[f"benchmark {record.id} spec"] = spec_of(record)
        held[f"benchmark {record.id} rows"] = [benchmark.dataset, benchmark.test_rows, benchmark.majority]
        held[f"benchmark {record.id} cells"] = list(benchmark.cells.values())
    for info in store.datasets.all():
        for job in files.all(info.id):
            held[f"file {job.id} job"] = job
            status = files.status(job.id)
            held[f"file {job.id} standing"] = {
                "job": status.request,
                "state": status.state,
                "done": status.figures.done,
                "failed": status.figures.failed,
                "cost_usd": status.figures.cost_usd,
                "error": status.error,
            }
            held[f"file {job.id} lines"] = list(files.answers(job.id).values())
            held[f"file {job.id} csv"] = files.csv(job.id)
    for model in MODELS:
        held[f"model {model} limits"] = shared.limits_of(model)
    held["own rules"] = [shared.profiles.own_models, shared.profiles.prices]
    return held


def vectors(folder: Path) -> dict[str, int]:
    """How many vectors are kept, by the model that made them."""
    with closing(sqlite3.connect(folder / "vectors" / "vectors.db")) as file:
        models = [name for (name,) in file.execute("select distinct model from vectors order by model")]
    with closing(Vectors(folder / "vectors")) as held:
        return {model: held.count(model) for model in models}


def plain(value: object) -> object:
    """As JSON has it. Every field by its name, also one that still has its default."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def differences(wanted: object, value: object, path: str = "") -> list[str]:
    """Where `value` is not what was `wanted`, by path. Records may have fields more than were wanted, none
    less."""
    if is_dataclass(value) and isinstance(wanted, dict):
        return [
            line
            for name, item in wanted.items()
            for line in (
                differences(item, getattr(value, name), path + "." + name)
                if hasattr(value, name)
                else [path + "." + name + " is gone"]
            )
        ]
    if isinstance(value, Mapping) and isinstance(wanted, dict):
        ours = {str(key): item for key, item in value.items()}
        if list(ours) != list(wanted):
            return [f"{path}: keys {list(wanted)} became {list(ours)}"]
        return [line for key in wanted for line in differences(wanted[key], ours[key], f"{path}[{key!r}]")]
    if isinstance(value, list | tuple) and isinstance(wanted, list):
        if len(value) != len(wanted):
            return [f"{path}: {len(wanted)} became {len(value)}"]
        pairs = enumerate(zip(wanted, value, strict=True))
        return [line for at, (one, other) in pairs for line in differences(one, other, f"{path}[{at}]")]
    same = plain(value) == wanted and type(plain(value)) is type(wanted)
    return [] if same else [f"{path}: {wanted!r:.200} became {plain(value)!r:.200}"]
