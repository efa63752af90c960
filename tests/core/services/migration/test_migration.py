"""The champion on models that could follow its own, offline and on the fake server."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from core.errors import UsageError
from core.metrics.comparison import mcnemar
from core.metrics.paired_difference import difference_interval, difference_range_in_words
from core.services.benchmark import queue
from core.services.branches import adopt_step
from core.services.champions import origin_in_words, runs_by_id
from core.services.evaluation.rescored import prompt_rescored
from core.services.migration.drill import (
    MigrationWish,
    create_migration,
    migration_price,
    migration_spec,
    migrations_of,
)
from core.services.migration.end_dates import ending_of, ending_words, suggested_successors
from core.services.migration.table import MigrationTable, migration_table
from core.services.runs import create_run, execute_here
from core.store.records import Change
from core.store.runs.predictions import last_run
from core.types import Comparison, Prompt, Settings
from core.workspace import Workspace
from tests.core.cli.trade import KEY, answer
from tests.core.services.benchmark.setting import dataset_of, opened, wait
from tests.fakes.server import FakeServer

TODAY = date(2026, 11, 30)
LIGHT = "openai:gpt-4.1"
PROMPT = Prompt("Answer with one of these labels: bug, docs, idea.", "<text>", "</text>")
TESTED = 15  # of the trade's 60 rows


def tuned_and_adopted(workspace: Workspace, folder: Path, lightweight: str) -> str:
    """The id of a dataset with a champion."""
    dataset_id = dataset_of(workspace, folder)
    heavyweight = "offline:editor" if lightweight.startswith("offline:") else "openai:gpt-6.1-sol"
    run_id = create_run(workspace, dataset_id, Settings(lightweight, heavyweight, iterations=4))
    execute_here(workspace, run_id, lambda progress: None, lambda step: None)
    adopt_step(workspace, run_id)
    return dataset_id


def migrated(workspace: Workspace, dataset_id: str, wish: MigrationWish) -> MigrationTable:
    migration_id = create_migration(workspace, migration_spec(workspace, dataset_id, wish))
    queue.resume(workspace, migration_id)
    wait(workspace, migration_id)
    [record, *_] = migrations_of(workspace, dataset_id)
    assert record.id == migration_id
    return migration_table(workspace, record, workspace.model_context(), TODAY)


def test_the_champion_is_measured_and_tuned_on_a_successor_and_changed_to_it(tmp_path: Path):
    workspace = Workspace.open(tmp_path / "workspace", {})
    dataset_id = tuned_and_adopted(workspace, tmp_path, "offline:reader")
    champion = workspace.store.champions.current(dataset_id)
    wish = MigrationWish(("offline:skimmer", "offline:reader"), tune=True, iterations=2)
    price = migration_price(workspace, migration_spec(workspace, dataset_id, wish), workspace.model_context())
    assert (price.models, price.tested) == (("offline:reader", "offline:skimmer"), TESTED)
    table = migrated(workspace, dataset_id, wish)
    in_use, plain, *tuned = table.rows
    assert [(row.model.name, row.in_use, row.tuned) for row in table.rows[:2]] == [
        ("offline:reader", True, False),
        ("offline:skimmer", False, False),
    ]
    assert all(row.tuned and row.step > 0 for row in tuned)
    assert bool(tuned) != (plain.why == "Tuning found no better prompt for it.")
    assert "Tuning the prompt" not in table.headline, "it was tuned"
    assert in_use.test.n == plain.test.n == table.test_rows == TESTED
    assert plain.test.correct < in_use.test.correct, "it reads the end of a text only"
    assert (
        len(plain.comparison.broke) - len(plain.comparison.fixed) == in_use.test.correct - plain.test.correct
    )
    low, high = plain.interval
    assert low < (plain.test.accuracy - in_use.test.accuracy) < high
    assert table.warning(plain).startswith(
        ("Worse than offline:reader, and not", "Behind offline:reader, which")
    )
    assert not table.warning(in_use) and not in_use.adoptable and "offline:skimmer" in table.headline
    untuned = replace(table, rows=(in_use, replace(plain, why=""))).headline
    assert untuned.startswith("Do not change yet. No successor ") and untuned.endswith(
        " Tuning the prompt for it may help."
    )
    level = replace(
        table,
        rows=(in_use, *3 * (replace(in_use, in_use=False, comparison=Comparison(TESTED, (), (), 1.0)),)),
    )
    assert "offline:reader does as well as offline:reader, as do 2 others: " in level.headline
    runs = workspace.store.runs.all(benchmark=table.id)
    assert {run.settings.lightweight: run.settings.iterations for run in runs} == {
        "offline:reader": 0,
        "offline:skimmer": 2,
    }
    store = workspace.store
    assert last_run(store, dataset_id).id == champion.run_id, "not one of the migration"
    tested = store.runs.get(champion.run_id).result.best.evaluations["test"]
    row_id = next(each.example_id for each in tested.predictions)
    store.edits.change(dataset_id, [Change(row_id, "excluded", True)])
    [record] = migrations_of(workspace, dataset_id)
    later = migration_table(workspace, record, workspace.model_context(), TODAY)
    assert not table.notices and later.rows[0].test == in_use.test
    assert later.notices[0].startswith("Changed since these were measured: 1 row, a test row. The figures")
    scored = prompt_rescored(workspace, dataset_id, row_id)
    assert scored.prompt == f"the champion (Run 1, step {champion.step})"
    assert (scored.part, scored.count.then.n, scored.count.now.n) == ("test", TESTED, TESTED - 1)
    assert scored.count.then.correct == tested.metrics.correct
    of_run = prompt_rescored(workspace, dataset_id, row_id, plain.run_id)
    assert of_run.prompt.startswith("the best prompt of Migration 1"), "where that run is looked at"
    adopt_step(workspace, plain.run_id, plain.step, "the reader ends")
    adopted = prompt_rescored(workspace, dataset_id, row_id)
    assert adopted.count.then.correct == plain.test.correct
    changed = workspace.store.champions.current(dataset_id)
    assert changed.run_id == plain.run_id
    assert origin_in_words(changed, runs_by_id(workspace, dataset_id)) == f"step {champion.step} of Run 1"
    assert (changed.prompt, changed.model, changed.why) == (
        champion.prompt,
        "offline:skimmer",
        "the reader ends",
    )
    workspace.close()


def test_a_model_that_is_switched_off_is_compared_by_what_its_run_had_read(tmp_path: Path):
    with FakeServer(answer=answer, key=KEY) as server:
        workspace = opened(tmp_path / "workspace", server)
        dataset_id = tuned_and_adopted(workspace, tmp_path, LIGHT)
        source = workspace.store.champions.current(dataset_id).run_id
        workspace.close()
        workspace = opened(tmp_path / "workspace", server, key="sk-revoked")
        calls = len(server.seen)
        table = migrated(workspace, dataset_id, MigrationWish(("offline:reader",)))
        assert table.rows[0].test.correct == TESTED and len(server.seen) == calls, "its replies are kept"
        assert table.rows[0].usd > 0 and table.rows[0].seconds > 0
        workspace.replies.clear()
        table = migrated(workspace, dataset_id, MigrationWish(("offline:reader",)))
        gone, after = table.rows
        assert (gone.state, gone.run_id, gone.test.correct) == ("failed", source, TESTED)
        assert after.comparison.n == TESTED and after.verdict
        workspace.close()


def test_what_cannot_be_compared_is_refused_before_anything_is_stored(tmp_path: Path):
    workspace = Workspace.open(tmp_path / "workspace", {})
    dataset_id = dataset_of(workspace, tmp_path)
    with pytest.raises(UsageError, match="No prompt has been adopted"):
        migration_spec(workspace, dataset_id, MigrationWish(("offline:reader",)))
    workspace.store.champions.adopt(dataset_id, PROMPT, "offline:reader")
    for names, words in (
        (("offline:reader", " "), "at least one other model"),
        (tuple(f"openai:m{n}" for n in range(6)), "up to 5"),
    ):
        with pytest.raises(UsageError, match=words):
            migration_spec(workspace, dataset_id, MigrationWish(names))
    spec = migration_spec(workspace, dataset_id, MigrationWish(("openai:gpt-6-luna",), budget_usd=1))
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        create_migration(workspace, spec)
    unpriced = migration_spec(workspace, dataset_id, MigrationWish(("openai:mine",), budget_usd=1))
    with pytest.raises(UsageError, match="no price for openai:mine"):
        migration_price(workspace, unpriced, workspace.model_context())
    assert not migrations_of(workspace, dataset_id) and not workspace.store.runs.all()
    workspace.close()


def test_the_end_of_a_model_is_known_three_months_before_and_lasting_ones_are_suggested(tmp_path: Path):
    own = '[models."openai:mine"]\nretires = 2027-01-01\n[models."openai:next"]\n'
    (tmp_path / "models.toml").write_text(own)
    workspace = Workspace.open(tmp_path, {})
    rules = workspace.model_context()
    assert ending_words(ending_of("openai:gpt-4.1-mini", rules, TODAY)) == (
        "openai:gpt-4.1-mini ends in 45 days (14 January 2027)"
    )
    assert (
        ending_words(ending_of("openai:o1", rules, TODAY)) == "openai:o1 stopped answering on 23 October 2026"
    )
    assert ending_of("openai:gpt-5.1", rules, TODAY) is None, "four months are far"
    assert suggested_successors("openai:gpt-4.1", rules, TODAY) == (
        "openai:gpt-6-luna",
        "openai:next",
        "anthropic:claude-haiku-5-5",
    )
    workspace.close()


def test_the_interval_of_a_paired_difference_agrees_with_the_paired_test():
    for n in (12, 60, 400):
        for fixed, broke in ((0, 0), (5, 0), (6, 0), (0, 6), (12, 24), (10, 4), (30, 12), (1, 8)):
            if fixed + broke <= n:
                ids = tuple(map(str, range(fixed + broke)))
                compared = Comparison(n, ids[:fixed], ids[fixed:], mcnemar(fixed, broke))
                low, high = difference_interval(compared)
                assert -1 <= low <= (fixed - broke) / n <= high <= 1
                assert compared.p < 0.05 or low <= 0 <= high, (n, fixed, broke)
    ids = tuple(map(str, range(30)))
    words = {
        Comparison(104, ids[:2], ids[:29], 0.00001): "16 to 35 fewer",
        Comparison(64, ids[:12], ids[:24], 0.065): "between 36 fewer and 1 more",
        Comparison(50, ids[:10], ids[:4], 0.18): "between 5 fewer and 26 more",
        Comparison(0, (), (), 1.0): "",
        Comparison(9, ids[:3], (), 0.1, graded=True): "",
    }
    assert {each: difference_range_in_words(each) for each in words} == words
