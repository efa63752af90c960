"""Two or more runs beside each other: on which rows they can be judged, by what, what they were told, what each costs
in use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.costs.call_price import thinks
from core.costs.prompt_costs import PromptCost, prompt_costs
from core.data.splits import HELD_OUT
from core.exports.report.costs import settings_in_words
from core.llm.connections import ModelContext
from core.metrics.changed_labels import Changes, changes_since, read_by
from core.metrics.comparison import (
    compare,
)
from core.metrics.metrics import by_score, measure
from core.metrics.objective_guards import weakness
from core.metrics.per_label import scored_by_all
from core.scoring.label_sets import is_set_scorer
from core.scoring.registry import rescore_by
from core.services.runs import objective_of
from core.store.records import RunRecord
from core.store.store import Store
from core.types import (
    Comparison,
    Dataset,
    Evaluation,
    Example,
    Metrics,
    Objective,
    Outcome,
    Prediction,
    Prompt,
    Step,
)
from core.types.objectives import SCORE
from core.wording import count
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """A run at one of its steps, under the `name` that sentences call it by. `readings` by part: the test
    rows are among them only where the run read them with this prompt at its end. `carried`: under a cap on
    calls some rows keep what an earlier prompt said of them."""

    name: str
    record: RunRecord
    step: int
    prompt: Prompt
    dataset: Dataset
    readings: dict[str, Evaluation]
    carried: bool = False


@dataclass(frozen=True, slots=True)
class ComparisonBasis:
    """What sides are judged on: the rows and labels of the side that saw the latest ones. `answers` by part,
    a tuple of predictions per side, in today's words; `notices` say where rows or labels differ."""

    rows: tuple[Example, ...]
    labels: tuple[str, ...]
    answers: dict[str, tuple[tuple[Prediction, ...], ...]]
    notices: tuple[str, ...]
    objective: Objective = field(default_factory=Objective)

    def figures(self, part: str, index: int) -> Metrics | None:
        """Of one side, on all rows that it read; None where it read none."""
        read = self.answers[part][index]
        metrics = measure(self.rows, read, self.labels) if read else None
        return metrics if metrics and metrics.n else None

    @property
    def graded(self) -> bool:
        """Whether the mean score is what counts."""
        return self.objective.kind == SCORE

    def shown(self, part: str, index: int) -> Metrics | None:
        """The same with the mean score in the place of accuracy, where that is what counts."""
        metrics = self.figures(part, index)
        return by_score(metrics) if metrics is not None and self.graded else metrics

    def common(self, part: str) -> tuple[Example, ...]:
        """The rows that every side which read this part has scored."""
        return scored_by_all(self.rows, [read for read in self.answers[part] if read])

    @property
    def claim(self) -> str:
        """The part that the answer is about: test where all have read it, else validation, by which each run
        chose its best step."""
        return "test" if all(self.answers["test"]) else "validation"

    def drawback(self, part: str, index: int) -> str:
        """Why a side is not called better, as the end of a sentence; empty where nothing speaks against it."""
        figures = [self.figures(each, index) for each in dict.fromkeys((part, *HELD_OUT))]
        return weakness(self.objective, *(each for each in figures if each)) if figures[0] else ""

    def compared(self, part: str, first: int, second: int) -> Comparison | None:
        """The second side against the first; None where one of both has not read this part."""
        before, after = self.answers[part][first], self.answers[part][second]
        return compare(self.rows, before, after, self.objective) if before and after else None


def side(name: str, record: RunRecord, step: Step, prompt: Prompt, dataset: Dataset) -> ComparedRun:
    """`record` with its result, if it has one; `prompt` is what is shown of the step."""
    readings = {} if step.validation is None else {"validation": step.validation}
    result, exact = record.result, step.number == 0
    for scored in (result.baseline, result.best) if result is not None else ():
        if scored.step == step.number and scored.prompt == prompt:
            readings |= {part: scored.evaluations[part] for part in HELD_OUT if part in scored.evaluations}
            exact = exact or (result is not None and result.test is not None)
    return ComparedRun(
        name,
        record,
        step.number,
        prompt,
        dataset,
        readings,
        record.settings.max_calls is not None and not exact,
    )


def ground(sides: Sequence[ComparedRun]) -> ComparisonBasis:
    """Rows that were reworded, left out or deleted between the runs count for none of them; labels are those
    of the latest rows."""
    latest = max(sides, key=lambda each: each.record.dataset_version)
    labels = latest.dataset.labels.names
    changes = [
        Changes()
        if each.record.dataset_version == latest.record.dataset_version
        else changes_since(each.dataset.examples, latest.dataset.examples, labels)
        for each in sides
    ]
    reworded = {identity for change in changes for identity in change.reworded}
    known = set(labels)
    rows = tuple(
        row
        for row in latest.dataset.examples
        if not row.excluded and (row.label in known or not known) and row.id not in reworded
    )
    by_id = {row.id: row for row in rows}

    def answers(index: int, part: str) -> tuple[Prediction, ...]:
        read = sides[index].readings.get(part)
        if read is None:
            return ()
        renamed, rescore = dict(changes[index].renamed), rescore_by(sides[index].record.settings.scorer)
        again = set(changes[index].relabelled) if rescore else set()
        return tuple(
            rescore(by_id[each.example_id], each)
            if rescore and each.example_id in again and each.outcome is Outcome.LABEL
            else read_by(each, labels, renamed)
            for each in read.predictions
            if each.example_id in by_id
        )

    by_part = {part: tuple(answers(index, part) for index in range(len(sides))) for part in HELD_OUT}
    objective, why = _objective(sides)
    notices = (*_of_rows(sides, latest, changes), *_of_parts(sides, by_part), *why)
    return ComparisonBasis(rows, labels, by_part, notices, objective)


