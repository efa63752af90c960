"""`migrate`: what other models make of the champion of a dataset, as a table, and the change to one of them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import NotFound
from core.library.display import Display, open_display
from core.library.frames import frame
from core.library.interrupts import stop_on_interrupt
from core.library.settings import checked_settings
from core.library.workspaces import Home, home_of, opened_workspace
from core.services.benchmark import queue
from core.services.branches import adopt_step
from core.services.classify import named_dataset
from core.services.migration.drill import (
    OFFLINE_EDITOR,
    MigrationWish,
    create_migration,
    migration_price,
    migration_spec,
)
from core.services.migration.table import MigrationRow, MigrationTable, migration_table
from core.types import Progress
from core.wording import right_in_words
from core.workspace import Workspace

if TYPE_CHECKING:
    import pandas

TURN = 0.2  # seconds between looks at the runs
TAKEN = ("iterations", "budget_usd", "max_calls", "concurrency")  # of the settings


def migrate(
    dataset: str,
    to: str | Sequence[str],
    *,
    tune: bool = False,
    heavyweight: str | None = None,
    workspace: Workspace | str | Path | None = None,
    progress: bool = True,
    **settings: Any,
) -> Migration:
    """Measures the champion of a dataset (its name or id) on up to five other models, beside the model in use, on
    test rows that no step has seen. `tune`: the prompt is also tuned for each, by the `heavyweight` model. More
    settings: iterations, and the caps of each model budget_usd and max_calls. Ctrl-C stops; called again, it pays for
    no call twice. WhetstoneError."""
    names = (to,) if isinstance(to, str) else tuple(to)
    chosen = checked_settings({"heavyweight": heavyweight, **settings})
    given = {name: chosen.pop(name) for name in TAKEN if name in chosen}
    wish = MigrationWish(names, tune, chosen.pop("heavyweight", OFFLINE_EDITOR))
    if chosen:
        raise TypeError(f"migrate takes no {', '.join(chosen)}: the champion's run has decided.")
    display = open_display(progress)
    try:
        with opened_workspace(workspace) as opened:
            dataset_id = named_dataset(opened, dataset, "name one of them")
            spec = migration_spec(opened, dataset_id, replace(wish, **given))
            display.say(migration_price(opened, spec, opened.model_context()).in_words)
            migration_id = create_migration(opened, spec)
            _carry_out(opened, migration_id, display)
            record, shared = opened.store.benchmarks.get(migration_id), opened.model_context()
            table = migration_table(opened, record, shared, date.today())
            return Migration(table, home_of(workspace, opened))
    finally:
        display.close()


def _carry_out(workspace: Workspace, migration_id: str, display: Display) -> None:
    with stop_on_interrupt() as stop:
        queue.resume(workspace, migration_id)
        while queue.is_active(workspace, migration_id):
            if stop.is_set():
                queue.stop(workspace, migration_id)
            runs = workspace.store.runs.all(benchmark=migration_id)
            display.progress(Progress("Comparing models", sum(not run.active for run in runs), len(runs)))
            threading.Event().wait(TURN)


class Migration:
    """The models beside each other. `table.rows` have every figure."""

    def __init__(self, table: MigrationTable, workspace: Home):
        self.table = table
        self.workspace = workspace

    @property
    def verdict(self) -> str:
        """In words, with the figures."""
        return self.table.headline

    def to_frame(self) -> pandas.DataFrame:
        """A row a model, and one for each prompt that was tuned: test accuracy, mistakes fixed and new against the
        model in use, p, what a thousand texts cost in dollars, seconds a reply takes."""
        return frame(map(_figures, self.table.rows))

    def adopt(self, model: str, why: str = "", tuned: bool | None = None) -> None:
        """Makes this model with its prompt the champion; `tuned`: with the prompt tuned for it, which is taken where
        there is one. NotFound where it was not measured."""
        rows = [row for row in self.table.rows if row.adoptable and row.model.name == model]
        row = next((each for each in reversed(rows) if tuned in (None, each.tuned)), None)
        if row is None:
            raise NotFound(f"{model} has not been measured in {self.table.name}: choose one of its rows.")
        with opened_workspace(self.workspace) as opened:
            adopt_step(opened, row.run_id, row.step, why)

    def __repr__(self) -> str:
        lines = [f"  {row.model.name}: {right_in_words(row.test) or row.state}" for row in self.table.rows]
        return "\n".join([self.verdict, *lines])


def _figures(row: MigrationRow) -> dict[str, object]:
    test, compared = row.test, row.comparison
    return {
        "model": row.model.name,
        "prompt": "tuned" if row.tuned else "champion",
        "in_use": row.in_use,
        "n": test.n if test else None,
        "accuracy": test.accuracy if test else None,
        "fixed": len(compared.fixed) if compared else None,
        "broke": len(compared.broke) if compared else None,
        "p": compared.p if compared else None,
        "usd_per_1000": row.usd,
        "seconds_per_reply": row.seconds,
        "ends": row.model.retires,
        "run_id": row.run_id,
        "step": row.step,
    }
