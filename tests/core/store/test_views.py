"""The views of docs/database.md, on SQLite or the server that the tests are given."""

import re
from dataclasses import replace
from pathlib import Path

from sqlalchemy import text

from core.store.records import Change, Ending, RunStatus
from core.store.schema import views
from core.store.store import Store
from core.types import Settings
from tests.core.store import schema_1
from tests.core.store.building import baseline, evaluation, result, step

DOCUMENT = Path(__file__).parents[3] / "docs" / "database.md"


def rows(store: Store, query: str) -> list[dict]:
    with store._database.read() as connection:
        return [dict(each) for each in connection.execute(text(query)).mappings()]


def finished_run(store: Store, dataset_id: str) -> str:
    run_id = store.runs.create(dataset_id, Settings(seed=7), "First")
    assert store.leases.claim(run_id, "me")
    store.steps.save(run_id, baseline())
    store.steps.save(run_id, replace(step(1), batch=evaluation(error="No\0 answer, \ud800 either.")))
    store.steps.save(run_id, replace(step(1), batch=evaluation(error="No\0 answer, \ud800 either.")))
    assert store.leases.finish(run_id, "me", Ending(RunStatus.FINISHED, "iterations", result()))
    return run_id


def test_every_view_has_the_columns_that_the_document_promises(store: Store, dataset_id: str):
    finished_run(store, dataset_id)
    listed = dict(re.findall(r"^\| `(\w+_view)` \| .*? \| (.*) \|$", DOCUMENT.read_text(), re.M))
    assert set(listed) == set(views.statements(views.DIALECTS["sqlite"]))
    for name, words in listed.items():
        own, *rest = re.findall(r"`([^`…]+)`", words)
        columns = own.split(", ")
        if rest:
            columns += [
                f"{role}_{one}" for role in ("lightweight", "heavyweight") for one in rest[-1].split(", ")
            ]
        with store._database.read() as connection:
            assert list(connection.execute(text(f"SELECT * FROM {name}")).keys()) == columns, name


def test_predictions_are_there_once_with_the_labels_of_the_run_and_go_with_it(store: Store, dataset_id: str):
    run_id = finished_run(store, dataset_id)
    store.edits.change(dataset_id, [Change("r1", "label", "bug")])
    read = rows(
        store,
        "SELECT * FROM predictions_view WHERE step = 1 AND stage = 'step' AND split = 'train' ORDER BY row_id",
    )
    assert [
        (each["row_id"], each["label"], each["predicted"], each["outcome"], each["correct"]) for each in read
    ] == [
        ("r0", "bug", "bug", "label", 1),
        ("r1", "improvement", "", "unknown_label", 0),
        ("r2", "bug", "", "failed", None),
    ]
    assert read[2]["reason"] == "No answer, ? either." and read[0]["text"] == "Text number 0"
    [counted] = rows(
        store, "SELECT * FROM evaluations_view WHERE step = 1 AND stage = 'step' AND split = 'train'"
    )
    assert (counted["rows_read"], counted["n"], counted["correct"], float(counted["accuracy"])) == (
        3,
        2,
        1,
        0.5,
    )
    assert {(each["stage"], each["split"]) for each in rows(store, "SELECT * FROM evaluations_view")} >= {
        ("step", "validation"),
        ("end", "validation"),
    }
    [run] = rows(store, "SELECT * FROM runs_view")
    assert (run["run_id"], run["dataset"], run["lightweight"], run["seed"], run["steps"]) == (
        run_id,
        "issues",
        "offline:reader",
        7,
        2,
    )
    assert run["created"] == "1970-01-12T13:46:40Z"
    store.runs.delete(run_id)
    assert rows(store, "SELECT * FROM predictions_view") == []


def test_the_queries_of_the_document_run(store: Store, dataset_id: str):
    finished_run(store, dataset_id)
    queries = re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text(), re.S)
    assert len(queries) == 3 and all(rows(store, query) for query in queries[::2])
    assert rows(store, queries[1]) is not None


def test_an_older_workspace_has_its_past_in_the_views(tmp_path: Path):
    path = tmp_path / "whetstone.db"
    schema_1.build(path)
    with Store.open(path) as store:
        read = rows(store, "SELECT DISTINCT stage, split FROM predictions_view WHERE run_id = 'run1'")
        assert {"stage": "end", "split": "validation"} in read
        assert {each["row_id"] for each in rows(store, "SELECT * FROM rows_view")} == {"r0", "r1"}
