"""A run's cascade as its caller holds it: the figures, a file, and answers to new texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.confidence.cascade import Cascade, CascadeAnswer, cascade_to_json
from core.confidence.trial import CascadeTrial, CascadeWish
from core.data.splits import HELD_OUT
from core.errors import Stopped, UsageError
from core.library.display import open_display
from core.library.frames import frame
from core.library.interrupts import stop_on_interrupt
from core.library.workspaces import Home, opened_workspace
from core.services.cascade import measure
from core.services.cascade.answers import cascade_answers
from core.services.cascade.words import gate_lines, headline, sentences, title_of
from core.services.run_report import compared_run
from core.store.files import write_text
from core.types import Outcome, Progress, Settings

if TYPE_CHECKING:
    import pandas


class _StoredRun(Protocol):
    workspace: Home

    @property
    def id(self) -> str: ...


def cascade_of_run(run: _StoredRun, wish: CascadeWish, progress: bool) -> RunCascade:
    """Ctrl-C stops it: replies that came are in the cache."""
    display = open_display(progress)
    try:
        with opened_workspace(run.workspace) as workspace, stop_on_interrupt() as stop:

            def on_progress(step: Progress) -> None:
                display.progress(step)
                if stop.is_set():
                    raise Stopped("Stopped on request.")

            of = compared_run(workspace, run.id, "run")
            trial = measure.measured_trial(workspace, of, wish, on_progress=on_progress)
            cascade = measure.cascade_of(of, trial) if trial.useful else None
            return RunCascade(trial, cascade, run.workspace)
    finally:
        display.close()


class RunCascade:
    """`trial` has every figure, and both curves. `cascade` is None where no threshold holds the target: the prompt
    then answers everything."""

    def __init__(self, trial: CascadeTrial, cascade: Cascade | None, workspace: Home):
        self.trial = trial
        self.cascade = cascade
        self._workspace = workspace

    def to_frame(self) -> pandas.DataFrame:
        """A row a part and a way to answer: coverage, accuracy with its interval, calls a text."""
        return frame(
            {
                "split": part,
                "way": each.way,
                "n": each.rows,
                "coverage": each.coverage,
                "accuracy": each.accuracy,
                "low": each.interval[0],
                "high": each.interval[1],
                "calls_per_text": each.calls / each.rows,
            }
            for part in HELD_OUT
            for each in self.trial.figures.get(part, ())
        )

    def save(self, path: str | Path) -> Path:
        """Writes a cascade file, which `whetstone classify` and `whetstone evaluate` take as --prompt. It holds the
        training rows that the local model learns from. UsageError where there is no cascade."""
        target = Path(path).expanduser()
        write_text(target, cascade_to_json(self._usable()))
        return target

    def predict(self, texts: Sequence[str]) -> list[CascadeAnswer]:
        """One per text: its prediction, who gave it, and whether it is too unsure to be given. UsageError where there is
        no cascade; ModelRefused."""
        cascade = self._usable()
        with opened_workspace(self._workspace) as workspace:
            session = workspace.session(Settings(cascade.file.model or Settings().lightweight))
            return list(cascade_answers(session, cascade, texts, lambda done, total: None)[0])

    def labels(self, texts: Sequence[str]) -> list[str | None]:
        """The same as labels alone; None where nothing is answered."""
        return [None if each.abstained else each.prediction.label or None for each in self.predict(texts)]

    def __repr__(self) -> str:
        trial = self.trial
        ways = [
            f"  {title_of(each, trial)}: {each.right:,} of {each.answered:,} right, {each.rows - each.answered:,} {Outcome.ABSTAINED}"
            for each in trial.figures.get(trial.claim, ())
        ]
        return "\n".join([headline(trial) + ".", *ways, *sentences(trial), *gate_lines(trial)])

    def _usable(self) -> Cascade:
        if self.cascade is None:
            raise UsageError(measure.NO_CASCADE)
        return self.cascade
