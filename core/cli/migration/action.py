"""`migrate`: the price, the runs carried out here, the table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from core.cli.actions.benchmark import watched_to_the_end
from core.cli.inputs.names import dataset_named, quoted_name
from core.cli.migration.wish import MigrationOptions
from core.cli.options import Invocation
from core.cli.output import DONE, STOPPED, Output
from core.cli.paid import ends
from core.cli.shell import program
from core.errors import UsageError
from core.llm.catalogue.model_list import ModelEntry, list_model
from core.services.benchmark.estimate import under_caps
from core.services.benchmark.spec import BenchmarkSpec
from core.services.migration.drill import (
    OFFLINE_EDITOR,
    MigrationPrice,
    MigrationWish,
    create_migration,
    migration_price,
    migration_spec,
    migrations_of,
)
from core.services.migration.end_dates import ending_words, suggested_successors
from core.services.migration.table import MigrationRow, MigrationTable, migration_table
from core.store.records import DatasetInfo
from core.types import Metrics
from core.wording import money, right_in_words
from core.workspace import Workspace


def migrate_dataset(invocation: Invocation, typed: str, options: MigrationOptions) -> Output:
    tuning = [options.heavyweight, options.iterations]
    if not options.tune and any(each is not None for each in tuning):
        raise UsageError("--heavyweight and --iterations are for tuning: add --tune, or leave them out.")
    with invocation.workspace() as workspace:
        info = dataset_named(workspace, typed)
        if not options.to:
            return _known(workspace, info)
        spec = migration_spec(workspace, info.id, _wish(options))
        price = migration_price(workspace, spec, workspace.model_context())
        data = _head(workspace, info) | {"estimate": _price_fields(price, spec)}
        if options.estimate:
            return Output(data, f"{price.in_words}\nNext: the same without --estimate")
        invocation.console.say(price.in_words)
        migration_id = create_migration(workspace, spec)
        record = workspace.store.benchmarks.get(migration_id)
        stopped = watched_to_the_end(invocation.console, workspace, migration_id, record.name)
        table = migration_table(workspace, record, workspace.model_context(), date.today())
    return _measured(data, table, stopped)


def _wish(options: MigrationOptions) -> MigrationWish:
    names = tuple(name.strip() for each in options.to for name in each.split(",") if name.strip())
    return MigrationWish(
        names,
        options.tune,
        options.heavyweight or OFFLINE_EDITOR,
        options.iterations,
        options.budget_usd,
        options.max_calls,
        options.concurrency,
    )


def _known(workspace: Workspace, info: DatasetInfo) -> Output:
    """What is known without asking anything: when the model ends, what could follow, the latest table."""
    champion, shared = workspace.store.champions.current(info.id), workspace.model_context()
    data = _head(workspace, info)
    if champion is None:
        words = f"No prompt has been adopted for {info.name!r} yet.\nNext: {program()} adopt RUN"
        return Output(data | {"successors": [], "migration": None}, words)
    entry = list_model(champion.model, shared.profiles, shared.prices, date.today())
    successors = suggested_successors(champion.model, shared, date.today())
    lines = [_ending(entry)]
    if successors:
        lines.append("could follow: " + ", ".join(successors))
    past = migrations_of(workspace, info.id)
    table = migration_table(workspace, past[0], shared, date.today()) if past else None
    lines += ["", *_table_lines(table)] if table else []
    following = " ".join(f"--to {name}" for name in successors[:2]) or "--to MODEL"
    lines.append(f"Next: {program()} migrate {quoted_name(info)} {following} --estimate")
    fields = {"successors": list(successors), "migration": _table_fields(table) if table else None}
    return Output(data | fields, "\n".join(lines))


def _measured(data: dict[str, object], table: MigrationTable, stopped: bool) -> Output:
    lines = _table_lines(table)
    best = table.best
    following = f"runs {(best or table.rows[-1]).run_id}"
    if best is not None and not (best.comparison and best.comparison.balance < 0):
        following = f"adopt {best.run_id} --step {best.step}"
    lines.append(f"Next: {program()} {following}")
    fields = data | {"migration": _table_fields(table), "stopped": stopped}
    return Output(fields, "\n".join(lines), STOPPED if stopped else DONE)


# ---- as JSON


def _head(workspace: Workspace, info: DatasetInfo) -> dict[str, object]:
    champion, shared = workspace.store.champions.current(info.id), workspace.model_context()
    entry = champion and list_model(champion.model, shared.profiles, shared.prices, date.today())
    return {
        "dataset": info.name,
        "dataset_id": info.id,
        "model": champion.model if champion else None,
        "ends": entry.retires.isoformat() if entry and entry.retires else None,
        "days_left": entry.days if entry else None,
    }


def _price_fields(price: MigrationPrice, spec: BenchmarkSpec) -> dict[str, object]:
    expected = price.expected
    return {
        "models": list(price.models),
        "rows": price.rows,
        "test_rows": price.tested,
        "lightweight_calls": expected.lightweight_calls,
        "heavyweight_calls": expected.heavyweight_calls,
        **({"judge_calls": expected.judge_calls} if expected.judge_calls else {}),
        "usd": ends(under_caps(expected, spec)),
        "unpriced": list(expected.unpriced),
        "seconds": expected.seconds,
    }


def _table_fields(table: MigrationTable) -> dict[str, object]:
    return {
        "id": table.id,
        "name": table.name,
        "headline": table.headline,
        "test_rows": table.test_rows,
        "rows": [_row_fields(row) for row in table.rows],
        "notices": list(table.notices),
    }


def _figures(test: Metrics) -> dict[str, object]:
    interval = list(test.interval) if test.interval else None
    return {
        "n": test.n,
        "correct": test.correct,
        "accuracy": test.accuracy,
        "interval": interval,
        "failed": test.failed,
    }


def _row_fields(row: MigrationRow) -> dict[str, object]:
    test, compared = row.test, row.comparison
    return {
        "model": row.model.name,
        "prompt": "tuned" if row.tuned else "champion",
        "in_use": row.in_use,
        "state": row.state,
        "run_id": row.run_id,
        "step": row.step,
        "test": _figures(test) if test else None,
        "fixed": len(compared.fixed) if compared else None,
        "broke": len(compared.broke) if compared else None,
        "p": compared.p if compared else None,
        "difference_interval": list(row.interval) if row.interval else None,
        "verdict": row.verdict,
        "drawback": row.drawback,
        "usd_per_1000": row.usd,
        "seconds_per_reply": row.seconds,
        "ends": row.model.retires.isoformat() if row.model.retires else None,
        "why": row.why,
    }


# ---- in words


def _ending(entry: ModelEntry) -> str:
    return "In use: " + (ending_words(entry) or f"{entry.name}, which has no known end") + "."


def _table_lines(table: MigrationTable) -> list[str]:
    return [
        f"{table.name}: {table.headline}",
        *(line for row in table.rows for line in _row_lines(row)),
        *table.notices,
    ]


def _row_lines(row: MigrationRow) -> Sequence[str]:
    kind = "in use" if row.in_use else "tuned for it" if row.tuned else "the champion's prompt"
    figure = right_in_words(row.test) or row.why or row.state
    lines = [f"  {row.model.name} ({kind}): {figure}"]
    lines += [f"      {row.verdict}"] if row.verdict else []
    lines += [f"      {row.why}"] if row.why and row.test else []
    lines += [f"      not called better, since {row.drawback}"] if row.drawback else []
    costs = [] if row.usd is None else [f"{money(row.usd)} per 1,000 texts"]
    costs += [] if row.seconds is None else [f"{row.seconds:.1f} s a reply"]
    costs += [f"run {row.run_id}, step {row.step}"] if row.run_id else []
    return lines + ([f"      {', '.join(costs)}"] if costs else [])
