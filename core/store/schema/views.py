"""Views for SQL and Datasette (docs/database.md): flat, with readable columns. Their names and columns are a
contract; the tables beneath them are not. They are made anew after every migration: whoever changes one raises
SCHEMA."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Dialect:
    """`json`: a part of a column that holds JSON, as text; `number`: the same as a number; `time`: seconds since
    1970 as ISO 8601, UTC."""

    json: Callable[..., str]
    number: Callable[..., str]
    time: Callable[[str], str]


def _postgres_json(column: str, *path: str) -> str:
    return f"({column}::jsonb #>> '{{{','.join(path)}}}')"


DIALECTS = {
    "sqlite": Dialect(
        json=lambda column, *path: f"json_extract({column}, '$.{'.'.join(path)}')",
        number=lambda column, *path: f"json_extract({column}, '$.{'.'.join(path)}')",
        time=lambda column: f"strftime('%Y-%m-%dT%H:%M:%SZ', {column}, 'unixepoch')",
    ),
    "postgresql": Dialect(
        json=_postgres_json,
        number=lambda column, *path: f"{_postgres_json(column, *path)}::double precision",
        time=lambda column: (
            f"""to_char(to_timestamp({column}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
        ),
    ),
}
CORRECT = "CASE WHEN p.outcome = 'failed' THEN NULL WHEN p.outcome = 'label' AND p.predicted = p.label THEN 1 ELSE 0 END"


def statements(dialect: Dialect) -> dict[str, str]:
    """By name of the view, the query that it stands for."""
    json, number, time = dialect.json, dialect.number, dialect.time
    spend = ", ".join(
        f"{number('r.spend', role, field)} AS {role}_{name}"
        for role in ("lightweight", "heavyweight")
        for field, name in (
            ("api", "calls"),
            ("cached", "cached_calls"),
            ("input_tokens", "input_tokens"),
            ("output_tokens", "output_tokens"),
            ("cost_usd", "cost_usd"),
        )
    )
    return {
        "runs_view": f"""
            SELECT r.id AS run_id, r.name, r.dataset_id, r.dataset_name AS dataset, r.dataset_version, r.status,
                   r.stop_reason, r.error, r.note, r.starred, r.benchmark AS benchmark_id,
                   {json("r.settings", "lightweight")} AS lightweight,
                   {json("r.settings", "heavyweight")} AS heavyweight,
                   {json("r.settings", "strategy")} AS strategy, {number("r.settings", "seed")} AS seed,
                   (SELECT count(*) FROM steps AS s WHERE s.run_id = r.id) AS steps,
                   r.baseline_accuracy, r.best_accuracy, {time("r.created")} AS created,
                   {time("r.finished")} AS finished, r.seconds, {spend}
            FROM runs AS r""",
        "steps_view": f"""
            SELECT s.run_id, r.name AS run, r.dataset_name AS dataset, s.number AS step,
                   {json("s.figures", "decision")} AS decision, {json("s.figures", "reason")} AS reason, s.kept,
                   {number("s.figures", "edits")} AS edits, s.accuracy AS validation_accuracy,
                   {number("s.figures", "validation", "n")} AS validation_rows,
                   {number("s.figures", "validation", "macro_f1")} AS validation_macro_f1,
                   {number("s.figures", "batch", "accuracy")} AS batch_accuracy,
                   {number("s.figures", "batch", "n")} AS batch_rows, {time("s.saved")} AS saved
            FROM steps AS s JOIN runs AS r ON r.id = s.run_id""",
        "predictions_view": f"""
            SELECT p.run_id, r.name AS run, r.dataset_id, r.dataset_name AS dataset,
                   {json("r.settings", "lightweight")} AS lightweight, p.step, p.stage, p.split, p.row_id, e.text,
                   p.label, p.predicted, p.outcome, {CORRECT} AS correct, p.reason
            FROM predictions AS p JOIN runs AS r ON r.id = p.run_id
            LEFT JOIN examples AS e ON e.dataset_id = r.dataset_id AND e.id = p.row_id""",
        "evaluations_view": f"""
            SELECT p.run_id, r.name AS run, r.dataset_name AS dataset, p.step, p.stage, p.split, count(*) AS rows_read,
                   count({CORRECT}) AS n, coalesce(sum({CORRECT}), 0) AS correct, avg(1.0 * {CORRECT}) AS accuracy,
                   sum(CASE WHEN p.outcome = 'unreadable' THEN 1 ELSE 0 END) AS unreadable,
                   sum(CASE WHEN p.outcome = 'unknown_label' THEN 1 ELSE 0 END) AS unknown_label,
                   sum(CASE WHEN p.outcome = 'failed' THEN 1 ELSE 0 END) AS failed
            FROM predictions AS p JOIN runs AS r ON r.id = p.run_id
            GROUP BY p.run_id, r.name, r.dataset_name, p.step, p.stage, p.split""",
        "rows_view": """
            SELECT d.id AS dataset_id, d.name AS dataset, e.id AS row_id, e.position, e.text, e.label, e.note, e.split,
                   e.excluded, e.canonical, e.review, e.edits, e.source
            FROM examples AS e JOIN datasets AS d ON d.id = e.dataset_id""",
        "feedback_view": f"""
            SELECT f.id AS feedback_id, d.id AS dataset_id, d.name AS dataset, {time("f.at")} AS received,
                   f.prediction_id, a.text, a.label AS predicted, a.outcome, a.model, f.score, f.correction, f.note,
                   f.who, f.state, f.why, f.example_id AS row_id
            FROM feedback AS f JOIN datasets AS d ON d.id = f.dataset_id
            LEFT JOIN answers AS a ON a.dataset_id = f.dataset_id AND a.id = f.prediction_id""",
    }


def create_views(connection: Connection) -> None:
    for name, query in statements(DIALECTS[connection.dialect.name]).items():
        connection.execute(text(f"CREATE VIEW {name} AS " + query.replace(":", "\\:")))


def drop_views(connection: Connection) -> None:
    for name in statements(DIALECTS[connection.dialect.name]):
        connection.execute(text(f"DROP VIEW IF EXISTS {name}"))