def _objective(sides: Sequence[ComparedRun]) -> tuple[Objective, tuple[str, ...]]:
    """What all are judged by, and why it is not what they were tuned for."""
    objectives = list(dict.fromkeys(replace(objective_of(each.record), chosen=False) for each in sides))
    scorers = {each.record.settings.scorer for each in sides}
    if len(objectives) > 1:
        return Objective(), ("These runs had different objectives, so all are judged by accuracy.",)
    if objectives[0].kind == SCORE and len(scorers) > 1 and not all(map(is_set_scorer, scorers)):
        many = "These runs had different scorers, so all are judged by how many answers have the full score."
        return Objective(), (many,)
    return objectives[0], ()


def settings_that_differ(sides: Sequence[ComparedRun]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Name, and the value of each side; what is the same for all is left out."""
    settings = [dict(settings_in_words(each.record.settings)) for each in sides]
    starts = list(dict.fromkeys(each.record.settings.start for each in sides))
    for each, words in zip(sides, settings, strict=True):
        start = each.record.settings.start
        if start is not None and len([one for one in starts if one is not None]) > 1:
            words["Started from"] += (
                " (" + chr(ord("a") + [one for one in starts if one is not None].index(start)) + ")"
            )
        words["Rows"] = f"{len(each.dataset.examples):,}, version {each.record.dataset_version:,}"
    names = list(dict.fromkeys(name for words in settings for name in words))
    values_by_name = [(name, tuple(words.get(name, "none") for words in settings)) for name in names]
    return tuple((name, values) for name, values in values_by_name if len(set(values)) > 1)


def serving(store: Store, run_id: str, shared: ModelContext) -> tuple[PromptCost, ...]:
    """Every measured prompt of the run. Unpacks all its steps: keep what it returns. Raises NotFound."""
    record, rows = store.runs.get(run_id), store.runs.snapshot(run_id).examples
    hidden = thinks(shared.profiles.of(record.settings.lightweight), "lightweight")
    return prompt_costs(store.steps.all(run_id), record.result, {row.id: row for row in rows}, hidden)


def serving_of(workspace: Workspace, record: RunRecord, shared: ModelContext) -> tuple[PromptCost, ...]:
    """As `serving`, unpacked once while the run has no further step."""
    key = record.status, record.steps, shared.profiles.of(record.settings.lightweight)
    return workspace.cached("serving " + record.id, key, lambda: serving(workspace.store, record.id, shared))


def rows_read(of: ComparedRun) -> tuple[Example, ...]:
    """The validation rows that the run has read at this step."""
    read = (
        {each.example_id for each in of.readings["validation"].predictions}
        if "validation" in of.readings
        else set()
    )
    return tuple(row for row in of.dataset.examples if row.id in read)


def _of_rows(sides: Sequence[ComparedRun], latest: ComparedRun, changes: Sequence[Changes]) -> list[str]:
    notices = []
    for each, change in zip(sides, changes, strict=True):
        parts = [
            f"{count(len(ids), 'row')} {what}"
            for ids, what in (
                (change.relabelled, "relabelled"),
                (change.excluded, "left out"),
                (change.included, "taken in again"),
                (change.reworded, "reworded"),
                (change.gone, "deleted"),
                (change.added, "added"),
            )
            if ids
        ]
        parts += [f"label {old} now called {new}" for old, new in change.renamed]
        lost = [name for name in latest.dataset.labels.names if name not in each.dataset.labels.names]
        lost = [name for name in lost if name not in dict(change.renamed).values()]
        parts += ["label " + name + " added" for name in lost]
        if dict(each.dataset.labels.definitions) != dict(latest.dataset.labels.definitions):
            parts.append("other label definitions")
        if parts:
            notices.append(f"Rows have changed between {each.name} and {latest.name}: {', '.join(parts)}.")
    if any(change.count for change in changes):
        notices.append(
            f"All are judged by the rows and labels of {latest.name}, so a figure may differ from the one on its run's page."
        )
    return notices


def _of_parts(
    sides: Sequence[ComparedRun], by_part: dict[str, tuple[tuple[Prediction, ...], ...]]
) -> list[str]:
    """Where not all have read the same validation rows."""
    read = [
        {each.example_id for each in answers if each.outcome is not Outcome.FAILED}
        for answers in by_part["validation"]
    ]
    if len({frozenset(ids) for ids in read}) < 2:
        return []
    numbers = ", ".join(f"{each.name} {len(ids):,}" for each, ids in zip(sides, read, strict=True))
    both = len(set.intersection(*read))
    common = f"verdicts count the rows that both sides have scored, {both:,} for all"
    return [f"Not all have scored the same validation rows ({numbers}): {common}."]
